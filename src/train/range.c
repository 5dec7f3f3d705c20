/* range.c - how near the rows of a training are to one another, beyond which nothing is earned. */
#include <stdlib.h>

#include "memory.h"
#include "settle.h"

/* One row in two hundred may be an outlier. */
#define OUTLIERS 200

static int by_number(const void *one, const void *two)
{
    float a = *(const float *)one, b = *(const float *)two;
    return a < b ? -1 : a > b;
}

void settle_range(const struct vectors *vectors, struct predictor_trust *ret_trust)
{
    size_t rows = vectors->corpus->rows;
    float *known = memory_zeroed(rows, sizeof *known),
          *distance = memory_zeroed(rows, sizeof *known);
    for (size_t row = 0; row < rows; row++) {
        known[row] = vectors->nearness[row].known;
        distance[row] = vectors->nearness[row].distance;
    }
    qsort(known, rows, sizeof *known, by_number);
    qsort(distance, rows, sizeof *distance, by_number);
    ret_trust->known_least = known[rows / OUTLIERS];
    ret_trust->distance_most = distance[rows - 1 - rows / OUTLIERS];
    free(known);
    free(distance);
}
