/* faults.c - the table of faults that a model's name can ask for. */
#include "faults.h"

#define RATE_LIMITED                                                                               \
    "rate_limit_error", "rate_limit_exceeded", "The mock was asked for a rate limit."
#define BROKEN "server_error", NULL, "The mock was asked for a failure of the server."

/* A name that begins with another one stands before it. */
const struct fault faults[] = {
    { "mock-429-once", FAULT_STATUS, 429, RATE_LIMITED, .once = true,
      .doc = "every other request is refused with 429, beginning with the first" },
    { "mock-429-retry-after", FAULT_STATUS, 429, RATE_LIMITED, .retry_after = "1",
      .doc = "429 with retry-after: 1" },
    { "mock-429", FAULT_STATUS, 429, RATE_LIMITED, .doc = "429" },
    { "mock-500-once", FAULT_STATUS, 500, BROKEN, .once = true,
      .doc = "every other request fails with 500, beginning with the first" },
    { "mock-500", FAULT_STATUS, 500, BROKEN, .doc = "500" },
    { "mock-503", FAULT_STATUS, 503, BROKEN, .doc = "503" },
    { "mock-401", FAULT_STATUS, 401, "authentication_error", "invalid_api_key",
      "Incorrect API key provided.", .doc = "401" },
    { "mock-context", FAULT_STATUS, 400, "invalid_request_error", "context_length_exceeded",
      "This model's maximum context length is 16 tokens.", .doc = "400 context_length_exceeded" },
    { "mock-policy", FAULT_STATUS, 400, "invalid_request_error", "content_policy_violation",
      "The request was rejected by the safety system.", .doc = "400 content_policy_violation" },
    { "mock-reset", FAULT_RESET, .doc = "the connection is reset before any byte" },
    { "mock-silent", FAULT_SILENT, .doc = "the request is taken and never answered" },
    { "mock-slow-first", FAULT_SLOW_FIRST, .numbered = true, .fallback = 1000, .most = 600000,
      .doc = "milliseconds before the first byte" },
    { "mock-slow", FAULT_SLOW, .numbered = true, .fallback = 100, .most = 60000,
      .doc = "milliseconds before each token" },
    { "mock-tokens", FAULT_TOKENS, .numbered = true, .fallback = 60, .most = 4000,
      .doc = "an answer of so many tokens" },
    { "mock-cut", FAULT_CUT, .doc = "the connection ends after 40 of 60 tokens" },
    { "mock-stall", FAULT_STALL, .doc = "silence after 40 of 60 tokens" },
    { "mock-bad-event", FAULT_BAD_EVENT, .doc = "an event that is not JSON after 40 of 60 tokens" },
    { "mock-no-done", FAULT_NO_DONE, .doc = "a stream without [DONE]" },
    { "mock-garbage", FAULT_GARBAGE, .doc = "a reply that is not HTTP" },
    { "mock-html", FAULT_HTML, 502, .doc = "502 with the HTML page of a gateway" },
    { "mock-echo", FAULT_ECHO, .doc = "the body of the request, byte for byte" },
};
const size_t faults_count = sizeof faults / sizeof *faults;

static const struct fault no_fault = { .name = "", .kind = FAULT_NONE };

/* The number after `name-`; false where something else follows the name. */
static bool read_number(const struct fault *fault, struct text rest, int *ret_number)
{
    uint64_t number = 0;
    if (rest.len == 0) {
        *ret_number = fault->fallback;
        return true;
    }
    if (!fault->numbered || rest.data[0] != '-')
        return false;
    if (!text_to_u64((struct text){ rest.data + 1, rest.len - 1 }, &number))
        return false;
    *ret_number = number > (uint64_t)fault->most ? fault->most : (int)number;
    return true;
}

struct fault_wish fault_find(struct text model)
{
    for (size_t i = 0; i < faults_count; i++) {
        const struct fault *fault = &faults[i];
        if (!text_starts(model, fault->name))
            continue;
        size_t len = strlen(fault->name);
        int number = 0;
        if (read_number(fault, (struct text){ model.data + len, model.len - len }, &number))
            return (struct fault_wish){ fault, number };
    }
    return (struct fault_wish){ &no_fault, 0 };
}
