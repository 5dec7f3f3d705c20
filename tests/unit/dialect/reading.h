/* reading.h - a request that is read, whole or as it arrives, and what was read of it. */
#ifndef BOURSE_TESTS_DIALECT_READING_H
#define BOURSE_TESTS_DIALECT_READING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dialect/openai.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct reading {
    struct arena arena;
    struct request_reader *reader;
    struct chat_request request;
    enum fail fail;
};

static inline void read_text_in_pieces(struct reading *reading, enum endpoint endpoint,
                                       struct text body, size_t step)
{
    arena_init(&reading->arena);
    reading->request = (struct chat_request){ 0 };
    reading->reader = request_reader_new(endpoint, &reading->arena);
    reading->fail = FAIL_NONE;
    for (size_t fed = 0; fed < body.len && !reading->fail; fed += step) {
        size_t end = body.len - fed < step ? body.len : fed + step;
        reading->fail = request_reader_feed(reading->reader, (struct text){ body.data, end }, fed);
    }
    if (!reading->fail)
        reading->fail = request_reader_finish(reading->reader, body, &reading->request);
}

static inline void read_text(struct reading *reading, enum endpoint endpoint, struct text body)
{
    read_text_in_pieces(reading, endpoint, body, body.len);
}

static inline struct chat_request *read_well(struct reading *reading, enum endpoint endpoint,
                                             const char *body)
{
    read_text(reading, endpoint, text_of(body));
    if (reading->fail)
        fail_msg("%s: %s", body, request_reader_problem(reading->reader)->message);
    return &reading->request;
}

static inline void assert_text(struct text actual, const char *expected)
{
    if (!text_is(actual, expected))
        fail_msg("\"%.*s\" is not \"%s\"", TEXT_ARGS(actual), expected);
}

#define CHAT(members) "{\"messages\":[]," members "}"

#endif
