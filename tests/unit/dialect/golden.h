/* golden.h - the files of a case in tests/golden, and comparing with them. */
#ifndef BOURSE_TESTS_DIALECT_GOLDEN_H
#define BOURSE_TESTS_DIALECT_GOLDEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <glob.h>

#include "dialect/openai.h"

#define GOLDEN_MAX 65536

static inline void golden_read(const char *folder, const char *name, struct buffer *ret)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    buffer_init(ret, GOLDEN_MAX);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_true(buffer_reserve(ret, GOLDEN_MAX));
    ret->len = fread(ret->data, 1, GOLDEN_MAX, file);
    fclose(file);
    assert_true(ret->len < GOLDEN_MAX);
}

/* The next word of a `case`. */
static inline struct text golden_word(struct text *rest)
{
    struct text word;
    assert_true(text_split(rest, ' ', &word));
    return word;
}

static inline enum endpoint golden_endpoint(struct text word)
{
    enum endpoint endpoint = 0;
    while (!text_is(word, endpoint_name(endpoint)))
        assert_true(++endpoint < ENDPOINT_COUNT);
    return endpoint;
}

static inline void assert_golden_is(const char *folder, const struct buffer *got,
                                    const struct buffer *wanted)
{
    if (!text_equal(buffer_text(got), buffer_text(wanted)))
        fail_msg("%s gives\n%.*s\nnot\n%.*s", folder, TEXT_ARGS(buffer_text(got)),
                 TEXT_ARGS(buffer_text(wanted)));
}

#endif
