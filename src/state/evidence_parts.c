/* evidence_parts.c - all that evidence is made of, by name: for the file that keeps it. */
#include "evidence_parts.h"

#include <stdio.h>

/* clang-format off */
#define SUM(member, decay) { #member, offsetof(struct evidence, member), &(decay) }
/* clang-format on */

static const struct {
    const char *name;
    size_t offset;
    const struct decay *decay;
} single_sums[] = {
    SUM(outcomes, decay_outcomes),
    SUM(token_ratio, decay_token_ratio),
    SUM(token_ratio_square, decay_token_ratio),
    SUM(verbosity, decay_output),
    SUM(cache_hits, decay_cache_hits),
};

static const struct {
    const char *name;
    size_t offset;
    const struct decay *decay;
} task_sums[] = {
    SUM(output, decay_output),
    SUM(feedback, decay_feedback),
};

#define ROWS(array) (sizeof(array) / sizeof((array)[0]))

_Static_assert(ROWS(single_sums) + ROWS(task_sums) * TASK_COUNT <= EVIDENCE_SUMS_MAX,
               "there is room for all sums");

size_t evidence_sums(struct evidence *evidence, struct evidence_sum parts[EVIDENCE_SUMS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < ROWS(single_sums); i++) {
        struct evidence_sum *part = &parts[count++];
        part->sums = (struct decayed *)((char *)evidence + single_sums[i].offset);
        part->decay = single_sums[i].decay;
        snprintf(part->name, sizeof(part->name), "%s", single_sums[i].name);
    }
    for (size_t i = 0; i < ROWS(task_sums) * TASK_COUNT; i++) {
        enum task task = (enum task)(i % TASK_COUNT);
        struct evidence_sum *part = &parts[count++];
        part->sums = (struct decayed *)((char *)evidence + task_sums[i / TASK_COUNT].offset) + task;
        part->decay = task_sums[i / TASK_COUNT].decay;
        snprintf(part->name, sizeof(part->name), "%s/%s", task_sums[i / TASK_COUNT].name,
                 task_name(task));
    }
    return count;
}

static size_t add_latency(struct latency *latency, const struct decay *decay, bool streamed,
                          const char *size, struct evidence_sketch *parts)
{
    const char *kind = streamed ? "streamed" : "whole";
    parts[0] = (struct evidence_sketch){ .sketch = &latency->first_token, .decay = decay };
    parts[1] = (struct evidence_sketch){ .sketch = &latency->speed, .decay = decay };
    snprintf(parts[0].name, sizeof(parts[0].name), "%s/%s/first_token", kind, size);
    snprintf(parts[1].name, sizeof(parts[1].name), "%s/%s/speed", kind, size);
    return 2;
}

size_t evidence_sketches(struct evidence *evidence,
                         struct evidence_sketch parts[EVIDENCE_SKETCHES_MAX])
{
    size_t count = 0;
    for (int streamed = 0; streamed < 2; streamed++) {
        count += add_latency(&evidence->overall[streamed], &decay_latency_overall, streamed, "all",
                             &parts[count]);
        for (size_t size = 0; size < INPUT_SIZES; size++)
            count += add_latency(&evidence->by_size[size][streamed], &decay_latency, streamed,
                                 input_size_name(size), &parts[count]);
    }
    return count;
}
