/* successor.c - starts the program anew, with the listening sockets that we have.
 *
 * Between fork and exec only what may be done in a signal handler may be done, as other threads
 * held locks when they vanished. So all that the successor needs is written before; only its own
 * process id is filled in after. */
#include "successor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "handed.h"

#define COMMAND_LINE_MAX ((size_t)1 << 20)
#define PID_DIGITS       10
#define PID_ROOM         "0000000000"    /* leading zeros are none to text_to_u64 */
#define OWN_VARIABLES    (5 + GIFTS_MAX) /* with the NULL behind them */

struct successor {
    const char *path;
    char **arguments;
    char **environment;
    char *pid_places[2]; /* in the environment: where PID_ROOM stands */
    int pid_place_count;
    const struct gift *gifts;
    int gift_count;
    int fds[SERVER_LISTENERS_MAX + GIFTS_MAX]; /* listening sockets, and then the gifts */
    int fd_count;
};

/* ---- how we were started ---- */

/* What the kernel keeps: strings one behind the other, each with its zero. */
static bool read_arguments(struct successor *successor, struct arena *arena)
{
    struct buffer line;
    char piece[4096];
    ssize_t len;
    size_t count = 0;
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    buffer_init(&line, COMMAND_LINE_MAX);
    while (fd >= 0 && (len = read(fd, piece, sizeof(piece))) > 0)
        buffer_append(&line, piece, (size_t)len);
    if (fd >= 0)
        close(fd);
    for (size_t i = 0; i < line.len; i++)
        count += line.data[i] == '\0';
    successor->arguments = arena_array(arena, count + 1, sizeof(char *));
    struct text rest = buffer_text(&line), one;
    for (size_t i = 0; i < count && text_split(&rest, '\0', &one); i++)
        successor->arguments[i] = arena_string_of(arena, one);
    successor->arguments[count] = NULL;
    buffer_clear(&line);
    return count > 0;
}

/* A name with a slash leads to what is installed there now, also behind a symbolic link that was
 * changed. Else the kernel knows where we came from; it marks a file that has been replaced. */
static bool find_program(struct successor *successor, struct arena *arena)
{
    static const char replaced[] = " (deleted)";
    char path[PATH_MAX];
    if (strchr(successor->arguments[0], '/')) {
        successor->path = successor->arguments[0];
        return true;
    }
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path));
    if (len < 0)
        return false;
    struct text found = { path, (size_t)len };
    if (text_ends(found, replaced))
        found.len -= sizeof(replaced) - 1;
    successor->path = arena_string_of(arena, found);
    return true;
}

/* ---- its environment ---- */

static bool is_replaced(const struct successor *successor, const char *variable)
{
    static const char *const names[] = { "LISTEN_PID=", "LISTEN_FDS=", "LISTEN_FDNAMES=",
                                         "WATCHDOG_PID=" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (text_starts(text_of(variable), names[i]))
            return true;
    for (int i = 0; i < successor->gift_count; i++)
        if (text_starts(text_of(variable), successor->gifts[i].variable))
            return true;
    return false;
}

static char *with_pid(struct successor *successor, const char *name, struct arena *arena)
{
    char *variable = arena_printf(arena, "%s=" PID_ROOM, name);
    successor->pid_places[successor->pid_place_count++] = variable + strlen(name) + 1;
    return variable;
}

static const char *names_of(const struct server *server, struct arena *arena)
{
    const char *names = "";
    for (int i = 0; i < server->listener_count; i++)
        names = arena_printf(arena, "%s%s%s", names, i > 0 ? ":" : "",
                             handed_name(&server->listeners[i]));
    return names;
}

static void write_environment(struct successor *successor, const struct server *server,
                              struct arena *arena)
{
    size_t kept = 0, count = 0;
    bool watched = false;
    while (environ[count])
        count++;
    char **made = arena_array(arena, count + OWN_VARIABLES, sizeof(char *));
    for (size_t i = 0; i < count; i++) {
        watched = watched || text_starts(text_of(environ[i]), "WATCHDOG_PID=");
        if (!is_replaced(successor, environ[i]))
            made[kept++] = environ[i];
    }
    made[kept++] = arena_printf(arena, "LISTEN_FDS=%d", server->listener_count);
    made[kept++] = arena_printf(arena, "LISTEN_FDNAMES=%s", names_of(server, arena));
    for (int i = 0; i < successor->gift_count; i++)
        made[kept++] = arena_printf(arena, "%s=%d", successor->gifts[i].variable,
                                    HANDED_FIRST_FD + server->listener_count + i);
    made[kept++] = with_pid(successor, "LISTEN_PID", arena);
    if (watched)
        made[kept++] = with_pid(successor, "WATCHDOG_PID", arena);
    made[kept] = NULL;
    successor->environment = made;
}

/* ---- between fork and exec ---- */

static void fill_in_pid(struct successor *successor)
{
    for (int i = 0; i < successor->pid_place_count; i++) {
        pid_t rest = getpid();
        for (int at = PID_DIGITS - 1; at >= 0; at--, rest /= 10)
            successor->pid_places[i][at] = (char)('0' + rest % 10);
    }
}

/* First all of them out of the way, as one may stand where another has to go. */
static void place_fds(struct successor *successor)
{
    int behind = HANDED_FIRST_FD + successor->fd_count;
    for (int i = 0; i < successor->fd_count; i++)
        successor->fds[i] = fcntl(successor->fds[i], F_DUPFD_CLOEXEC, behind);
    for (int i = 0; i < successor->fd_count; i++)
        dup2(successor->fds[i], HANDED_FIRST_FD + i);
    close_range((unsigned)behind, ~0U, 0);
}

_Noreturn static void become(struct successor *successor)
{
    fill_in_pid(successor);
    place_fds(successor);
    execve(successor->path, successor->arguments, successor->environment);
    unsigned char why = (unsigned char)errno;
    (void)!write(HANDED_FIRST_FD + successor->fd_count - 1, &why, 1);
    _exit(127);
}

/* ---- the midwife ---- */

/* It must not hold what we close, nor outlive us. */
static void keep_only(int fd)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close_range(0, (unsigned)fd - 1, 0);
    close_range((unsigned)fd + 1, ~0U, 0);
}

_Noreturn static void attend(struct successor *successor, int told_fd)
{
    int status = 0;
    pid_t pid = _Fork();
    if (pid == 0)
        become(successor);
    keep_only(told_fd);
    (void)!write(told_fd, &pid, sizeof(pid));
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    (void)!write(told_fd, &status, sizeof(status));
    _exit(0);
}

static void dismiss(struct upgrade *upgrade)
{
    kill(upgrade->midwife, SIGKILL);
    waitpid(upgrade->midwife, NULL, 0);
    close(upgrade->told_fd);
}

/* The first word of the midwife comes at once. */
static bool learn_pid(struct upgrade *upgrade)
{
    pid_t pid = -1;
    ssize_t len;
    do {
        len = read(upgrade->told_fd, &pid, sizeof(pid));
    } while (len < 0 && errno == EINTR);
    if (len == (ssize_t)sizeof(pid) && pid > 0) {
        upgrade->pid = pid;
        return true;
    }
    dismiss(upgrade);
    errno = EAGAIN;
    return false;
}

static bool be_born(struct successor *successor, struct upgrade *upgrade)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    upgrade->midwife = fork();
    if (upgrade->midwife == 0)
        attend(successor, ends[1]);
    close(ends[1]);
    upgrade->told_fd = ends[0];
    if (upgrade->midwife > 0)
        return learn_pid(upgrade);
    int why = errno;
    close(ends[0]);
    errno = why;
    return false;
}

void successor_release(struct upgrade *upgrade)
{
    dismiss(upgrade);
}

int successor_end(struct upgrade *upgrade, int patience_ms)
{
    struct pollfd fd = { upgrade->told_fd, POLLIN, 0 };
    int status = 0;
    if (poll(&fd, 1, patience_ms) == 0)
        kill(upgrade->pid, SIGKILL);
    (void)!read(upgrade->told_fd, &status, sizeof(status));
    dismiss(upgrade);
    return status;
}

/* ---- */

static void gather_fds(struct successor *successor, const struct server *server)
{
    for (int i = 0; i < server->listener_count; i++)
        successor->fds[successor->fd_count++] = server->listeners[i].fd;
    for (int i = 0; i < successor->gift_count; i++)
        successor->fds[successor->fd_count++] = successor->gifts[i].fd;
}

bool successor_start(const struct server *server, const struct gift *gifts, int gift_count,
                     struct upgrade *upgrade)
{
    struct successor successor = { .gifts = gifts, .gift_count = gift_count };
    struct arena arena;
    bool started = false;
    arena_init(&arena);
    gather_fds(&successor, server);
    if (read_arguments(&successor, &arena) && find_program(&successor, &arena)) {
        write_environment(&successor, server, &arena);
        started = be_born(&successor, upgrade);
    }
    arena_clear(&arena);
    return started;
}
