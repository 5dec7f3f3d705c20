/* call.c - one HTTP call: a configured curl handle and what it has heard so far. */
#include "call.h"

#include <stdlib.h>

#include "base/clock.h"
#include "headers.h"
#include "target.h"

#define URL_MAX ((size_t)16 * 1024)

static size_t on_header(char *line, size_t size, size_t count, void *data)
{
    struct upstream_call *call = data;
    size_t len = size * count;
    if (!call->first_byte_us)
        call->first_byte_us = clock_us();
    call->connected = true;
    call->head_len += len;
    if (call->head_len > HEAD_MAX)
        return 0;
    if (call->status || len == 0) /* a trailer */
        return len;
    if (!head_add(&call->head, (struct text){ line, len }))
        return 0;
    if (line[0] != '\r' && line[0] != '\n')
        return len;
    long status = 0;
    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200) /* 100 Continue, 103 Early Hints: the reply is still to come */
        return len;
    call->status = (int)status;
    machine_mark_ready(call);
    return len;
}

static size_t on_write(char *bytes, size_t size, size_t count, void *data)
{
    struct upstream_call *call = data;
    size_t len = size * count;
    if (!call->received && !call->paused) {
        call->received = machine_take_buffer(call->upstream);
        call->received->max = call->upstream->is_frugal ? RECEIVED_FRUGAL : RECEIVED_MAX;
    }
    if (call->paused || !buffer_append(call->received, bytes, len)) {
        call->stalled = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    call->heard_ms = call->upstream->now_ms;
    machine_mark_ready(call);
    return len;
}

struct upstream_call *call_new(struct upstream *upstream, struct target *target)
{
    struct upstream_call *call = calloc(1, sizeof(*call));
    CURL *easy = curl_easy_init();
    CURLU *url = curl_url();
    if (!call || !easy || !url)
        abort();
    *call =
        (struct upstream_call){ .upstream = upstream, .target = target, .easy = easy, .url = url };
    arena_init(&call->arena);
    buffer_init(&call->path, URL_MAX);
    head_init(&call->head);
    curl_easy_setopt(easy, CURLOPT_CURLU, url);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, body_on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, &call->body);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, body_on_seek);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, &call->body);
    return call;
}

void call_free(struct upstream_call *call)
{
    curl_easy_cleanup(call->easy);
    arena_clear(&call->arena);
    buffer_clear(&call->path);
    head_clear(&call->head);
    curl_url_cleanup(call->url);
    free(call);
}

/* The same path as last time, which is the rule, costs a comparison instead of curl's parsing and
 * printing. A URL that is wrong or beyond the maximum is left out, which curl reports. */
static void set_url(struct upstream_call *call, struct text path)
{
    if (call->path.len > 0 && text_equal(buffer_text(&call->path), path))
        return;
    struct buffer url;
    buffer_init(&url, URL_MAX);
    bool fits = buffer_append_string(&url, call->target->base_url) &&
                buffer_append_text(&url, path) && buffer_append(&url, "", 1);
    call->path.len = 0;
    curl_url_set(call->url, CURLUPART_URL, NULL, 0);
    if (fits && curl_url_set(call->url, CURLUPART_URL, url.data, CURLU_PATH_AS_IS) == CURLUE_OK)
        buffer_append_text(&call->path, path);
    buffer_clear(&url);
}

bool call_is_bulk(const struct upstream_call *call)
{
    return call->body.len > FLAT_BODY_MAX;
}

static void set_body(struct upstream_call *call)
{
    const char *flat = NULL;
    if (call->body.len == 0) {
        flat = "";
    } else if (call_is_bulk(call)) {
        flat = NULL;
    } else if (call->body.count == 1) {
        flat = call->body.pieces[0].data;
    } else {
        call->flat = machine_take_buffer(call->upstream);
        for (size_t i = 0; i < call->body.count; i++)
            buffer_append_text(call->flat, call->body.pieces[i]);
        flat = call->flat->data;
    }
    curl_easy_setopt(call->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS, flat); /* NULL: curl reads the pieces */
    curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
}

static bool has_body(const struct upstream_call *call, const char *method)
{
    return call->body.len > 0 || !strcmp(method, "POST") || !strcmp(method, "PUT") ||
           !strcmp(method, "PATCH");
}

static void set_method(struct upstream_call *call, const char *method)
{
    if (has_body(call, method)) {
        set_body(call);
    } else if (!strcmp(method, "HEAD")) {
        curl_easy_setopt(call->easy, CURLOPT_NOBODY, 1L);
    } else {
        curl_easy_setopt(call->easy, CURLOPT_HTTPGET, 1L);
    }
    bool curls_own = !strcmp(method, "POST") || !strcmp(method, "GET") || !strcmp(method, "HEAD");
    curl_easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, curls_own ? NULL : method);
}

void call_prepare(struct upstream_call *call, const struct upstream_request *request)
{
    const struct provider *provider = request->provider;
    call->events = request->events;
    call->owner = request->owner;
    call->streamed = request->streamed;
    call->limits = (struct call_limits){
        .connect_ms = provider->connect_timeout_ms,
        .first_token_ms = provider->first_token_timeout_ms,
        .idle_ms = provider->idle_timeout_ms,
        .total_ms = provider->total_timeout_ms,
        .deadline_ms = request->deadline_ms,
    };
    body_init(&call->body, request->pieces, request->piece_count,
              &call->upstream->sockets.pace.bitten);
    set_url(call, request->path);
    set_method(call, request->method);
    struct curl_slist *headers = target_headers(call->target, &call->arena, request);
    if (call_is_bulk(call))
        headers = headers_expect_nothing(&call->arena, headers);
    curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, headers);
}

void call_reset(struct upstream_call *call)
{
    machine_give_buffer(call->upstream, call->flat);
    machine_give_buffer(call->upstream, call->received);
    arena_clear(&call->arena);
    head_reset(&call->head);
    if (call->retried)
        curl_easy_setopt(call->easy, CURLOPT_FRESH_CONNECT, 0L);
    *call = (struct upstream_call){ .upstream = call->upstream,
                                    .target = call->target,
                                    .easy = call->easy,
                                    .arena = call->arena,
                                    .url = call->url,
                                    .path = call->path,
                                    .head = call->head };
}

bool call_met_a_stale_connection(const struct upstream_call *call, CURLcode code)
{
    long new_connections = 1;
    curl_easy_getinfo(call->easy, CURLINFO_NUM_CONNECTS, &new_connections);
    bool died = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING;
    return died && new_connections == 0 && !call->first_byte_us && !call->retried;
}

bool call_is_connected(struct upstream_call *call)
{
    curl_off_t ready_us = 0;
    if (!call->connected)
        curl_easy_getinfo(call->easy, CURLINFO_PRETRANSFER_TIME_T, &ready_us);
    if (ready_us > 0)
        call->connected = true;
    return call->connected;
}
