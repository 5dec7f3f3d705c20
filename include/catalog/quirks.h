/* quirks.h - in what servers that speak OpenAI's language deviate from it, as data.
 *
 * A row says what a server refuses, what it takes without effect, and what it has other names for.
 * The first two are lost, in the sense of chat/fields.h: the router knows of it before anybody is
 * asked, the client is told. What is refused is left out and what is named otherwise is renamed
 * (dialect/quirks.h); a request without any of it goes there byte for byte. */
#ifndef BOURSE_CATALOG_QUIRKS_H
#define BOURSE_CATALOG_QUIRKS_H

#include "chat/request.h"

struct provider;
struct problems;

struct quirks {
    const char *name;  /* as `quirks:` calls it */
    const char *host;  /* the end of its base_url's host and port; NULL: taken by its name only */
    uint64_t refuses;  /* sets of enum field: answered with an error where they are sent */
    uint64_t ignores;  /* taken, and without effect */
    const char *limit; /* its only name of the most tokens; NULL: it takes both */
    const char *seed;  /* its name of the seed; NULL: `seed` */
    bool tells_usage;  /* in every stream, and refuses to be asked for it (stream_options) */
    bool no_developer; /* it knows no such role: system */
    int call_id;       /* ids of tool calls have just so many letters and digits; 0: any */
    const char *doc;   /* what else is known, and from where */
};

/* All rows; the last one has no name. */
extern const struct quirks quirks_rows[];

/* NULL where there is none. */
const struct quirks *quirks_find(const char *name);
/* The row of a server at that address; NULL where none fits. */
const struct quirks *quirks_of_address(const char *base_url);

/* Whether there may be anything that this server must be told otherwise. */
bool quirks_are_any(const struct quirks *quirks);
/* Whether there is anything in a request that this server must be told otherwise. */
bool quirks_touch(const struct quirks *quirks, const struct chat_request *request);

/* Fills in provider->quirks from its keys and its address. */
void quirks_build(struct provider *provider, struct problems *problems);

#endif
