/* fuzz_predictor.c - any bytes as a predictor's file; what is accepted must be able to assess. */
#include <stdlib.h>
#include <string.h>

#include "chat/request.h"
#include "predict/predictor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#include <openssl/sha.h>

/* A right digest at the end, so that the fuzzer gets past it. */
static void parse(const uint8_t *data, size_t size, bool sealed)
{
    struct arena arena;
    const char *why = NULL;
    size_t len = size + (sealed ? SHA256_DIGEST_LENGTH : 0);
    char *bytes = malloc(len ? len : 1);
    memcpy(bytes, data, size);
    if (sealed)
        SHA256(data, size, (unsigned char *)bytes + size);
    arena_init(&arena);
    struct predictor *predictor = predictor_parse((struct text){ bytes, len }, &arena, &why);
    if (!predictor && !why)
        abort();
    if (predictor) {
        static struct reading reading;
        static struct assessment assessment;
        struct chat_request request = { .turns = 1 };
        request.user.head = text_of("a word");
        reading_read(&request, &reading);
        predictor_assess(predictor, &reading, &assessment);
    }
    arena_clear(&arena);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    parse(data, size, false);
    parse(data, size, true);
    return 0;
}
