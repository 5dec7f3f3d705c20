/* sigv4.h - Amazon's signature of a request, version 4.
 *
 *     request ─> canonical request ─> string to sign ─┐
 *     secret ─> key of the day, region and service   ─┴─> HMAC ─> Authorization */
#ifndef BOURSE_WIRE_SIGV4_H
#define BOURSE_WIRE_SIGV4_H

#include "base/buffer.h"
#include "wire/http.h"

#define SIGV4_DATE_LEN 16 /* "20150830T123600Z" */

struct sigv4 {
    struct text key_id, secret, region, service;
    struct text method;
    struct text path;  /* as it is sent: it is encoded once more, but for its slashes */
    struct text query; /* as it is sent: encoded, in the order of its names */
    struct text date;
    const struct http_field *headers; /* that are signed: names in small letters, in their order */
    size_t header_count;
    const struct text *pieces; /* of the body */
    size_t piece_count;
};

/* The value of the header of that name, appended. False where there is no room, or no memory. */
bool sigv4_sign(const struct sigv4 *signing, struct buffer *ret_authorization);

#endif
