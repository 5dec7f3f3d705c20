/* fuzz_features.c - any bytes as the texts of a request: features must come out, with chances that
 * sum to 1. */
#include <assert.h>

#include "route/features.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text all = { (const char *)data, size };
    struct chat_request request = { .turns = 1, .chars_ascii = size };
    request.user.head = (struct text){ all.data, size / 2 };
    request.user.tail = (struct text){ all.data + size / 2, size - size / 2 };
    request.user.total = size;
    request.system.head = all;
    struct features features;
    features_read(&request, &features);
    float sum = 0;
    for (int task = 0; task < TASK_COUNT; task++)
        sum += features.task_probability[task];
    assert(sum > 0.999f && sum < 1.001f);
    assert(features.tokens_in_safe >= features.tokens_in);
    return 0;
}
