/* fuzz_mock.c - any body sent to any of the mock's endpoints is answered or refused. */
#include "mock/endpoints.h"

static const char *const paths[] = { "/chat/completions", "/completions", "/responses",
                                     "/embeddings", "/moderations" };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct prompt prompt;
    struct reply reply;
    reply_init(&reply);
    struct text body = { (const char *)data + 1, size - 1 };
    const char *path = paths[data[0] % (sizeof paths / sizeof *paths)];
    if (!endpoint_refuses(&reply, prompt_read(&prompt, body)))
        endpoint_find(text_of(path))(&prompt, &reply);
    prompt_clear(&prompt);
    reply_clear(&reply);
    return 0;
}
