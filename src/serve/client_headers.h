/* client_headers.h - the header lines of a request that we know, found in one pass over all. */
#ifndef BOURSE_SERVE_CLIENT_HEADERS_H
#define BOURSE_SERVE_CLIENT_HEADERS_H

#include <microhttpd.h>

#include "base/text.h"

enum client_header {
    HEADER_ACCEPT,
    HEADER_ANTHROPIC_BETA,
    HEADER_ANTHROPIC_VERSION,
    HEADER_API_KEY, /* Anthropic's */
    HEADER_AUTHORIZATION,
    HEADER_CONTENT_TYPE,
    HEADER_OPENAI_BETA,
    HEADER_RANGE,
    HEADER_REQUEST_ID,
    HEADER_CLIENT_REQUEST_ID,
    HEADER_SESSION_ID,
    /* Ours. */
    HEADER_ANSWER_VALUE,
    HEADER_EXPLAIN,
    HEADER_MAX_COST,
    HEADER_SECOND_COST,
    /* What the SDKs of OpenAI and Anthropic tell of themselves. */
    HEADER_READ_TIMEOUT, /* seconds */
    HEADER_RETRY_COUNT,
    HEADER_TIMEOUT, /* seconds */
    CLIENT_HEADERS,
};

/* Each as it stands in the request, empty where it is absent; of two of a name, the first. */
struct client_headers {
    struct text values[CLIENT_HEADERS];
};

/* As providers know it. */
const char *client_header_name(enum client_header header);

/* The values live as long as the request. */
void client_headers_read(struct client_headers *headers, struct MHD_Connection *mhd);

#endif
