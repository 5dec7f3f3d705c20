/* experience.c - what was seen before goes into a decision, what is seen now is noted. */
#include "experience.h"

#include <stdlib.h>

#include "base/clock.h"
#include "candidates.h"
#include "client.h"
#include "wire/http.h"

/* ---- before ---- */

static void make_room(struct worker *worker, size_t count)
{
    if (worker->figure_room >= count)
        return;
    free(worker->figures);
    worker->figures = calloc(count, sizeof(*worker->figures));
    if (!worker->figures)
        abort();
    worker->figure_room = count;
}

/* What names a session: a member of the body, else the header. */
static void find_session(struct exchange *exchange, const struct route *route,
                         struct session_trace *ret_trace)
{
    const struct server *server = exchange->worker->server;
    if (route->sticky != STICKY_SESSION)
        return;
    struct text session = exchange->request.session;
    if (session.len == 0)
        session = exchange_header(exchange, HEADER_SESSION_ID);
    exchange->session = sessions_key(
        server->sessions, exchange->caller ? exchange->caller->object.name : NULL, session);
    sessions_find(server->sessions, server->live, exchange->session, exchange->worker->now_ms,
                  ret_trace);
}

static void recall_model(struct exchange *exchange, const struct model *model,
                         const struct session_trace *trace)
{
    const struct live_view view = { .now_ms = exchange->worker->now_ms,
                                    .tokens_in = exchange->features.tokens_in,
                                    .task = exchange->features.task,
                                    .streamed = exchange->request.stream };
    const struct live_model *slot = exchange->snapshot->slots[model->index];
    struct figures *figures = &exchange->worker->figures[model->index];
    live_read(slot, &view, figures);
    if (slot == trace->slot) {
        figures->session_tokens = trace->tokens;
        figures->session_age_ms = trace->age_ms;
    }
}

void experience_recall(struct exchange *exchange, const struct route *route)
{
    const struct catalog *catalog = &exchange->snapshot->catalog;
    const struct chat_names *fallbacks = &exchange->request.fallbacks;
    struct session_trace trace = { .slot = NULL };
    make_room(exchange->worker, catalog->model_count);
    find_session(exchange, route, &trace);
    for (size_t i = 0; i < route->candidate_count; i++)
        recall_model(exchange, route->candidates[i], &trace);
    for (size_t i = 0; i < fallbacks->count; i++) {
        const struct model *model = catalog_find_model(catalog, fallbacks->items[i]);
        if (model)
            recall_model(exchange, model, &trace);
    }
}

/* ---- after ---- */

static int64_t since_ms(int64_t from_us, int64_t to_us)
{
    return to_us > 0 ? (to_us - from_us) / 1000 : -1;
}

static int64_t cacheable_tokens(const struct exchange *exchange)
{
    const struct decision *decision = &exchange->decision;
    for (size_t i = 0; exchange->session && i < decision->count; i++)
        if (decision->candidates[i].model == exchange->attempt->model)
            return decision->candidates[i].tokens_cacheable;
    return 0;
}

static bool is_explored(const struct exchange *exchange)
{
    const struct decision *decision = &exchange->decision;
    return decision->explored && decision->candidates[0].model == exchange->attempt->model;
}

/* A session stays with who answered it, until he fails. An exploration is a visit: the cache is
 * still where it was. */
static void note_session(struct exchange *exchange, const struct live_model *slot, enum fail fail)
{
    struct sessions *sessions = exchange->worker->server->sessions;
    int64_t tokens = exchange->usage.tokens_in;
    if (!exchange->session)
        return;
    if (fail == FAIL_NONE && !is_explored(exchange))
        sessions_note(sessions, exchange->session, slot,
                      tokens >= 0 ? tokens : exchange->features.tokens_in,
                      exchange->worker->now_ms);
    else if (fail_row(fail)->providers_fault) /* FAIL_NONE is nobody's */
        sessions_forget(sessions, exchange->session, slot);
}

/* So that it can be rated. */
static void note_answer(struct exchange *exchange, const struct live_model *slot)
{
    const struct answer answer = {
        .decision_id = exchange->decision_id,
        .request_id = exchange->id,
        .caller = exchange->caller ? exchange->caller->object.name : NULL,
        .slot = slot,
        .task = exchange->features.task,
    };
    answers_keep(exchange->worker->server->answers, &answer);
}

/* Each language has its own headers for it, and only those are looked for. */
static const struct limit_row {
    enum provider_dialect language;
    const char *remaining, *reset;
} limit_rows[] = {
    { DIALECT_OPENAI, "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests" },
    { DIALECT_OPENAI, "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens" },
    { DIALECT_ANTHROPIC, "anthropic-ratelimit-requests-remaining",
      "anthropic-ratelimit-requests-reset" },
    { DIALECT_ANTHROPIC, "anthropic-ratelimit-input-tokens-remaining",
      "anthropic-ratelimit-input-tokens-reset" },
    { DIALECT_ANTHROPIC, "anthropic-ratelimit-output-tokens-remaining",
      "anthropic-ratelimit-output-tokens-reset" },
};

static int64_t wait_of(const struct limit_row *row, const struct upstream_call *call)
{
    struct text remaining = upstream_header(call, row->remaining);
    if (remaining.len == 0)
        return -1;
    return http_limit_ms(remaining, upstream_header(call, row->reset), clock_wall_ms());
}

int64_t experience_limit_ms(const struct attempt *attempt)
{
    enum provider_dialect language = dialect_language(attempt->provider->dialect);
    int64_t longest_ms = -1;
    for (size_t i = 0; i < sizeof(limit_rows) / sizeof(limit_rows[0]); i++) {
        if (limit_rows[i].language != language)
            continue;
        int64_t wait_ms = wait_of(&limit_rows[i], attempt->call);
        if (wait_ms > longest_ms)
            longest_ms = wait_ms;
    }
    return longest_ms;
}

static int64_t pause_ms(const struct attempt *attempt)
{
    return attempt->retry_after_ms > attempt->limit_ms ? attempt->retry_after_ms
                                                       : attempt->limit_ms;
}

void experience_spoke(struct exchange *exchange)
{
    struct attempt *attempt = exchange->attempt;
    if (attempt->model)
        attempt->grant =
            live_note_spoke(exchange->snapshot->slots[attempt->model->index], attempt->grant,
                            attempt->started_us / 1000, exchange->worker->now_ms);
}

/* Of one that was cancelled because another spoke first: the time that it had, where that was more
 * than nine of ten need. */
static int64_t late_ms(const struct attempt *attempt)
{
    double usual_ms = attempt->exchange->decision.candidates[attempt->candidate].late_ms;
    int64_t had_ms = (clock_us() - attempt->started_us) / 1000;
    return usual_ms >= 0 && (double)had_ms >= usual_ms ? had_ms : 0;
}

void experience_note(struct exchange *exchange, enum fail fail)
{
    const struct attempt *attempt = exchange->attempt;
    candidates_repeated(exchange);
    if (!attempt->model)
        return;
    struct live_model *slot = exchange->snapshot->slots[attempt->model->index];
    const struct attempt_outcome outcome = {
        .fail = fail,
        .status = attempt->status,
        .grant = attempt->grant,
        .now_ms = exchange->worker->now_ms,
        .started_ms = attempt->started_us / 1000,
        .spoke_ms = attempt->first_token_us / 1000,
        .first_token_ms = since_ms(attempt->started_us, attempt->first_token_us),
        .duration_ms = since_ms(attempt->started_us, clock_us()),
        .late_ms = fail == FAIL_OUTRUN ? late_ms(attempt) : 0,
        .pause_ms = pause_ms(attempt),
        .tokens_estimated = exchange->features.tokens_in,
        .has_images = exchange->request.images > 0,
        .streamed = exchange->request.stream,
        .relayed = !exchange->decided || client_only_counts(exchange),
        .task = exchange->features.task,
        .choices = exchange->request.n,
        .max_output_tokens = exchange->request.max_output_tokens,
        .tokens_cacheable = cacheable_tokens(exchange),
        .usage = exchange->usage,
        .cost = exchange->cost,
    };
    live_note_end(slot, &outcome);
    note_session(exchange, slot, fail);
    if (fail == FAIL_NONE && exchange->decided)
        note_answer(exchange, slot);
}

static void note_cost_wasted(struct exchange *exchange, double cost)
{
    exchange->cost_wasted += cost;
    counter_add(&exchange->worker->server->totals->cost_wasted_nanousd,
                (uint64_t)(cost * 1e9 + 0.5));
}

/* Who failed before it said anything asks for no money; who was outrun has read the request. */
void experience_note_waste(struct exchange *exchange)
{
    const struct attempt *attempt = exchange->attempt;
    struct usage used = exchange->usage;
    if (used.tokens_out < 0)
        used.tokens_out = (int64_t)attempt->said;
    if (used.tokens_in < 0)
        used.tokens_in = exchange->features.tokens_in;
    exchange->usage = (struct usage)USAGE_UNKNOWN;
    exchange->cost = -1;
    if (used.tokens_out == 0 && attempt->broken_off != FAIL_OUTRUN)
        return;
    exchange->tokens_wasted += used.tokens_out;
    counter_add(&exchange->worker->server->totals->tokens_wasted, (uint64_t)used.tokens_out);
    double cost = attempt->model ? price_of(&attempt->model->price, &used) : -1;
    if (cost > 0)
        note_cost_wasted(exchange, cost);
}
