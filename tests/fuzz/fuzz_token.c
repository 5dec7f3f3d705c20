/* fuzz_token.c - any bytes as what a source of bearer tokens says: what is taken can stand in a
 * header line, and has a life or none that is known. */
#include <stdlib.h>

#include "base/text.h"
#include "upstream/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct token_answer *answer)
{
    const struct text token = buffer_text(&answer->value);
    if (answer->trouble)
        return;
    if (token.len == 0 || token.len > TOKEN_MAX || answer->lives_ms == 0 || answer->lives_ms < -1)
        abort();
    for (size_t i = 0; i < token.len; i++)
        if ((unsigned char)token.data[i] <= 0x20 || (unsigned char)token.data[i] >= 0x7f)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct token_answer answer;
    const bool is_file = size > 0 && data[0] & 1;
    token_answer_init(&answer);
    if (size > 0)
        token_read((struct text){ (const char *)data + 1, size - 1 }, is_file, data[0] * 100,
                   &answer);
    else
        answer.trouble = TOKEN_EMPTY;
    check(&answer);
    token_answer_clear(&answer);
    return 0;
}
