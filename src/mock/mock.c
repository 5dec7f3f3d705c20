/* mock.c - serves the mock: a thread for each connection, which may sleep as slow models do. */
#include "mock/mock.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "endpoints.h"

#define BODY_MAX (64u << 20)
/* Address space, touched only as far as needed: parsing a deeply nested body recurses. */
#define STACK_SIZE   (1u << 20)
#define IDLE_SECONDS 120
#define FAULTS_MAX   64
#define FOR_EVER     (-1)

struct mock {
    struct MHD_Daemon *daemon;
    int port;
    int stop_fd; /* readable once the mock is being stopped; wakes threads that sleep */
    bool demo_notice;
    atomic_uint requests_of[FAULTS_MAX]; /* by fault: which of them is "once" is counted here */
};

/* One request: its body as it comes, then its reply as it goes. */
struct visit {
    struct mock *mock;
    int fd; /* the client's socket */
    bool too_large;
    struct buffer body;
    struct reply reply;
    size_t sent, next; /* bytes handed over; the piece they have reached */
};

/* False when the client left or the mock is being stopped. */
static bool visit_sleep(const struct visit *visit, int ms)
{
    struct pollfd fds[] = { { visit->fd, POLLRDHUP, 0 }, { visit->mock->stop_fd, POLLIN, 0 } };
    return ms == 0 || poll(fds, 2, ms) == 0;
}

static ssize_t visit_read(void *owner, uint64_t position, char *bytes, size_t room)
{
    struct visit *visit = owner;
    struct reply *reply = &visit->reply;
    (void)position;
    while (visit->next < reply->count && visit->sent == reply->pieces[visit->next].end)
        visit->next++;
    if (visit->next == reply->count) {
        if (reply->end == REPLY_STALL)
            (void)visit_sleep(visit, FOR_EVER);
        return reply->end == REPLY_WHOLE ? MHD_CONTENT_READER_END_OF_STREAM
                                         : MHD_CONTENT_READER_END_WITH_ERROR;
    }
    const struct reply_piece *piece = &reply->pieces[visit->next];
    size_t start = visit->next ? piece[-1].end : 0;
    if (visit->sent == start && !visit_sleep(visit, piece->wait_ms))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t len = piece->end - visit->sent;
    len = len < room ? len : room;
    memcpy(bytes, reply->bytes.data + visit->sent, len);
    visit->sent += len;
    return (ssize_t)len;
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
    if (reply->retry_after)
        MHD_add_response_header(response, "Retry-After", reply->retry_after);
    enum MHD_Result queued = MHD_queue_response(connection, (unsigned int)reply->status, response);
    MHD_destroy_response(response);
    return queued;
}

/* Is this the request out of two that fails? */
static bool fails_this_time(struct mock *mock, const struct fault *fault)
{
    return !fault->once || atomic_fetch_add(&mock->requests_of[fault - faults], 1) % 2 == 0;
}

/* The connection ends with RST: nothing lingers, nothing is said. Dissolving it does that at once;
 * a mere close with SO_LINGER would come after libmicrohttpd's orderly shutdown. */
static void visit_reset(struct visit *visit)
{
    struct sockaddr nobody = { .sa_family = AF_UNSPEC };
    (void)connect(visit->fd, &nobody, sizeof nobody);
}

static void visit_talk_nonsense(struct visit *visit)
{
    static const char nonsense[] = "\x16\x03\x01 this is not HTTP\r\n\r\n";
    (void)!send(visit->fd, nonsense, sizeof nonsense - 1, MSG_NOSIGNAL);
}

static void reply_with_html(struct reply *reply, int status)
{
    reply->status = status;
    reply->content_type = "text/html";
    reply->failed |= !buffer_append_string(&reply->bytes,
                                           "<html><body><h1>502 Bad Gateway</h1></body></html>\n");
    reply_piece(reply, 0);
}

static void reply_with_echo(struct reply *reply, struct text body)
{
    reply->failed |= !buffer_append_text(&reply->bytes, body);
    reply_piece(reply, 0);
}

/* The faults that take the place of an answer. True: do as they left the reply; false: answer. */
static bool visit_fault(struct visit *visit, const struct prompt *prompt, bool *ret_hang_up)
{
    const struct fault *fault = prompt->wish.fault;
    struct reply *reply = &visit->reply;
    switch (fault->kind) {
    case FAULT_STATUS:
        if (!fails_this_time(visit->mock, fault))
            return false;
        reply->retry_after = fault->retry_after;
        reply_error(reply, fault->status, fault->type, NULL, fault->code, fault->message);
        return true;
    case FAULT_HTML:
        reply_with_html(reply, fault->status);
        return true;
    case FAULT_ECHO:
        reply_with_echo(reply, buffer_text(&visit->body));
        return true;
    case FAULT_RESET:
        visit_reset(visit);
        break;
    case FAULT_GARBAGE:
        visit_talk_nonsense(visit);
        break;
    case FAULT_SILENT:
        (void)visit_sleep(visit, FOR_EVER);
        break;
    case FAULT_SLOW_FIRST:
        *ret_hang_up = !visit_sleep(visit, prompt->wish.number);
        return *ret_hang_up;
    default:
        return false;
    }
    *ret_hang_up = true;
    return true;
}

static enum MHD_Result answer_post(struct visit *visit, struct MHD_Connection *connection,
                                   endpoint_answer *answer)
{
    struct prompt prompt;
    bool hang_up = false;
    const char *wrong = prompt_read(&prompt, buffer_text(&visit->body));
    prompt.demo_notice = visit->mock->demo_notice;
    if (!endpoint_refuses(&visit->reply, wrong) && !visit_fault(visit, &prompt, &hang_up))
        answer(&prompt, &visit->reply);
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
