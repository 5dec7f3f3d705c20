/* keeper.c - keeps what was measured over a restart. */
#include "keeper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "state/live_file.h"

#define PERIOD_MS (60 * 1000)

static struct live_memory memory_of(const struct server *server)
{
    return (struct live_memory){ server->live, server->sessions };
}

static struct live_file_clock clock_now(void)
{
    return (struct live_file_clock){ clock_ms(), clock_wall_ms() };
}

/* systemd may give several directories, with colons between: the first one is ours. */
static char *default_path(void)
{
    struct text directories = text_of(getenv("STATE_DIRECTORY")), first;
    char *path = NULL;
    if (!text_split(&directories, ':', &first) || first.len == 0)
        return NULL;
    if (asprintf(&path, "%.*s/live", TEXT_ARGS(first)) < 0)
        abort();
    return path;
}

static char *path_of(const struct snapshot *snapshot)
{
    if (!snapshot->live_state)
        return default_path();
    if (strcmp(snapshot->live_state, "off") == 0)
        return NULL;
    char *path = strdup(snapshot->live_state);
    if (!path)
        abort();
    return path;
}

/* A broken file is of use to whoever wants to know how it broke, and to nobody else. */
static void set_aside(const char *path)
{
    char *aside;
    if (asprintf(&aside, "%s.damaged", path) < 0)
        abort();
    if (rename(path, aside) == 0)
        log_say(LOG_WARN, "live_state",
                "%s is damaged or of another version; it is now %s, and measuring begins anew",
                path, aside);
    else
        log_say(LOG_WARN, "live_state",
                "%s is damaged or of another version; measuring begins anew", path);
    free(aside);
}

static void forget_path(struct server *server)
{
    free(server->live_path);
    server->live_path = NULL;
}

/* What stands there and is not ours stays: a path is easily mistyped. */
static void take_file(struct server *server, enum live_file found)
{
    const char *path = server->live_path;
    int why = errno;
    if (found == LIVE_FILE_READ)
        log_say(LOG_INFO, "live_state", "what was measured before is read from %s", path);
    if (found == LIVE_FILE_DAMAGED)
        set_aside(path);
    if (found != LIVE_FILE_FOREIGN && found != LIVE_FILE_UNREADABLE)
        return;
    log_say(LOG_ERROR, "live_state", "%s %s; nothing is kept over a restart", path,
            found == LIVE_FILE_FOREIGN ? "is not a file of bourse" : strerror(why));
    forget_path(server);
}

void keeper_begin(struct server *server, const struct snapshot *snapshot)
{
    const struct live_memory memory = memory_of(server);
    const struct live_file_clock now = clock_now();
    server->live_path = path_of(snapshot);
    if (server->live_path)
        take_file(server, live_file_read(&memory, server->live_path, &now));
    server->live_written_ms = now.now_ms;
}

int keeper_wait_ms(const struct server *server)
{
    if (!server->live_path || server->live_held)
        return -1;
    int64_t left_ms = server->live_written_ms + PERIOD_MS - clock_ms();
    return left_ms > 0 ? (int)left_ms : 0;
}

void keeper_write(struct server *server)
{
    if (!server->live_path || server->live_held)
        return;
    const struct live_memory memory = memory_of(server);
    const struct live_file_clock now = clock_now();
    server->live_written_ms = now.now_ms;
    if (!live_file_write(&memory, server->live_path, &now))
        log_say(LOG_ERROR, "live_state", "%s cannot be written: %s", server->live_path,
                strerror(errno));
}

void keeper_turn(struct server *server)
{
    if (keeper_wait_ms(server) == 0)
        keeper_write(server);
}

void keeper_end(struct server *server)
{
    keeper_write(server);
    forget_path(server);
}
