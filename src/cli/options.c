/* options.c - GNU long options, over getopt_long. */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define OPTIONS_MAX 16

static void print_help(const struct option_row *rows, const char *usage)
{
    printf("usage: bourse %s\n", usage);
    for (; rows->name; rows++) {
        char left[64];
        snprintf(left, sizeof(left), "--%s%s%s", rows->name, rows->value ? " " : "",
                 rows->value ? rows->value : "");
        if (rows->letter)
            printf("  -%c, %-22s %s\n", rows->letter, left, rows->doc);
        else
            printf("      %-22s %s\n", left, rows->doc);
    }
    printf("      %-22s %s\n", "--help", "this text");
}

static void take(const struct option_row *row)
{
    if (row->value)
        *row->ret_text = optarg;
    else
        *row->ret_switch = true;
}

static const struct option_row *by_letter(const struct option_row *rows, int letter)
{
    for (; rows->name; rows++)
        if (rows->letter && rows->letter == letter)
            return rows;
    return NULL;
}

int options_read(int argc, char **argv, const struct option_row *rows, const char *usage,
                 int *ret_first)
{
    struct option longs[OPTIONS_MAX + 2] = { { "help", no_argument, NULL, 0 } };
    char letters[2 * OPTIONS_MAX + 1] = "";
    for (int i = 0; rows[i].name && i < OPTIONS_MAX; i++) {
        int has = rows[i].value ? required_argument : no_argument;
        longs[i + 1] = (struct option){ rows[i].name, has, NULL, 0 };
        if (rows[i].letter)
            snprintf(letters + strlen(letters), sizeof(letters) - strlen(letters), "%c%s",
                     rows[i].letter, rows[i].value ? ":" : "");
    }
    int index = 0, found;
    optind = 1;
    while ((found = getopt_long(argc, argv, letters, longs, &index)) != -1) {
        if (found == 0 && index == 0) {
            print_help(rows, usage);
            return EX_OK + 1;
        }
        const struct option_row *row = found == 0 ? &rows[index - 1] : by_letter(rows, found);
        if (!row) {
            fprintf(stderr, "usage: bourse %s\n", usage);
            return EX_USAGE + 1;
        }
        take(row);
    }
    *ret_first = optind;
    return 0;
}

int options_end(int argc, char **argv, int first)
{
    if (first >= argc)
        return 0;
    fprintf(stderr, "bourse %s: \"%s\" is one word too many; a configuration is named by -c FILE\n",
            argv[0], argv[first]);
    return EX_USAGE + 1;
}
