/* explain_print.c - a decision for a person, on one screen: the request, a table of candidates with
 * a line of reason each, and what would have been worth deciding otherwise. */
#include <math.h>

#include "deciding.h"
#include "explain.h"

/* How a target has become an answer value. */
static void print_settled(const struct objective *objective, struct buffer *out)
{
    if (!objective->target_prompts)
        return;
    buffer_printf(out, "to keep %.1f%% of the best single model's quality",
                  objective->quality_target * 100);
    if (objective->target_kept < objective->quality_target)
        buffer_printf(out, " (%.1f%% at most)", objective->target_kept * 100);
    buffer_printf(out, ", by %zu prompts of the training, ", objective->target_prompts);
}

static void print_objective(const struct decision *decision, struct buffer *out)
{
    char answer[MONEY_SIZE], second[MONEY_SIZE];
    const struct objective *objective = &decision->objective;
    buffer_printf(out, "route %s, objective %s", decision->route->object.name, objective->name);
    if (objective->kind == OBJECTIVE_QUALITY_TARGET)
        buffer_printf(out, ": the cheapest with %.1f%% of the best quality\n",
                      objective->quality_target * 100);
    else {
        buffer_printf(out, ": ");
        print_settled(objective, out);
        buffer_printf(out, "an answer is worth %s, a second %s\n",
                      money(objective->answer_value, answer),
                      money(objective->second_cost, second));
    }
}

static void print_learned(const struct learned_tasks *learned, struct buffer *out)
{
    if (!learned->count)
        return;
    buffer_printf(out, "predictor:");
    for (size_t i = 0; i < learned->count; i++)
        buffer_printf(out, "%s %s (%.0f%%)", i ? "," : "", learned->name[i],
                      learned->chance[i] * 100);
    buffer_printf(out, "; a change of favourite is trusted to %.0f%%\n", learned->earned * 100);
}

static void print_head(const struct decision *decision, struct buffer *out)
{
    const struct features *features = &decision->features;
    print_objective(decision, out);
    buffer_printf(
        out, "request: %s (%.0f%%), language %s%s%s, about %lld tokens\n",
        task_name(features->task), (double)features->task_probability[features->task] * 100,
        features->language, features->code_language ? ", code " : "",
        features->code_language ? features->code_language : "", (long long)features->tokens_in);
    print_learned(&decision->learned, out);
    for (size_t i = 0; i < decision->matched_count; i++)
        buffer_printf(out, "rule: %s\n", decision->matched[i]);
}

static void print_row(const struct decision *decision, size_t i, struct buffer *out)
{
    const struct candidate *candidate = &decision->candidates[i];
    buffer_printf(out, "%2zu  %-26.26s %10.6f  %7.3f  %10.6f%s %7.2f  %6.1f%%  %7.0f\n", i + 1,
                  candidate->model->object.name, candidate->value, candidate->quality,
                  candidate->cost, candidate->price_source == SOURCE_ASSUMED ? "?" : " ",
                  candidate->seconds, candidate->success_rate * 100, candidate->latency_count);
}

/* Where the value of the first comes from: the terms of the formula, in its order. */
static void print_terms(const struct decision *decision, struct buffer *out)
{
    char worth[MONEY_SIZE], cost[MONEY_SIZE], wait[MONEY_SIZE], detour[MONEY_SIZE];
    const struct objective *objective = &decision->objective;
    const struct candidate *first = &decision->candidates[0];
    double answer = first->success_rate * objective->answer_value * first->quality;
    double waiting = objective->second_cost * first->seconds;
    buffer_printf(out, "    %s for the answer, less %s cost, %s waiting, %s for failures",
                  money(answer, worth), money(first->cost, cost), money(waiting, wait),
                  money(answer - first->cost - waiting - first->value, detour));
    if (first->cached_saving > 0)
        buffer_printf(out, " (%s is saved by the prompt cache)", money(first->cached_saving, cost));
    buffer_printf(out, "\n");
}

/* Where the quality of the first comes from, when it was learned from outcomes. */
static void print_learned_terms(const struct decision *decision, struct buffer *out)
{
    const struct candidate *first = &decision->candidates[0];
    const struct learned_quality *learned = &first->learned;
    if (first->quality_source != SOURCE_LEARNED)
        return;
    buffer_printf(out,
                  "    quality: %.3f on average (%.0f outcomes), %+.3f for the task, %+.3f for the "
                  "text; %.3f calibrated, trusted to %.0f%%\n",
                  learned->mean, learned->outcomes, learned->task, learned->residual,
                  learned->calibrated, learned->trust * 100);
}

/* A difference that is worth a word, or nothing. */
static void add_difference(struct buffer *out, bool *any, bool counts, const char *format,
                           const char *amount, bool positive, const char *yes, const char *no)
{
    if (!counts)
        return;
    buffer_printf(out, *any ? ", " : ": ");
    buffer_printf(out, format, amount, positive ? yes : no);
    *any = true;
}

/* Why another one is behind the first. */
static void print_behind(const struct decision *decision, size_t i, struct buffer *out)
{
    char behind[MONEY_SIZE], cost[MONEY_SIZE], number[MONEY_SIZE];
    const struct candidate *first = &decision->candidates[0], *other = &decision->candidates[i];
    double quality = other->quality - first->quality, dearer = other->cost - first->cost;
    double slower = other->seconds - first->seconds;
    double failing = first->success_rate - other->success_rate;
    bool any = false;
    double gap = first->value - other->value;
    buffer_printf(out, "    %s %s", money(fabs(gap), behind),
                  gap >= 0 ? "behind" : "ahead in value");
    snprintf(number, sizeof number, "%.3f", fabs(quality));
    add_difference(out, &any, fabs(quality) >= 0.0005, "%s %s quality", number, quality > 0, "more",
                   "less");
    add_difference(out, &any, fabs(dearer) > 1e-9, "%s %s", money(fabs(dearer), cost), dearer > 0,
                   "dearer", "cheaper");
    snprintf(number, sizeof number, "%.2f s", fabs(slower));
    add_difference(out, &any, fabs(slower) >= 0.005, "%s %s", number, slower > 0, "slower",
                   "faster");
    snprintf(number, sizeof number, "%.1f%%", fabs(failing) * 100);
    add_difference(out, &any, fabs(failing) >= 0.0005, "fails %s %s", number, failing > 0, "more",
                   "less");
    buffer_printf(out, "\n");
}

/* Nothing of who is well. */
static void print_health(const struct candidate *candidate, struct buffer *out)
{
    const struct health *health = &candidate->health;
    if (health->state == HEALTH_WELL)
        return;
    buffer_printf(out, "    %s", health_name(health->state));
    if (health->out_ms > 0)
        buffer_printf(out, " for another %.1f s", (double)health->out_ms / 1000);
    if (health->state == HEALTH_RECOVERING)
        buffer_printf(out, ": %.0f%% of the requests are let through", health->share * 100);
    if (health->why)
        buffer_printf(out, ": %s", fail_row(health->why)->name);
    buffer_printf(out, "%s\n", health->of_whole_provider ? ", the whole provider" : "");
}

static void print_candidates(const struct decision *decision, struct buffer *out)
{
    buffer_printf(out, "\n    %-26s %10s  %7s  %10s  %7s  %7s  %7s\n", "model", "value $",
                  "quality", "cost $", "seconds", "success", "samples");
    for (size_t i = 0; i < decision->shortlist; i++) {
        print_row(decision, i, out);
        if (i == 0) {
            print_terms(decision, out);
            print_learned_terms(decision, out);
        } else {
            print_behind(decision, i, out);
        }
        print_health(&decision->candidates[i], out);
    }
    for (size_t i = decision->shortlist; i < decision->count; i++) {
        const struct candidate *candidate = &decision->candidates[i];
        buffer_printf(out, " -  %-26.26s out, %s: %s\n", candidate->model->object.name,
                      ruled_out_name(candidate->ruled_out), candidate->detail);
    }
}

static void print_flips(const struct decision *decision, struct buffer *out)
{
    for (size_t i = 0; i < decision->flip_count; i++) {
        const struct flip *flip = &decision->flips[i];
        buffer_printf(out, "%s %s %.4g (now %.4g) would put %s first\n", flip->number,
                      flip->to > flip->from ? "above" : "below", flip->to, flip->from,
                      flip->model ? flip->model->object.name : "nobody");
    }
}

static void print_tail(const struct decision *decision, struct buffer *out)
{
    buffer_printf(out, "\n");
    if (decision->split)
        buffer_printf(out, "the split of \"%s\" chose the first\n", decision->split);
    if (decision->explored)
        buffer_printf(out, "the first is explored: of it least is known\n");
    if (decision->fail)
        buffer_printf(out, "refused (%s): %s\n", fail_row(decision->fail)->name, decision->message);
    print_flips(decision, out);
    explain_sentence(decision, out);
}

void decision_print(const struct decision *decision, struct buffer *out)
{
    print_head(decision, out);
    print_candidates(decision, out);
    print_tail(decision, out);
}
