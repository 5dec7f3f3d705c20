/* fuzz_guard.c - any bytes as what a client sends: a head that passes must be unambiguous. */
#include <assert.h>

#include "wire/guard.h"

#define BODY_MAX 1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count_named(const struct raw_head *head, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < head->field_count; i++)
        count += text_is_nocase(head->fields[i].name, name);
    return count;
}

static bool has_byte(struct text text, char byte)
{
    return text.len > 0 && memchr(text.data, byte, text.len);
}

static void assert_unambiguous(const struct raw_head *head, const struct guard_result *result)
{
    size_t lengths = count_named(head, "content-length");
    size_t codings = count_named(head, "transfer-encoding");
    assert(lengths + codings <= 1);
    assert((result->content_length >= 0) == (lengths == 1));
    assert(result->content_length <= BODY_MAX);
    assert(result->chunked == (codings == 1));
    assert(count_named(head, "host") <= 1 && count_named(head, "authorization") <= 1);
    for (size_t i = 0; i < head->field_count; i++) {
        assert(http_is_token(head->fields[i].name));
        assert(!has_byte(head->fields[i].value, '\r') && !has_byte(head->fields[i].value, '\n') &&
               !has_byte(head->fields[i].value, '\0'));
    }
    for (size_t i = 0; i < head->uri.len; i++)
        assert(head->uri.data[i] > 0x20 && head->uri.data[i] < 0x7f);
}

/* It ends with its own last byte, whatever stands behind it, and not before. */
static void assert_ends_at_its_end(struct text bytes, size_t len)
{
    struct raw_head again;
    assert(len <= bytes.len && memcmp(bytes.data + len - 4, "\r\n\r\n", 4) == 0);
    assert(!raw_head_read((struct text){ bytes.data, len }, &again) && again.len == len);
    assert(!raw_head_read((struct text){ bytes.data, len - 1 }, &again) && again.len == 0);
}

static void use_its_fields(const struct raw_head *head)
{
    for (size_t i = 0; i < head->field_count; i++) {
        http_retry_after_ms(head->fields[i].value, head->fields[i].name, 1000);
        http_may_relay_response(head->fields[i].name);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text bytes = { (const char *)data, size < RAW_HEAD_MAX ? size : RAW_HEAD_MAX };
    struct guard_result result;
    struct raw_head head;
    if (raw_head_read(bytes, &head) != FAIL_NONE || head.len == 0)
        return 0;
    assert_ends_at_its_end(bytes, head.len);
    use_its_fields(&head);
    enum fail fail = guard_check(&head, BODY_MAX, &result);
    assert((fail == FAIL_NONE) == (result.why == NULL));
    if (!fail)
        assert_unambiguous(&head, &result);
    return 0;
}
