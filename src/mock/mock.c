/* mock.c - serves the mock: a thread for each connection, which may sleep as slow models do. */
#include "mock/mock.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "endpoints.h"
#include "trouble.h"

#define BODY_MAX (64u << 20)
/* Address space, touched only as far as needed: parsing a deeply nested body recurses. */
#define STACK_SIZE   (1u << 20)
#define IDLE_SECONDS 120

/* The piece that has bytes left; false at the end. */
static bool find_piece(struct visit *visit)
{
    struct reply *reply = &visit->reply;
    while (visit->next < reply->count && visit->sent == reply->pieces[visit->next].end)
        visit->next++;
    if (visit->next == reply->count && reply->end == REPLY_REPEAT && reply->count > 1) {
        visit->next--;
        visit->sent = reply->pieces[visit->next - 1].end;
    }
    return visit->next < reply->count;
}

static ssize_t end_of(const struct visit *visit)
{
    if (visit->reply.end == REPLY_STALL)
        (void)visit_sleep(visit, VISIT_FOR_EVER);
    return visit->reply.end == REPLY_WHOLE ? MHD_CONTENT_READER_END_OF_STREAM
                                           : MHD_CONTENT_READER_END_WITH_ERROR;
}

static ssize_t visit_read(void *owner, uint64_t position, char *bytes, size_t room)
{
    struct visit *visit = owner;
    struct reply *reply = &visit->reply;
    (void)position;
    if (!find_piece(visit))
        return end_of(visit);
    const struct reply_piece *piece = &reply->pieces[visit->next];
    size_t start = visit->next ? piece[-1].end : 0;
    if (visit->sent == start && !visit_sleep(visit, piece->wait_ms))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t len = piece->end - visit->sent;
    len = len < room ? len : room;
    if (visit->wish.fault->kind == FAULT_BYTES) {
        len = 1;
        if (!visit_sleep(visit, visit->wish.number))
            return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    memcpy(bytes, reply->bytes.data + visit->sent, len);
    visit->sent += len;
    return (ssize_t)len;
}

static void add_retry_after(struct MHD_Response *response, int seconds)
{
    char text[16];
    snprintf(text, sizeof text, "%d", seconds);
    MHD_add_response_header(response, "Retry-After", text);
}

static enum MHD_Result visit_send(struct visit *visit, struct MHD_Connection *connection)
{
    struct reply *reply = &visit->reply;
    if (reply->failed)
        return MHD_NO;
    uint64_t size = reply->stream ? MHD_SIZE_UNKNOWN : reply->bytes.len;
    struct MHD_Response *response =
        MHD_create_response_from_callback(size, 16384, visit_read, visit, NULL);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", reply->content_type);
    MHD_add_response_header(response, "x-request-id", "req_mock");
    if (reply->encoding)
        MHD_add_response_header(response, "Content-Encoding", reply->encoding);
    if (reply->retry_after_s >= 0)
        add_retry_after(response, reply->retry_after_s);
    enum MHD_Result queued = MHD_queue_response(connection, (unsigned int)reply->status, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result answer_post(struct visit *visit, struct MHD_Connection *connection,
                                   endpoint_answer *answer)
{
    struct prompt prompt;
    bool hang_up = false;
    const char *wrong = prompt_read(&prompt, buffer_text(&visit->body));
    prompt.demo_notice = visit->mock->demo_notice;
    bool refused = endpoint_refuses(&visit->reply, wrong);
    if (!refused)
        trouble_choose(visit, &prompt);
    if (!refused && !trouble_instead(visit, &prompt, &hang_up)) {
        answer(&prompt, &visit->reply);
        trouble_after(&visit->reply, &visit->wish);
    }
    prompt_clear(&prompt);
    return hang_up ? MHD_NO : visit_send(visit, connection);
}

static enum MHD_Result answer_get(struct visit *visit, struct MHD_Connection *connection,
                                  struct text path)
{
    if (text_is(path, "/models"))
        models_list(&visit->reply);
    else
        models_retrieve(&visit->reply, (struct text){ path.data + strlen("/models/"),
                                                      path.len - strlen("/models/") });
    return visit_send(visit, connection);
}

static enum MHD_Result visit_answer(struct visit *visit, struct MHD_Connection *connection,
                                    const char *url, const char *method)
{
    struct text path = text_of(url);
    if (text_starts(path, "/v1/"))
        path = (struct text){ path.data + 3, path.len - 3 };
    endpoint_answer *answer = endpoint_find(path);
    bool of_models = text_is(path, "/models") || text_starts(path, "/models/");
    if (visit->too_large)
        reply_error(&visit->reply, 413, "invalid_request_error", NULL, NULL, "Body too large.");
    else if (answer && text_is(text_of(method), "POST"))
        return answer_post(visit, connection, answer);
    else if (of_models && text_is(text_of(method), "GET"))
        return answer_get(visit, connection, path);
    else if (answer || of_models)
        reply_error(&visit->reply, 405, "invalid_request_error", NULL, NULL, "Not that method.");
    else
        reply_error(&visit->reply, 404, "not_found_error", NULL, NULL, "Unknown path.");
    return visit_send(visit, connection);
}

static struct visit *visit_new(struct mock *mock, struct MHD_Connection *connection)
{
    struct visit *visit = calloc(1, sizeof *visit);
    if (!visit)
        return NULL;
    visit->mock = mock;
    visit->wish = fault_find((struct text){ NULL, 0 });
    visit->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    buffer_init(&visit->body, BODY_MAX);
    reply_init(&visit->reply);
    return visit;
}

static enum MHD_Result on_request(void *owner, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *bytes,
                                  size_t *len, void **place)
{
    struct visit *visit = *place;
    (void)version;
    if (!visit) {
        *place = visit_new(owner, connection);
        return *place ? MHD_YES : MHD_NO;
    }
    if (*len == 0)
        return visit_answer(visit, connection, url, method);
    visit->too_large |= !buffer_append(&visit->body, bytes, *len);
    *len = 0;
    return MHD_YES;
}

static void on_end(void *owner, struct MHD_Connection *connection, void **place,
                   enum MHD_RequestTerminationCode code)
{
    struct visit *visit = *place;
    (void)owner, (void)connection, (void)code;
    if (!visit)
        return;
    buffer_clear(&visit->body);
    reply_clear(&visit->reply);
    free(visit);
    *place = NULL;
}

static bool listen_on(struct mock *mock, int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    mock->daemon = MHD_start_daemon(
        MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0, NULL,
        NULL, on_request, mock, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_THREAD_STACK_SIZE,
        (size_t)STACK_SIZE, MHD_OPTION_CONNECTION_LIMIT, (unsigned int)MOCK_CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)IDLE_SECONDS, MHD_OPTION_NOTIFY_COMPLETED,
        on_end, NULL, MHD_OPTION_END);
    if (!mock->daemon)
        return false;
    mock->port = MHD_get_daemon_info(mock->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    return true;
}

struct mock *mock_start(const struct mock_options *options)
{
    struct mock *mock = calloc(1, sizeof *mock);
    if (!mock)
        return NULL;
    mock->demo_notice = options->demo_notice;
    mock->started_ms = clock_ms();
    mock->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (mock->stop_fd < 0 || !listen_on(mock, options->port)) {
        mock_stop(mock);
        return NULL;
    }
    return mock;
}

int mock_port(const struct mock *mock)
{
    return mock->port;
}

void mock_stop(struct mock *mock)
{
    if (!mock)
        return;
    if (mock->stop_fd >= 0)
        eventfd_write(mock->stop_fd, 1);
    if (mock->daemon)
        MHD_stop_daemon(mock->daemon);
    if (mock->stop_fd >= 0)
        close(mock->stop_fd);
    free(mock);
}
