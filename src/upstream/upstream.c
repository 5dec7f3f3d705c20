/* upstream.c - HTTP calls to providers: one curl multi handle for each worker, with its pools. */
#include "upstream/upstream.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "outcome.h"
#include "target.h"

/* While it connects a socket is not the body's yet: curl may close it without a word. */
static bool is_sent_in_bites(CURL *easy)
{
    struct upstream_call *call = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &call);
    return call && call_is_bulk(call) && body_has_begun(&call->body);
}

/* A small request on an open connection wants to write to no socket: it has written. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *unused)
{
    (void)unused;
    struct upstream *upstream = data;
    bool has_more = what == CURL_POLL_OUT || what == CURL_POLL_INOUT;
    sockets_want(&upstream->sockets, fd, what, has_more && is_sent_in_bites(easy));
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *data)
{
    (void)multi;
    struct upstream *upstream = data;
    upstream->timer_due_ms = timeout_ms <= 0 ? timeout_ms : clock_ms() + timeout_ms;
    return 0;
}

/* A sanitizer sees more where each block is malloc's. */
void upstream_begin(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    curl_global_init(CURL_GLOBAL_DEFAULT);
#else
    curl_global_init_mem(CURL_GLOBAL_DEFAULT, memory_take, memory_give, memory_resize, memory_copy,
                         memory_take_zeroed);
#endif
}

void upstream_end(void)
{
    curl_global_cleanup();
}

struct upstream *upstream_new(int epoll_fd)
{
    struct upstream *upstream = calloc(1, sizeof(*upstream));
    if (!upstream || !(upstream->multi = curl_multi_init()) ||
        !(upstream->tls_sessions = curl_share_init()))
        abort();
    upstream->timer_due_ms = -1;
    upstream->now_ms = clock_ms();
    sockets_init(&upstream->sockets, epoll_fd, upstream->multi);
    curl_share_setopt(upstream->tls_sessions, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_multi_setopt(upstream->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(upstream->multi, CURLMOPT_SOCKETDATA, upstream);
    curl_multi_setopt(upstream->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(upstream->multi, CURLMOPT_TIMERDATA, upstream);
    curl_multi_setopt(upstream->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_MAX);
    return upstream;
}

void upstream_free(struct upstream *upstream)
{
    if (!upstream)
        return;
    assert(upstream->call_count == 0);
    for (size_t i = 0; i < CATALOG_PROVIDERS_MAX; i++)
        if (upstream->targets[i])
            target_retire(upstream->targets[i]);
    curl_multi_cleanup(upstream->multi);
    curl_share_cleanup(upstream->tls_sessions);
    while (upstream->spare_count > 0) {
        struct buffer *buffer = upstream->spare[--upstream->spare_count];
        buffer_clear(buffer);
        free(buffer);
    }
    deadlines_clear(&upstream->deadlines);
    sockets_clear(&upstream->sockets);
    memory_clear(&upstream->shelf);
    free(upstream);
}

int64_t upstream_timeout_ms(const struct upstream *upstream, int64_t now_ms)
{
    if (upstream->first_ready || upstream->timer_due_ms == 0 || upstream->sockets.acted)
        return 0;
    int64_t due_ms = deadlines_next_ms(&upstream->deadlines);
    if (upstream->timer_due_ms > 0 && upstream->timer_due_ms < due_ms)
        due_ms = upstream->timer_due_ms;
    if (due_ms == INT64_MAX)
        return -1;
    return due_ms > now_ms ? due_ms - now_ms : 0;
}

struct buffer *machine_take_buffer(struct upstream *upstream)
{
    struct buffer *buffer;
    if (upstream->spare_count > 0) {
        buffer = upstream->spare[--upstream->spare_count];
    } else {
        buffer = malloc(sizeof(*buffer));
        if (!buffer)
            abort();
        buffer_init(buffer, RECEIVED_MAX);
    }
    buffer->max = RECEIVED_MAX;
    return buffer;
}

bool upstream_shrink(struct upstream *upstream, size_t most)
{
    bool has_more = false;
    for (size_t i = 0; i < CATALOG_PROVIDERS_MAX && !has_more; i++)
        has_more = upstream->targets[i] && target_shrink(upstream->targets[i], &most);
    if (!has_more)
        memory_clear(&upstream->shelf); /* in use again from the next turn on */
    return has_more;
}

void upstream_be_frugal(struct upstream *upstream, bool is_frugal)
{
    upstream->is_frugal = is_frugal;
}

void machine_give_buffer(struct upstream *upstream, struct buffer *buffer)
{
    if (!buffer)
        return;
    if (buffer->room <= FLAT_BODY_MAX && upstream->spare_count < SPARE_BUFFERS_MAX) {
        buffer->len = 0;
        upstream->spare[upstream->spare_count++] = buffer;
        return;
    }
    buffer_clear(buffer);
    free(buffer);
}

void machine_mark_ready(struct upstream_call *call)
{
    struct upstream *upstream = call->upstream;
    if (call->in_ready)
        return;
    call->in_ready = true;
    call->next_ready = NULL;
    call->previous_ready = upstream->last_ready;
    *(upstream->last_ready ? &upstream->last_ready->next_ready : &upstream->first_ready) = call;
    upstream->last_ready = call;
}

static void unlist_ready(struct upstream_call *call)
{
    struct upstream *upstream = call->upstream;
    if (!call->in_ready)
        return;
    call->in_ready = false;
    *(call->previous_ready ? &call->previous_ready->next_ready : &upstream->first_ready) =
        call->next_ready;
    *(call->next_ready ? &call->next_ready->previous_ready : &upstream->last_ready) =
        call->previous_ready;
}

/* An unfinished transfer loses its connection by this. */
static void detach(struct upstream_call *call)
{
    if (!call->attached)
        return;
    call->attached = false;
    curl_multi_remove_handle(call->upstream->multi, call->easy);
}

static void attach(struct upstream_call *call)
{
    call->attached = true;
    curl_multi_add_handle(call->upstream->multi, call->easy);
}

struct upstream_call *upstream_start(struct upstream *upstream,
                                     const struct upstream_request *request)
{
    struct upstream_call *call = target_take_call(upstream, request);
    call->started_us = clock_us();
    call_prepare(call, request);
    deadlines_add(&upstream->deadlines, call);
    upstream->call_count++;
    attach(call);
    return call;
}

static void finish(struct upstream_call *call, enum fail fail)
{
    detach(call);
    deadlines_remove(&call->upstream->deadlines, call);
    call->ended_us = clock_us();
    call->fail = fail;
    call->finished = true;
    machine_mark_ready(call);
}

static void recycle(struct upstream_call *call)
{
    struct upstream *upstream = call->upstream;
    detach(call);
    deadlines_remove(&upstream->deadlines, call);
    unlist_ready(call);
    call_reset(call);
    target_give_call(call);
    upstream->call_count--;
}

void upstream_cancel(struct upstream *upstream, struct upstream_call *call)
{
    if (call->over)
        return;
    call->over = true;
    detach(call);
    /* A call that is being delivered is still in the hands of the turn, which recycles it. */
    if (upstream->delivering != call)
        recycle(call);
}

/* Curl may write before it returns: the call is marked and the next turn delivers. */
static void unstall(struct upstream_call *call)
{
    call->stalled = false;
    if (call->attached)
        curl_easy_pause(call->easy, CURLPAUSE_CONT);
}

void upstream_pause(struct upstream *upstream, struct upstream_call *call, bool paused)
{
    if (call->over || call->paused == paused)
        return;
    call->paused = paused;
    if (paused)
        return;
    upstream->now_ms = call->heard_ms = clock_ms();
    deadlines_hasten(&upstream->deadlines, call);
    machine_mark_ready(call);
}

void upstream_note_token(struct upstream_call *call)
{
    if (call->token_noted)
        return;
    call->token_noted = true;
    if (!call->heard_ms)
        call->heard_ms = call->upstream->now_ms;
    deadlines_hasten(&call->upstream->deadlines, call);
}

static void turn_timer(struct upstream *upstream)
{
    int running;
    if (upstream->timer_due_ms < 0 || upstream->timer_due_ms > upstream->now_ms)
        return;
    upstream->timer_due_ms = -1;
    curl_multi_socket_action(upstream->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

/* Curl repeats a request by itself in most cases of a dead kept-alive connection, but not where a
 * large body was being sent. */
static void retry_on_a_fresh_connection(struct upstream_call *call)
{
    detach(call);
    call->retried = true;
    body_init(&call->body, call->body.pieces, call->body.count, call->body.read);
    curl_easy_setopt(call->easy, CURLOPT_FRESH_CONNECT, 1L);
    attach(call);
}

static void turn_ended(struct upstream *upstream)
{
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(upstream->multi, &left));) {
        if (message->msg != CURLMSG_DONE)
            continue;
        struct upstream_call *call = NULL;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        if (call_met_a_stale_connection(call, code))
            retry_on_a_fresh_connection(call);
        else
            finish(call, outcome_of(code, call_is_connected(call)));
    }
}

/* A limit ends a paused call too: what it still held is dropped. */
static void turn_deadlines(struct upstream *upstream)
{
    struct upstream_call *call;
    while ((call = deadlines_take_due(&upstream->deadlines, upstream->now_ms))) {
        if (call->paused) {
            machine_give_buffer(upstream, call->received);
            call->received = NULL;
            call->paused = false;
        }
        finish(call, call->fail);
    }
}

/* The buffer leaves the call first: resuming inside the callback may make curl write anew. */
static void deliver_body(struct upstream *upstream, struct upstream_call *call)
{
    struct buffer *received = call->received;
    call->received = NULL;
    bool wanted = call->events->on_body(call->owner, buffer_text(received));
    machine_give_buffer(upstream, received);
    if (!wanted && !call->over) {
        machine_give_buffer(upstream, call->received);
        call->received = NULL;
        call->paused = false;
        finish(call, FAIL_PROVIDER_GARBAGE);
    }
}

static void deliver(struct upstream *upstream, struct upstream_call *call)
{
    if (call->status && !call->head_told) {
        call->head_told = true;
        call->events->on_head(call->owner, call, call->status);
    }
    if (!call->over && !call->paused && call->received)
        deliver_body(upstream, call);
    if (!call->over && !call->paused && call->finished && !call->received) {
        call->over = true;
        call->events->on_end(call->owner, call->fail);
    }
}

static void turn_callbacks(struct upstream *upstream)
{
    struct upstream_call *call;
    while ((call = upstream->first_ready)) {
        unlist_ready(call);
        upstream->delivering = call;
        deliver(upstream, call);
        upstream->delivering = NULL;
        if (call->over)
            recycle(call);
        else if (call->stalled && !call->paused)
            unstall(call);
    }
}

void upstream_turn(struct upstream *upstream, int64_t now_ms)
{
    memory_use(&upstream->shelf);
    upstream->now_ms = now_ms;
    upstream->sockets.acted = false;
    turn_timer(upstream);
    turn_ended(upstream);
    turn_deadlines(upstream);
    turn_callbacks(upstream);
}

void upstream_turn_bulk(struct upstream *upstream, int events, bool ran)
{
    sockets_turn_bulk(&upstream->sockets, events, ran);
}

struct text upstream_header(const struct upstream_call *call, const char *name)
{
    return head_find(&call->head, name);
}

bool upstream_next_header(const struct upstream_call *call, size_t *at, struct text *ret_name,
                          struct text *ret_value)
{
    return head_next(&call->head, at, ret_name, ret_value);
}

void upstream_timing(struct upstream_call *call, struct upstream_timing *ret_timing)
{
    curl_off_t connect_us = 0, tls_us = 0;
    long new_connections = 1;
    curl_easy_getinfo(call->easy, CURLINFO_NUM_CONNECTS, &new_connections);
    curl_easy_getinfo(call->easy, CURLINFO_CONNECT_TIME_T, &connect_us);
    curl_easy_getinfo(call->easy, CURLINFO_APPCONNECT_TIME_T, &tls_us);
    bool connected = call_is_connected(call), reused = connected && new_connections == 0;
    int64_t ended_us = call->ended_us ? call->ended_us : clock_us();
    *ret_timing = (struct upstream_timing){
        .connect_us = !connected            ? -1
                      : reused              ? 0
                      : tls_us > connect_us ? tls_us
                                            : connect_us,
        .first_byte_us = call->first_byte_us ? call->first_byte_us - call->started_us : -1,
        .total_us = ended_us - call->started_us,
        .reused_connection = reused,
    };
}
