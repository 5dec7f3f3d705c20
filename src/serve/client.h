/* client.h - the language of the client, where it is not OpenAI's: its request is read into a chat,
 * and what it is told is said as it expects.
 *
 * A provider that speaks the client's own language is sent the client's bytes, and its bytes come
 * back. For all others OpenAI's chat stands between them, on both ways (translation.h). */
#ifndef BOURSE_SERVE_CLIENT_H
#define BOURSE_SERVE_CLIENT_H

#include "translation.h"

/* NULL: it speaks OpenAI's chat, or what is never translated. */
static inline const struct voice *client_voice(const struct exchange *exchange)
{
    return exchange->row ? voice_of(exchange->row->endpoint) : NULL;
}

/* The client speaks Anthropic's language. */
static inline bool client_is_anthropic(const struct exchange *exchange)
{
    const struct endpoint_row *row = exchange->row;
    return row && (row->endpoint == ENDPOINT_MESSAGES || row->endpoint == ENDPOINT_COUNT_TOKENS);
}

/* It is one of Anthropic's also where both vendors have the same URL: they name their version. */
static inline bool client_reads_anthropic(const struct exchange *exchange)
{
    const struct endpoint_row *row = exchange->row;
    return client_is_anthropic(exchange) ||
           ((!row || row->kind == KIND_LOCAL) &&
            exchange_header(exchange, HEADER_ANTHROPIC_VERSION).len);
}

/* Nobody answers: all that was asked is how long the request is. */
static inline bool client_only_counts(const struct exchange *exchange)
{
    return exchange->row->endpoint == ENDPOINT_COUNT_TOKENS;
}

/* The body is complete: the request is read from it. A failure may leave fail_message and
 * fail_param. */
enum fail client_read(struct exchange *exchange);
/* What it asks, as OpenAI's chat: in exchange->chat, if it is not there yet. */
enum fail client_write_chat(struct exchange *exchange);

/* How long the request is by our own estimate. */
void client_answer_count(struct exchange *exchange);

/* What an attempt says in OpenAI's language becomes the client's, where the two differ. The result
 * lives until the next call; false when there was no room. */
bool client_events(struct exchange *exchange, struct text *bytes);
/* The same of the end of a stream that nobody has said; empty where there is none. */
struct text client_stream_end(struct exchange *exchange);
/* The same of an end that is an error. */
struct text client_stream_cut(struct exchange *exchange, const struct error_note *note);
/* What a stream has used is told to it, or to who writes for it. */
bool client_hears_usage(const struct exchange *exchange);
/* The client hears this attempt from now on. */
void client_commit(struct exchange *exchange);

/* The provider's own bytes went to the client, and somebody else could go on behind them. */
bool client_can_resume(const struct exchange *exchange);
/* Somebody else is about to: what was delivered of a stream in the client's own language, which is
 * translated from now on. */
void client_resume(struct exchange *exchange);

/* The same of the attempt's whole body; false where it cannot be. */
bool client_reply(struct exchange *exchange);
void client_error(struct exchange *exchange);

/* An error of ours. */
void client_write_error(struct exchange *exchange, const struct error_note *note);

void client_clear(struct exchange *exchange);

#endif
