/* fuzz_stream.c - any bytes as a provider's stream, and as its whole reply: however cut, the same
 * is passed on and the same is learnt. The first byte chooses the endpoint and what is hidden. */
#include "heard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct text stream = { (const char *)data + 1, size - 1 };
    struct heard whole, cut;
    listen_in_pieces(data[0], stream, size, &whole);
    for (size_t piece = 1; piece <= 3; piece += 2) {
        listen_in_pieces(data[0], stream, piece, &cut);
        assert_same(&whole, &cut);
        heard_clear(&cut);
    }
    heard_clear(&whole);

    struct arena arena;
    arena_init(&arena);
    struct reply_facts facts;
    reply_read(ENDPOINT_CHAT, stream, &arena, &facts);
    assert(facts.is_json || !facts.is_error);
    arena_clear(&arena);
    return 0;
}
