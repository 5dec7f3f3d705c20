/* source.h - where a configuration comes from: a file, or what is found around. */
#ifndef BOURSE_STATE_SOURCE_H
#define BOURSE_STATE_SOURCE_H

#include "base/arena.h"
#include "config/problems.h"

#define SOURCE_MAX (1 << 20) /* bytes; yaml.h refuses more than that */

struct source {
    const char *path; /* "" for the zero configuration */
    struct text text; /* YAML */
    const char *zero_note;
    char digest[65]; /* SHA-256 of the text, hex */
};

/* `asked` may be NULL: then ./bourse.yaml, /etc/bourse/bourse.yaml, the zero configuration,
 * whichever is there first. A file that is there and cannot be read is a problem, and false. */
bool source_read(const char *asked, struct arena *arena, struct problems *problems,
                 struct source *ret_source);

#endif
