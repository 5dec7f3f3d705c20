/* data.h - the outcome data that commands are given: files, one after the other. */
#ifndef BOURSE_CLI_DATA_H
#define BOURSE_CLI_DATA_H

#include "measure/outcomes.h"

struct data_files {
    char **paths;
    int count;
};

/* False, with a sentence of `command` on standard error, where a file cannot be read or they hold
 * not a single prompt. */
bool data_read(const struct data_files *files, const char *command, struct outcomes *outcomes);

#endif
