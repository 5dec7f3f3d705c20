/* client_headers.c - one pass over a request's header lines. */
#include "client_headers.h"

#include <strings.h>

static const struct text names[CLIENT_HEADERS] = {
    [HEADER_ACCEPT] = TEXT("Accept"),
    [HEADER_ANTHROPIC_BETA] = TEXT("anthropic-beta"),
    [HEADER_ANTHROPIC_VERSION] = TEXT("anthropic-version"),
    [HEADER_API_KEY] = TEXT("x-api-key"),
    [HEADER_AUTHORIZATION] = TEXT("Authorization"),
    [HEADER_CONTENT_TYPE] = TEXT("Content-Type"),
    [HEADER_OPENAI_BETA] = TEXT("OpenAI-Beta"),
    [HEADER_RANGE] = TEXT("Range"),
    [HEADER_REQUEST_ID] = TEXT("X-Request-Id"),
    [HEADER_CLIENT_REQUEST_ID] = TEXT("X-Client-Request-Id"),
    [HEADER_SESSION_ID] = TEXT("x-session-id"),
    [HEADER_ANSWER_VALUE] = TEXT("x-bourse-answer-value"),
    [HEADER_EXPLAIN] = TEXT("x-bourse-explain"),
    [HEADER_MAX_COST] = TEXT("x-bourse-max-cost"),
    [HEADER_SECOND_COST] = TEXT("x-bourse-second-cost"),
    [HEADER_READ_TIMEOUT] = TEXT("x-stainless-read-timeout"),
    [HEADER_RETRY_COUNT] = TEXT("x-stainless-retry-count"),
    [HEADER_TIMEOUT] = TEXT("x-stainless-timeout"),
};

const char *client_header_name(enum client_header header)
{
    return names[header].data;
}

static enum MHD_Result note(void *owner, enum MHD_ValueKind kind, const char *name, size_t name_len,
                            const char *value, size_t len)
{
    struct client_headers *headers = owner;
    (void)kind;
    for (size_t i = 0; i < CLIENT_HEADERS; i++) {
        if (names[i].len != name_len || strncasecmp(names[i].data, name, name_len) != 0)
            continue;
        if (!headers->values[i].data)
            headers->values[i] = (struct text){ value, len };
        break;
    }
    return MHD_YES;
}

void client_headers_read(struct client_headers *headers, struct MHD_Connection *mhd)
{
    MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, note, headers);
}
