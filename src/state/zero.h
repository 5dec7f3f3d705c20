/* zero.h - a configuration for somebody who wrote none: made of what is found around. */
#ifndef BOURSE_STATE_ZERO_H
#define BOURSE_STATE_ZERO_H

#include "base/arena.h"
#include "base/buffer.h"

#define LOCAL_PORT        11434 /* where Ollama listens */
#define LOCAL_PATIENCE_MS 200   /* for its whole answer */
#define LOCAL_REPLY_MAX   65536 /* bytes */

/* YAML text in the arena, and one sentence about what was found. Asks Ollama; waits for it at most
 * LOCAL_PATIENCE_MS. */
struct text zero_configuration(struct arena *arena, const char **ret_note);

/* The same from given findings. `local_reply` is the body of GET /v1/models, empty for none. */
struct text zero_compose(const char *environment(const char *name), struct text local_reply,
                         struct arena *arena, const char **ret_note);

/* GET /v1/models at 127.0.0.1; the body in `reply`, false when there is no whole one in time. */
bool local_models(uint16_t port, int patience_ms, struct buffer *reply);

#endif
