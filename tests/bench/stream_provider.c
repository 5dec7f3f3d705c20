/* stream_provider.c - a provider of many streams, each event sent by itself with the time in it:
 * `stream_provider PORT PERIOD_MS EVENTS`.
 *
 * Every request is answered with that many events: the first at once, the others a period apart.
 * When the second comes is drawn, so that streams that begin together do not speak together. Their
 * text is `@` and sixteen hexadecimal digits: the nanosecond in which it was sent. */
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include "tools.h"

#define HEAD_ROOM 4096 /* for a whole request; those of the bench are shorter */

struct stream {
    int fd;
    size_t heard;
    int left;            /* events that are still to be sent */
    struct stream *next; /* in the same millisecond of the period */
    struct stream **link;
    char request[HEAD_ROOM];
};

struct provider {
    int epoll_fd, listen_fd, timer_fd;
    int period_ms, events;
    int64_t begun_ms, turned_ms;
    struct stream **slots; /* by millisecond of the period */
};

static int64_t now_ms(void)
{
    return now_ns() / 1000000;
}

/* ---- the clock's face ---- */

static void unlink_stream(struct stream *stream)
{
    if (!stream->link)
        return;
    *stream->link = stream->next;
    if (stream->next)
        stream->next->link = stream->link;
    stream->link = NULL;
}

static void link_stream(struct stream **slot, struct stream *stream)
{
    stream->next = *slot;
    stream->link = slot;
    if (*slot)
        (*slot)->link = &stream->next;
    *slot = stream;
}

/* ---- one stream ---- */

/* The kernel closes it for the epoll too. */
static void close_stream(struct stream *stream)
{
    unlink_stream(stream);
    close(stream->fd);
    stream->fd = -1;
    free(stream);
}

static void say(struct stream *stream, const char *bytes, size_t len)
{
    (void)!send(stream->fd, bytes, len, MSG_NOSIGNAL); /* who has left is noticed by reading */
}

static int print_event(char *to, size_t room)
{
    static const char begin[] = "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\","
                                "\"created\":1,\"model\":\"small\",\"system_fingerprint\":\"fp_1\","
                                "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"@";
    static const char end[] = "\"},\"finish_reason\":null}]}\n\n";
    size_t len = sizeof(begin) - 1 + 16 + sizeof(end) - 1;
    return snprintf(to, room, "%zx\r\n%s%016llx%s\r\n", len, begin, (unsigned long long)now_ns(),
                    end);
}

static void send_event(struct stream *stream)
{
    static const char last[] = "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n";
    char event[512];
    int len = print_event(event, sizeof(event));
    say(stream, event, (size_t)len);
    if (--stream->left > 0)
        return;
    unlink_stream(stream);
    say(stream, last, sizeof(last) - 1);
}

static void begin_answer(struct provider *provider, struct stream *stream)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n";
    stream->heard = 0;
    stream->left = provider->events;
    say(stream, head, sizeof(head) - 1);
    send_event(stream);
    if (stream->left > 0)
        link_stream(&provider->slots[random() % provider->period_ms], stream);
}

static bool is_whole(const struct stream *stream)
{
    const char *end = memmem(stream->request, stream->heard, "\r\n\r\n", 4);
    const char *length = strcasestr(stream->request, "\r\ncontent-length:");
    if (!end)
        return false;
    size_t body = length ? strtoul(length + 17, NULL, 10) : 0;
    return stream->heard >= (size_t)(end - stream->request) + 4 + body;
}

static void hear(struct provider *provider, struct stream *stream)
{
    ssize_t len = recv(stream->fd, stream->request + stream->heard, HEAD_ROOM - 1 - stream->heard,
                       MSG_DONTWAIT);
    if (len < 0 && errno == EAGAIN)
        return;
    if (len <= 0) {
        close_stream(stream);
        return;
    }
    stream->heard += (size_t)len;
    stream->request[stream->heard] = '\0';
    if (is_whole(stream))
        begin_answer(provider, stream);
}

/* ---- all of them ---- */

static void watch(struct provider *provider, int fd, void *what)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = what };
    if (epoll_ctl(provider->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        die("epoll_ctl: %s", strerror(errno));
}

static void take_callers(struct provider *provider)
{
    for (int fd; (fd = accept4(provider->listen_fd, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
        struct stream *stream = calloc(1, sizeof(*stream));
        if (!stream)
            die("out of memory");
        stream->fd = fd;
        send_at_once(fd);
        watch(provider, fd, stream);
    }
}

/* Of each millisecond that has passed since the last turn. */
static void send_due(struct provider *provider)
{
    uint64_t ticks;
    (void)!read(provider->timer_fd, &ticks, sizeof(ticks));
    int64_t now = now_ms();
    for (; provider->turned_ms < now; provider->turned_ms++)
        for (struct stream *stream = provider->slots[provider->turned_ms % provider->period_ms],
                           *next;
             stream; stream = next) {
            next = stream->next;
            send_event(stream);
        }
}

static void open_sockets(struct provider *provider, int port)
{
    struct sockaddr_in address = local_address(INADDR_LOOPBACK, port);
    struct itimerspec each = { { 0, 1000000 }, { 0, 1000000 } };
    int on = 1;
    provider->epoll_fd = epoll_create1(0);
    provider->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    provider->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(provider->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(provider->listen_fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(provider->listen_fd, 4096) != 0)
        die("port %d: %s", port, strerror(errno));
    timerfd_settime(provider->timer_fd, 0, &each, NULL);
    watch(provider, provider->listen_fd, &provider->listen_fd);
    watch(provider, provider->timer_fd, &provider->timer_fd);
}

static void turn(struct provider *provider)
{
    struct epoll_event events[256];
    int count = epoll_wait(provider->epoll_fd, events, 256, -1);
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr == &provider->listen_fd)
            take_callers(provider);
        else if (events[i].data.ptr == &provider->timer_fd)
            send_due(provider);
        else
            hear(provider, events[i].data.ptr);
    }
}

int main(int count, char **words)
{
    if (count != 4)
        die("usage: stream_provider PORT PERIOD_MS EVENTS");
    struct provider provider = { .period_ms = (int)strtol(words[2], NULL, 10),
                                 .events = (int)strtol(words[3], NULL, 10),
                                 .turned_ms = now_ms() };
    provider.slots = calloc((size_t)provider.period_ms, sizeof(struct stream *));
    raise_limit();
    open_sockets(&provider, (int)strtol(words[1], NULL, 10));
    for (;;)
        turn(&provider);
}
