/* tools.h - what the loads in C have in common: sockets, the clock, requests and percentiles.
 *
 * They are short programs that end when anything is amiss: die() says what. */
#ifndef BOURSE_BENCH_TOOLS_H
#define BOURSE_BENCH_TOOLS_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"

#define REQUEST_MAX ((size_t)128 << 20)

static inline __attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

static inline int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline void raise_limit(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static inline struct sockaddr_in local_address(uint32_t host, int port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)port),
                                 .sin_addr.s_addr = htonl(host) };
}

static inline void send_at_once(int fd)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/* A connection to 127.0.0.1. Clients beyond the first 20,000 have other addresses, 127.0.0.2 and so
 * on, because one address has not more ports to call from. */
static inline int connect_from(int client, int port)
{
    struct sockaddr_in from = local_address(INADDR_LOOPBACK + client / 20000, 0);
    struct sockaddr_in to = local_address(INADDR_LOOPBACK, port);
    int late = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        die("socket: %s", strerror(errno));
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late, sizeof(late));
    if (bind(fd, (struct sockaddr *)&from, sizeof(from)) != 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
        die("connect to port %d: %s", port, strerror(errno));
    send_at_once(fd);
    return fd;
}

/* Head and body of a POST whose body is the file's bytes. */
static inline void read_request(const char *path, const char *file, struct buffer *ret_request)
{
    char bytes[65536];
    struct buffer body;
    FILE *from = fopen(file, "rb");
    if (!from)
        die("%s: %s", file, strerror(errno));
    buffer_init(&body, REQUEST_MAX);
    for (size_t len; (len = fread(bytes, 1, sizeof(bytes), from)) > 0;)
        buffer_append(&body, bytes, len);
    fclose(from);
    buffer_init(ret_request, REQUEST_MAX + 4096);
    buffer_printf(ret_request,
                  "POST %s HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
                  "Content-Length: %zu\r\n\r\n",
                  path, body.len);
    buffer_append_text(ret_request, buffer_text(&body));
    buffer_clear(&body);
}

static inline void send_all(int fd, struct text bytes)
{
    while (bytes.len > 0) {
        ssize_t sent = send(fd, bytes.data, bytes.len, MSG_NOSIGNAL);
        if (sent < 0)
            die("send: %s", strerror(errno));
        bytes.data += sent;
        bytes.len -= (size_t)sent;
    }
}

/* ---- what was measured ---- */

struct samples {
    int64_t *ns;
    size_t count, room;
};

static inline void samples_add(struct samples *samples, int64_t ns)
{
    if (samples->count == samples->room) {
        samples->room = samples->room ? 2 * samples->room : 65536;
        samples->ns = realloc(samples->ns, samples->room * sizeof(*samples->ns));
        if (!samples->ns)
            die("out of memory");
    }
    samples->ns[samples->count++] = ns;
}

static inline int samples_by_size(const void *one, const void *two)
{
    int64_t a = *(const int64_t *)one, b = *(const int64_t *)two;
    return (a > b) - (a < b);
}

/* `NAME_p50=… NAME_p99=… NAME_max=…`, in microseconds. */
static inline void samples_print(struct samples *samples, const char *name)
{
    static const struct {
        const char *name;
        double share;
    } wanted[] = { { "p50", 0.5 }, { "p99", 0.99 }, { "max", 1 } };
    qsort(samples->ns, samples->count, sizeof(*samples->ns), samples_by_size);
    printf("%s_count=%zu ", name, samples->count);
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        size_t at = (size_t)(wanted[i].share * (double)(samples->count - 1));
        printf("%s_%s=%.1f ", name, wanted[i].name,
               samples->count ? (double)samples->ns[at] / 1e3 : -1.0);
    }
}

#endif
