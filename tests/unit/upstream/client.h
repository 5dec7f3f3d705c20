/* client.h - one caller of the upstream, and the turns that serve it. */
#ifndef BOURSE_TEST_UPSTREAM_CLIENT_H
#define BOURSE_TEST_UPSTREAM_CLIENT_H

#include <sys/epoll.h>

#include "base/watch.h"
#include "catalog/catalog.h"
#include "provider.h"
#include "upstream/upstream.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\nX-Kind: test\r\nContent-Length: 2\r\n\r\n"

struct client {
    struct upstream *upstream;
    struct upstream_call *call;
    char body[256];
    size_t body_len, body_total;
    int status, ends, bodies;
    char kind[16];
    enum fail fail;
    struct upstream_timing timing;
    bool pause_at_body, refuse_body, cancel_at_head, note_token;
};

static void on_head(void *owner, struct upstream_call *call, int status)
{
    struct client *client = owner;
    struct text kind = upstream_header(call, "x-kind");
    client->status = status;
    snprintf(client->kind, sizeof(client->kind), "%.*s", TEXT_ARGS(kind));
    if (client->cancel_at_head)
        upstream_cancel(client->upstream, call);
}

static bool on_body(void *owner, struct text bytes)
{
    struct client *client = owner;
    client->bodies++;
    client->body_total += bytes.len;
    for (size_t i = 0; i < bytes.len && client->body_len + 1 < sizeof(client->body); i++)
        client->body[client->body_len++] = bytes.data[i];
    if (client->note_token)
        upstream_note_token(client->call);
    if (client->pause_at_body)
        upstream_pause(client->upstream, client->call, true);
    return !client->refuse_body;
}

static void on_end(void *owner, enum fail fail)
{
    struct client *client = owner;
    client->ends++;
    client->fail = fail;
    upstream_timing(client->call, &client->timing);
}

static const struct upstream_events events = { on_head, on_body, on_end };

static struct provider settings(void)
{
    return (struct provider){ .api_key = { TEXT("sk-test") },
                              .connect_timeout_ms = 5000,
                              .first_token_timeout_ms = 5000,
                              .idle_timeout_ms = 5000,
                              .total_timeout_ms = 10000,
                              .http_version = 1,
                              .verify_tls = true };
}

static void begin(struct client *client, const struct provider *provider, const char *base_url,
                  const struct text *pieces, size_t count, bool streamed)
{
    struct upstream_request request = { .provider = provider,
                                        .base_url = base_url,
                                        .generation = 1,
                                        .method = count ? "POST" : "GET",
                                        .path = TEXT("/chat/completions"),
                                        .content_type = TEXT("application/json"),
                                        .pieces = pieces,
                                        .piece_count = count,
                                        .streamed = streamed,
                                        .events = &events,
                                        .owner = client };
    client->call = upstream_start(client->upstream, &request);
}

/* The loop that the upstream's sockets stand in; one for the whole test program. */
static int loop_fd(void)
{
    static int epoll_fd = -1;
    if (epoll_fd < 0)
        epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    return epoll_fd;
}

static void turn_beside(struct client *client, bool other_work)
{
    struct epoll_event ready[64];
    int count = epoll_wait(loop_fd(), ready, 64, 0);
    for (int i = 0; i < count; i++) {
        struct watch *watch = ready[i].data.ptr;
        watch->ready(watch, ready[i].events);
    }
    upstream_turn(client->upstream, clock_ms());
    upstream_turn_bulk(client->upstream, count, other_work);
}

static void turn(struct client *client)
{
    turn_beside(client, false);
}

/* Turns for so long, or until the call has ended. */
static void turn_for(struct client *client, int64_t ms)
{
    int64_t until_ms = clock_ms() + ms, now_ms;
    while ((now_ms = clock_ms()) < until_ms && !client->ends) {
        int64_t wait_ms = upstream_timeout_ms(client->upstream, now_ms);
        if (wait_ms < 0 || wait_ms > until_ms - now_ms)
            wait_ms = until_ms - now_ms;
        struct pollfd poll_fd = { .fd = loop_fd(), .events = POLLIN };
        poll(&poll_fd, 1, (int)wait_ms);
        turn(client);
    }
}

static const struct text small_body[] = { TEXT("{\"model\":"), TEXT("\"x\""), TEXT("}") };

/* One call to a provider that plays so. */
static inline void call_once(struct client *client, struct fake_provider *fake,
                             const struct provider *provider, bool streamed)
{
    client->upstream = upstream_new(loop_fd());
    fake_provider_start(fake);
    begin(client, provider, fake->base_url, small_body, 3, streamed);
    turn_for(client, 8000);
    upstream_free(client->upstream);
    fake_provider_stop(fake);
}

/* A provider that reads the question and never answers. */
static inline void play_silent(struct fake_provider *fake, int fd, int number)
{
    (void)number;
    fake_read(fake, fd);
    fake_wait_gone(fake, fd);
}

/* One that begins to answer, and says no more. */
static inline void play_quiet_later(struct fake_provider *fake, int fd, int number)
{
    (void)number;
    fake_read(fake, fd);
    fake_send(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    fake_wait_gone(fake, fd);
}

#endif
