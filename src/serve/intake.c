/* intake.c - the head of a request is looked at in the socket, where it stays until it has passed.
 *
 * libmicrohttpd answers some malformed heads by itself, in HTML, and tells us less about the others
 * than came. So it is not run before the guard has seen every byte of the head. It is a look and
 * not a read: what has passed is read again by libmicrohttpd from the same place. */
#include "intake.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "connection.h"
#include "refusal.h"
#include "seat.h"

#define FIRST_LOOK ((size_t)4 << 10) /* most heads are shorter, and bodies need not be copied */

/* The bytes that are waiting; empty when there are none, and the end of the connection when none
 * will come any more. */
static struct text look_at_socket(struct connection *connection, size_t size)
{
    char *room = connection->worker->head_room;
    ssize_t len = recv(connection->fd, room, size, MSG_PEEK | MSG_DONTWAIT);
    if (len > 0)
        return (struct text){ room, (size_t)len };
    if (len == 0 || (errno != EAGAIN && errno != EINTR))
        connection_cut(connection);
    return (struct text){ room, 0 };
}

/* A client that has begun has to come to an end, also on a connection that was long idle. */
static void wait_for_more(struct connection *connection)
{
    if (connection->gone) {
        connection_cut(connection);
        return;
    }
    if (!connection->begun && connection->served)
        connection_expect_request(connection,
                                  connection->worker->snapshot->limits.header_timeout_ms);
    connection->begun = true;
}

static void admit(struct connection *connection, const struct raw_head *head)
{
    if (!seat_take(connection, head)) {
        refusal_tell(connection, FAIL_OVERLOADED, NULL, head);
        return;
    }
    if (connection->state == CONNECTION_DEAD)
        return;
    free(connection->uri);
    connection->uri = strndup(head->uri.data, head->uri.len);
    timer_stop(&connection->worker->timers, &connection->timer);
    connection->begun = false;
    connection->state = CONNECTION_ADMITTED;
}

static void judge(struct connection *connection, struct raw_head *head)
{
    struct worker *worker = connection->worker;
    enum fail fail = guard_check(head, worker->snapshot->limits.request_body, &connection->framing);
    if (fail)
        refusal_tell(connection, fail, connection->framing.why, head);
    else
        admit(connection, head);
}

void intake_look(struct connection *connection)
{
    struct raw_head head;
    enum fail fail;
    struct text bytes = look_at_socket(connection, FIRST_LOOK);
    connection->stirred = false;
    if (bytes.len == 0)
        return;
    fail = raw_head_read(bytes, &head);
    if (!fail && head.len == 0 && bytes.len == FIRST_LOOK) {
        bytes = look_at_socket(connection, RAW_HEAD_MAX);
        fail = raw_head_read(bytes, &head);
    }
    if (fail)
        refusal_tell(connection, fail, head.why, &head);
    else if (head.len == 0)
        wait_for_more(connection);
    else
        judge(connection, &head);
}
