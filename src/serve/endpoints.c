/* endpoints.c - the table of every URL. */
#include "endpoints.h"

#include <string.h>

#include "feedback.h"
#include "urls.h"

#define E(name) ENDPOINT_##name

/* clang-format off */
static const struct endpoint_row rows[] = {
    /* method   path                 kind           endpoint        admin  open   answer */
    { "POST",   "/chat/completions", KIND_ROUTED,   E(CHAT),        false, false, NULL, "Chat completions." },
    { "POST",   "/completions",      KIND_ROUTED,   E(COMPLETIONS), false, false, NULL, "Legacy completions." },
    { "POST",   "/embeddings",       KIND_ROUTED,   E(EMBEDDINGS),  false, false, NULL, "Embeddings." },
    { "POST",   "/responses",        KIND_ROUTED,   E(RESPONSES),   false, false, NULL, "Responses." },
    { "POST",   "/messages",         KIND_ROUTED,   E(MESSAGES),    false, false, NULL, "Anthropic's Messages." },
    { "POST",   "/messages/count_tokens", KIND_ROUTED, E(COUNT_TOKENS), false, false, NULL, "How long a request is." },
    { "POST",   "/route",            KIND_EXPLAIN,  E(CHAT),        false, false, NULL, "The decision for a chat body; nobody is called." },
    { "POST",   "/feedback",         KIND_LOCAL,    E(RELAYED),     false, false, url_feedback, "How good an answer was.", FEEDBACK_BODY_MAX },
    { "GET",    "/models",           KIND_LOCAL,    E(RELAYED),     false, false, url_models, "Routes and models that the key may name; as Anthropic lists them where anthropic-version is sent." },
    { "GET",    "/models/*",         KIND_LOCAL,    E(RELAYED),     false, false, url_model, "One of them." },
    { "GET",    "/responses/*",      KIND_RELAYED,  E(RELAYED),     false, false, NULL, "A stored response." },
    { "DELETE", "/responses/*",      KIND_RELAYED,  E(RELAYED),     false, false, NULL, "A stored response." },
    { "POST",   "/responses/*",      KIND_RELAYED,  E(RELAYED),     false, false, NULL, "Cancel a response." },
    { NULL,     "/audio/*",          KIND_RELAYED,  E(RELAYED),     false, false, NULL, "Speech and transcriptions." },
    { NULL,     "/images/*",         KIND_RELAYED,  E(RELAYED),     false, false, NULL, "Images." },
    { NULL,     "/moderations",      KIND_RELAYED,  E(RELAYED),     false, false, NULL, "Moderations." },
    { NULL,     "/files",            KIND_RELAYED,  E(RELAYED),     false, false, NULL, "Files." },
    { NULL,     "/files/*",          KIND_RELAYED,  E(RELAYED),     false, false, NULL, "Files." },
    { NULL,     "/batches",          KIND_RELAYED,  E(RELAYED),     false, false, NULL, "Batches." },
    { NULL,     "/batches/*",        KIND_RELAYED,  E(RELAYED),     false, false, NULL, "Batches." },
    { NULL,     "/uploads",          KIND_RELAYED,  E(RELAYED),     false, false, NULL, "Uploads." },
    { NULL,     "/uploads/*",        KIND_RELAYED,  E(RELAYED),     false, false, NULL, "Uploads." },
    { NULL,     "/vector_stores",    KIND_RELAYED,  E(RELAYED),     false, false, NULL, "Vector stores." },
    { NULL,     "/vector_stores/*",  KIND_RELAYED,  E(RELAYED),     false, false, NULL, "Vector stores." },
    { NULL,     "/fine_tuning/*",    KIND_RELAYED,  E(RELAYED),     false, false, NULL, "Fine-tuning." },
    { "GET",    "/livez",            KIND_LOCAL,    E(RELAYED),     false, true,  url_livez, "200 while the process turns." },
    { "GET",    "/metrics",          KIND_LOCAL,    E(RELAYED),     true,  true,  url_metrics, "Prometheus text." },
    { "GET",    "/livez",            KIND_LOCAL,    E(RELAYED),     true,  true,  url_livez, "200 while the process turns." },
    { "GET",    "/readyz",           KIND_LOCAL,    E(RELAYED),     true,  true,  url_readyz, "200, or 503 while draining." },
    { "GET",    "/status",           KIND_LOCAL,    E(RELAYED),     true,  true,  url_status, "Version, configuration, models with their live figures." },
    { "GET",    "/decisions/*",      KIND_LOCAL,    E(RELAYED),     true,  true,  url_decision, "The explanation of a recent decision." },
    { "POST",   "/reload",           KIND_LOCAL,    E(RELAYED),     true,  true,  url_reload, "Reads the configuration again." },
};
/* clang-format on */

struct text endpoints_path(struct text uri)
{
    struct text path = { NULL, 0 };
    text_split(&uri, '?', &path);
    if (text_starts(path, "/v1/"))
        path = (struct text){ path.data + strlen("/v1"), path.len - strlen("/v1") };
    return path;
}

static bool path_fits(const char *pattern, struct text path)
{
    size_t len = strlen(pattern);
    if (pattern[len - 1] != '*')
        return text_is(path, pattern);
    return path.len >= len && memcmp(path.data, pattern, len - 1) == 0;
}

const struct endpoint_row *endpoints_find(bool admin, const char *method, struct text path,
                                          enum fail *ret_fail)
{
    *ret_fail = FAIL_UNKNOWN_PATH;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].admin != admin || !path_fits(rows[i].path, path))
            continue;
        if (!rows[i].method || strcmp(rows[i].method, method) == 0) {
            *ret_fail = FAIL_NONE;
            return &rows[i];
        }
        *ret_fail = FAIL_METHOD;
    }
    return NULL;
}

void endpoints_allowed(bool admin, struct text path, struct buffer *out)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].admin != admin || !rows[i].method || !path_fits(rows[i].path, path))
            continue;
        buffer_printf(out, "%s%s", out->len ? ", " : "", rows[i].method);
    }
}
