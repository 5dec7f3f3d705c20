/* upgrade.c - a new process takes our place, and no client notices. */
#include "upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "keeper.h"
#include "notify.h"
#include "successor.h"

#define PATIENCE_MS        60000 /* for it to read its configuration and to open what is new */
#define READY_VARIABLE     "BOURSE_READY_FD"
#define DECISIONS_VARIABLE "BOURSE_DECISIONS_FD"
#define ENDING_MS          1000 /* for one that has nothing more to say */

/* ---- in the old process ---- */

static void log_failure(const char *why)
{
    log_say(LOG_ERROR, "upgrade", "%s; this process keeps serving", why);
}

static const char *what_hinders(const struct server *server)
{
    if (atomic_load(&server->phase) != SERVER_SERVES)
        return "this process is about to stop";
    if (server->upgrade.pid > 0)
        return "a successor is being started already";
    if (getpid() == 1)
        return "process 1 cannot be succeeded: restart the container instead";
    return NULL;
}

/* The successor reads what we have measured until now; from then on the file is its own. */
static void lend_file(struct server *server)
{
    keeper_write(server);
    server->live_held = true;
}

static void close_gifts(const struct upgrade *upgrade)
{
    close(upgrade->ready_fd);
    if (upgrade->decisions_fd >= 0)
        close(upgrade->decisions_fd);
}

static void take_back(struct server *server)
{
    close_gifts(&server->upgrade);
    server->upgrade = (struct upgrade){ .pid = 0 };
    server->live_held = false;
}

static bool start(struct server *server, int ready_fd)
{
    struct upgrade *upgrade = &server->upgrade;
    struct gift gifts[GIFTS_MAX];
    int count = 0;
    if (upgrade->decisions_fd >= 0)
        gifts[count++] = (struct gift){ upgrade->decisions_fd, DECISIONS_VARIABLE };
    gifts[count++] = (struct gift){ ready_fd, READY_VARIABLE };
    return successor_start(server, gifts, count, upgrade);
}

void upgrade_begin(struct server *server)
{
    struct upgrade *upgrade = &server->upgrade;
    const char *hindrance = what_hinders(server);
    int ends[2];
    if (hindrance || pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        log_failure(hindrance ? hindrance : strerror(errno));
        return;
    }
    lend_file(server);
    *upgrade = (struct upgrade){ .ready_fd = ends[0],
                                 .decisions_fd = memfd_create("decisions", MFD_CLOEXEC),
                                 .until_ms = clock_ms() + PATIENCE_MS };
    bool started = start(server, ends[1]);
    close(ends[1]);
    if (started) {
        log_say(LOG_INFO, "upgrade", "process %d is started in our place", (int)upgrade->pid);
        return;
    }
    log_failure(strerror(errno));
    take_back(server);
}

int upgrade_fd(const struct server *server)
{
    return server->upgrade.pid > 0 ? server->upgrade.ready_fd : -1;
}

int upgrade_wait_ms(const struct server *server)
{
    if (server->upgrade.pid == 0)
        return -1;
    int64_t left_ms = server->upgrade.until_ms - clock_ms();
    return left_ms > 0 ? (int)left_ms : 0;
}

static void tell_decisions(struct server *server)
{
    if (server->upgrade.decisions_fd >= 0)
        decisions_print(server->decisions, server->upgrade.decisions_fd);
}

/* systemd believes this from its main process only, which is still us. */
static void hand_over(struct server *server)
{
    char words[64];
    successor_release(&server->upgrade);
    snprintf(words, sizeof(words), "MAINPID=%d\nWATCHDOG=1", (int)server->upgrade.pid);
    notify(words);
    tell_decisions(server);
    log_say(LOG_INFO, "upgrade", "process %d serves; this one finishes what it has begun",
            (int)server->upgrade.pid);
    server->superseded = true;
}

static void bury(struct server *server, const char *why)
{
    char words[128];
    pid_t pid = server->upgrade.pid;
    int status = successor_end(&server->upgrade, why ? 0 : ENDING_MS);
    if (why)
        snprintf(words, sizeof(words), "process %d %s", (int)pid, why);
    else if (WIFSIGNALED(status))
        snprintf(words, sizeof(words), "process %d was ended by signal %d", (int)pid,
                 WTERMSIG(status));
    else
        snprintf(words, sizeof(words), "process %d ended with code %d", (int)pid,
                 WEXITSTATUS(status));
    log_failure(words);
    take_back(server);
}

bool upgrade_turn(struct server *server)
{
    struct upgrade *upgrade = &server->upgrade;
    unsigned char said;
    if (upgrade->pid == 0)
        return false;
    if (clock_ms() >= upgrade->until_ms) {
        bury(server, "did not say that it serves");
        return false;
    }
    ssize_t len = read(upgrade->ready_fd, &said, 1);
    if (len < 0)
        return false;
    if (len == 1 && said == 0) {
        hand_over(server);
        return true;
    }
    bury(server, len == 1 ? strerror(said) : NULL);
    return false;
}

void upgrade_abandon(struct server *server)
{
    if (server->upgrade.pid > 0 && !server->superseded)
        bury(server, "is ended, as this one is told to stop");
}

/* How streams went on that had begun before is known only now. */
void upgrade_end(struct server *server)
{
    if (!server->superseded)
        return;
    tell_decisions(server);
    close_gifts(&server->upgrade);
}

/* ---- in the new one ---- */

/* -1 without. */
static int left_open(const char *variable)
{
    uint64_t fd;
    bool is_there = text_to_u64(text_of(getenv(variable)), &fd) && fd <= INT16_MAX;
    unsetenv(variable);
    return is_there && fcntl((int)fd, F_SETFD, FD_CLOEXEC) == 0 ? (int)fd : -1;
}

void upgrade_inherit(struct server *server)
{
    decisions_take_former(server->decisions, left_open(DECISIONS_VARIABLE));
}

bool upgrade_say_ready(void)
{
    static const unsigned char yes = 0;
    int fd = left_open(READY_VARIABLE);
    if (fd < 0)
        return false;
    (void)!write(fd, &yes, 1);
    close(fd);
    return true;
}
