/* builtin.c - the classifier of tasks that ships with the program, linked in as `make predictor`
 * wrote it. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "predict/predictor.h"

__asm__(".pushsection .rodata\n"
        "predictor_builtin_start:\n"
        "    .incbin \"config/predictor/builtin.predictor\"\n"
        "predictor_builtin_end:\n"
        "    .byte 0\n"
        ".popsection\n");
extern const char predictor_builtin_start[] __attribute__((visibility("hidden")));
extern const char predictor_builtin_end[] __attribute__((visibility("hidden")));

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct arena arena; /* for the process */
static const struct predictor *builtin;

/* The file is our own: what is wrong with it is a bug, found by the first test that runs. Training
 * does not come here, so a new recipe of features can be followed by a new file. */
static void read_builtin(void)
{
    const char *why;
    struct text bytes = { predictor_builtin_start,
                          (size_t)(predictor_builtin_end - predictor_builtin_start) };
    arena_init(&arena);
    builtin = predictor_parse(bytes, &arena, &why);
    if (builtin)
        return;
    fprintf(stderr, "builtin.predictor: %s; `make predictor` makes it anew\n", why);
    abort();
}

const struct predictor *predictor_builtin(void)
{
    pthread_once(&once, read_builtin);
    return builtin;
}
