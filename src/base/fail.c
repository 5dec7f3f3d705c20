/* fail.c - the table of everything that can go wrong. */
#include "base/fail.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#define INVALID "invalid_request_error"
#define SERVER  "server_error"

/* Of both columns. */
#define NEVER  0
#define LAST   AGAIN_LAST
#define ONCE   AGAIN_ONCE
#define TOLD   AGAIN_TOLD
#define ANY    NEXT_ANY
#define LARGER NEXT_LARGER
#define WANTED NEXT_WANTED

/* clang-format off */
static const struct fail_row rows[FAIL_COUNT] = {
    /* name                status type                    code                        error_type              fault  whole  again  next   close  sentence */
    [FAIL_NONE]                = { "none",               200, "",                     NULL,                      NULL,                     false, false, NEVER, NEVER, false, "No failure." },
    [FAIL_MALFORMED_HTTP]      = { "malformed_http",     400, INVALID,                NULL,                      "invalid_request",        false, false, NEVER, NEVER, true,  "The HTTP request is malformed." },
    [FAIL_BAD_JSON]            = { "bad_json",           400, INVALID,                NULL,                      "invalid_request",        false, false, NEVER, NEVER, false, "The request body is not valid JSON." },
    [FAIL_BAD_VALUE]           = { "bad_value",          400, INVALID,                NULL,                      "invalid_request",        false, false, NEVER, NEVER, false, "A member of the request has a value that cannot be used." },
    [FAIL_TOO_DEEP]            = { "too_deep",           400, INVALID,                NULL,                      "invalid_request",        false, false, NEVER, NEVER, false, "The request body is nested too deeply." },
    [FAIL_NO_KEY]              = { "no_key",             401, "authentication_error", "invalid_api_key",         "authentication",         false, false, NEVER, NEVER, true,  "No API key was given. Send it as `Authorization: Bearer KEY`." },
    [FAIL_WRONG_KEY]           = { "wrong_key",          401, "authentication_error", "invalid_api_key",         "authentication",         false, false, NEVER, NEVER, true,  "The API key is not known here." },
    [FAIL_DENIED]              = { "denied",             403, "permission_error",     "denied_by_rule",          "permission_denied",      false, false, NEVER, NEVER, false, "A rule of this route denies the request." },
    [FAIL_UNKNOWN_PATH]        = { "unknown_path",       404, "not_found_error",      NULL,                      "not_found",              false, false, NEVER, NEVER, false, "There is nothing at this URL." },
    [FAIL_UNKNOWN_MODEL]       = { "unknown_model",      404, "not_found_error",      "model_not_found",         "not_found",              false, false, NEVER, NEVER, false, "The model does not exist or you have no access to it." },
    [FAIL_UNKNOWN_DECISION]    = { "unknown_decision",   404, "not_found_error",      NULL,                      "not_found",              false, false, NEVER, NEVER, false, "This decision is not, or no longer, among the recent ones." },
    [FAIL_ALREADY_RATED]       = { "already_rated",      400, INVALID,                "already_rated",           "invalid_request",        false, false, NEVER, NEVER, false, "This answer was rated before." },
    [FAIL_METHOD]              = { "method",             405, INVALID,                NULL,                      "invalid_request",        false, false, NEVER, NEVER, false, "This URL does not take that method." },
    [FAIL_SLOW_REQUEST]        = { "slow_request",       408, INVALID,                NULL,                      "timeout",                false, false, NEVER, NEVER, true,  "The request did not arrive in time." },
    [FAIL_LENGTH_REQUIRED]     = { "length_required",    411, INVALID,                NULL,                      "invalid_request",        false, false, NEVER, NEVER, true,  "The request needs a Content-Length or a chunked body." },
    [FAIL_BODY_TOO_LARGE]      = { "body_too_large",     413, INVALID,                NULL,                      "payload_too_large",      false, false, NEVER, NEVER, true,  "The request body is larger than this server accepts." },
    [FAIL_MEDIA_TYPE]          = { "media_type",         415, INVALID,                NULL,                      "invalid_request",        false, false, NEVER, NEVER, false, "The request body must be application/json." },
    [FAIL_HEADERS_TOO_LARGE]   = { "headers_too_large",  431, INVALID,                NULL,                      "payload_too_large",      false, false, NEVER, NEVER, true,  "The request's headers are too large." },
    [FAIL_EXPECTATION]         = { "expectation",        417, INVALID,                NULL,                      "invalid_request",        false, false, NEVER, NEVER, true,  "Only `Expect: 100-continue` is understood." },
    [FAIL_CONTEXT_LENGTH]      = { "context_length",     400, INVALID,                "context_length_exceeded", "context_length_exceeded", false, false, NEVER, NEVER, false, "The request is longer than the context window of every candidate." },
    [FAIL_NO_CANDIDATE]        = { "no_candidate",       400, INVALID,                "no_candidate",            "invalid_request",        false, false, NEVER, NEVER, false, "No candidate of the route can answer this request." },
    [FAIL_CLIENT_GONE]         = { "client_gone",        499, INVALID,                NULL,                      NULL,                     false, false, NEVER, NEVER, true,  "The client left before the answer was complete." },
    [FAIL_CLIENT_DEADLINE]     = { "client_deadline",    503, SERVER,                 "provider_timeout",        "timeout",                false, false, NEVER, NEVER, false, "The answer was not complete within the time that the client gives it." },
    [FAIL_OVERLOADED]          = { "overloaded",         503, SERVER,                 "overloaded",              "provider_overloaded",    false, false, NEVER, NEVER, false, "The server is at its limit. Try again in a moment." },
    [FAIL_DRAINING]            = { "draining",           503, SERVER,                 "draining",                "server",                 false, false, NEVER, NEVER, true,  "The server is about to stop." },
    [FAIL_OUTRUN]              = { "outrun",             499, SERVER,                 NULL,                      NULL,                     false, false, NEVER, NEVER, false, "Another attempt answered first." },
    [FAIL_BAD_CONFIG]          = { "bad_config",         400, INVALID,                "bad_config",              "invalid_request",        false, false, NEVER, NEVER, false, "The configuration has errors; the old one keeps serving." },
    [FAIL_INTERNAL]            = { "internal",           500, SERVER,                 NULL,                      "server",                 false, false, NEVER, NEVER, false, "An error of the server itself." },
    [FAIL_DNS]                 = { "dns",                503, SERVER,                 "provider_unavailable",    "provider_unavailable",   true,  true,  LAST,  ANY,   false, "The provider's name could not be resolved." },
    [FAIL_CONNECT]             = { "connect",            503, SERVER,                 "provider_unavailable",    "provider_unavailable",   true,  true,  LAST,  ANY,   false, "The provider could not be reached." },
    [FAIL_CONNECT_TIMEOUT]     = { "connect_timeout",    503, SERVER,                 "provider_unavailable",    "timeout",                true,  true,  NEVER, ANY,   false, "The provider did not accept the connection in time." },
    [FAIL_TLS]                 = { "tls",                503, SERVER,                 "provider_unavailable",    "provider_unavailable",   true,  true,  NEVER, ANY,   false, "No secure connection to the provider could be made." },
    [FAIL_RESET]               = { "reset",              503, SERVER,                 "provider_unavailable",    "provider_unavailable",   true,  false, ONCE,  ANY,   false, "The provider closed the connection before a complete answer." },
    [FAIL_FIRST_TOKEN_TIMEOUT] = { "first_token_timeout", 503, SERVER,                "provider_timeout",        "timeout",                true,  false, NEVER, ANY,   false, "The provider did not begin to answer in time." },
    [FAIL_IDLE_TIMEOUT]        = { "idle_timeout",       503, SERVER,                 "provider_timeout",        "timeout",                true,  false, NEVER, ANY,   false, "The provider fell silent in the middle of an answer." },
    [FAIL_TOTAL_TIMEOUT]       = { "total_timeout",      503, SERVER,                 "provider_timeout",        "timeout",                true,  false, NEVER, ANY,   false, "The answer was not complete in time." },
    [FAIL_RATE_LIMITED]        = { "rate_limited",       429, "rate_limit_error",     "rate_limit_exceeded",     "rate_limit_exceeded",    true,  false, TOLD,  ANY,   false, "The provider's rate limit is reached." },
    [FAIL_PROVIDER_TIMEOUT]    = { "provider_timeout",   503, SERVER,                 "provider_timeout",        "timeout",                true,  false, ONCE,  ANY,   false, "The provider gave up on the request (408)." },
    [FAIL_PROVIDER_ERROR]      = { "provider_error",     503, SERVER,                 "provider_error",          "provider_unavailable",   true,  false, ONCE,  ANY,   false, "The provider failed to answer." },
    [FAIL_PROVIDER_REFUSED]    = { "provider_refused",   400, INVALID,                NULL,                      "invalid_request",        false, false, NEVER, NEVER, false, "The provider refused the request." },
    [FAIL_PROVIDER_CONTEXT]    = { "provider_context",   400, INVALID,                "context_length_exceeded", "context_length_exceeded", false, false, NEVER, LARGER, false, "The request is longer than the model's context window." },
    [FAIL_PROVIDER_POLICY]     = { "provider_policy",    400, INVALID,                "content_policy_violation", "content_policy_violation", false, false, NEVER, WANTED, false, "The provider will not answer this request." },
    [FAIL_PROVIDER_AUTH]       = { "provider_auth",      503, SERVER,                 "provider_auth",           "provider_unavailable",   true,  true,  NEVER, ANY,   false, "The provider refused this server's own credentials." },
    [FAIL_NO_TOKEN]            = { "no_token",           503, SERVER,                 "provider_auth",           "provider_unavailable",   false, false, NEVER, ANY,   false, "There is no valid token for the provider at the moment." },
    [FAIL_PROVIDER_GARBAGE]    = { "provider_garbage",   503, SERVER,                 "provider_error",          "provider_unavailable",   true,  false, LAST,  ANY,   false, "The provider's answer could not be understood." },
    [FAIL_REPLY_TOO_LARGE]     = { "reply_too_large",    503, SERVER,                 "provider_error",          "provider_unavailable",   true,  false, NEVER, ANY,   false, "The provider's answer is larger than this server accepts." },
    [FAIL_STREAM_CUT]          = { "stream_cut",         503, SERVER,                 "provider_unavailable",    "provider_unavailable",   true,  false, LAST,  ANY,   false, "The provider's stream ended before the answer was complete." },
    [FAIL_STREAM_ERROR]        = { "stream_error",       503, SERVER,                 "provider_error",          "provider_unavailable",   true,  false, ONCE,  ANY,   false, "The provider reported an error inside the stream." },
};
/* clang-format on */

const struct fail_row *fail_row(enum fail fail)
{
    assert((unsigned)fail < FAIL_COUNT);
    return &rows[fail];
}

enum fail fail_from_status(int status)
{
    if (status < 400)
        return FAIL_NONE;
    if (status == 401 || status == 402 || status == 403) /* the operator's to cure, all of them */
        return FAIL_PROVIDER_AUTH;
    if (status == 408)
        return FAIL_PROVIDER_TIMEOUT;
    if (status == 429)
        return FAIL_RATE_LIMITED;
    return status >= 500 ? FAIL_PROVIDER_ERROR : FAIL_PROVIDER_REFUSED;
}

/* How providers say what a 400 is about: by a code, or only in words. */
static const struct {
    const char *code, *words;
    enum fail fail;
} refusals[] = {
    { "context_length_exceeded", "maximum context length", FAIL_PROVIDER_CONTEXT },
    { "content_policy_violation", "content management policy", FAIL_PROVIDER_POLICY },
    { "content_filter", NULL, FAIL_PROVIDER_POLICY },
    { "invalid_api_key", NULL, FAIL_PROVIDER_AUTH }, /* Google's is a 400 */
    { "unsupported_country_region_territory", NULL, FAIL_PROVIDER_AUTH },
    { "DeploymentNotFound", NULL, FAIL_PROVIDER_ERROR }, /* Azure's: nothing that the client said */
};

enum fail fail_from_error(int status, const char *code, const char *message)
{
    enum fail fail = fail_from_status(status);
    if (fail != FAIL_PROVIDER_REFUSED)
        return fail;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const char *words = refusals[i].words;
        if ((code && strcmp(code, refusals[i].code) == 0) ||
            (message && words && strstr(message, words)))
            return refusals[i].fail;
    }
    return fail;
}

const char *fail_again_words(enum fail_again again)
{
    static const char *const words[] = { "", "when nobody else is left", "once", "when told to" };
    return words[again];
}

const char *fail_next_words(enum fail_next next)
{
    static const char *const words[] = { "", "yes", "one with a larger window",
                                         "where the route says so" };
    return words[next];
}
