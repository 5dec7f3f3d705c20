/* reply.h - a whole reply, made beforehand, and the moments at which its pieces may go out. */
#ifndef BOURSE_MOCK_REPLY_H
#define BOURSE_MOCK_REPLY_H

#include <jansson.h>

#include "base/buffer.h"

#define REPLY_BYTES_MAX  (128u << 20)
#define REPLY_PIECES_MAX 100000

enum reply_end {
    REPLY_WHOLE,
    REPLY_CUT,    /* the connection ends without the end of the body */
    REPLY_STALL,  /* silence until the client leaves */
    REPLY_REPEAT, /* the last piece again and again */
};

/* The bytes up to `end` go out `wait_ms` after what stands before them. */
struct reply_piece {
    size_t end;
    int wait_ms;
};

struct reply {
    int status;
    const char *content_type;
    const char *encoding; /* content-encoding; NULL: none */
    int retry_after_s;    /* -1: none */
    bool stream;          /* chunked, piece by piece; else one body of known length */
    enum reply_end end;
    bool failed; /* memory or the maximum ran out while it was made */
    struct buffer bytes;
    struct reply_piece *pieces;
    size_t count, room;
};

void reply_init(struct reply *reply);
void reply_clear(struct reply *reply);

/* What was appended since the last piece becomes a piece. */
void reply_piece(struct reply *reply, int wait_ms);

/* A body of JSON; takes the document. */
void reply_json(struct reply *reply, int status, json_t *document);

/* One SSE event; `name` NULL for none. Takes the document. */
void reply_event(struct reply *reply, const char *name, json_t *document, int wait_ms);

/* JSON of a text that is UTF-8, or empty. */
json_t *reply_string(struct text text);

/* OpenAI's error envelope; `param` and `code` may be NULL. */
void reply_error(struct reply *reply, int status, const char *type, const char *param,
                 const char *code, const char *message);

/* 400 invalid_request_error about `param`. */
void reply_refuse(struct reply *reply, const char *param, const char *message);

#endif
