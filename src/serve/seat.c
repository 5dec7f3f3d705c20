/* seat.c - libmicrohttpd's daemons and its callbacks. */
#include "seat.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "connection.h"
#include "exchange.h"
#include "refusal.h"

#define FREE_SEATS_MAX 256
#define RUNS_PER_TURN  8

/* The room that libmicrohttpd has for a request and for the head of its answer; it reads into the
 * half of it. An answer whose head does not fit is lost with its connection, so there are 4.5 KB
 * for it beside the longest request: the lines of answer.c, each with its maximum. */
static const size_t pools[SEAT_SIZES] = { [SEAT_SMALL] = 7 << 10, [SEAT_LARGE] = 19 << 10 };

#define ANSWER_HEAD    ((size_t)4608)
#define SMALL_HEAD_MAX ((size_t)2560) /* with what libmicrohttpd notes of each line: */
#define FIELD_SIZE     64

static_assert(SMALL_HEAD_MAX + ANSWER_HEAD <= 7 << 10, "a small seat has room for an answer");
static_assert(RAW_HEAD_MAX + RAW_HEAD_FIELDS_MAX * FIELD_SIZE + ANSWER_HEAD <= 19 << 10,
              "a large seat has room for an answer");

static void on_connection(void *owner, struct MHD_Connection *mhd, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct connection *connection = ((struct seat *)owner)->connection;
    (void)socket_context;
    if (!connection) /* it has moved */
        return;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        connection->mhd = mhd;
    else
        connection_end(connection);
}

/* Bytes of this request came with the one before it, so that its head was not looked at. No SDK
 * sends a request before it has the answer to the last. */
static enum MHD_Result refuse_unseen(struct connection *connection)
{
    if (connection->state == CONNECTION_WAITS)
        refusal_tell(connection, FAIL_MALFORMED_HTTP,
                     "A request must not be sent before the one before it was answered.", NULL);
    return MHD_NO;
}

static enum MHD_Result on_request(void *owner, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **context)
{
    struct connection *connection = ((struct seat *)owner)->connection;
    (void)mhd;
    (void)url;
    if (!*context) {
        if (connection->state != CONNECTION_ADMITTED || !connection->uri)
            return refuse_unseen(connection);
        struct exchange *exchange = exchange_new(connection, method, version);
        connection->exchange = exchange;
        connection->served = true;
        *context = exchange;
        if (connection->gone) { /* with the bytes of this request: there was no more to come */
            exchange_client_gone(exchange);
            connection_cut(connection);
        }
        return exchange_on_headers(exchange);
    }
    if (*upload_size > 0) {
        size_t size = *upload_size;
        *upload_size = 0;
        return exchange_on_upload(*context, upload, size);
    }
    return exchange_on_call(*context);
}

static void on_completed(void *owner, struct MHD_Connection *mhd, void **context,
                         enum MHD_RequestTerminationCode code)
{
    struct connection *connection = ((struct seat *)owner)->connection;
    struct exchange *exchange = *context;
    (void)mhd;
    if (!exchange)
        return;
    connection->exchange = NULL;
    exchange_end(exchange, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    *context = NULL;
    connection_request_done(connection);
}

static enum fail fail_of(unsigned status)
{
    if (status == MHD_HTTP_CONTENT_TOO_LARGE)
        return FAIL_BODY_TOO_LARGE;
    if (status == MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE || status == MHD_HTTP_URI_TOO_LONG)
        return FAIL_HEADERS_TOO_LARGE;
    return status == MHD_HTTP_INTERNAL_SERVER_ERROR ? FAIL_INTERNAL : FAIL_MALFORMED_HTTP;
}

/* libmicrohttpd says what it found wrong (a chunk's size, mostly) before it writes its page of
 * HTML. We write first and shut our side, so that the page goes nowhere. */
static void on_complaint(void *owner, const char *format, va_list arguments)
{
    static const char complaint[] = "Error processing request (HTTP response code is %u";
    struct connection *connection = ((struct seat *)owner)->connection;
    if (!connection || strncmp(format, complaint, sizeof(complaint) - 1) != 0)
        return;
    bool answered = connection->exchange && connection->exchange->queued;
    if (!answered &&
        (connection->state == CONNECTION_WAITS || connection->state == CONNECTION_ADMITTED))
        refusal_tell(connection, fail_of(va_arg(arguments, unsigned)), NULL, NULL);
}

static struct seat *seat_new(struct worker *worker, enum seat_size size)
{
    struct seat *seat = calloc(1, sizeof(*seat));
    if (!seat)
        return NULL;
    seat->worker = worker;
    seat->size = size;
    seat->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_TURBO | MHD_USE_ERROR_LOG, 0, NULL, NULL,
        on_request, seat, MHD_OPTION_EXTERNAL_LOGGER, on_complaint, seat,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, seat, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, seat, MHD_OPTION_CONNECTION_MEMORY_LIMIT, pools[size],
        MHD_OPTION_CONNECTION_LIMIT, 1U, MHD_OPTION_END);
    if (seat->daemon)
        return seat;
    free(seat);
    return NULL;
}

static void seat_free(struct seat *seat)
{
    if (seat->outgrown)
        seat_free(seat->outgrown);
    MHD_stop_daemon(seat->daemon);
    free(seat);
}

static struct seat *find_free(struct worker *worker, enum seat_size size)
{
    struct free_seats *seats = &worker->free_seats[size];
    struct seat *seat = seats->first;
    if (!seat)
        return seat_new(worker, size);
    seats->first = seat->next_free;
    seats->count--;
    return seat;
}

static bool is_small(const struct raw_head *head, const struct guard_result *framing)
{
    size_t head_size = head->len + head->field_count * FIELD_SIZE;
    return head_size <= SMALL_HEAD_MAX && !framing->chunked &&
           (int64_t)head->len + framing->content_length <= (int64_t)pools[SEAT_SMALL];
}

/* When libmicrohttpd does not take the socket, it has closed it. */
static void sit_down(struct connection *connection, struct seat *seat, int fd)
{
    static const struct sockaddr nobody = { .sa_family = AF_UNSPEC };
    seat->connection = connection;
    connection->seat = seat;
    if (MHD_add_connection(seat->daemon, fd, &nobody, sizeof(nobody)) != MHD_YES &&
        connection->state != CONNECTION_DEAD)
        connection_end(connection);
}

/* libmicrohttpd does not give a socket back. So the old seat keeps it, is not run any more, and
 * closes it in the end; the new one has a descriptor of its own for it. */
static bool move(struct connection *connection, struct seat *seat)
{
    int fd = fcntl(connection->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
        seat_leave(seat);
        return false;
    }
    seat->outgrown = connection->seat;
    seat->outgrown->connection = NULL;
    sit_down(connection, seat, fd);
    return true;
}

bool seat_take(struct connection *connection, const struct raw_head *head)
{
    enum seat_size size = is_small(head, &connection->framing) ? SEAT_SMALL : SEAT_LARGE;
    if (connection->seat && connection->seat->size >= size)
        return true;
    struct seat *seat = find_free(connection->worker, size);
    if (!seat)
        return false;
    if (connection->seat)
        return move(connection, seat);
    sit_down(connection, seat, connection->fd);
    return true;
}

void seat_run(struct seat *seat)
{
    struct connection *connection = seat->connection;
    MHD_UNSIGNED_LONG_LONG timeout_ms;
    for (int i = 0; i < RUNS_PER_TURN; i++) {
        MHD_run(seat->daemon);
        if (connection->state != CONNECTION_ADMITTED || connection->paused)
            return;
        if (MHD_get_timeout(seat->daemon, &timeout_ms) != MHD_YES || timeout_ms > 0)
            return;
        if (seat->worker->uploaded >= UPLOAD_PER_TURN)
            break;
    }
    connection_want(connection);
}

/* Between requests libmicrohttpd needs only to find the end, and the seat is good for another. */
void seat_close(struct seat *seat)
{
    struct connection *connection = seat->connection;
    if (!connection->exchange) {
        shutdown(connection->fd, SHUT_RDWR);
        MHD_run(seat->daemon);
    }
    if (connection->state == CONNECTION_DEAD)
        return;
    seat_free(seat);
    connection->seat = NULL;
}

void seat_leave(struct seat *seat)
{
    struct free_seats *seats = &seat->worker->free_seats[seat->size];
    seat->connection = NULL;
    if (seat->outgrown)
        seat_free(seat->outgrown);
    seat->outgrown = NULL;
    if (seats->count == FREE_SEATS_MAX) {
        seat_free(seat);
        return;
    }
    seat->next_free = seats->first;
    seats->first = seat;
    seats->count++;
}

static void drop_free(struct free_seats *seats)
{
    struct seat *seat = seats->first;
    seats->first = seat->next_free;
    seats->count--;
    seat_free(seat);
}

bool seats_shrink(struct worker *worker, int kept, int most)
{
    bool more = false;
    for (int size = 0; size < SEAT_SIZES; size++) {
        struct free_seats *seats = &worker->free_seats[size];
        for (; most > 0 && seats->count > kept; most--)
            drop_free(seats);
        more = more || seats->count > kept;
    }
    return more;
}

void seats_clear(struct worker *worker)
{
    for (int size = 0; size < SEAT_SIZES; size++)
        while (worker->free_seats[size].first)
            drop_free(&worker->free_seats[size]);
}
