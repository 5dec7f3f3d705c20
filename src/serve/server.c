/* server.c - the daemon's main thread: starts the workers, then waits for signals. */
#include "serve/server.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/code_pages.h"
#include "base/descriptors.h"
#include "base/log.h"
#include "drain.h"
#include "keeper.h"
#include "listeners.h"
#include "mock/mock.h"
#include "notify.h"
#include "places.h"
#include "reload.h"
#include "signals.h"
#include "tokens.h"
#include "upgrade.h"
#include "watchdog.h"

/* ---- start ---- */

static struct snapshot *load(const struct server *server)
{
    struct arena arena;
    struct problems problems;
    struct buffer printed;
    arena_init(&arena);
    problems_init(&problems, &arena);
    buffer_init(&printed, 1 << 20);
    const struct snapshot_source source = { server->options->config_path, server->live, false };
    struct snapshot *snapshot = snapshot_load(&source, &problems);
    problems_print(&problems, &printed);
    buffer_write(&printed, stderr);
    buffer_clear(&printed);
    arena_clear(&arena);
    return snapshot;
}

static int worker_total(const struct snapshot *snapshot)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t wanted = snapshot->workers > 0 ? snapshot->workers : cpus;
    if (wanted < 1)
        wanted = 1;
    return (int)(wanted < SERVER_WORKERS_MAX ? wanted : SERVER_WORKERS_MAX);
}

static bool start_workers(struct server *server, struct snapshot *snapshot)
{
    int total = worker_total(snapshot);
    server->workers = calloc((size_t)total, sizeof(*server->workers));
    if (!server->workers)
        return false;
    for (int i = 0; i < total; i++) {
        if (!worker_init(&server->workers[i], server, i, snapshot))
            return false;
        server->worker_count++;
    }
    for (int i = 0; i < total; i++)
        if (pthread_create(&server->workers[i].thread, NULL, worker_run, &server->workers[i]) != 0)
            return false;
    return true;
}

static void say_ready(const struct server *server, const struct snapshot *snapshot)
{
    struct log_line line;
    log_begin(&line, LOG_INFO, "ready");
    log_string(&line, "message", snapshot->zero_note);
    log_string(&line, "version", BOURSE_VERSION);
    log_string(&line, "config", snapshot->path);
    log_string(&line, "listen", snapshot->listen.count ? snapshot->listen.items[0] : "systemd");
    log_string(&line, "admin", snapshot->admin.listen);
    log_int(&line, "workers", server->worker_count);
    log_int(&line, "models", (int64_t)snapshot->catalog.model_count);
    log_end(&line);
    code_pages_let_go();
    /* A predecessor is whom systemd listens to until it says otherwise. */
    if (!upgrade_say_ready())
        notify("READY=1");
}

/* ---- while it serves ---- */

static void reload_if_wanted(struct server *server)
{
    uint64_t count;
    (void)!read(server->wake_fd, &count, sizeof(count));
    if (!atomic_exchange(&server->reload_wanted, false))
        return;
    notify("RELOADING=1");
    reload_now(server);
    keeper_write(server);
    notify("READY=1");
}

static int sooner(int a, int b)
{
    return b >= 0 && (a < 0 || b < a) ? b : a;
}

/* -1 for ever. */
static int sleep_ms(const struct server *server)
{
    int ms = sooner(keeper_wait_ms(server), upgrade_wait_ms(server));
    return sooner(ms, watchdog_wait_ms(server));
}

/* Until we are told to stop, or a successor serves. */
static void wait_for_the_end(struct server *server, int signal_fd)
{
    watchdog_begin(server);
    for (;;) {
        struct pollfd fds[] = { { signal_fd, POLLIN, 0 },
                                { server->wake_fd, POLLIN, 0 },
                                { upgrade_fd(server), POLLIN, 0 } };
        poll(fds, 3, sleep_ms(server));
        keeper_turn(server);
        watchdog_turn(server);
        if (!signals_take(server, signal_fd) || upgrade_turn(server))
            return;
        reload_if_wanted(server);
    }
}

/* ---- stop ---- */

static void stop_workers(struct server *server)
{
    for (int i = 0; i < server->worker_count; i++)
        pthread_join(server->workers[i].thread, NULL);
    for (int i = 0; i < server->worker_count; i++)
        worker_clear(&server->workers[i]);
    free(server->workers);
}

static void server_clear(struct server *server)
{
    listeners_close(server);
    mock_stop(server->mock);
    decisions_free(server->decisions);
    sessions_free(server->sessions);
    answers_free(server->answers);
    places_free(server->places);
    places_free(server->route_places);
    live_free(server->live);
    buffer_clear(&server->reload_said);
    close(server->wake_fd);
}

static int serve(struct server *server, struct snapshot *snapshot, int signal_fd)
{
    drain_learn(server, snapshot);
    if (!listeners_prepare_mock(server, snapshot) || !listeners_open(server, snapshot)) {
        snapshot_unref(snapshot);
        return EX_UNAVAILABLE;
    }
    log_start_writer();
    keeper_begin(server, snapshot);
    tokens_follow(server, snapshot);
    bool started = start_workers(server, snapshot);
    if (started) {
        say_ready(server, snapshot);
        wait_for_the_end(server, signal_fd);
        upgrade_abandon(server);
        drain(server, signal_fd);
        stop_workers(server);
        upgrade_end(server);
    }
    tokens_end(server);
    keeper_end(server);
    snapshot_unref(snapshot);
    log_say(LOG_INFO, "stop", started ? "stopped" : "the workers cannot be started");
    log_stop_writer();
    return started ? EX_OK : EX_OSERR;
}

int server_run(const struct server_options *options)
{
    struct server server = { .options = options, .started_ms = clock_ms() };
    int signal_fd = signals_open();
    descriptors_raise_limit();
    upstream_begin();
    pthread_mutex_init(&server.reload_lock, NULL);
    buffer_init(&server.reload_said, 64 << 10);
    server.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    server.live = live_new();
    server.totals = live_totals(server.live);
    server.decisions = decisions_new();
    server.sessions = sessions_new();
    server.answers = answers_new();
    server.places = places_new();
    server.route_places = places_new();
    tokens_begin(&server);
    upgrade_inherit(&server);

    struct snapshot *snapshot = load(&server);
    int code = snapshot ? serve(&server, snapshot, signal_fd) : EX_CONFIG;
    server_clear(&server);
    close(signal_fd);
    upstream_end();
    return code;
}
