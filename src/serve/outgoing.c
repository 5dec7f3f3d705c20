/* outgoing.c - the request as it goes to a provider: its body, its path, the headers it may keep.
 */
#include "outgoing.h"

#include "adapting.h"
#include "base/clock.h"
#include "bearer.h"
#include "client.h"
#include "dialect/azure.h"
#include "signing.h"
#include "translation.h"

static const char *base_url(const struct exchange *exchange, const struct provider *provider)
{
    return provider->base_url ? provider->base_url : exchange->worker->server->mock_url;
}

/* Pieces of what the client sent. */
static void splice_request(struct exchange *exchange)
{
    const struct model *model = exchange->attempt->model;
    const struct chat_request *request = exchange->own ? exchange->own : &exchange->request;
    struct text body = buffer_text(&exchange->body);
    exchange->pieces = arena_array(&exchange->arena, request_pieces_most(request), sizeof(body));
    if (!exchange->is_read) {
        exchange->pieces[0] = body;
        exchange->piece_count = body.len > 0;
        return;
    }
    const struct request_changes changes = {
        .upstream_model = model ? model->upstream_model : NULL,
        .ask_usage = exchange->request.stream && exchange->row->kind == KIND_ROUTED &&
                     !adapting_hears_usage_anyway(exchange),
        .last_message = buffer_text(&exchange->rescue.message),
    };
    exchange->piece_count =
        request_pieces(request, body, &changes, &exchange->arena, exchange->pieces);
}

static enum fail write_translated(struct exchange *exchange)
{
    enum fail fail = translation_write(exchange);
    exchange->pieces = arena_new(&exchange->arena, struct text);
    exchange->pieces[0] = buffer_text(&exchange->attempt->translation.question);
    exchange->piece_count = 1;
    return fail;
}

enum fail outgoing_write(struct exchange *exchange)
{
    enum fail fail = FAIL_NONE;
    if (translation_is_on(exchange))
        fail = write_translated(exchange);
    else
        splice_request(exchange);
    if (!fail)
        fail = adapting_write(exchange);
    if (!fail)
        translation_count_losses(exchange);
    return fail;
}

static struct text client_path(struct exchange *exchange)
{
    bool keeps_query = exchange->row->kind == KIND_RELAYED || client_is_anthropic(exchange);
    if (!keeps_query || exchange->query.len == 0)
        return exchange->path;
    return text_of(arena_printf(&exchange->arena, "%.*s?%.*s", TEXT_ARGS(exchange->path),
                                TEXT_ARGS(exchange->query)));
}

static struct text upstream_path(struct exchange *exchange)
{
    const struct attempt *attempt = exchange->attempt;
    struct text path =
        translation_is_on(exchange) ? translation_path(exchange) : client_path(exchange);
    if (attempt->provider->dialect != DIALECT_AZURE)
        return path;
    return azure_path(attempt->provider, attempt->model ? attempt->model->upstream_model : NULL,
                      path, &exchange->arena);
}

/* What an SDK accepts says nothing new where we know what is
 * asked for, so it goes along only on paths that are passed on as they are. */
static const struct {
    enum client_header header;
    bool only_when_relayed, only_of_anthropic;
} relayed_headers[] = {
    { HEADER_OPENAI_BETA, false, false },
    { HEADER_ACCEPT, true, false },
    { HEADER_RANGE, true, false },
    { HEADER_ANTHROPIC_BETA, false, true },
};

#define RELAYED_HEADERS (sizeof(relayed_headers) / sizeof(relayed_headers[0]))
#define BEARER_FIELDS   1
#define ADDED_HEADERS   (RELAYED_HEADERS + SIGNING_FIELDS + BEARER_FIELDS)

static size_t read_relayed(const struct exchange *exchange,
                           struct upstream_field fields[ADDED_HEADERS])
{
    size_t count = 0;
    for (size_t i = 0; i < RELAYED_HEADERS && !translation_is_on(exchange); i++) {
        enum client_header header = relayed_headers[i].header;
        struct text value = exchange_header(exchange, header);
        bool is_due =
            relayed_headers[i].only_of_anthropic == client_is_anthropic(exchange) &&
            (exchange->row->kind == KIND_RELAYED || !relayed_headers[i].only_when_relayed);
        if (value.len > 0 && is_due)
            fields[count++] = (struct upstream_field){ text_of(client_header_name(header)), value };
    }
    return count;
}

static struct text content_type(const struct exchange *exchange)
{
    if (translation_is_on(exchange))
        return text_of("application/json");
    return exchange->body.len ? exchange_header(exchange, HEADER_CONTENT_TYPE)
                              : (struct text){ NULL, 0 };
}

void outgoing_start(struct exchange *exchange, const struct upstream_events *events)
{
    struct upstream_field fields[ADDED_HEADERS];
    struct attempt *attempt = exchange->attempt;
    struct upstream_request request = {
        .provider = attempt->provider,
        .base_url = base_url(exchange, attempt->provider),
        .generation = exchange->snapshot->serial,
        .method = exchange->row->method ? exchange->row->method : exchange->method,
        .path = upstream_path(exchange),
        .content_type = content_type(exchange),
        .relayed_headers = fields,
        .relayed_header_count = read_relayed(exchange, fields),
        .pieces = exchange->pieces,
        .piece_count = exchange->piece_count,
        .streamed = exchange->request.stream,
        .deadline_ms = exchange->deadline_ms,
        .events = events,
        .owner = attempt,
    };
    request.relayed_header_count +=
        signing_add(&request, &exchange->arena, fields + request.relayed_header_count);
    request.relayed_header_count +=
        bearer_add(attempt, &exchange->arena, fields + request.relayed_header_count);
    if (!exchange->first_call_us)
        exchange->first_call_us = clock_us();
    attempt->call = upstream_start(exchange->worker->upstream, &request);
}
