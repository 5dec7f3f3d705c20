/* refusal.c - writes an error on the bare socket, and lingers until the client has read it. */
#include "refusal.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/random.h"
#include "connection.h"
#include "dialect/messages.h"
#include "endpoints.h"
#include "settle.h"

#define SILENCE_MS     2000 /* a client that has stopped sending is not waited for any longer */
#define READS_PER_TURN 16
#define LINGER_BODIES  2 /* times the cap of a body: how much is thrown away */

/* What is known of the request, in the words of a log line. */
struct refused {
    const char *id;
    bool admin;
    struct text method, path;
};

static struct refused describe(const struct connection *connection, const struct raw_head *head,
                               const char *id)
{
    const struct exchange *exchange = connection->exchange;
    struct refused refused = { .id = id, .admin = connection->admin };
    if (exchange) {
        refused.id = exchange->id;
        refused.method = text_of(exchange->method);
        refused.path = exchange->path;
    } else if (head && http_is_token(head->method)) {
        refused.method = head->method;
        refused.path = endpoints_path(head->uri);
    }
    return refused;
}

static void write_allow(struct buffer *out, const struct refused *refused)
{
    struct buffer methods;
    buffer_init(&methods, 256);
    endpoints_allowed(refused->admin, refused->path, &methods);
    buffer_printf(out, "Allow: %.*s\r\n", TEXT_ARGS(buffer_text(&methods)));
    buffer_clear(&methods);
}

static void write_head(struct buffer *out, enum fail fail, const struct refused *refused,
                       size_t body_len)
{
    unsigned status = (unsigned)fail_row(fail)->status;
    buffer_printf(out,
                  "HTTP/1.1 %u %s\r\nContent-Type: application/json\r\nConnection: close\r\n"
                  "x-request-id: %s\r\nContent-Length: %zu\r\n",
                  status, MHD_get_reason_phrase_for(status), refused->id, body_len);
    if (fail == FAIL_METHOD)
        write_allow(out, refused);
    if (fail == FAIL_OVERLOADED || fail == FAIL_DRAINING)
        buffer_append_string(out, "retry-after: 1\r\nretry-after-ms: 1000\r\n");
    buffer_append_string(out, "\r\n");
}

/* The socket's buffer is empty, so all of it fits; a client that cannot take even that is gone. */
static void send_error(int fd, enum fail fail, const char *message, const struct refused *refused)
{
    const struct error_note note = { .fail = fail, .message = message };
    bool is_anthropic =
        text_is(refused->path, "/messages") || text_is(refused->path, "/messages/count_tokens");
    struct buffer body, reply;
    buffer_init(&body, 4096);
    buffer_init(&reply, 8192);
    if (is_anthropic)
        messages_error(&body, &note, refused->id);
    else
        error_write(&body, &note);
    write_head(&reply, fail, refused, body.len);
    buffer_append_text(&reply, buffer_text(&body));
    (void)!send(fd, reply.data, reply.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    buffer_clear(&body);
    buffer_clear(&reply);
}

void refusal_turn_away(int fd)
{
    char id[EXCHANGE_ID_SIZE];
    random_id(id, sizeof(id), "req_");
    send_error(fd, FAIL_OVERLOADED, NULL, &(struct refused){ .id = id });
}

static void begin_to_linger(struct connection *connection)
{
    const struct worker *worker = connection->worker;
    connection->state = CONNECTION_LINGERS;
    connection->linger_by_ms = worker->now_ms + worker->snapshot->limits.body_timeout_ms;
    connection_expect_request(connection, SILENCE_MS);
    connection_want(connection);
}

void refusal_tell(struct connection *connection, enum fail fail, const char *message,
                  const struct raw_head *head)
{
    struct exchange *exchange = connection->exchange;
    char id[EXCHANGE_ID_SIZE];
    random_id(id, sizeof(id), "req_");
    const struct refused refused = describe(connection, head, id);
    send_error(connection->fd, fail, message, &refused);
    if (fail == FAIL_MALFORMED_HTTP)
        counter_add(&connection->worker->server->totals->guard_refused, 1);
    if (exchange) {
        exchange->fail = fail;
        exchange->fail_message = message;
        exchange->status = fail_row(fail)->status;
        exchange->told = true;
    } else {
        settle_refused(connection, fail, message, refused.id, refused.method, refused.path);
    }
    begin_to_linger(connection);
}

static bool has_lingered(const struct connection *connection)
{
    const struct worker *worker = connection->worker;
    return worker->now_ms >= connection->linger_by_ms ||
           connection->lingered > LINGER_BODIES * worker->snapshot->limits.request_body;
}

void refusal_linger(struct connection *connection)
{
    struct worker *worker = connection->worker;
    for (int i = 0; i < READS_PER_TURN; i++) {
        ssize_t len = recv(connection->fd, worker->head_room, RAW_HEAD_MAX, MSG_DONTWAIT);
        if (len < 0 && errno == EAGAIN) {
            connection_expect_request(connection, SILENCE_MS);
            return;
        }
        if (len > 0)
            connection->lingered += (size_t)len;
        if (len <= 0 || has_lingered(connection)) {
            connection_cut(connection);
            return;
        }
    }
    connection_want(connection);
}
