/* explain.c - a decision as one JSON document. */
#include "explain.h"

#include <math.h>

#include "deciding.h"

static const char *const sources[] = {
    [SOURCE_YAML] = "configuration", [SOURCE_DEFAULT] = "default", [SOURCE_BLENDED] = "blended",
    [SOURCE_MEASURED] = "measured",  [SOURCE_ASSUMED] = "assumed", [SOURCE_LEARNED] = "predictor",
};

/* How many observations a quality is held to rest on, for its uncertainty. */
#define QUALITY_SAMPLES_YAML    20.0
#define QUALITY_SAMPLES_DEFAULT 2.0
#define QUALITY_SAMPLES_LEARNED 100.0 /* at most: outcomes of one kind of prompt */

const char *source_name(enum term_source source)
{
    return sources[source];
}

/* NULL and what is not UTF-8 become null, so that a member is never missing. */
static json_t *string_or_null(const char *string)
{
    json_t *value = string ? json_string(string) : NULL;
    return value ? value : json_null();
}

static json_t *number_or_null(double number)
{
    return number >= 0 && isfinite(number) ? json_real(number) : json_null();
}

/* null where a target holds for each request by itself. */
static json_t *settled_json(const struct objective *objective)
{
    return json_pack("{s:I, s:f}", "prompts", (json_int_t)objective->target_prompts, "kept",
                     objective->target_kept);
}

static json_t *objective_json(const struct objective *objective)
{
    bool settled = objective->target_prompts > 0, best = objective->kind == OBJECTIVE_BEST;
    bool target = settled || objective->kind == OBJECTIVE_QUALITY_TARGET;
    return json_pack("{s:o, s:f, s:f, s:o, s:o, s:o}", "name", string_or_null(objective->name),
                     "answer_value", objective->answer_value, "second_cost", objective->second_cost,
                     "tolerance", number_or_null(best ? objective->tolerance : -1),
                     "quality_target", number_or_null(target ? objective->quality_target : -1),
                     "quality_target_over", settled ? settled_json(objective) : json_null());
}

static json_t *constraints_json(const struct constraints *constraints)
{
    return json_pack("{s:o, s:o, s:o}", "min_quality", number_or_null(constraints->min_quality),
                     "max_cost", number_or_null(constraints->max_cost), "max_first_token_ms",
                     constraints->max_first_token_ms >= 0
                         ? json_integer(constraints->max_first_token_ms)
                         : json_null());
}

static json_t *features_json(const struct features *features)
{
    json_t *tasks = json_object();
    for (int task = 0; task < TASK_COUNT; task++)
        json_object_set_new(tasks, task_name((enum task)task),
                            json_real(round((double)features->task_probability[task] * 1e4) / 1e4));
    return json_pack("{s:s, s:o, s:o, s:o, s:I, s:I, s:I}", "task", task_name(features->task),
                     "tasks", tasks, "language", string_or_null(features->language),
                     "code_language", string_or_null(features->code_language), "tokens_in",
                     (json_int_t)features->tokens_in, "tokens_in_safe",
                     (json_int_t)features->tokens_in_safe, "tokens_images",
                     (json_int_t)features->tokens_images);
}

/* null where nobody has said anything. */
static json_t *feedback_json(const struct candidate *candidate)
{
    if (candidate->feedback_count <= 0)
        return json_null();
    return json_pack("{s:f, s:f, s:f}", "mean", candidate->feedback, "samples",
                     candidate->feedback_count, "share", candidate->feedback_share);
}

/* null where no trained predictor knows the model. */
static json_t *learned_json(const struct candidate *candidate)
{
    const struct learned_quality *learned = &candidate->learned;
    if (candidate->quality_source != SOURCE_LEARNED)
        return json_null();
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f}", "mean", learned->mean, "task", learned->task,
                     "residual", learned->residual, "calibrated", learned->calibrated, "trust",
                     learned->trust, "outcomes", learned->outcomes);
}

static double quality_samples(const struct candidate *candidate)
{
    if (candidate->quality_source == SOURCE_LEARNED)
        return fmin(fmax(candidate->learned.outcomes, 1), QUALITY_SAMPLES_LEARNED);
    return candidate->quality_source == SOURCE_DEFAULT ? QUALITY_SAMPLES_DEFAULT
                                                       : QUALITY_SAMPLES_YAML;
}

/* null where the route has no trained predictor. */
static json_t *assessment_json(const struct learned_tasks *learned)
{
    if (!learned->count)
        return json_null();
    json_t *tasks = json_object();
    for (size_t i = 0; i < learned->count; i++)
        json_object_set_new(tasks, learned->name[i], json_real(learned->chance[i]));
    return json_pack("{s:o, s:f}", "tasks", tasks, "trust_in_a_change", learned->earned);
}

/* Of the quality as ratings have moved it; they are observations like any other. */
static double quality_uncertainty(const struct candidate *candidate)
{
    double share = candidate->feedback_share;
    double quality = (1 - share) * candidate->quality_profile + share * candidate->feedback;
    double samples = quality_samples(candidate) + fmin(candidate->feedback_count, FEEDBACK_MOST);
    return sqrt(fmax(quality * (1 - quality), 0) / samples);
}

static json_t *quality_json(const struct candidate *candidate)
{
    return json_pack("{s:f, s:f, s:f, s:o, s:o, s:f, s:s}", "expected", candidate->quality,
                     "profile", candidate->quality_profile, "preference", candidate->preference,
                     "feedback", feedback_json(candidate), "predictor", learned_json(candidate),
                     "uncertainty", quality_uncertainty(candidate), "source",
                     source_name(candidate->quality_source));
}

/* null for who did not answer the session last, or too long ago. */
static json_t *session_json(const struct candidate *candidate)
{
    if (!candidate->tokens_cacheable)
        return json_null();
    return json_pack("{s:I, s:I, s:f, s:f}", "tokens_cacheable",
                     (json_int_t)candidate->tokens_cacheable, "age_ms",
                     (json_int_t)candidate->session_age_ms, "cache_hits", candidate->cache_hits,
                     "saving_usd", candidate->cached_saving);
}

static json_t *cost_json(const struct candidate *candidate)
{
    const struct price *price = &candidate->model->price;
    json_t *prices =
        json_pack("{s:o, s:o, s:o}", "input", number_or_null(price->input), "cached_input",
                  number_or_null(price->cached_input), "output", number_or_null(price->output));
    json_t *cost = json_pack("{s:f, s:I, s:I, s:I, s:I, s:o, s:s}", "expected_usd", candidate->cost,
                             "tokens_in", (json_int_t)candidate->tokens_in, "tokens_in_safe",
                             (json_int_t)candidate->tokens_in_safe, "cached_tokens_expected",
                             (json_int_t)candidate->tokens_cached, "tokens_out",
                             (json_int_t)candidate->tokens_out, "price_usd_per_million_tokens",
                             prices, "source", source_name(candidate->price_source));
    json_t *samples =
        json_pack("{s:f, s:f, s:f}", "token_ratio", candidate->token_ratio_count, "tokens_out",
                  candidate->output_count, "cache_hits", candidate->cache_hits_count);
    json_object_set_new(cost, "token_ratio", json_real(candidate->token_ratio));
    json_object_set_new(cost, "samples", samples);
    json_object_set_new(cost, "session", session_json(candidate));
    return cost;
}

static json_t *latency_json(const struct candidate *candidate)
{
    return json_pack("{s:f, s:f, s:f, s:o, s:f, s:s, s:f, s:s}", "expected_seconds",
                     candidate->seconds, "first_token_ms", candidate->first_token_ms,
                     "first_token_p90_ms", candidate->first_token_p90_ms, "late_ms",
                     number_or_null(candidate->late_ms), "tokens_per_second",
                     candidate->tokens_per_second, "quantile", "p50", "samples",
                     candidate->latency_count, "source", source_name(candidate->latency_source));
}

static json_t *health_json(const struct health *health)
{
    json_t *why = health->why ? json_string(fail_row(health->why)->name) : json_null();
    return json_pack("{s:s, s:I, s:o, s:b, s:f}", "state", health_name(health->state), "out_ms",
                     (json_int_t)health->out_ms, "why", why, "whole_provider",
                     health->of_whole_provider, "share",
                     health->state == HEALTH_RECOVERING ? health->share : 1.0);
}

static json_t *lost_json(uint64_t lost)
{
    json_t *names = json_array();
    for (; lost; lost &= lost - 1)
        json_array_append_new(names,
                              json_string(field_row((enum field)__builtin_ctzll(lost))->name));
    return names;
}

static json_t *candidate_json(const struct candidate *candidate, size_t place)
{
    bool out = candidate->ruled_out != RULED_OUT_NOT;
    json_t *success = json_pack("{s:f, s:f}", "rate", candidate->success_rate, "samples",
                                candidate->success_count);
    return json_pack("{s:s, s:o, s:o, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "model",
                     candidate->model->object.name, "provider",
                     string_or_null(candidate->model->provider_name), "place",
                     out ? json_null() : json_integer((json_int_t)place + 1), "value_usd",
                     candidate->value, "quality", quality_json(candidate), "cost",
                     cost_json(candidate), "latency", latency_json(candidate), "success", success,
                     "health", health_json(&candidate->health), "ruled_out",
                     string_or_null(out ? ruled_out_name(candidate->ruled_out) : NULL), "detail",
                     string_or_null(candidate->detail), "lost", lost_json(candidate->lost));
}

static json_t *flips_json(const struct decision *decision)
{
    json_t *flips = json_array();
    for (size_t i = 0; i < decision->flip_count; i++) {
        const struct flip *flip = &decision->flips[i];
        json_array_append_new(
            flips, json_pack("{s:s, s:f, s:f, s:o}", "number", flip->number, "from", flip->from,
                             "to", flip->to, "model",
                             string_or_null(flip->model ? flip->model->object.name : NULL)));
    }
    return flips;
}

static json_t *matched_json(const struct decision *decision)
{
    json_t *rules = json_array();
    for (size_t i = 0; i < decision->matched_count; i++)
        json_array_append_new(rules, string_or_null(decision->matched[i]));
    return rules;
}

static json_t *error_json(const struct decision *decision)
{
    if (!decision->fail)
        return json_null();
    return json_pack("{s:s, s:o}", "reason", fail_row(decision->fail)->name, "message",
                     string_or_null(decision->message));
}

static void add_candidates(const struct decision *decision, json_t *document)
{
    json_t *candidates = json_array(), *order = json_array();
    for (size_t i = 0; i < decision->count; i++) {
        const struct candidate *candidate = &decision->candidates[i];
        json_array_append_new(candidates, candidate_json(candidate, i));
        if (i < decision->shortlist)
            json_array_append_new(order, string_or_null(candidate->model->object.name));
    }
    json_object_set_new(document, "candidates", candidates);
    json_object_set_new(document, "order", order);
}

json_t *decision_to_json(const struct decision *decision, const char *id)
{
    const char *first = decision->shortlist ? decision->candidates[0].model->object.name : NULL;
    json_t *document = json_object();
    json_object_set_new(document, "id", string_or_null(id));
    json_object_set_new(document, "route", string_or_null(decision->route->object.name));
    json_object_set_new(document, "model", string_or_null(first));
    json_object_set_new(document, "error", error_json(decision));
    json_object_set_new(document, "objective", objective_json(&decision->objective));
    json_object_set_new(document, "constraints", constraints_json(&decision->constraints));
    json_object_set_new(document, "features", features_json(&decision->features));
    json_object_set_new(document, "predictor", assessment_json(&decision->learned));
    json_object_set_new(document, "rules", matched_json(decision));
    json_object_set_new(document, "split", string_or_null(decision->split));
    json_object_set_new(document, "explored", string_or_null(decision->explored ? first : NULL));
    add_candidates(decision, document);
    json_object_set_new(document, "flips", flips_json(decision));
    return document;
}
