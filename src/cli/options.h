/* options.h - GNU long options, read the same way by every command. */
#ifndef BOURSE_CLI_OPTIONS_H
#define BOURSE_CLI_OPTIONS_H

#include <stdbool.h>

struct option_row {
    const char *name;  /* without the dashes */
    char letter;       /* 0: none */
    const char *value; /* "FILE", or NULL for a switch */
    const char *doc;
    const char **ret_text; /* where the value goes */
    bool *ret_switch;
};

/* Reads options into their places and sets *ret_first to the first other argument. Returns 0, or
 * prints and returns an exit code of 1 more (so that 0 means: go on): help or a usage error. */
int options_read(int argc, char **argv, const struct option_row *rows, const char *usage,
                 int *ret_first);

/* For commands that take nothing but options: 0, or prints what is one word too many and returns as
 * above. A file that was meant as the configuration must not be passed over in silence. */
int options_end(int argc, char **argv, int first);

#endif
