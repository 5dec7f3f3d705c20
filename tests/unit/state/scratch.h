/* scratch.h - what the tests of this room share: a file that is written, loaded and judged. */
#ifndef BOURSE_TESTS_STATE_SCRATCH_H
#define BOURSE_TESTS_STATE_SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "state/snapshot.h"

/* One loaded document and what was said of it. */
struct loaded {
    struct arena arena; /* of the problems */
    struct problems problems;
    struct snapshot *snapshot;
    char said[16384];
};

static inline void loaded_clear(struct loaded *loaded)
{
    snapshot_unref(loaded->snapshot);
    arena_clear(&loaded->arena);
}

static inline void load_path(struct loaded *loaded, const char *path, struct live *live)
{
    struct buffer printed;
    struct snapshot_source source = { .path = path, .live = live, .secrets_optional = true };
    arena_init(&loaded->arena);
    problems_init(&loaded->problems, &loaded->arena);
    loaded->snapshot = snapshot_load(&source, &loaded->problems);
    buffer_init(&printed, sizeof(loaded->said) - 1);
    problems_print(&loaded->problems, &printed);
    snprintf(loaded->said, sizeof(loaded->said), "%.*s", TEXT_ARGS(buffer_text(&printed)));
    buffer_clear(&printed);
}

static inline void load_yaml(struct loaded *loaded, const char *yaml, struct live *live)
{
    char path[] = "/tmp/bourse-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, yaml, strlen(yaml)), (ssize_t)strlen(yaml));
    close(fd);
    load_path(loaded, path, live);
    unlink(path);
}

/* Exactly one provider, two models, one route: what most documents here begin with. */
#define SMALL                                                                                      \
    "providers: {p: {base_url: \"http://127.0.0.1:1/v1\"}}\n"                                      \
    "models:\n"                                                                                    \
    "  small: {provider: p, price: {input: 1, output: 2}}\n"                                       \
    "  large: {provider: p, price: {input: 3, output: 9}}\n"                                       \
    "routes: {auto: {candidates: [small, large]}}\n"
#define HASH "\"sha256:8ed3f6ad685b959ead7022518e1af76cd816f8e8ec7ccdda1ed4018e8f2223f8\""

#endif
