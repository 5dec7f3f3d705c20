/* fuzz_request.c - any body, cut anywhere: what is accepted goes upstream as JSON within bounds. */
#include <assert.h>
#include <stdlib.h>

#include "dialect/openai.h"
#include "wire/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool accept_all(void *owner, const struct json_value *value)
{
    (void)owner;
    (void)value;
    return true;
}

static void scan_pieces(const struct text *pieces, size_t count)
{
    struct json_scan *scan = json_scan_new(accept_all, NULL);
    assert(scan);
    for (size_t i = 0; i < count; i++)
        assert(json_scan_feed(scan, pieces[i]) == FAIL_NONE);
    assert(json_scan_finish(scan) == FAIL_NONE);
    json_scan_free(scan);
}

/* Bodies that are shorter are not scanned before their end. */
#define PADDING ((size_t)16 << 10)

/* The first byte is the endpoint, the second where the body is cut. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    char *padded = malloc(PADDING + size);
    assert(padded);
    memset(padded, ' ', PADDING);
    memcpy(padded + PADDING, data + 2, size - 2);
    const struct text body = { padded, PADDING + size - 2 };
    const size_t cut = PADDING + (data[1] < size - 2 ? data[1] : size - 2);
    struct arena arena;
    arena_init(&arena);
    struct request_reader *reader =
        request_reader_new((enum endpoint)(data[0] % ENDPOINT_COUNT), &arena);
    request_reader_feed(reader, (struct text){ body.data, cut }, 0);
    request_reader_feed(reader, body, cut);

    struct chat_request request;
    if (request_reader_finish(reader, body, &request) == FAIL_NONE) {
        const struct request_changes changes = {
            .upstream_model = "m",
            .ask_usage = true,
            .last_message = text_of("{\"role\":\"assistant\",\"content\":\"a\"}"),
        };
        struct text pieces[REQUEST_PIECES_MAX];
        size_t count = request_pieces(&request, body, &changes, &arena, pieces);
        assert(count <= REQUEST_PIECES_MAX);
        scan_pieces(pieces, count);
    }
    arena_clear(&arena);
    free(padded);
    return 0;
}
