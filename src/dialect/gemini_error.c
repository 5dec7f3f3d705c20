/* gemini_error.c - what Google's errors say, in the classes that OpenAI's clients know. */
#include "gemini.h"

static const struct {
    const char *status, *type, *code;
} status_rows[] = {
    { "INVALID_ARGUMENT", "invalid_request_error", NULL },
    { "FAILED_PRECONDITION", "invalid_request_error", NULL },
    { "OUT_OF_RANGE", "invalid_request_error", NULL },
    { "UNAUTHENTICATED", "authentication_error", "invalid_api_key" },
    { "PERMISSION_DENIED", "permission_error", NULL },
    { "NOT_FOUND", "not_found_error", "model_not_found" },
    { "RESOURCE_EXHAUSTED", "rate_limit_error", "rate_limit_exceeded" },
    { "CANCELLED", "server_error", NULL },
    { "INTERNAL", "server_error", NULL },
    { "UNKNOWN", "server_error", NULL },
    { "UNAVAILABLE", "server_error", "overloaded" },
    { "DEADLINE_EXCEEDED", "server_error", "timeout" },
};

/* What only the details or the words tell, though the status is that of a bad request. */
static const struct {
    const char *words, *code;
} words_rows[] = {
    { "exceeds the maximum number of tokens", "context_length_exceeded" },
    { "API key not valid", "invalid_api_key" },
    { "API key expired", "invalid_api_key" },
    { "User location is not supported", "unsupported_country_region_territory" },
};

static bool says(struct text message, const char *words)
{
    return message.len > 0 && memmem(message.data, message.len, words, strlen(words));
}

/* Some of its servers put the error into a list. */
static const struct json_node *error_of(const struct json_tree *tree)
{
    const struct json_node *root = json_root(tree);
    if (json_is_kind(root, JSON_ARRAY))
        root = json_first(tree, root);
    return json_find(tree, root, "error");
}

/* Its header for it is not sent; one of the details has it. */
static struct text wait_of(const struct json_tree *tree, const struct json_node *error)
{
    for (const struct json_node *detail = json_first(tree, json_find(tree, error, "details"));
         detail; detail = json_next(tree, detail)) {
        const struct text wait = json_inside(tree, json_find(tree, detail, "retryDelay"));
        if (wait.len > 0)
            return wait;
    }
    return (struct text){ 0 };
}

void gemini_read_error(const struct json_tree *tree, struct foreign_error *ret_error)
{
    const struct json_node *error = error_of(tree);
    const struct json_node *status = json_find(tree, error, "status");
    ret_error->message = json_inside(tree, json_find(tree, error, "message"));
    ret_error->type = json_inside(tree, status);
    ret_error->wait = wait_of(tree, error);
    for (size_t i = 0; i < sizeof(status_rows) / sizeof(status_rows[0]); i++) {
        if (!json_is(tree, status, status_rows[i].status))
            continue;
        ret_error->type = text_of(status_rows[i].type);
        ret_error->code = text_of(status_rows[i].code);
    }
    for (size_t i = 0; i < sizeof(words_rows) / sizeof(words_rows[0]); i++)
        if (says(ret_error->message, words_rows[i].words))
            ret_error->code = text_of(words_rows[i].code);
}
