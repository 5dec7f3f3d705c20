/* keys.c - `bourse keys new NAME`: a key, printed once, and the line that lets it in. */
#include "govern/keys.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "commands.h"

/* A name that YAML takes as it is. */
static bool is_plain(const char *name)
{
    return *name && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "0123456789-_.") == strlen(name);
}

int command_keys(int argc, char **argv)
{
    bool help = argc > 1 && strcmp(argv[1], "--help") == 0;
    if (help || argc != 3 || strcmp(argv[1], "new") != 0 || !is_plain(argv[2])) {
        fprintf(help ? stdout : stderr,
                "usage: bourse keys new NAME\n  NAME: letters, digits, - _ .\n");
        return help ? EX_OK : EX_USAGE;
    }
    char key[KEY_NEW_SIZE], hash[KEY_HASH_SIZE];
    key_new(key, hash);
    printf("%s\n\nThis key is not stored anywhere. To let it in, add to the configuration:\n\n"
           "keys:\n  %s: {hash: \"%s\"}\n",
           key, argv[2], hash);
    return EX_OK;
}
