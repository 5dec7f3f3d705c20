/* messages.h - errors of ours, as clients of Anthropic's Messages API expect them (voice.h). */
#ifndef BOURSE_DIALECT_MESSAGES_H
#define BOURSE_DIALECT_MESSAGES_H

#include "base/buffer.h"

struct error_note;

/* {"type":"error","error":{type,message},"request_id"} */
void messages_error(struct buffer *out, const struct error_note *note, const char *request_id);
/* The same inside a stream, as its last event. */
void messages_error_event(struct buffer *out, const struct error_note *note);

#endif
