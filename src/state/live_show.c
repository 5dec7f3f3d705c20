/* live_show.c - what was measured of a model, for people to look at. */
#include "slot.h"

static struct live_quantiles quantiles_of(const struct sketch *sketch, const struct decay *decay,
                                          int64_t now_ms)
{
    struct sketch_summary summary = sketch_read(sketch, decay, now_ms);
    return (struct live_quantiles){ .p50 = summary.p50,
                                    .p90 = summary.p90,
                                    .p99 = summary.count > 0 ? sketch_quantile(sketch, 0.99) : 0,
                                    .count = summary.count };
}

static size_t show(const struct latency *latency, const struct decay *decay, int64_t now_ms,
                   struct live_latency *ret_latency)
{
    ret_latency->first_token_ms = quantiles_of(&latency->first_token, decay, now_ms);
    ret_latency->tokens_per_second = quantiles_of(&latency->speed, decay, now_ms);
    return ret_latency->first_token_ms.count > 0;
}

size_t live_latencies(const struct live_model *slot, int64_t now_ms,
                      struct live_latency ret_latencies[LIVE_LATENCIES_MAX])
{
    const struct evidence *evidence = &slot->evidence;
    size_t count = 0;
    for (int streamed = 0; streamed < 2; streamed++) {
        for (size_t size = 0; size < INPUT_SIZES; size++) {
            ret_latencies[count] = (struct live_latency){ input_size_name(size), streamed };
            count += show(&evidence->by_size[size][streamed], &decay_latency, now_ms,
                          &ret_latencies[count]);
        }
        ret_latencies[count] = (struct live_latency){ "all", streamed };
        count += show(&evidence->overall[streamed], &decay_latency_overall, now_ms,
                      &ret_latencies[count]);
    }
    return count;
}

double live_output_tokens(const struct live_model *slot, enum task task, int64_t now_ms,
                          double *ret_count)
{
    return decayed_mean(&slot->evidence.output[task], &decay_output, now_ms, ret_count);
}

double live_feedback(const struct live_model *slot, enum task task, int64_t now_ms,
                     double *ret_count)
{
    return decayed_mean(&slot->evidence.feedback[task], &decay_feedback, now_ms, ret_count);
}
