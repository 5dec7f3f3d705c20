/* problems.h - everything wrong with a configuration, collected, told at once.
 *
 *     bourse.yaml:12:5: routes.auto.objectiv: unknown key (did you mean "objective"?) */
#ifndef BOURSE_CONFIG_PROBLEMS_H
#define BOURSE_CONFIG_PROBLEMS_H

#include "base/arena.h"
#include "base/buffer.h"

struct yaml_node;

enum problem_kind { PROBLEM_ERROR, PROBLEM_WARNING };

struct problem {
    enum problem_kind kind;
    const char *file;
    int line, column;
    const char *path; /* "" for the file as a whole */
    const char *what;
    const struct problem *next; /* in the order of their places in the file */
};

/* At most PROBLEMS_MAX are kept; the rest is counted. */
#define PROBLEMS_MAX 200

struct problems {
    struct arena *arena;
    const struct problem *first;
    size_t errors, warnings; /* all, kept or not */
};

void problems_init(struct problems *problems, struct arena *arena);

/* At the value of a node; problems_add_key points at its key. */
void problems_add(struct problems *problems, enum problem_kind kind, const struct yaml_node *node,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));
void problems_add_key(struct problems *problems, enum problem_kind kind,
                      const struct yaml_node *node, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void problems_add_at(struct problems *problems, enum problem_kind kind, const char *file, int line,
                     int column, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* ` (did you mean "x"?)` for the nearest of `words`, or "" when none is near. In the problems'
 * arena. */
const char *problems_nearest(struct problems *problems, struct text word, const char *const *words,
                             size_t count);

/* One line each: FILE:LINE:COL: [warning: ]path: what. Or a JSON array of objects with those
 * members. */
void problems_print(const struct problems *problems, struct buffer *out);
void problems_print_json(const struct problems *problems, struct buffer *out);

#endif
