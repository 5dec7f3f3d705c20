/* flips.c - how far the first place is from going to somebody else.
 *
 * A value is a straight line over `answer_value` and over `second_cost`. The first candidate's line
 * is above all others at today's number; going up or down, the first line that crosses it belongs
 * to who would then be first. So the nearest crossing is the flip, and nothing need be tried. */
#include <math.h>
#include <stddef.h>

#include "deciding.h"

#define SLOPE_ROUNDING 1e-9
#define NUMBER_MAX     1e6 /* the largest that a configuration may say */

/* A line is value = slope · number + rest. */
struct line {
    double slope, rest;
};

static struct line over_answer_value(const struct candidate *candidate,
                                     const struct objective *objective)
{
    struct objective none = *objective;
    none.answer_value = 0;
    return (struct line){ candidate->success_rate * candidate->quality,
                          candidate_value(candidate, &none) };
}

static struct line over_second_cost(const struct candidate *candidate,
                                    const struct objective *objective)
{
    struct objective none = *objective, one = *objective;
    none.second_cost = 0;
    one.second_cost = 1;
    double rest = candidate_value(candidate, &none);
    return (struct line){ candidate_value(candidate, &one) - rest, rest };
}

struct number {
    const char *name;
    size_t offset; /* in struct objective */
    struct line (*line)(const struct candidate *candidate, const struct objective *objective);
};

static const struct number numbers[] = {
    { "answer_value", offsetof(struct objective, answer_value), over_answer_value },
    { "second_cost", offsetof(struct objective, second_cost), over_second_cost },
};

/* Only who competes by value with the first: of its group, its step of quality, and as well. */
static bool competes(const struct decision *decision, const struct candidate *other)
{
    const struct candidate *first = &decision->candidates[0];
    return competes_with(first, other) && candidate_step(other, &decision->objective) ==
                                              candidate_step(first, &decision->objective);
}

static bool find_crossing(const struct decision *decision, const struct number *number,
                          struct flip *ret_flip)
{
    double from = *(const double *)((const char *)&decision->objective + number->offset);
    struct line first = number->line(&decision->candidates[0], &decision->objective);
    *ret_flip = (struct flip){ .number = number->name, .from = from };
    for (size_t i = 1; i < decision->shortlist; i++) {
        const struct candidate *other = &decision->candidates[i];
        struct line line = number->line(other, &decision->objective);
        /* Lines that are parallel but for the rounding of their sums do not cross. */
        double apart = fabs(first.slope - line.slope);
        if (!competes(decision, other) || apart <= fabs(first.slope) * SLOPE_ROUNDING)
            continue;
        double to = (line.rest - first.rest) / (first.slope - line.slope);
        bool nearer = !ret_flip->model || fabs(to - from) < fabs(ret_flip->to - from);
        /* At 0 itself they are level, and below it there is no number. */
        if (to > 0 && to <= NUMBER_MAX && nearer) {
            ret_flip->to = to;
            ret_flip->model = other->model;
        }
    }
    return ret_flip->model;
}

/* Below: the highest share at which somebody of more value comes in. */
static struct flip lower_target(const struct decision *decision, double best)
{
    const struct candidate *first = &decision->candidates[0];
    struct flip flip = { .to = -1 };
    for (size_t i = 1; i < decision->count; i++) {
        const struct candidate *other = &decision->candidates[i];
        if (other->ruled_out == RULED_OUT_QUALITY_TARGET &&
            candidate_compare(other, first, &decision->objective) < 0 &&
            other->quality / best > flip.to)
            flip = (struct flip){ .to = other->quality / best, .model = other->model };
    }
    return flip;
}

/* Above: where the first itself no longer reaches the target, and who then leads. */
static struct flip raise_target(const struct decision *decision, double best)
{
    const struct candidate *first = &decision->candidates[0], *next = NULL;
    for (size_t i = 1; i < decision->shortlist; i++) {
        const struct candidate *other = &decision->candidates[i];
        if (other->quality > first->quality &&
            (!next || candidate_compare(other, next, &decision->objective) < 0))
            next = other;
    }
    return (struct flip){ .to = first->quality / best, .model = next ? next->model : NULL };
}

static bool find_target(const struct decision *decision, struct flip *ret_flip)
{
    double best = best_quality(decision), from = decision->objective.quality_target;
    if (best <= 0)
        return false;
    struct flip lower = lower_target(decision, best), upper = raise_target(decision, best);
    bool up = upper.model && (!lower.model || upper.to - from < from - lower.to);
    *ret_flip = up ? upper : lower;
    ret_flip->number = "quality_target";
    ret_flip->from = from;
    return ret_flip->model;
}

void router_flips(struct decision *decision)
{
    decision->flip_count = 0;
    /* A throw of dice or a refusal is not moved by numbers. */
    if (!decision->shortlist || decision->split || decision->explored)
        return;
    if (decision->objective.kind == OBJECTIVE_QUALITY_TARGET &&
        find_target(decision, &decision->flips[decision->flip_count]))
        decision->flip_count++;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        bool counts = decision->objective.kind != OBJECTIVE_QUALITY_TARGET || i > 0;
        if (counts && find_crossing(decision, &numbers[i], &decision->flips[decision->flip_count]))
            decision->flip_count++;
    }
}
