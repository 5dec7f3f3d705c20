/* reload.c - a new configuration takes the place of the old one, or changes nothing. */
#include "reload.h"

#include <unistd.h>

#include "answer.h"
#include "base/log.h"
#include "connection.h"
#include "drain.h"
#include "listeners.h"
#include "tokens.h"

static void hand_over(struct server *server, struct snapshot *snapshot)
{
    for (int i = 0; i < server->worker_count; i++) {
        struct worker *worker = &server->workers[i];
        /* One that was not taken yet is replaced: only the newest counts. */
        snapshot_unref(atomic_exchange(&worker->next_snapshot, snapshot_ref(snapshot)));
        worker_wake(worker);
    }
    snapshot_unref(snapshot);
}

static void remember(struct server *server, bool good, const struct problems *problems)
{
    pthread_mutex_lock(&server->reload_lock);
    server->reload_good = good;
    server->reload_reading = false;
    server->reload_said.len = 0;
    problems_print(problems, &server->reload_said);
    server->reloads_done++;
    pthread_mutex_unlock(&server->reload_lock);
}

static void log_problems(const struct problems *problems)
{
    for (const struct problem *p = problems->first; p; p = p->next)
        log_say(p->kind == PROBLEM_ERROR ? LOG_ERROR : LOG_WARN, "configuration",
                "%s:%d:%d: %s%s%s", p->file, p->line, p->column, p->path, *p->path ? ": " : "",
                p->what);
}

static void count(struct server *server, bool good)
{
    counter_add(good ? &server->totals->reloads_ok : &server->totals->reloads_failed, 1);
    log_say(good ? LOG_INFO : LOG_ERROR, "reload", "%s",
            good ? "the new configuration serves" : "it has errors; the old one keeps serving");
}

bool reload_now(struct server *server)
{
    struct arena arena;
    struct problems problems;
    arena_init(&arena);
    problems_init(&problems, &arena);
    pthread_mutex_lock(&server->reload_lock);
    server->reload_reading = true;
    pthread_mutex_unlock(&server->reload_lock);
    const struct snapshot_source source = { server->options->config_path, server->live, false };
    struct snapshot *snapshot = snapshot_load(&source, &problems);
    bool good = snapshot && listeners_prepare_mock(server, snapshot);

    log_problems(&problems);
    count(server, good);
    if (good) {
        drain_learn(server, snapshot);
        tokens_follow(server, snapshot);
        hand_over(server, snapshot);
    } else {
        snapshot_unref(snapshot);
    }
    remember(server, good, &problems); /* last: whoever hears of it is served by the new one */
    worker_wake(&server->workers[0]);
    arena_clear(&arena);
    return good;
}

void reload_ask(struct exchange *exchange)
{
    struct worker *worker = exchange->worker;
    struct server *server = worker->server;
    uint64_t one = 1;
    pthread_mutex_lock(&server->reload_lock);
    /* One that is being read now may have begun before this was asked: the next one counts. */
    exchange->reload_after = server->reloads_done + (server->reload_reading ? 1 : 0);
    pthread_mutex_unlock(&server->reload_lock);
    exchange->reload_next = worker->reload_waiting;
    worker->reload_waiting = exchange;
    atomic_store(&server->reload_wanted, true);
    (void)!write(server->wake_fd, &one, sizeof(one));
}

void reload_forget(struct exchange *exchange)
{
    struct exchange **link = &exchange->worker->reload_waiting;
    while (*link && *link != exchange)
        link = &(*link)->reload_next;
    if (*link)
        *link = exchange->reload_next;
}

static void answer(struct exchange *exchange, bool good, const char *said)
{
    if (good)
        answer_json(exchange, 200, json_pack("{s:s, s:s}", "status", "reloaded", "warnings", said));
    else
        exchange_refuse(exchange, FAIL_BAD_CONFIG, said, NULL);
    connection_resume(exchange->connection);
}

void reload_answer(struct worker *worker)
{
    struct server *server = worker->server;
    struct exchange **link = &worker->reload_waiting;
    if (!*link)
        return;
    pthread_mutex_lock(&server->reload_lock);
    while (*link) {
        struct exchange *exchange = *link;
        if (server->reloads_done <= exchange->reload_after) {
            link = &exchange->reload_next;
            continue;
        }
        *link = exchange->reload_next;
        answer(exchange, server->reload_good,
               arena_string_of(&exchange->arena, buffer_text(&server->reload_said)));
    }
    pthread_mutex_unlock(&server->reload_lock);
}
