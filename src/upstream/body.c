/* body.c - a request's body in pieces, read by curl. */
#include "body.h"

#include <stdio.h>

void body_init(struct body *body, const struct text *pieces, size_t count, size_t *read)
{
    *body = (struct body){ .pieces = pieces, .count = count, .read = read };
    for (size_t i = 0; i < count; i++)
        body->len += pieces[i].len;
}

bool body_has_begun(const struct body *body)
{
    return body->piece > 0 || body->offset > 0;
}

size_t body_on_read(char *room, size_t size, size_t count, void *data)
{
    struct body *body = data;
    size_t wanted = size * count, copied = 0;
    while (copied < wanted && body->piece < body->count) {
        const struct text *piece = &body->pieces[body->piece];
        size_t len = piece->len - body->offset;
        if (len > wanted - copied)
            len = wanted - copied;
        if (len > 0)
            memcpy(room + copied, piece->data + body->offset, len);
        copied += len;
        body->offset += len;
        if (body->offset == piece->len) {
            body->piece++;
            body->offset = 0;
        }
    }
    *body->read += copied;
    return copied;
}

/* Curl goes back when a kept-alive connection turns out to be dead: always to a place from the
 * start, in practice the start itself. */
int body_on_seek(void *data, curl_off_t offset, int origin)
{
    struct body *body = data;
    if (origin != SEEK_SET || offset < 0 || (size_t)offset > body->len)
        return CURL_SEEKFUNC_FAIL;
    size_t left = (size_t)offset;
    body->piece = 0;
    while (body->piece < body->count && left >= body->pieces[body->piece].len)
        left -= body->pieces[body->piece++].len;
    body->offset = left;
    return CURL_SEEKFUNC_OK;
}
