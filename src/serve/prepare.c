/* prepare.c - from a complete body to a decision. */
#include "prepare.h"

#include <math.h>

#include "base/clock.h"
#include "base/random.h"
#include "client.h"
#include "experience.h"

void prepare_client_id(struct exchange *exchange)
{
    struct text id = exchange_header(exchange, HEADER_REQUEST_ID);
    if (id.len == 0)
        id = exchange_header(exchange, HEADER_CLIENT_REQUEST_ID);
    if (id.len > 0 && id.len <= 128)
        exchange->client_id = arena_string_of(&exchange->arena, id);
}

/* The SDKs count: it shows how much of the load are repetitions. */
#define CLIENT_RETRIES_MAX 1000

void prepare_client_retry(struct exchange *exchange)
{
    double count;
    if (text_to_double(exchange_header(exchange, HEADER_RETRY_COUNT), &count) && count >= 1 &&
        count <= CLIENT_RETRIES_MAX)
        exchange->client_retry = (int)count;
}

static enum fail read_request(struct exchange *exchange)
{
    enum fail fail = client_read(exchange);
    exchange->wants_stream = exchange->request.stream;
    return fail;
}

/* A number of ours given as a header instead of in the body. */
static void read_number(const struct exchange *exchange, enum client_header header, double *number)
{
    double value;
    if (text_to_double(exchange_header(exchange, header), &value) && value >= 0)
        *number = value;
}

/* The SDKs say how long they wait; beyond that a whole reply is of no use. They end the wait
 * themselves (with their own class of error), so a moment more is given. In a stream their limit is
 * for the silence between two pieces, not for the whole. */
#define CLIENT_GRACE_MS 1000

static void read_deadline(struct exchange *exchange)
{
    double seconds = -1;
    read_number(exchange, HEADER_READ_TIMEOUT, &seconds);
    read_number(exchange, HEADER_TIMEOUT, &seconds);
    if (exchange->request.timeout_ms > 0)
        seconds = (double)exchange->request.timeout_ms / 1000;
    if (seconds > 0 && seconds < 86400 && !exchange->request.stream)
        exchange->deadline_ms =
            exchange->worker->now_ms + (int64_t)(seconds * 1000) + CLIENT_GRACE_MS;
}

static void read_headers(struct exchange *exchange)
{
    struct chat_request *request = &exchange->request;
    read_number(exchange, HEADER_ANSWER_VALUE, &request->answer_value);
    read_number(exchange, HEADER_SECOND_COST, &request->second_cost);
    read_number(exchange, HEADER_MAX_COST, &request->max_cost);
    exchange->explain = request->explain || text_is(exchange_header(exchange, HEADER_EXPLAIN), "1");
    read_deadline(exchange);
}

static enum fail unknown_model(struct exchange *exchange, struct text name)
{
    exchange->fail_message = arena_printf(
        &exchange->arena, "The model `%.*s` does not exist or you do not have access to it.",
        name.len > 200 ? 200 : (int)name.len, name.data ? name.data : "");
    exchange->fail_param = "model";
    return FAIL_UNKNOWN_MODEL;
}

static struct text look_up_header(void *context, const char *name)
{
    return exchange_header_named(context, name);
}

static void decide(struct exchange *exchange, const struct route *route,
                   const struct objective *preset)
{
    features_read(&exchange->request, &exchange->features);
    experience_recall(exchange, route);
    const struct question question = {
        .request = &exchange->request,
        .features = &exchange->features,
        .catalog = &exchange->snapshot->catalog,
        .policy = &exchange->snapshot->policy,
        .route = route,
        .preset = preset,
        .figures = exchange->worker->figures,
        .key = exchange->caller ? exchange->caller->object.name : NULL,
        .header = look_up_header,
        .header_context = exchange,
        .hour = clock_hour(),
        .dice = random_u64(),
        .may_explore = exchange->row->kind == KIND_ROUTED,
    };
    router_decide(&question, &exchange->arena, &exchange->decision);
    exchange->decided = true;
    random_id(exchange->decision_id, sizeof(exchange->decision_id), "dec_");
    decisions_keep(exchange->worker->server->decisions, exchange->decision_id, &exchange->decision);
}

static enum fail prepare_routed(struct exchange *exchange)
{
    struct text name = exchange->request.model;
    if (name.len == 0 && !exchange->snapshot->policy.default_route) {
        exchange->fail_message = "you must provide a model parameter";
        exchange->fail_param = "model";
        return FAIL_BAD_VALUE;
    }
    const struct objective *preset = NULL;
    const struct route *route =
        policy_find(&exchange->snapshot->policy, &exchange->snapshot->catalog, name, &preset);
    if (!route || !caller_may(exchange->caller, route->object.name))
        return unknown_model(exchange, name);

    exchange->route = route;
    decide(exchange, route, preset);
    exchange->fail_message = exchange->decision.message;
    return exchange->decision.fail;
}

/* A path that we only pass on: to a candidate of the route it names, else to the default provider.
 */
static enum fail prepare_relayed(struct exchange *exchange)
{
    const struct snapshot *snapshot = exchange->snapshot;
    struct text name = exchange->request.model;
    exchange->attempt->provider = snapshot->default_provider;
    if (name.len > 0) {
        const struct objective *preset = NULL;
        const struct route *route =
            policy_find(&snapshot->policy, &snapshot->catalog, name, &preset);
        if (!route || route->candidate_count == 0 ||
            !caller_may(exchange->caller, route->object.name))
            return unknown_model(exchange, name);
        exchange->route = route;
        exchange->attempt->provider = route->candidates[0]->provider;
    } else if (exchange->caller && exchange->caller->routes.count > 0) {
        return FAIL_UNKNOWN_PATH; /* a key that is bound to routes may not leave them */
    }
    return exchange->attempt->provider ? FAIL_NONE : FAIL_UNKNOWN_PATH;
}

enum fail prepare(struct exchange *exchange)
{
    enum fail fail = exchange->reader ? read_request(exchange) : FAIL_NONE;
    if (fail)
        return fail;
    exchange->is_read = exchange->reader != NULL;
    read_headers(exchange);
    return exchange->row->kind == KIND_RELAYED ? prepare_relayed(exchange)
                                               : prepare_routed(exchange);
}
