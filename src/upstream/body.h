/* body.h - a request's body in pieces, read by curl. */
#ifndef BOURSE_UPSTREAM_BODY_H
#define BOURSE_UPSTREAM_BODY_H

#include <curl/curl.h>

#include "base/text.h"

struct body {
    const struct text *pieces;
    size_t count;
    size_t len;           /* bytes in all pieces */
    size_t piece, offset; /* where reading goes on */
    size_t *read;         /* counts what is read, together with other bodies */
};

void body_init(struct body *body, const struct text *pieces, size_t count, size_t *read);

bool body_has_begun(const struct body *body);

/* For CURLOPT_READFUNCTION and CURLOPT_SEEKFUNCTION, with the body as their data. */
size_t body_on_read(char *room, size_t size, size_t count, void *body);
int body_on_seek(void *body, curl_off_t offset, int origin);

#endif
