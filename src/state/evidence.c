/* evidence.c - what was seen of one model: from the end of an attempt to figures for a decision. */
#include "evidence.h"

#include <math.h>

/* Troubles pass within minutes and have to be seen within minutes; how long answers are and how a
 * provider counts tokens hardly changes from one day to the next. */
const struct decay decay_outcomes = { 5 * DECAY_MINUTE, 256 };
const struct decay decay_latency = { 5 * DECAY_MINUTE, 512 };
const struct decay decay_latency_overall = { 6 * DECAY_HOUR, 2048 };
const struct decay decay_token_ratio = { DECAY_DAY, 512 };
const struct decay decay_output = { DECAY_DAY, 256 };
const struct decay decay_cache_hits = { 6 * DECAY_HOUR, 256 };
const struct decay decay_feedback = { 14 * DECAY_DAY, 1024 };

/* What a size of input has not seen itself is lent by the model as a whole, as so many samples. */
#define BORROWED_MAX 10.0

/* A provider that says four times what was estimated counts something else. */
#define TOKEN_RATIO_MAX 4.0

static const struct {
    int64_t most;
    const char *name;
} sizes[INPUT_SIZES] = {
    { 1000, "1k" },
    { 8000, "8k" },
    { 32000, "32k" },
    { INT64_MAX, "more" },
};

size_t input_size_of(int64_t tokens_in)
{
    size_t size = 0;
    while (tokens_in > sizes[size].most)
        size++;
    return size;
}

const char *input_size_name(size_t size)
{
    return sizes[size].name;
}

/* ---- noting ---- */

/* A pause that was asked for is kept and no failure. Failures in a row are one trouble, not so many
 * throws of the same dice: they are one failure, and only once a success has ended them. Until then
 * the breaker decides how often they are looked into. Were they counted at once, the first two
 * would cost a model its place, and nobody would ask it again before they have faded, however soon
 * it recovers. */
static void note_success(struct evidence *evidence, const struct attempt_outcome *outcome)
{
    if (outcome->fail != FAIL_NONE) {
        if (fail_row(outcome->fail)->providers_fault && outcome->pause_ms <= 0)
            atomic_store_explicit(&evidence->in_trouble, true, memory_order_relaxed);
        return;
    }
    bool was = atomic_load_explicit(&evidence->in_trouble, memory_order_relaxed) &&
               atomic_exchange_explicit(&evidence->in_trouble, false, memory_order_relaxed);
    decayed_add(&evidence->outcomes, &decay_outcomes, outcome->now_ms, 1, 1 + was);
}

void evidence_forgive(struct evidence *evidence)
{
    atomic_store_explicit(&evidence->in_trouble, false, memory_order_relaxed);
    decayed_level(&evidence->outcomes);
}

/* -1 where the attempt does not tell. A stream that came all at once was held back on its way: that
 * is no speed of writing. */
static double speed_of(const struct attempt_outcome *outcome)
{
    bool streamed = outcome->streamed;
    int64_t writing_ms = streamed ? outcome->duration_ms - outcome->first_token_ms
                                  : outcome->duration_ms + (outcome->duration_ms == 0);
    int64_t tokens = outcome->usage.tokens_out - streamed; /* those after the first */
    if (outcome->fail != FAIL_NONE || writing_ms <= 0 || tokens <= 0)
        return -1;
    return (double)tokens * 1000 / (double)writing_ms;
}

/* Who was outrun because it was late is noted with the time that it had: were it left out, what is
 * taken for late would come ever earlier. */
static void note_latency(struct evidence *evidence, const struct attempt_outcome *outcome)
{
    if (outcome->first_token_ms < 0 && outcome->late_ms <= 0)
        return;
    struct latency *near =
        &evidence->by_size[input_size_of(outcome->tokens_estimated)][outcome->streamed];
    struct latency *far = &evidence->overall[outcome->streamed];
    int64_t now_ms = outcome->now_ms;
    int64_t known_ms = outcome->first_token_ms >= 0 ? outcome->first_token_ms : outcome->late_ms;
    double first_token_ms = (double)known_ms, speed = speed_of(outcome);
    sketch_note(&near->first_token, &decay_latency, now_ms, first_token_ms);
    sketch_note(&far->first_token, &decay_latency_overall, now_ms, first_token_ms);
    if (speed < 0)
        return;
    sketch_note(&near->speed, &decay_latency, now_ms, speed);
    sketch_note(&far->speed, &decay_latency_overall, now_ms, speed);
}

static void note_token_ratio(struct evidence *evidence, const struct attempt_outcome *outcome)
{
    if (outcome->usage.tokens_in <= 0 || outcome->tokens_estimated <= 0 || outcome->has_images)
        return;
    double ratio = (double)outcome->usage.tokens_in / (double)outcome->tokens_estimated;
    ratio = fmin(fmax(ratio, 1 / TOKEN_RATIO_MAX), TOKEN_RATIO_MAX);
    decayed_add(&evidence->token_ratio, &decay_token_ratio, outcome->now_ms, ratio, 1);
    decayed_add(&evidence->token_ratio_square, &decay_token_ratio, outcome->now_ms, ratio * ratio,
                1);
}

/* An answer that was cut at max_tokens would have been at least so long: it may raise the mean, but
 * says nothing that could lower it. */
static void note_output(struct evidence *evidence, const struct attempt_outcome *outcome)
{
    if (outcome->usage.tokens_out <= 0)
        return;
    int choices = outcome->choices > 1 ? outcome->choices : 1;
    double tokens = (double)outcome->usage.tokens_out / choices, count;
    struct decayed *output = &evidence->output[outcome->task];
    bool cut = outcome->max_output_tokens >= 0 && tokens >= (double)outcome->max_output_tokens;
    if (cut && tokens < fmax(decayed_mean(output, &decay_output, outcome->now_ms, &count),
                             task_usual_tokens(outcome->task)))
        return;
    decayed_add(output, &decay_output, outcome->now_ms, tokens, 1);
    decayed_add(&evidence->verbosity, &decay_output, outcome->now_ms,
                tokens / task_usual_tokens(outcome->task), 1);
}

/* Who never says that something was cached is soon taken at his word. */
static void note_cache(struct evidence *evidence, const struct attempt_outcome *outcome)
{
    if (outcome->tokens_cacheable <= 0 || outcome->usage.tokens_cached < 0)
        return;
    double hit = (double)outcome->usage.tokens_cached / (double)outcome->tokens_cacheable;
    decayed_add(&evidence->cache_hits, &decay_cache_hits, outcome->now_ms, fmin(hit, 1), 1);
}

void evidence_note(struct evidence *evidence, const struct attempt_outcome *outcome)
{
    note_success(evidence, outcome);
    if (outcome->relayed)
        return;
    note_latency(evidence, outcome);
    if (outcome->fail != FAIL_NONE)
        return;
    note_token_ratio(evidence, outcome);
    note_output(evidence, outcome);
    note_cache(evidence, outcome);
}

/* ---- reading ---- */

/* The quantiles of a size, shrunk to those of the model as a whole. */
static struct sketch_summary read_sketch(const struct sketch *near, const struct sketch *far,
                                         int64_t now_ms)
{
    struct sketch_summary own = sketch_read(near, &decay_latency, now_ms);
    struct sketch_summary lent = sketch_read(far, &decay_latency_overall, now_ms);
    double weight = fmin(lent.count, BORROWED_MAX), count = own.count + weight;
    if (count <= 0)
        return own;
    return (struct sketch_summary){ (own.p50 * own.count + lent.p50 * weight) / count,
                                    (own.p90 * own.count + lent.p90 * weight) / count, count };
}

static void read_streamed(const struct evidence *evidence, const struct live_view *view,
                          struct figures *figures)
{
    const struct latency *near = &evidence->by_size[input_size_of(view->tokens_in)][true];
    const struct latency *far = &evidence->overall[true];
    struct sketch_summary first = read_sketch(&near->first_token, &far->first_token, view->now_ms);
    struct sketch_summary speed = read_sketch(&near->speed, &far->speed, view->now_ms);
    figures->first_token_ms = first.p50;
    figures->first_token_p90_ms = first.p90;
    figures->first_token_count = first.count;
    figures->tokens_per_second = speed.p50;
    figures->speed_count = speed.count;
}

static void read_whole(const struct evidence *evidence, const struct live_view *view,
                       struct figures *figures)
{
    const struct latency *near = &evidence->by_size[input_size_of(view->tokens_in)][false];
    const struct latency *far = &evidence->overall[false];
    struct sketch_summary whole = read_sketch(&near->first_token, &far->first_token, view->now_ms);
    struct sketch_summary speed = read_sketch(&near->speed, &far->speed, view->now_ms);
    figures->whole_ms = whole.p50;
    figures->whole_p90_ms = whole.p90;
    figures->whole_ms_count = whole.count;
    figures->whole_tokens_per_second = speed.p50;
    figures->whole_speed_count = speed.count;
}

static void read_token_ratio(const struct evidence *evidence, int64_t now_ms,
                             struct figures *figures)
{
    double count;
    double mean = decayed_mean(&evidence->token_ratio, &decay_token_ratio, now_ms,
                               &figures->token_ratio_count);
    double square = decayed_mean(&evidence->token_ratio_square, &decay_token_ratio, now_ms, &count);
    figures->token_ratio = mean;
    figures->token_ratio_spread = sqrt(fmax(square - mean * mean, 0));
}

void evidence_read(const struct evidence *evidence, const struct live_view *view,
                   struct figures *ret_figures)
{
    int64_t now_ms = view->now_ms;
    struct figures figures = { .inflight = gauge_read(&evidence->inflight) };
    struct decayed_sums outcomes = decayed_read(&evidence->outcomes, &decay_outcomes, now_ms);
    figures.successes = (double)outcomes.first;
    figures.failures = fmax((double)(outcomes.second - outcomes.first), 0);
    read_token_ratio(evidence, now_ms, &figures);
    figures.verbosity =
        decayed_mean(&evidence->verbosity, &decay_output, now_ms, &figures.verbosity_count);
    figures.output_tokens =
        decayed_mean(&evidence->output[view->task], &decay_output, now_ms, &figures.output_count);
    figures.feedback = decayed_mean(&evidence->feedback[view->task], &decay_feedback, now_ms,
                                    &figures.feedback_count);
    figures.cache_hits =
        decayed_mean(&evidence->cache_hits, &decay_cache_hits, now_ms, &figures.cache_hits_count);
    read_streamed(evidence, view, &figures);
    if (!view->streamed)
        read_whole(evidence, view, &figures);
    *ret_figures = figures;
}
