/* fuzz_guard.c - any bytes as a request's head, lines apart by LF: what passes must be unambiguous.
 */
#include <assert.h>

#include "wire/guard.h"

#define FIELDS_MAX 32
#define BODY_MAX   1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count_named(const struct guard_input *input, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < input->field_count; i++)
        count += text_is_nocase(input->fields[i].name, name);
    return count;
}

static void assert_unambiguous(const struct guard_input *input, const struct guard_result *result)
{
    size_t lengths = count_named(input, "content-length");
    size_t codings = count_named(input, "transfer-encoding");
    assert(lengths + codings <= 1);
    assert((result->content_length >= 0) == (lengths == 1));
    assert(result->content_length <= BODY_MAX);
    assert(result->chunked == (codings == 1));
    assert(count_named(input, "host") <= 1 && count_named(input, "authorization") <= 1);
    for (size_t i = 0; i < input->field_count; i++) {
        assert(http_is_token(input->fields[i].name));
        assert(input->fields[i].value.len == 0 ||
               !memchr(input->fields[i].value.data, '\r', input->fields[i].value.len));
    }
    for (size_t i = 0; i < input->uri.len; i++)
        assert(input->uri.data[i] > 0x20 && input->uri.data[i] < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text rest = { (const char *)data, size }, line;
    struct http_field fields[FIELDS_MAX];
    struct guard_input input = { .fields = fields, .body_max = BODY_MAX };
    text_split(&rest, '\n', &input.method);
    text_split(&rest, '\n', &input.uri);
    text_split(&rest, '\n', &input.version);
    while (input.field_count < FIELDS_MAX && text_split(&rest, '\n', &line)) {
        struct http_field *field = &fields[input.field_count++];
        *field = (struct http_field){ 0 };
        text_split(&line, ':', &field->name);
        field->value = line;
        http_retry_after_ms(field->value, field->name, 1000);
        http_may_relay_request(field->name);
        http_may_relay_response(field->name);
    }
    struct guard_result result;
    enum fail fail = guard_check(&input, &result);
    assert((fail == FAIL_NONE) == (result.why == NULL));
    if (!fail)
        assert_unambiguous(&input, &result);
    return 0;
}
