/* explain_print.c - a decision as a table for a terminal. */
#include "explain.h"

static void print_head(const struct decision *decision, struct buffer *out)
{
    const struct features *features = &decision->features;
    buffer_printf(out, "route %s, objective %s", decision->route->object.name,
                  decision->objective.name);
    if (decision->objective.kind == OBJECTIVE_QUALITY_TARGET)
        buffer_printf(out, " (%.1f%% of the best quality)\n",
                      decision->objective.quality_target * 100);
    else
        buffer_printf(out, " (an answer $%g, a second $%g)\n", decision->objective.answer_value,
                      decision->objective.second_cost);
    buffer_printf(
        out, "request: %s (%.0f%%), language %s%s%s, about %lld tokens\n",
        task_name(features->task), (double)features->task_probability[features->task] * 100,
        features->language, features->code_language ? ", code " : "",
        features->code_language ? features->code_language : "", (long long)features->tokens_in);
    for (size_t i = 0; i < decision->matched_count; i++)
        buffer_printf(out, "rule: %s\n", decision->matched[i]);
}

static void print_shortlisted(const struct decision *decision, size_t i, struct buffer *out)
{
    const struct candidate *candidate = &decision->candidates[i];
    buffer_printf(out, "%2zu  %-24.24s %10.6f  %7.3f  %10.6f%s %8.2f  %7.3f\n", i + 1,
                  candidate->model->object.name, candidate->value, candidate->quality,
                  candidate->cost, candidate->price_source == SOURCE_ASSUMED ? "?" : " ",
                  candidate->seconds, candidate->success_rate);
}

static void print_candidates(const struct decision *decision, struct buffer *out)
{
    buffer_printf(out, "\n    %-24s %10s  %7s  %10s  %8s  %7s\n", "model", "value $", "quality",
                  "cost $", "seconds", "success");
    for (size_t i = 0; i < decision->shortlist; i++)
        print_shortlisted(decision, i, out);
    for (size_t i = decision->shortlist; i < decision->count; i++) {
        const struct candidate *candidate = &decision->candidates[i];
        buffer_printf(out, " -  %-24.24s %s: %s\n", candidate->model->object.name,
                      ruled_out_name(candidate->ruled_out), candidate->detail);
    }
}

static void print_tail(const struct decision *decision, struct buffer *out)
{
    if (decision->split)
        buffer_printf(out, "\nthe split of \"%s\" chose the first\n", decision->split);
    if (decision->fail)
        buffer_printf(out, "\nrefused (%s): %s\n", fail_row(decision->fail)->name,
                      decision->message);
    if (decision->flip_count)
        buffer_printf(out, "\n");
    for (size_t i = 0; i < decision->flip_count; i++) {
        const struct flip *flip = &decision->flips[i];
        buffer_printf(out, "%s %s %g (now %g) would put %s first\n", flip->number,
                      flip->to > flip->from ? "above" : "below", flip->to, flip->from,
                      flip->model ? flip->model->object.name : "nobody");
    }
}

void decision_print(const struct decision *decision, struct buffer *out)
{
    print_head(decision, out);
    print_candidates(decision, out);
    print_tail(decision, out);
}
