/* urls.c - the URLs that are answered here, without a provider. */
#include "urls.h"

#include <unistd.h>

#include "admin/pages.h"
#include "answer.h"
#include "client.h"
#include "reload.h"

static struct page_facts facts_of(const struct exchange *exchange)
{
    const struct server *server = exchange->worker->server;
    return (struct page_facts){
        .snapshot = exchange->worker->snapshot,
        .live = server->live,
        .now_ms = exchange->worker->now_ms,
        .started_ms = server->started_ms,
        .workers = server->worker_count,
        .pid = (int)getpid(),
        .draining = atomic_load(&server->phase) != SERVER_SERVES,
    };
}

#define MODELS_PAGE     20 /* as Anthropic has it, where the client does not say */
#define MODELS_PAGE_MAX 1000

/* False where the page's length is none. */
static bool read_range(const struct exchange *exchange, struct page_range *ret)
{
    const struct text limit = exchange_argument(exchange, "limit");
    uint64_t models = MODELS_PAGE;
    if (limit.len > 0 && (!text_to_u64(limit, &models) || models < 1 || models > MODELS_PAGE_MAX))
        return false;
    *ret = (struct page_range){ .limit = models,
                                .after = exchange_argument(exchange, "after_id"),
                                .before = exchange_argument(exchange, "before_id") };
    return true;
}

static void answer_anthropic_models(struct exchange *exchange, json_t *list)
{
    struct page_range range;
    if (read_range(exchange, &range))
        answer_json(exchange, 200, page_anthropic_models(list, &range));
    else
        exchange_refuse(exchange, FAIL_BAD_VALUE, "limit: must be a number from 1 to 1000.",
                        "limit");
    json_decref(list);
}

void url_models(struct exchange *exchange)
{
    json_t *list = page_models(exchange->snapshot, exchange->caller);
    if (client_reads_anthropic(exchange))
        answer_anthropic_models(exchange, list);
    else
        answer_json(exchange, 200, list);
}

void url_model(struct exchange *exchange)
{
    size_t prefix = strlen("/models/");
    struct text escaped = { exchange->path.data + prefix, exchange->path.len - prefix };
    char *name = arena_string_of(&exchange->arena, escaped);
    size_t len = MHD_http_unescape(name); /* ids may have slashes, which the SDKs escape */
    json_t *json = page_model(exchange->snapshot, exchange->caller, (struct text){ name, len });
    if (json && client_reads_anthropic(exchange)) {
        answer_json(exchange, 200, page_anthropic_model(json));
        json_decref(json);
    } else if (json) {
        answer_json(exchange, 200, json);
    } else {
        exchange_refuse(exchange, FAIL_UNKNOWN_MODEL, NULL, "model");
    }
}

static void say_status(struct exchange *exchange, int status, const char *word)
{
    answer_json(exchange, status, json_pack("{s:s}", "status", word));
}

void url_livez(struct exchange *exchange)
{
    say_status(exchange, 200, "ok");
}

void url_readyz(struct exchange *exchange)
{
    if (atomic_load(&exchange->worker->server->phase) != SERVER_SERVES)
        exchange_refuse(exchange, FAIL_DRAINING, NULL, NULL);
    else
        say_status(exchange, 200, "ready");
}

void url_metrics(struct exchange *exchange)
{
    const struct page_facts facts = facts_of(exchange);
    page_metrics(&exchange->reply, &facts);
    exchange_answer(exchange, 200, "text/plain; version=0.0.4; charset=utf-8");
}

void url_status(struct exchange *exchange)
{
    const struct page_facts facts = facts_of(exchange);
    answer_json(exchange, 200, page_status(&facts));
}

void url_decision(struct exchange *exchange)
{
    size_t prefix = strlen("/decisions/");
    struct text id = { exchange->path.data + prefix, exchange->path.len - prefix };
    json_t *json = decisions_explain(exchange->worker->server->decisions, id);
    if (json)
        answer_json(exchange, 200, json);
    else
        exchange_refuse(exchange, FAIL_UNKNOWN_DECISION, NULL, NULL);
}

/* Reading a file would hold up the loop: the main thread does it, the answer waits. */
void url_reload(struct exchange *exchange)
{
    reload_ask(exchange);
}
