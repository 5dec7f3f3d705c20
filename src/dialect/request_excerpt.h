/* request_excerpt.h - the two ends of a text that arrives in parts. */
#ifndef BOURSE_DIALECT_REQUEST_EXCERPT_H
#define BOURSE_DIALECT_REQUEST_EXCERPT_H

#include "base/arena.h"
#include "chat/request.h"

#define EXCERPT_HALF (CHAT_EXCERPT_MAX / 2)

/* Memory is taken when it is first needed: most requests have short texts and few of them. */
struct excerpt_collector {
    char *head; /* at most EXCERPT_HALF bytes, or NULL while empty */
    char *tail; /* a ring of EXCERPT_HALF bytes, or NULL while all fits into the head */
    size_t head_len, head_room, tail_len;
    size_t tail_at; /* where the next byte of the ring goes */
    size_t total;
};

/* Forgets the text and keeps the memory. */
void excerpt_collector_reset(struct excerpt_collector *collector);

void excerpt_collector_append(struct excerpt_collector *collector, struct arena *arena,
                              struct text text);

/* As append, with a line end between what was there and a text that is not empty. */
void excerpt_collector_append_line(struct excerpt_collector *collector, struct arena *arena,
                                   struct text text);

/* As append, of all that was appended to another one. */
void excerpt_collector_join(struct excerpt_collector *collector, struct arena *arena,
                            const struct excerpt_collector *other);

/* The head points into the collector, which must not be used for another text afterwards. */
struct excerpt excerpt_collector_read(const struct excerpt_collector *collector,
                                      struct arena *arena);

#endif
