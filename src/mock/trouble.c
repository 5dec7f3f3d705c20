/* trouble.c - plays the faults that stand in the place of an answer, or change a complete one. */
#include "trouble.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <zlib.h>

#include "base/clock.h"

#define GZIP_WINDOW (15 + 16) /* the largest one, with the head and tail of gzip around it */

bool visit_sleep(const struct visit *visit, int ms)
{
    struct pollfd fds[] = { { visit->fd, POLLRDHUP, 0 }, { visit->mock->stop_fd, POLLIN, 0 } };
    return ms == 0 || poll(fds, 2, ms) == 0;
}

/* ---- whose turn it is ---- */

static unsigned count_request(struct mock *mock, const struct fault *fault)
{
    assert(faults_count <= TROUBLE_FAULTS_MAX);
    return atomic_fetch_add(&mock->requests_of[fault - faults], 1);
}

static bool is_its_turn(struct mock *mock, const struct prompt *prompt)
{
    const struct fault_wish *wish = &prompt->wish;
    switch (wish->fault->when) {
    case FAULT_ALWAYS:
        return true;
    case FAULT_EVERY_OTHER:
        return count_request(mock, wish->fault) % 2 == 0;
    case FAULT_BY_TIMES:
        return wish->number > 0 && (clock_ms() - mock->started_ms) / 1000 / wish->number % 2 == 0;
    case FAULT_ON_PREFILL:
        return prompt_is_prefill(prompt);
    }
    return true;
}

/* Evenly: `number` of each 1,000 requests, and each of the faults as often as the others. */
static struct fault_wish mixed(struct mock *mock, const struct fault_wish *wish)
{
    uint64_t share = (uint64_t)wish->number, request = count_request(mock, wish->fault);
    if ((request + 1) * share / 1000 == request * share / 1000)
        return fault_find((struct text){ NULL, 0 });
    return fault_in_turn(atomic_fetch_add(&mock->mixed, 1));
}

void trouble_choose(struct visit *visit, struct prompt *prompt)
{
    if (prompt->wish.fault->kind == FAULT_MIXED)
        prompt->wish = mixed(visit->mock, &prompt->wish);
    else if (!is_its_turn(visit->mock, prompt))
        prompt->wish = fault_find((struct text){ NULL, 0 });
    visit->wish = prompt->wish;
}

/* ---- in the place of an answer ---- */

/* The connection ends with RST: nothing lingers, nothing is said. Dissolving it does that at once;
 * a mere close with SO_LINGER would come after libmicrohttpd's orderly shutdown. */
static void reset(struct visit *visit)
{
    struct sockaddr nobody = { .sa_family = AF_UNSPEC };
    (void)connect(visit->fd, &nobody, sizeof nobody);
}

/* Past libmicrohttpd, whose replies are always HTTP and fit into its memory. */
static void send_raw(struct visit *visit, const char *bytes, size_t len)
{
    while (len > 0) {
        struct pollfd fds[] = { { visit->fd, POLLOUT, 0 }, { visit->mock->stop_fd, POLLIN, 0 } };
        ssize_t sent = send(visit->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN)
            return;
        if (sent < 0 && (poll(fds, 2, VISIT_FOR_EVER) < 0 || fds[1].revents))
            return;
        if (sent > 0) {
            bytes += sent;
            len -= (size_t)sent;
        }
    }
}

static void talk_nonsense(struct visit *visit)
{
    static const char nonsense[] = "\x16\x03\x01 this is not HTTP\r\n\r\n";
    send_raw(visit, nonsense, sizeof nonsense - 1);
}

static void send_huge_head(struct visit *visit, int kib)
{
    char line[1024];
    struct buffer head;
    buffer_init(&head, REPLY_BYTES_MAX);
    memset(line, 'x', sizeof line);
    memcpy(line, "X-Padding: ", strlen("X-Padding: "));
    memcpy(line + sizeof line - 2, "\r\n", 2);
    (void)buffer_append_string(&head, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                      "Content-Length: 2\r\n");
    for (int i = 0; i < kib; i++)
        (void)buffer_append(&head, line, sizeof line);
    (void)buffer_append_string(&head, "\r\n{}");
    send_raw(visit, head.data, head.len);
    buffer_clear(&head);
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

static void reply_with_status(struct reply *reply, const struct fault_wish *wish)
{
    const struct fault *fault = wish->fault;
    reply_error(reply, fault->status, fault->type, NULL, fault->code, fault->message);
    if (fault->retry_after)
        reply->retry_after_s = wish->number;
}

bool trouble_instead(struct visit *visit, const struct prompt *prompt, bool *ret_hang_up)
{
    const struct fault_wish *wish = &prompt->wish;
    struct reply *reply = &visit->reply;
    switch (wish->fault->kind) {
    case FAULT_STATUS:
        reply_with_status(reply, wish);
        return true;
    case FAULT_HTML:
        reply_with_html(reply, wish->fault->status);
        return true;
    case FAULT_ECHO:
        reply_with_echo(reply, buffer_text(&visit->body));
        return true;
    case FAULT_RESET:
        reset(visit);
        break;
    case FAULT_GARBAGE:
        talk_nonsense(visit);
        break;
    case FAULT_HUGE_HEAD:
        send_huge_head(visit, wish->number);
        break;
    case FAULT_SILENT:
        (void)visit_sleep(visit, VISIT_FOR_EVER);
        break;
    case FAULT_SLOW_FIRST:
        *ret_hang_up = !visit_sleep(visit, wish->number);
        return *ret_hang_up;
    default:
        return false;
    }
    *ret_hang_up = true;
    return true;
}

/* ---- a complete answer ---- */

static bool compress_into(struct buffer *to, struct text from)
{
    z_stream zlib = { .next_in = (Bytef *)from.data, .avail_in = (uInt)from.len };
    if (deflateInit2(&zlib, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    size_t room = deflateBound(&zlib, from.len);
    bool good = buffer_reserve(to, room);
    if (good) {
        zlib.next_out = (Bytef *)to->data;
        zlib.avail_out = (uInt)room;
        good = deflate(&zlib, Z_FINISH) == Z_STREAM_END;
        to->len = zlib.total_out;
    }
    deflateEnd(&zlib);
    return good;
}

/* All in one piece: a stream is then no longer one that comes bit by bit. */
static void compress_reply(struct reply *reply)
{
    struct buffer packed;
    buffer_init(&packed, REPLY_BYTES_MAX);
    reply->failed |= !compress_into(&packed, buffer_text(&reply->bytes));
    buffer_clear(&reply->bytes);
    reply->bytes = packed;
    reply->count = 0;
    reply->encoding = "gzip";
    reply_piece(reply, 0);
}

void trouble_after(struct reply *reply, const struct fault_wish *wish)
{
    if (wish->fault->kind == FAULT_GZIP && reply->status == 200)
        compress_reply(reply);
}
