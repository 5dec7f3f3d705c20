/* request.c - the names of the endpoints, and parts of excerpts. */
#include "chat/request.h"

static const char *const names[ENDPOINT_COUNT] = {
    [ENDPOINT_CHAT] = "chat",
    [ENDPOINT_COMPLETIONS] = "completions",
    [ENDPOINT_EMBEDDINGS] = "embeddings",
    [ENDPOINT_RESPONSES] = "responses",
    [ENDPOINT_MESSAGES] = "messages",
    [ENDPOINT_COUNT_TOKENS] = "count_tokens",
    [ENDPOINT_RELAYED] = "relayed",
};

const char *endpoint_name(enum endpoint endpoint)
{
    return names[endpoint];
}

struct excerpt excerpt_within(const struct excerpt *excerpt, size_t max)
{
    struct excerpt within = *excerpt;
    struct text *head = &within.head, *tail = &within.tail;
    if (head->len + tail->len <= max)
        return within;
    if (!tail->len)
        *tail = (struct text){ head->data + head->len - max / 2, max / 2 };
    if (head->len > max / 2)
        head->len = max / 2;
    if (tail->len > max / 2) {
        tail->data += tail->len - max / 2;
        tail->len = max / 2;
    }
    return within;
}
