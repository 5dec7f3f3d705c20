/* stream_client.c - a client of many streams, which measures how old their events are:
 * `stream_client PORT PATH BODY-FILE STREAMS SECONDS`.
 *
 * It opens the streams, says `open` when each has had its first event, and measures for so many
 * seconds; a stream that ends is begun anew on the same connection. Then it prints how long first
 * events took since their request, and how old each event was when it was read. */
#include <sys/epoll.h>

#include "tools.h"

#define OPENED_PER_MS 1
#define DIGITS        16
#define PATIENCE_NS   60000000000 /* until all must be open */

struct stream {
    int fd;
    int64_t asked_ns;
    bool spoken;      /* since it was last asked */
    bool was_open;    /* ever */
    int digits_left;  /* of the time that is being read */
    uint64_t time_ns; /* as far as it was read */
    char last[5];     /* bytes: the end of an answer is known by them */
};

struct client {
    int epoll_fd, port;
    struct buffer request;
    struct stream *streams;
    int wanted, begun, open;
    bool measuring;
    struct samples first, lag;
    size_t ended;
};

static void ask(struct client *client, struct stream *stream)
{
    stream->spoken = false;
    stream->asked_ns = now_ns();
    send_all(stream->fd, buffer_text(&client->request));
}

static void begin_stream(struct client *client)
{
    struct stream *stream = &client->streams[client->begun];
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = stream };
    stream->fd = connect_from(client->begun++, client->port);
    epoll_ctl(client->epoll_fd, EPOLL_CTL_ADD, stream->fd, &event);
    ask(client, stream);
}

static void note_event(struct client *client, struct stream *stream, int64_t now)
{
    if (client->measuring && !stream->spoken)
        samples_add(&client->first, now - stream->asked_ns);
    if (client->measuring)
        samples_add(&client->lag, now - (int64_t)stream->time_ns);
    client->open += !stream->was_open;
    stream->was_open = stream->spoken = true;
}

static int digit_of(char letter)
{
    return letter <= '9' ? letter - '0' : letter - 'a' + 10;
}

/* Heads have no `@`. A time may come in two pieces. */
static void read_times(struct client *client, struct stream *stream, struct text bytes, int64_t now)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (stream->digits_left > 0) {
            stream->time_ns = stream->time_ns << 4 | (uint64_t)digit_of(bytes.data[i]);
            if (--stream->digits_left == 0)
                note_event(client, stream, now);
            continue;
        }
        const char *at = memchr(bytes.data + i, '@', bytes.len - i);
        if (!at)
            return;
        i = (size_t)(at - bytes.data);
        stream->digits_left = DIGITS;
        stream->time_ns = 0;
    }
}

static bool is_at_end(struct stream *stream, struct text bytes)
{
    size_t kept = bytes.len < sizeof(stream->last) ? sizeof(stream->last) - bytes.len : 0;
    size_t fresh = sizeof(stream->last) - kept;
    memmove(stream->last, stream->last + sizeof(stream->last) - kept, kept);
    memcpy(stream->last + kept, bytes.data + bytes.len - fresh, fresh);
    return memcmp(stream->last, "0\r\n\r\n", sizeof(stream->last)) == 0;
}

static void hear(struct client *client, struct stream *stream)
{
    static char room[65536];
    ssize_t len = recv(stream->fd, room, sizeof(room), MSG_DONTWAIT);
    if (len < 0 && errno == EAGAIN)
        return;
    if (len <= 0)
        die("a stream was cut: %s", len < 0 ? strerror(errno) : "closed");
    if (stream->last[0] == 0 && len > 9 && memcmp(room + 9, "200", 3) != 0)
        die("a stream was refused: %.*s", (int)len, room);
    struct text bytes = { room, (size_t)len };
    read_times(client, stream, bytes, now_ns());
    if (!is_at_end(stream, bytes))
        return;
    client->ended++;
    ask(client, stream);
}

static void turn(struct client *client)
{
    struct epoll_event events[256];
    int count = epoll_wait(client->epoll_fd, events, 256, 1);
    for (int i = 0; i < count; i++)
        hear(client, events[i].data.ptr);
}

static void open_all(struct client *client)
{
    int64_t begun_ns = now_ns(), until_ns = begun_ns + PATIENCE_NS;
    while (client->open < client->wanted) {
        int64_t due = (now_ns() - begun_ns) / 1000000 * OPENED_PER_MS;
        if (client->begun < client->wanted && client->begun < due)
            begin_stream(client);
        turn(client);
        if (now_ns() > until_ns)
            die("%d of %d streams are open", client->open, client->wanted);
    }
}

static void measure(struct client *client, int64_t seconds)
{
    int64_t until_ns = now_ns() + seconds * 1000000000;
    client->measuring = true;
    while (now_ns() < until_ns)
        turn(client);
}

int main(int count, char **words)
{
    if (count != 6)
        die("usage: stream_client PORT PATH BODY-FILE STREAMS SECONDS");
    struct client client = { .port = (int)strtol(words[1], NULL, 10),
                             .wanted = (int)strtol(words[4], NULL, 10) };
    raise_limit();
    read_request(words[2], words[3], &client.request);
    client.streams = calloc((size_t)client.wanted, sizeof(struct stream));
    client.epoll_fd = epoll_create1(0);
    open_all(&client);
    puts("open");
    fflush(stdout);
    measure(&client, strtol(words[5], NULL, 10));
    samples_print(&client.first, "first");
    samples_print(&client.lag, "lag");
    printf("ended=%zu\n", client.ended);
    return 0;
}
