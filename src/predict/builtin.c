/* builtin.c - the classifier of tasks that ships with the program, linked in as `make predictor`
 * wrote it. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/embed.h"
#include "predict/predictor.h"

EMBED_FILE(predictor_builtin, "config/predictor/builtin.predictor")

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct arena arena; /* for the process */
static const struct predictor *builtin;

/* The file is our own: what is wrong with it is a bug, found by the first test that runs. Training
 * does not come here, so a new recipe of features can be followed by a new file. */
static void read_builtin(void)
{
    const char *why;
    struct text bytes = EMBEDDED(predictor_builtin);
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
