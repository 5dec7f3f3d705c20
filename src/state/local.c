/* local.c - asks a model server on this machine for its models, once, and does not wait for it. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "zero.h"

/* HTTP/1.0: the body ends where the connection does, and is never chunked. */
static const char request[] = "GET /v1/models HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n";

static bool await(int fd, short events, int64_t deadline_ms)
{
    int64_t left_ms = deadline_ms - clock_ms();
    struct pollfd ready = { .fd = fd, .events = events };
    return left_ms > 0 && poll(&ready, 1, (int)left_ms) == 1;
}

static bool connect_local(int fd, uint16_t port, int64_t deadline_ms)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return true;
    int error = 0;
    socklen_t len = sizeof(error);
    return errno == EINPROGRESS && await(fd, POLLOUT, deadline_ms) &&
           getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0;
}

/* Until the other side closes. */
static bool read_all(int fd, int64_t deadline_ms, struct buffer *reply)
{
    while (await(fd, POLLIN, deadline_ms)) {
        char piece[4096];
        ssize_t len = recv(fd, piece, sizeof(piece), 0);
        if (len == 0)
            return true;
        if (len < 0 || !buffer_append(reply, piece, (size_t)len))
            return false;
    }
    return false;
}

/* Leaves the body of a 200 in the buffer. */
static bool keep_body(struct buffer *reply)
{
    struct text all = buffer_text(reply);
    if (!text_starts(all, "HTTP/1.1 200") && !text_starts(all, "HTTP/1.0 200"))
        return false;
    const char *end = memmem(all.data, all.len, "\r\n\r\n", 4);
    if (!end)
        return false;
    buffer_consume(reply, (size_t)(end - all.data) + 4);
    return true;
}

bool local_models(uint16_t port, int patience_ms, struct buffer *reply)
{
    int64_t deadline_ms = clock_ms() + patience_ms;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    size_t len = sizeof(request) - 1;
    bool good = connect_local(fd, port, deadline_ms) &&
                send(fd, request, len, MSG_NOSIGNAL) == (ssize_t)len &&
                read_all(fd, deadline_ms, reply) && keep_body(reply);
    close(fd);
    return good;
}
