/* urls.c - the URLs that are answered here, without a provider. */
#include "urls.h"

#include <unistd.h>

#include "admin/pages.h"
#include "answer.h"
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

void url_models(struct exchange *exchange)
{
    answer_json(exchange, 200, page_models(exchange->snapshot, exchange->caller));
}

void url_model(struct exchange *exchange)
{
    size_t prefix = strlen("/models/");
    struct text escaped = { exchange->path.data + prefix, exchange->path.len - prefix };
    char *name = arena_string_of(&exchange->arena, escaped);
    size_t len = MHD_http_unescape(name); /* ids may have slashes, which the SDKs escape */
    json_t *json = page_model(exchange->snapshot, exchange->caller, (struct text){ name, len });
    if (json)
        answer_json(exchange, 200, json);
    else
        exchange_refuse(exchange, FAIL_UNKNOWN_MODEL, NULL, "model");
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
