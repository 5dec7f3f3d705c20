/* request.c - the names of the endpoints. */
#include "chat/request.h"

static const char *const names[ENDPOINT_COUNT] = {
    [ENDPOINT_CHAT] = "chat",
    [ENDPOINT_COMPLETIONS] = "completions",
    [ENDPOINT_EMBEDDINGS] = "embeddings",
    [ENDPOINT_RESPONSES] = "responses",
    [ENDPOINT_RELAYED] = "relayed",
};

const char *endpoint_name(enum endpoint endpoint)
{
    return names[endpoint];
}
