/* cli.c - the table of commands. */
#include "cli/cli.h"

#include <curl/curl.h>
#include <jansson.h>
#include <microhttpd.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <yaml.h>

#include "commands.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *doc;
} commands[] = {
    { "serve", command_serve, "run the daemon in the foreground" },
    { "check", command_check, "everything wrong with a configuration, and its tests" },
    { "explain", command_explain, "the decision for a request, without calling anyone" },
    { "train", command_train, "fit a predictor of quality from outcomes" },
    { "eval", command_eval, "measure a configuration on outcomes" },
    { "mock", command_mock, "a deterministic provider with faults on demand" },
    { "reference", command_reference, "the manual, the JSON Schema and the tables" },
    { "keys", command_keys, "make a key for a caller" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_usage(FILE *out)
{
    fprintf(out, "usage: bourse COMMAND [options]\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].doc);
    fprintf(out, "\n`bourse COMMAND --help` tells the options.\n");
}

static void print_version(void)
{
    printf("bourse %s\nlibmicrohttpd %s, %s, jansson %s, libyaml %s, %s\n", BOURSE_VERSION,
           MHD_get_version(), curl_version(), jansson_version_str(), yaml_get_version_string(),
           OpenSSL_version(OPENSSL_VERSION));
}

int cli_run(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "--help";
    if (strcmp(name, "--version") == 0 || (argc > 2 && strcmp(argv[2], "--version") == 0)) {
        print_version();
        return EX_OK;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0) {
        print_usage(argc > 1 ? stdout : stderr);
        return argc > 1 ? EX_OK : EX_USAGE;
    }
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "bourse: there is no command \"%s\"\n\n", name);
    print_usage(stderr);
    return EX_USAGE;
}
