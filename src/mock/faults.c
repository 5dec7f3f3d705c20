/* faults.c - the table of faults that a model's name can ask for. */
#include "faults.h"

#include "mock/mock.h"

#define RATE_LIMITED                                                                               \
    "rate_limit_error", "rate_limit_exceeded", "The mock was asked for a rate limit."
#define BROKEN "server_error", NULL, "The mock was asked for a failure of the server."

#define SECONDS .numbered = true, .fallback = 1, .most = 600

/* A name that begins with another one stands before it. */
const struct fault faults[] = {
    { "mock-429-once-retry-after", FAULT_STATUS, 429, RATE_LIMITED, .when = FAULT_EVERY_OTHER,
      .retry_after = true, SECONDS,
      .doc =
          "every other request is refused with 429 and retry-after: N, beginning with the first" },
    { "mock-429-once", FAULT_STATUS, 429, RATE_LIMITED, .when = FAULT_EVERY_OTHER,
      .doc = "every other request is refused with 429, beginning with the first" },
    { "mock-429-retry-after", FAULT_STATUS, 429, RATE_LIMITED, .retry_after = true, SECONDS,
      .doc = "429 with retry-after: N" },
    { "mock-429", FAULT_STATUS, 429, RATE_LIMITED, .mixed = true, .doc = "429" },
    { "mock-500-once", FAULT_STATUS, 500, BROKEN, .when = FAULT_EVERY_OTHER,
      .doc = "every other request fails with 500, beginning with the first" },
    { "mock-500", FAULT_STATUS, 500, BROKEN, .mixed = true, .doc = "500" },
    { "mock-503-once", FAULT_STATUS, 503, BROKEN, .when = FAULT_EVERY_OTHER,
      .doc = "every other request fails with 503, beginning with the first" },
    { "mock-503", FAULT_STATUS, 503, BROKEN, .mixed = true, .doc = "503" },
    { "mock-flap", FAULT_STATUS, 503, BROKEN, .when = FAULT_BY_TIMES, .numbered = true,
      .fallback = 5, .most = 3600,
      .doc = "503 for N seconds, beginning with the start of the mock, then well for as long" },
    { "mock-401", FAULT_STATUS, 401, "authentication_error", "invalid_api_key",
      "Incorrect API key provided.", .doc = "401" },
    { "mock-context", FAULT_STATUS, 400, "invalid_request_error", "context_length_exceeded",
      "This model's maximum context length is 16 tokens.", .doc = "400 context_length_exceeded" },
    { "mock-policy", FAULT_STATUS, 400, "invalid_request_error", "content_policy_violation",
      "The request was rejected by the safety system.", .doc = "400 content_policy_violation" },
    { "mock-no-prefill", FAULT_STATUS, 400, "invalid_request_error", NULL,
      "The last message must be from the user.", .when = FAULT_ON_PREFILL,
      .doc = "400 when the last message is the assistant's" },
    { "mock-reset-once", FAULT_RESET, .when = FAULT_EVERY_OTHER,
      .doc = "every other connection is reset before any byte, beginning with the first" },
    { "mock-reset", FAULT_RESET, .mixed = true, .doc = "the connection is reset before any byte" },
    { "mock-silent", FAULT_SILENT, .mixed = true,
      .doc = "the request is taken and never answered" },
    { "mock-slow-first", FAULT_SLOW_FIRST, .numbered = true, .fallback = 1000, .most = 600000,
      .doc = "N ms before the first byte" },
    { "mock-slow", FAULT_SLOW, .numbered = true, .fallback = 100, .most = 60000,
      .doc = "60 tokens with N ms before each" },
    { "mock-tokens", FAULT_TOKENS, .numbered = true, .fallback = 60, .most = 4000,
      .doc = "an answer of N tokens" },
    { "mock-cut", FAULT_CUT, .mixed = true,
      .doc = "the connection ends after 40 of 60 tokens, or in the middle of a whole reply" },
    { "mock-stall", FAULT_STALL, .mixed = true,
      .doc = "silence after 40 of 60 tokens, or in the middle of a whole reply" },
    { "mock-bad-event", FAULT_BAD_EVENT, .mixed = true,
      .doc = "an event that is not JSON after 40 of 60 tokens" },
    { "mock-huge-event", FAULT_HUGE_EVENT, .numbered = true, .fallback = 50, .most = 100,
      .doc = "an event of N MB after 40 of 60 tokens" },
    { "mock-endless", FAULT_ENDLESS, .numbered = true, .fallback = 10, .most = 60000,
      .doc = "a stream that goes on for ever, with N ms before each token" },
    { "mock-no-done", FAULT_NO_DONE, .doc = "a stream without [DONE]" },
    { "mock-bytes", FAULT_BYTES, .numbered = true, .fallback = 1, .most = 60000,
      .doc = "one byte at a time, with N ms before each" },
    { "mock-gzip", FAULT_GZIP, .doc = "a reply that is compressed, although nobody asked for it" },
    { "mock-garbage", FAULT_GARBAGE, .mixed = true, .doc = "a reply that is not HTTP" },
    { "mock-html", FAULT_HTML, 502, .mixed = true, .doc = "502 with the HTML page of a gateway" },
    { "mock-huge-head", FAULT_HUGE_HEAD, .numbered = true, .fallback = 1024, .most = 16384,
      .doc = "a reply with N KiB of headers" },
    { "mock-echo", FAULT_ECHO, .doc = "the body of the request, byte for byte" },
    { "mock-mixed", FAULT_MIXED, .numbered = true, .fallback = 40, .most = 1000,
      .doc = "N of 1,000 requests have another fault, each in its turn" },
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

struct fault_wish fault_in_turn(unsigned turn)
{
    unsigned mixed = 0;
    for (size_t i = 0; i < faults_count; i++)
        mixed += faults[i].mixed;
    turn %= mixed;
    size_t at = 0;
    for (;; at++)
        if (faults[at].mixed && turn-- == 0)
            return (struct fault_wish){ &faults[at], faults[at].fallback };
}

void mock_print_faults(struct buffer *out)
{
    for (size_t i = 0; i < faults_count; i++) {
        const struct fault *fault = &faults[i];
        buffer_printf(out, ".It Ql %s%s\n%s", fault->name, fault->numbered ? "-N" : "", fault->doc);
        if (fault->numbered)
            buffer_printf(out, " (%d where it is left out, at most %d)", fault->fallback,
                          fault->most);
        buffer_append_string(out, "\n");
    }
}
