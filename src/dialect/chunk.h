/* chunk.h - the members of one chunk of a streamed completion, as they are written.
 *
 *     {"id":…, "choices":[{"index":0,"delta":{"content":…},"finish_reason":…}], "usage":…}
 *      └ 1                 └ 3                 └ 4                                └ 1       depth
 */
#ifndef BOURSE_DIALECT_CHUNK_H
#define BOURSE_DIALECT_CHUNK_H

#include "wire/json.h"

enum chunk_name {
    CHUNK_OTHER,
    CHUNK_ABOUT, /* id, object, created, model */
    CHUNK_CHOICES,
    CHUNK_USAGE,
    CHUNK_INDEX,
    CHUNK_DELTA,
    CHUNK_FINISH,
    CHUNK_LOGPROBS,
    CHUNK_ROLE,
    CHUNK_WORDS, /* the text of the answer, where it is a string */
    CHUNK_REASONING,
    CHUNK_CITED,
};

#define CHUNK_DEPTH_TOP    1
#define CHUNK_DEPTH_CHOICE 3
#define CHUNK_DEPTH_DELTA  4
#define CHUNK_MEMBERS_MAX  64

struct chunk_member {
    enum chunk_name is;
    enum json_kind kind;
    int depth;
    struct text name, value; /* with their quotes and brackets */
};

struct chunk {
    struct chunk_member members[CHUNK_MEMBERS_MAX]; /* in the order of their ends */
    size_t count;
    size_t choices;

    /* private */
    struct json_scan *scan;
    struct text document;
    struct chunk_member open[CHUNK_DEPTH_DELTA + 1]; /* by depth; without a name: none */
};

/* Ends the process when there is no memory for the scan. */
void chunk_init(struct chunk *chunk);
void chunk_clear(struct chunk *chunk);

/* The members point into the document. False where it is not JSON or has too many of them. */
bool chunk_read(struct chunk *chunk, struct text document);

/* The last of that name, or NULL. */
const struct chunk_member *chunk_find(const struct chunk *chunk, enum chunk_name is);

/* A string, list or object with something in it. */
bool chunk_says_something(const struct chunk_member *member);

#endif
