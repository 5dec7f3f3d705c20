/* fuzz_shape.c - an event and a changed copy of it say the same whether the copy is recognised by
 * its shape or read.
 *
 * The input is: a byte for endpoint and hiding, where the change stands (2 bytes, from the end of
 * the document), how many bytes it takes away, how many it puts in, those bytes, the document. */
#include "heard.h"

#define HEAD 5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t at_most(size_t wanted, size_t most)
{
    return wanted < most ? wanted : most;
}

/* The document as an event, twice the changed copy, and the document again. */
static void write_stream(struct buffer *out, const uint8_t *data, size_t size)
{
    const char *added = (const char *)data + HEAD;
    size_t added_len = at_most(data[4], size - HEAD);
    struct text document = { added + added_len, size - HEAD - added_len };
    size_t behind = at_most((size_t)data[1] << 8 | data[2], document.len);
    size_t at = document.len - behind, rest = at + at_most(data[3], behind);
    for (int i = 0; i < 4; i++) {
        bool changed = i == 1 || i == 2;
        buffer_append_string(out, "data: ");
        buffer_append(out, document.data, at);
        if (changed)
            buffer_append(out, added, added_len);
        size_t from = changed ? rest : at;
        buffer_append(out, document.data + from, document.len - from);
        buffer_append_string(out, "\n\n");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size <= HEAD)
        return 0;
    struct buffer stream;
    struct heard known, read;
    buffer_init(&stream, 5 * size + 64);
    write_stream(&stream, data, size);
    listen_in_pieces(data[0], buffer_text(&stream), stream.len, &known);
    listen_in_pieces(data[0], buffer_text(&stream), 1, &read);
    assert_same(&known, &read);
    heard_clear(&known);
    heard_clear(&read);
    buffer_clear(&stream);
    return 0;
}
