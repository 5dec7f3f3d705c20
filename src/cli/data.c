/* data.c - reads outcome data for a command. */
#include "data.h"

#include <stdio.h>

bool data_read(const struct data_files *files, const char *command, struct outcomes *outcomes)
{
    const char *why = NULL;
    for (int i = 0; i < files->count; i++) {
        if (outcomes_read_file(outcomes, files->paths[i], &why))
            continue;
        fprintf(stderr, "bourse %s: %s\n", command, why);
        return false;
    }
    outcomes_finish(outcomes);
    if (outcomes->row_count > 0)
        return true;
    fprintf(stderr, "bourse %s: there is not a single prompt in the data\n", command);
    return false;
}
