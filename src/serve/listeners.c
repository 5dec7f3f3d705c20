/* listeners.c - where clients come in. Addresses are host:port, [v6]:port or unix:PATH. */
#include "listeners.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "mock/mock.h"

#define BACKLOG         4096
#define FIRST_HANDED_FD 3 /* sd_listen_fds(3) */

static bool keep(struct server *server, int fd, bool admin)
{
    if (fd < 0 || server->listen_count == SERVER_LISTENERS_MAX)
        return false;
    server->listen_fds[server->listen_count] = fd;
    server->listen_admin[server->listen_count++] = admin;
    return true;
}

static int bound(int fd, const struct sockaddr *address, socklen_t len)
{
    int on = 1;
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, address, len) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

/* A socket file that a dead process left behind is in the way; one that answers is not ours. */
/* The socket that a predecessor left behind. What is no socket also refuses to be connected to, and
 * is somebody's file. */
static void remove_stale(const char *path, const struct sockaddr_un *address)
{
    struct stat found;
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool refused = connect(probe, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
                   errno == ECONNREFUSED;
    close(probe);
    if (refused && lstat(path, &found) == 0 && S_ISSOCK(found.st_mode))
        unlink(path);
}

static int open_unix(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    remove_stale(path, &address);
    return bound(fd, (struct sockaddr *)&address, sizeof(address));
}

static int open_tcp(const char *listen)
{
    char host[256];
    const char *colon = strrchr(listen, ':');
    if (!colon || (size_t)(colon - listen) >= sizeof(host)) {
        errno = EINVAL;
        return -1;
    }
    struct text name = { listen, (size_t)(colon - listen) };
    if (text_starts(name, "[") && text_ends(name, "]"))
        name = (struct text){ name.data + 1, name.len - 2 };
    snprintf(host, sizeof(host), "%.*s", TEXT_ARGS(name));

    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
    struct addrinfo *found = NULL;
    if (getaddrinfo(*host ? host : NULL, colon + 1, &hints, &found) != 0) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    fd = bound(fd, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return fd;
}

static bool open_one(struct server *server, const char *listen, bool admin)
{
    int fd = strncmp(listen, "unix:", 5) == 0 ? open_unix(listen + 5) : open_tcp(listen);
    if (keep(server, fd, admin))
        return true;
    log_say(LOG_ERROR, "listen", "%s cannot be opened: %s", listen, strerror(errno));
    return false;
}

/* The number of public sockets that systemd has opened for us. */
static int handed_over(void)
{
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    uint64_t for_pid, fds;
    if (!pid || !count || !text_to_u64(text_of(pid), &for_pid) ||
        !text_to_u64(text_of(count), &fds))
        return 0;
    return for_pid == (uint64_t)getpid() && fds < SERVER_LISTENERS_MAX ? (int)fds : 0;
}

static bool take_over(struct server *server, int count)
{
    for (int i = 0; i < count; i++) {
        int fd = FIRST_HANDED_FD + i;
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
        if (!keep(server, fd, false))
            return false;
    }
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    return true;
}

bool listeners_open(struct server *server, const struct snapshot *snapshot)
{
    bool good = true;
    int handed = handed_over();
    if (handed > 0)
        good = take_over(server, handed);
    for (size_t i = 0; handed == 0 && i < snapshot->listen.count; i++)
        good = open_one(server, snapshot->listen.items[i], false) && good;
    const char *admin = snapshot->admin.listen;
    if (admin && strcmp(admin, "off") != 0)
        good = open_one(server, admin, true) && good;
    return good;
}

void listeners_close(struct server *server)
{
    for (int i = 0; i < server->listen_count; i++)
        close(server->listen_fds[i]);
}

static bool needs_mock(const struct catalog *catalog)
{
    for (size_t i = 0; i < catalog->provider_count; i++)
        if (catalog->providers[i].dialect == DIALECT_MOCK && !catalog->providers[i].base_url)
            return true;
    return false;
}

bool listeners_prepare_mock(struct server *server, const struct snapshot *snapshot)
{
    if (server->mock || !needs_mock(&snapshot->catalog))
        return true;
    const struct mock_options options = { .demo_notice = true };
    server->mock = mock_start(&options);
    if (!server->mock) {
        log_say(LOG_ERROR, "mock", "the demo provider cannot be started");
        return false;
    }
    snprintf(server->mock_url, sizeof(server->mock_url), "http://127.0.0.1:%d/v1",
             mock_port(server->mock));
    return true;
}
