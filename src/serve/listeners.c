/* listeners.c - where clients come in. Addresses are host:port, [v6]:port or unix:PATH. */
#include "listeners.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "address.h"
#include "base/log.h"
#include "handed.h"
#include "mock/mock.h"

#define BACKLOG 4096

static bool keep(struct server *server, int fd, bool admin, bool lent)
{
    if (fd < 0 || server->listener_count == SERVER_LISTENERS_MAX)
        return false;
    server->listeners[server->listener_count++] = (struct listener){ fd, admin, lent };
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

/* The socket that a predecessor left behind. What is no socket also refuses to be connected to, and
 * is somebody's file. */
static void remove_stale(const struct sockaddr_un *address)
{
    struct stat found;
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool refused = connect(probe, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
                   errno == ECONNREFUSED;
    close(probe);
    if (refused && lstat(address->sun_path, &found) == 0 && S_ISSOCK(found.st_mode))
        unlink(address->sun_path);
}

static int open_listener(const char *listen)
{
    struct address address;
    if (!address_read(listen, &address))
        return -1;
    const struct sockaddr *at = (const struct sockaddr *)&address.at;
    int fd = socket(at->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (at->sa_family == AF_UNIX)
        remove_stale((const struct sockaddr_un *)at);
    return bound(fd, at, address.len);
}

static bool open_one(struct server *server, const char *listen, bool admin)
{
    int fd = open_listener(listen);
    if (keep(server, fd, admin, false))
        return true;
    log_say(LOG_ERROR, "listen", "%s cannot be opened: %s", listen, strerror(errno));
    return false;
}

/* Those that systemd gave are listened on whatever is configured; those that a predecessor opened
 * are taken for the same address. */
static bool open_or_take(struct server *server, struct handed *handed, const char *listen,
                         bool admin)
{
    int fd = handed_take(handed, listen, admin);
    return fd >= 0 ? keep(server, fd, admin, false) : open_one(server, listen, admin);
}

static bool has_lent(const struct server *server, bool admin)
{
    for (int i = 0; i < server->listener_count; i++)
        if (server->listeners[i].lent && server->listeners[i].admin == admin)
            return true;
    return false;
}

static bool take_lent(struct server *server, struct handed *handed)
{
    bool admin, good = true;
    for (int fd; good && (fd = handed_take_lent(handed, &admin)) >= 0;)
        good = keep(server, fd, admin, true);
    return good;
}

bool listeners_open(struct server *server, const struct snapshot *snapshot)
{
    struct handed handed;
    handed_init(&handed);
    bool good = take_lent(server, &handed);
    for (size_t i = 0; !has_lent(server, false) && i < snapshot->listen.count; i++)
        good = open_or_take(server, &handed, snapshot->listen.items[i], false) && good;
    const char *admin = snapshot->admin.listen;
    if (admin && strcmp(admin, "off") != 0 && !has_lent(server, true))
        good = open_or_take(server, &handed, admin, true) && good;
    handed_clear(&handed);
    return good;
}

void listeners_close(struct server *server)
{
    for (int i = 0; i < server->listener_count; i++)
        if (server->listeners[i].fd >= 0)
            close(server->listeners[i].fd);
}

void listeners_close_own(struct server *server)
{
    for (int i = 0; i < server->listener_count; i++) {
        struct listener *listener = &server->listeners[i];
        if (listener->lent || listener->admin)
            continue;
        close(listener->fd);
        listener->fd = -1;
    }
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
