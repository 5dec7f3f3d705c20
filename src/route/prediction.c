/* prediction.c - what to expect of a candidate: priors from the YAML, moved by what was measured.
 *
 * Nothing unknown is ever zero. A prior counts as much as PRIOR_SAMPLES measurements, so that the
 * first few do not overturn it and fifty have replaced it. */
#include <math.h>

#include "learned.h"

#define PRIOR_SAMPLES    5.0
#define MEASURED_SAMPLES 50.0 /* from here on the prior is a rounding error */

/* For models of which the YAML says nothing: neither fast nor slow. */
#define FIRST_TOKEN_DEFAULT_MS 1000.0
#define SPEED_DEFAULT          50.0
#define SPEED_LEAST            0.1
#define PRIOR_P90              2.0 /* a slow first token of nobody knows whom, over the usual one */

/* Providers cache prompts of at least so many tokens, and not every one that could be. */
#define CACHED_TOKENS_LEAST 1024
#define CACHE_HITS_PRIOR    0.8

/* A prompt that does not fit is an error, so the cautious estimate counts as much as this many
 * measurements, and the calibrated one keeps clear by so many standard deviations. */
#define SAFE_SAMPLES 20.0
#define SAFE_SPREADS 3.0

/* Twenty attempts, one of them failed: what a provider is like of which nothing is known. */
#define SUCCESS_PRIOR 19.0
#define FAILURE_PRIOR 1.0

static double blend(double prior, double measured, double count)
{
    return (prior * PRIOR_SAMPLES + measured * count) / (PRIOR_SAMPLES + count);
}

/* The mean of the profile, weighted by the chances of the tasks. Those are floats: they are divided
 * by their sum, so that a model that is 0.8 at everything is 0.8. */
static double profile_mean(const struct model *model, const float probability[TASK_COUNT])
{
    double quality = 0, sum = 0;
    for (int task = 0; task < TASK_COUNT; task++) {
        quality += (double)probability[task] * model->quality[task];
        sum += (double)probability[task];
    }
    return sum > 0 ? quality / sum : model->quality_default;
}

static void profile_quality(const struct deciding *deciding, struct candidate *candidate)
{
    const struct model *model = candidate->model;
    bool off = strcmp(deciding->question->route->predictor, "off") == 0;
    candidate->quality_profile =
        off ? model->quality_default
            : profile_mean(model, deciding->decision->features.task_probability);
    candidate->quality_source = model->quality_known ? SOURCE_YAML : SOURCE_DEFAULT;
}

static void predict_quality(const struct deciding *deciding, struct candidate *candidate)
{
    const struct model *model = candidate->model;
    if (!learned_quality(deciding, candidate))
        profile_quality(deciding, candidate);
    double quality = candidate->quality_profile;
    quality = feedback_applied(quality, &deciding->question->figures[model->index], candidate);
    candidate->quality = fmin(fmax(quality + candidate->preference, 0), 1);
}

/* The usual length for the task, by how much longer this model's answers are than usual ones (in
 * training, and lately), and then by how long its answers to this task were. */
static double answer_length(const struct deciding *deciding, const struct model *model,
                            const struct figures *figures)
{
    const struct chat_request *request = deciding->question->request;
    if (request->endpoint == ENDPOINT_EMBEDDINGS)
        return 0;
    double longer = blend(learned_length(deciding->question->route, model), figures->verbosity,
                          figures->verbosity_count);
    double tokens = task_usual_tokens(deciding->decision->features.task) * longer;
    tokens = blend(tokens, figures->output_tokens, figures->output_count);
    if (request->max_output_tokens >= 0)
        tokens = fmin(tokens, (double)request->max_output_tokens);
    if (model->max_output_tokens >= 0)
        tokens = fmin(tokens, (double)model->max_output_tokens);
    return tokens;
}

/* For the window. What was measured may raise the estimate as far as it knows; it may lower it half
 * of the way only, for the next prompt may be in another script than those before. */
static double safe_tokens(const struct features *features, const struct figures *figures,
                          double text)
{
    double cautious = (double)features->tokens_in_safe, count = figures->token_ratio_count;
    double known = text * (figures->token_ratio + SAFE_SPREADS * figures->token_ratio_spread) +
                   (double)features->tokens_images_safe;
    if (known < cautious)
        count = fmin(count, SAFE_SAMPLES);
    return (cautious * SAFE_SAMPLES + known * count) / (SAFE_SAMPLES + count);
}

/* Pictures are counted by a rule of thumb and are not part of what is calibrated. */
static void predict_input(const struct features *features, const struct figures *figures,
                          struct candidate *candidate)
{
    double text = (double)(features->tokens_in - features->tokens_images);
    candidate->token_ratio = blend(1, figures->token_ratio, figures->token_ratio_count);
    candidate->token_ratio_count = figures->token_ratio_count;
    candidate->tokens_in = (int64_t)(text * candidate->token_ratio) + features->tokens_images;
    candidate->tokens_in_safe =
        (int64_t)fmax(safe_tokens(features, figures, text), (double)candidate->tokens_in);
}

/* What the session's last prompt has left in the provider's cache: the conversation has grown from
 * it, so at most the whole of it is read again. */
static void predict_cache(const struct figures *figures, struct candidate *candidate)
{
    int64_t life_ms = candidate->model->provider->prompt_cache_ms;
    double tokens = fmin((double)figures->session_tokens, (double)candidate->tokens_in);
    candidate->cache_hits = blend(CACHE_HITS_PRIOR, figures->cache_hits, figures->cache_hits_count);
    candidate->cache_hits_count = figures->cache_hits_count;
    if (life_ms <= 0 || tokens < CACHED_TOKENS_LEAST)
        return;
    double rest = exp2(-(double)figures->session_age_ms / (double)life_ms);
    candidate->session_age_ms = figures->session_age_ms;
    candidate->tokens_cacheable = (int64_t)(tokens * rest);
    candidate->tokens_cached = (int64_t)(tokens * rest * candidate->cache_hits);
}

static struct price price_for(const struct policy *policy, const struct candidate *candidate)
{
    struct price price = candidate->model->price;
    if (price.input < 0)
        price.input = policy->dearest.input;
    if (price.output < 0)
        price.output = policy->dearest.output;
    if (price.cached_input < 0)
        price.cached_input = price.input;
    return price;
}

static void predict_cost(const struct deciding *deciding, struct candidate *candidate)
{
    const struct price *said = &candidate->model->price;
    bool known = said->input >= 0 && (said->output >= 0 || !candidate->tokens_out);
    struct price price = price_for(deciding->question->policy, candidate);
    struct usage usage = { .tokens_in = candidate->tokens_in,
                           .tokens_cached = candidate->tokens_cached,
                           .tokens_out = candidate->tokens_out };
    candidate->price_source = known ? SOURCE_YAML : SOURCE_ASSUMED;
    candidate->cost = price_of(&price, &usage);
    usage.tokens_cached = 0;
    candidate->cached_saving = price_of(&price, &usage) - candidate->cost;
}

static enum term_source source_of(double count, bool prior_known)
{
    if (count <= 0)
        return prior_known ? SOURCE_YAML : SOURCE_DEFAULT;
    return count >= MEASURED_SAMPLES ? SOURCE_MEASURED : SOURCE_BLENDED;
}

/* A reply that is not streamed comes as a whole. How long such replies took says more of it than
 * first token and speed of streams do, which are all that is known before there were any. */
static void predict_whole(const struct figures *figures, double answer, struct candidate *candidate)
{
    double whole = figures->whole_ms / 1000, count = figures->whole_ms_count;
    candidate->late_ms = blend(candidate->seconds * 1000 * PRIOR_P90, figures->whole_p90_ms, count);
    if (answer > 0) {
        whole = answer / fmax(figures->whole_tokens_per_second, SPEED_LEAST);
        count = figures->whole_speed_count;
    }
    candidate->seconds = blend(candidate->seconds, whole, count);
    candidate->latency_count = fmax(candidate->latency_count, count);
}

static void predict_time(const struct deciding *deciding, const struct figures *figures,
                         double answer, struct candidate *candidate)
{
    const struct latency_prior *prior = &candidate->model->latency;
    bool first_known = prior->first_token_ms >= 0, speed_known = prior->tokens_per_second > 0;
    double first = first_known ? (double)prior->first_token_ms : FIRST_TOKEN_DEFAULT_MS;
    double speed = speed_known ? prior->tokens_per_second : SPEED_DEFAULT;
    double first_count = figures->first_token_count;
    candidate->first_token_ms = blend(first, figures->first_token_ms, first_count);
    candidate->first_token_p90_ms =
        blend(first * PRIOR_P90, figures->first_token_p90_ms, first_count);
    candidate->tokens_per_second =
        fmax(blend(speed, figures->tokens_per_second, figures->speed_count), SPEED_LEAST);
    candidate->seconds = candidate->first_token_ms / 1000 + answer / candidate->tokens_per_second;
    candidate->late_ms = candidate->first_token_p90_ms;
    candidate->latency_count = fmax(first_count, figures->speed_count);
    if (!deciding->question->request->stream)
        predict_whole(figures, answer, candidate);
    candidate->latency_source = source_of(candidate->latency_count, first_known || speed_known);
    if (candidate->latency_source == SOURCE_DEFAULT)
        candidate->late_ms = -1;
}

static void predict_success(const struct figures *figures, struct candidate *candidate)
{
    candidate->success_count = figures->successes + figures->failures;
    candidate->success_rate = (SUCCESS_PRIOR + figures->successes) /
                              (SUCCESS_PRIOR + FAILURE_PRIOR + candidate->success_count);
}

void prediction_make(const struct deciding *deciding, struct candidate *candidate)
{
    const struct question *question = deciding->question;
    const struct figures *figures = &question->figures[candidate->model->index];
    double answer = answer_length(deciding, candidate->model, figures);
    int choices = question->request->n > 0 ? question->request->n : 1;
    predict_input(question->features, figures, candidate);
    candidate->tokens_out = (int64_t)(answer * choices);
    candidate->output_count = figures->output_count;
    candidate->health = figures->health;
    predict_cache(figures, candidate);
    predict_quality(deciding, candidate);
    predict_cost(deciding, candidate);
    predict_time(deciding, figures, answer, candidate); /* choices are written side by side */
    predict_success(figures, candidate);
}
