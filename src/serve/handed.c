/* handed.c - listening sockets that we are started with: systemd's, or a predecessor's. */
#include "handed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "address.h"

/* The last one is the name of those with any other. */
static const struct {
    const char *name;
    bool admin, lent;
} kinds[] = {
    { "opened", false, false },
    { "opened-admin", true, false },
    { "admin", true, true },
    { "clients", false, true },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int count_fds(void)
{
    uint64_t for_pid, fds;
    if (!text_to_u64(text_of(getenv("LISTEN_PID")), &for_pid) ||
        !text_to_u64(text_of(getenv("LISTEN_FDS")), &fds))
        return 0;
    return for_pid == (uint64_t)getpid() && fds <= SERVER_LISTENERS_MAX ? (int)fds : 0;
}

static struct listener named(int fd, struct text name)
{
    size_t kind = 0;
    while (kind < KINDS - 1 && !text_is(name, kinds[kind].name))
        kind++;
    return (struct listener){ fd, kinds[kind].admin, kinds[kind].lent };
}

void handed_init(struct handed *handed)
{
    struct text names = text_of(getenv("LISTEN_FDNAMES")), name;
    handed->count = count_fds();
    for (int i = 0; i < handed->count; i++) {
        int fd = HANDED_FIRST_FD + i;
        if (!text_split(&names, ':', &name))
            name = (struct text){ NULL, 0 };
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
        handed->sockets[i] = named(fd, name);
    }
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
}

static int take(struct listener *socket)
{
    int fd = socket->fd;
    socket->fd = -1;
    return fd;
}

int handed_take(struct handed *handed, const char *listen, bool admin)
{
    struct address address;
    if (handed->count == 0 || !address_read(listen, &address))
        return -1;
    for (int i = 0; i < handed->count; i++) {
        struct listener *socket = &handed->sockets[i];
        if (socket->fd >= 0 && !socket->lent && socket->admin == admin &&
            address_is_of(&address, socket->fd))
            return take(socket);
    }
    return -1;
}

int handed_take_lent(struct handed *handed, bool *ret_admin)
{
    for (int i = 0; i < handed->count; i++) {
        struct listener *socket = &handed->sockets[i];
        if (socket->fd < 0 || !socket->lent)
            continue;
        *ret_admin = socket->admin;
        return take(socket);
    }
    return -1;
}

void handed_clear(struct handed *handed)
{
    for (int i = 0; i < handed->count; i++)
        if (handed->sockets[i].fd >= 0)
            close(handed->sockets[i].fd);
}

const char *handed_name(const struct listener *listener)
{
    size_t kind = 0;
    while (kinds[kind].admin != listener->admin || kinds[kind].lent != listener->lent)
        kind++;
    return kinds[kind].name;
}
