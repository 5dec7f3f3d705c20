/* translation.h - between the client's language and that of the attempt's provider, where they
 * differ: the request on its way there, the reply on its way back. */
#ifndef BOURSE_SERVE_TRANSLATION_H
#define BOURSE_SERVE_TRANSLATION_H

#include "exchange.h"

/* The language in which the attempt is heard, as an endpoint of it. */
static inline enum endpoint translation_endpoint(const struct exchange *exchange)
{
    bool is_on = exchange->attempt->translation.is_on;
    return is_on ? ENDPOINT_CHAT : exchange->row->endpoint;
}

/* Of a new attempt: whether there is anything to translate. */
void translation_begin(struct exchange *exchange);

static inline bool translation_is_on(const struct exchange *exchange)
{
    return exchange->attempt->translation.is_on;
}

/* The body as the provider reads it: in the attempt's translation. */
enum fail translation_write(struct exchange *exchange);
/* OpenAI's path, or the one of the provider's language. */
struct text translation_path(struct exchange *exchange);

/* A stream begins; its bytes then go to the attempt's listener, as events of the client's language.
 * False ends the call. */
void translation_listen(struct exchange *exchange);
bool translation_hear(struct exchange *exchange, struct text bytes);
/* The call is over. */
void translation_hear_end(struct exchange *exchange);

/* The attempt's body becomes one of the client's language; false where it cannot. */
bool translation_reply(struct exchange *exchange);
void translation_error(struct exchange *exchange);

/* Counts what the attempt's provider is not told. */
void translation_count_losses(const struct exchange *exchange);

/* The names of what the attempt's provider was not told, for a header; NULL: nothing was lost. */
const char *translation_losses(const struct exchange *exchange, struct arena *arena);

/* At the end of an attempt. */
void translation_clear(struct exchange *exchange);

#endif
