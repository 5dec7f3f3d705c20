/* memory.c - calloc and its kin, which here never fail: a training without memory has no plan B. */
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *got(void *block)
{
    if (!block) {
        fputs("bourse: no memory left for the training\n", stderr);
        abort();
    }
    return block;
}

void *memory_zeroed(size_t count, size_t size)
{
    return got(calloc(count ? count : 1, size));
}

void *memory_again(void *block, size_t count, size_t size)
{
    return got(reallocarray(block, count ? count : 1, size));
}

char *memory_string(const char *string)
{
    return got(strdup(string));
}
