/* settle.c - one exchange, one log line, written when it has ended. */
#include "settle.h"

#include "base/clock.h"
#include "base/log.h"

static void count(struct exchange *exchange, int64_t duration_us)
{
    struct live_totals *totals = exchange->worker->server->totals;
    if (exchange->row)
        counter_add(&totals->requests[exchange->row->endpoint], 1);
    counter_add(&totals->by_fail[exchange->client_gone ? FAIL_CLIENT_GONE : exchange->fail], 1);
    counter_add(&totals->bytes_out, exchange->bytes_out);
    if (exchange->client_gone)
        counter_add(&totals->client_gone, 1);
    if (exchange->client_retry)
        counter_add(&totals->client_retries, 1);
    if (exchange->phase == PHASE_STREAMING)
        gauge_add(&totals->streams, -1);
    histogram_note_us(&totals->duration, duration_us);
    if (exchange->decision.explored && exchange->attempts > 0)
        live_note_explored(
            exchange->snapshot->slots[exchange->decision.candidates[0].model->index]);
}

static void log_decision(struct log_line *line, const struct decision *decision, const char *id)
{
    char rules[RULE_NAMES_SIZE];
    decision_rule_names(decision, rules);
    log_string(line, "route", decision->route->object.name);
    log_string(line, "rule", decision->matched_count ? rules : NULL);
    log_string(line, "decision", id);
    if (decision->explored)
        log_bool(line, "explored", true);
}

static void log_who(struct log_line *line, const struct exchange *exchange)
{
    const struct attempt *attempt = exchange->attempt;
    log_string(line, "id", exchange->id);
    log_string(line, "client_id", exchange->client_id);
    if (exchange->client_retry)
        log_int(line, "client_retry", exchange->client_retry);
    log_string(line, "key", exchange->caller ? exchange->caller->object.name : NULL);
    log_string(line, "method", exchange->method);
    log_text(line, "path", exchange->path);
    if (exchange->decided)
        log_decision(line, &exchange->decision, exchange->decision_id);
    if (exchange->attempts > 0) {
        log_string(line, "model", attempt->model ? attempt->model->object.name : NULL);
        log_string(line, "provider", attempt->provider->object.name);
    }
}

static void log_known(struct log_line *line, const char *key, int64_t number)
{
    if (number >= 0)
        log_int(line, key, number);
}

static void log_what(struct log_line *line, const struct exchange *exchange)
{
    const struct attempt *attempt = exchange->attempt;
    log_int(line, "attempts", exchange->attempts);
    log_int(line, "status", exchange->status);
    if (attempt->status)
        log_int(line, "upstream_status", attempt->status);
    log_bool(line, "stream", exchange->request.stream);
    log_int(line, "bytes", (int64_t)exchange->bytes_out);
    log_known(line, "tokens_in", exchange->usage.tokens_in);
    log_known(line, "tokens_out", exchange->usage.tokens_out);
    log_known(line, "tokens_cached", exchange->usage.tokens_cached);
    log_known(line, "tokens_reasoning", exchange->usage.tokens_reasoning);
    if (exchange->cost >= 0)
        log_double(line, "cost", exchange->cost, 8);
}

static void log_hedge(struct log_line *line, const struct exchange *exchange)
{
    const struct hedge *hedge = &exchange->hedge;
    if (hedge->outcome == HEDGE_NONE)
        return;
    log_string(line, "hedge", hedge_outcome_name(hedge->outcome));
    log_string(line, "hedge_of", hedge->of->object.name);
    log_string(line, "hedge_by", hedge->by->object.name);
    log_int(line, "hedge_after_ms", hedge->after_ms);
}

static void log_rescue(struct log_line *line, const struct exchange *exchange)
{
    const struct rescue *rescue = &exchange->rescue;
    if (rescue->kind != RESCUE_NONE) {
        log_string(line, "failover", rescue_kind_name(rescue->kind));
        log_string(line, "failover_from", rescue->from->object.name);
    }
    if (exchange->tokens_wasted > 0 || exchange->cost_wasted > 0) {
        log_int(line, "tokens_wasted", exchange->tokens_wasted);
        log_double(line, "cost_wasted", exchange->cost_wasted, 8);
    }
}

static void log_when(struct log_line *line, const struct exchange *exchange, int64_t duration_us)
{
    if (exchange->first_token_us)
        log_double(line, "first_token_ms",
                   (double)(exchange->first_token_us - exchange->started_us) / 1000, 1);
    log_double(line, "duration_ms", (double)duration_us / 1000, 1);
    if (exchange->admission.waited_us > 0)
        log_double(line, "waited_ms", (double)exchange->admission.waited_us / 1000, 1);
    if (exchange->first_call_us)
        log_int(line, "overhead_us", exchange->first_call_us - exchange->ready_us);
    if (exchange->fail)
        log_string(line, "reason", fail_row(exchange->fail)->name);
    if (exchange->client_gone)
        log_bool(line, "client_gone", true);
    if (exchange->fail)
        log_string(line, "error", exchange->fail_message);
}

/* The admin listener's pages are asked for every few seconds: they are no exchanges. */
void settle(struct exchange *exchange)
{
    if (exchange->settled || exchange->connection->admin)
        return;
    exchange->settled = true;
    int64_t duration_us = clock_us() - exchange->started_us;
    count(exchange, duration_us);
    if (exchange->first_call_us)
        histogram_note_us(&exchange->worker->server->totals->overhead,
                          exchange->first_call_us - exchange->ready_us);
    if (!log_wants(LOG_INFO))
        return;
    struct log_line line;
    log_begin(&line, LOG_INFO, "exchange");
    log_who(&line, exchange);
    log_what(&line, exchange);
    log_hedge(&line, exchange);
    log_rescue(&line, exchange);
    log_when(&line, exchange, duration_us);
    log_end(&line);
}

void settle_refused(const struct connection *connection, enum fail fail, const char *message,
                    const char *id, struct text method, struct text path)
{
    struct live_totals *totals = connection->worker->server->totals;
    if (connection->admin)
        return;
    counter_add(&totals->by_fail[fail], 1);
    if (!log_wants(LOG_INFO))
        return;
    struct log_line line;
    log_begin(&line, LOG_INFO, "exchange");
    log_string(&line, "id", id);
    if (path.len > 0) {
        log_text(&line, "method", method);
        log_text(&line, "path", path);
    }
    log_int(&line, "attempts", 0);
    log_int(&line, "status", fail_row(fail)->status);
    log_string(&line, "reason", fail_row(fail)->name);
    log_string(&line, "error", message);
    log_end(&line);
}
