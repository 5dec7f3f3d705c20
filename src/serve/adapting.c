/* adapting.c - a call to a server that deviates from OpenAI's language. */
#include "adapting.h"

#include "dialect/quirks.h"
#include "translation.h"

static const struct quirks *quirks_of(const struct exchange *exchange)
{
    return &exchange->attempt->provider->quirks;
}

static bool is_chat(const struct exchange *exchange)
{
    if (translation_is_on(exchange))
        return exchange->attempt->translation.foreign == NULL;
    return exchange->row->kind == KIND_ROUTED && exchange->row->endpoint == ENDPOINT_CHAT;
}

/* What was written for a client of another language has members that the client did not name. */
static bool is_wanted(const struct exchange *exchange)
{
    const struct quirks *quirks = quirks_of(exchange);
    return is_chat(exchange) && ((translation_is_on(exchange) && quirks_are_any(quirks)) ||
                                 quirks_touch(quirks, &exchange->request));
}

bool adapting_hears_usage_anyway(const struct exchange *exchange)
{
    return is_chat(exchange) && quirks_of(exchange)->tells_usage;
}

static void count(struct exchange *exchange, size_t before)
{
    gauge_add(&exchange->worker->server->totals->buffered_bytes,
              (int64_t)exchange->attempt->adapted.room - (int64_t)before);
}

static bool join(const struct exchange *exchange, struct buffer *whole)
{
    size_t len = 0;
    for (size_t i = 0; i < exchange->piece_count; i++)
        len += exchange->pieces[i].len;
    buffer_init(whole, len);
    for (size_t i = 0; i < exchange->piece_count; i++)
        if (!buffer_append_text(whole, exchange->pieces[i]))
            return false;
    return true;
}

enum fail adapting_write(struct exchange *exchange)
{
    struct attempt *attempt = exchange->attempt;
    struct buffer whole;
    if (!is_wanted(exchange))
        return FAIL_NONE;
    enum fail fail = join(exchange, &whole) ? FAIL_NONE : FAIL_BAD_VALUE;
    if (!fail)
        fail = quirks_write(quirks_of(exchange), buffer_text(&whole), &attempt->adapted);
    buffer_clear(&whole);
    count(exchange, 0);
    if (fail)
        return fail;
    exchange->pieces = arena_new(&exchange->arena, struct text);
    exchange->pieces[0] = buffer_text(&attempt->adapted);
    exchange->piece_count = 1;
    return FAIL_NONE;
}

void adapting_clear(struct exchange *exchange)
{
    const size_t before = exchange->attempt->adapted.room;
    buffer_clear(&exchange->attempt->adapted);
    count(exchange, before);
}
