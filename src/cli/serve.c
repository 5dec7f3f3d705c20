/* serve.c - `bourse serve`. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/heap.h"
#include "base/log.h"
#include "commands.h"
#include "options.h"
#include "serve/server.h"

static const struct {
    const char *name;
    enum log_level level;
} levels[] = {
    { "debug", LOG_DEBUG }, { "info", LOG_INFO }, { "warn", LOG_WARN }, { "error", LOG_ERROR }
};

static bool find_level(const char *name, enum log_level *ret_level)
{
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (strcmp(levels[i].name, name) == 0) {
            *ret_level = levels[i].level;
            return true;
        }
    }
    return false;
}

int command_serve(int argc, char **argv)
{
    struct server_options options = { 0 };
    const char *format = "logfmt", *level_name = "info";
    const struct option_row rows[] = {
        { "config", 'c', "FILE", "the configuration", &options.config_path, NULL },
        { "log-format", 0, "FORMAT", "logfmt or json", &format, NULL },
        { "log-level", 0, "LEVEL", "debug, info, warn or error", &level_name, NULL },
        { 0 },
    };
    int first;
    int stop = options_read(argc, argv, rows, "serve [-c FILE]", &first);
    if (!stop)
        stop = options_end(argc, argv, first);
    if (stop)
        return stop - 1;
    enum log_level level;
    bool is_json = strcmp(format, "json") == 0;
    if (first < argc || !find_level(level_name, &level) ||
        (!is_json && strcmp(format, "logfmt") != 0)) {
        fprintf(stderr, "usage: bourse serve [-c FILE] [--log-format logfmt|json] "
                        "[--log-level debug|info|warn|error]\n");
        return EX_USAGE;
    }
    heap_keep_flat();
    log_setup(is_json ? LOG_JSON : LOG_LOGFMT, level);
    return server_run(&options);
}
