/* head.h - the head of a reply: its lines as they came, each behind its length, read only when
 * somebody asks.
 *
 * Curl keeps them too, but looks through all of them for each step from one to the next. */
#ifndef BOURSE_UPSTREAM_HEAD_H
#define BOURSE_UPSTREAM_HEAD_H

#include "base/buffer.h"

struct head {
    struct buffer lines;
};

#define HEAD_MAX ((size_t)256 * 1024) /* below curl's own limit, which reads like a reset */

void head_init(struct head *head);
void head_clear(struct head *head);
/* Ready for the next reply; the memory is kept where it is little. */
void head_reset(struct head *head);

/* A line with its end. A status line begins anew: what stood before was of an interim reply. */
bool head_add(struct head *head, struct text line);

/* The next field after *at, which begins with 0; false when there is none left. */
bool head_next(const struct head *head, size_t *at, struct text *ret_name, struct text *ret_value);
/* The value of the first field of that name; the empty view where there is none. */
struct text head_find(const struct head *head, const char *name);

#endif
