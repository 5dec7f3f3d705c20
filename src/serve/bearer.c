/* bearer.c - the bearer token of a call, for providers whose token is taken from a source. */
#include "bearer.h"

#include "candidates.h"
#include "state/tokens.h"
#include "tokens.h"

static struct live_token *slot_of(const struct exchange *exchange)
{
    return exchange->snapshot->token_slots[exchange->attempt->provider->index];
}

/* A source without a slot (there are too many) has no token either. */
static bool is_needed(const struct exchange *exchange)
{
    return exchange->attempt->provider->token_source != NULL;
}

static bool is_there(const struct exchange *exchange)
{
    const struct live_token *slot = slot_of(exchange);
    return slot && live_token_is_valid(slot, exchange->worker->now_ms);
}

enum fail bearer_take(struct exchange *exchange)
{
    struct attempt *attempt = exchange->attempt;
    const struct live_token *slot = slot_of(exchange);
    if (!is_needed(exchange))
        return FAIL_NONE;
    if (slot)
        attempt->bearer = live_token_take(slot, exchange->worker->now_ms, &exchange->arena);
    return secret_is_set(attempt->bearer) ? FAIL_NONE : FAIL_NO_TOKEN;
}

size_t bearer_add(const struct attempt *attempt, struct arena *arena,
                  struct upstream_field fields[1])
{
    const struct text token = attempt->bearer.hidden;
    if (!secret_is_set(attempt->bearer))
        return 0;
    fields[0] =
        (struct upstream_field){ text_of("Authorization"),
                                 text_of(arena_printf(arena, "Bearer %.*s", TEXT_ARGS(token))) };
    return 1;
}

void bearer_doubt(const struct exchange *exchange)
{
    if (!is_needed(exchange) || !slot_of(exchange))
        return;
    live_token_doubt(slot_of(exchange));
    tokens_wake(exchange->worker->server);
}

/* ---- waiting for one ---- */

static bool has_another(const struct exchange *exchange)
{
    return exchange->decided &&
           candidates_well(exchange, exchange->candidate + 1, exchange->failed_by) != NO_CANDIDATE;
}

static int64_t patience_ms(const struct exchange *exchange)
{
    const int64_t most_ms = exchange->decided ? exchange->decision.route->max_wait_ms : 0;
    const int64_t left_ms =
        exchange->deadline_ms ? exchange->deadline_ms - exchange->worker->now_ms : INT64_MAX;
    const int64_t waited_ms = exchange->worker->now_ms - exchange->bearer_since_ms;
    return most_ms - waited_ms < left_ms ? most_ms - waited_ms : left_ms;
}

bool bearer_waits(struct exchange *exchange)
{
    if (!is_needed(exchange) || is_there(exchange) || has_another(exchange))
        return false;
    if (!exchange->bearer_since_ms)
        exchange->bearer_since_ms = exchange->worker->now_ms;
    return patience_ms(exchange) > 0;
}
