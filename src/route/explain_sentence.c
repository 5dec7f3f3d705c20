/* explain_sentence.c - what was decided, and what would have been worth deciding otherwise. */
#include <math.h>

#include "deciding.h"
#include "explain.h"

const char *money(double usd, char text[MONEY_SIZE])
{
    /* Two digits that say something, and cents from a dollar up. */
    double size = fabs(usd);
    int digits = size >= 0.995 || size < 1e-9 ? 2 : 1 - (int)floor(log10(size));
    int len =
        snprintf(text, MONEY_SIZE, "%s$%.*f", usd < 0 ? "-" : "", digits < 9 ? digits : 9, size);
    const char *point = strchr(text, '.');
    while (text + len - point > 3 && text[len - 1] == '0')
        text[--len] = '\0';
    return text;
}

/* The answer value at which two are level: above it who is likelier to satisfy is worth more. */
static double level_at(const struct candidate *first, const struct candidate *other,
                       const struct objective *objective)
{
    struct objective none = *objective;
    none.answer_value = 0;
    double rest = candidate_value(first, &none) - candidate_value(other, &none);
    double slope = other->success_rate * other->quality - first->success_rate * first->quality;
    return rest / slope;
}

/* Among those of better quality who is worth it first, as answers become worth more. */
static const struct candidate *next_better(const struct decision *decision, double *ret_level)
{
    const struct candidate *first = &decision->candidates[0], *next = NULL;
    for (size_t i = 1; i < decision->shortlist; i++) {
        const struct candidate *other = &decision->candidates[i];
        if (other->quality <= first->quality || !competes_with(first, other))
            continue;
        double level = level_at(first, other, &decision->objective);
        /* Not even then: it fails too often. */
        if (!(level > 0) || (next && level >= *ret_level))
            continue;
        next = other;
        *ret_level = level;
    }
    return next;
}

/* Among those who cost less, the best; it is what the money buys. */
static const struct candidate *next_cheaper(const struct decision *decision)
{
    const struct candidate *first = &decision->candidates[0], *next = NULL;
    for (size_t i = 1; i < decision->shortlist; i++) {
        const struct candidate *other = &decision->candidates[i];
        if (other->cost < first->cost && competes_with(first, other) &&
            (!next || other->quality > next->quality))
            next = other;
    }
    return next;
}

static bool is_best(const struct decision *decision)
{
    for (size_t i = 1; i < decision->shortlist; i++)
        if (decision->candidates[i].quality > decision->candidates[0].quality &&
            competes_with(&decision->candidates[0], &decision->candidates[i]))
            return false;
    return true;
}

static void say_better(const struct decision *decision, const struct candidate *better,
                       double level, struct buffer *out)
{
    char cost[MONEY_SIZE], value[MONEY_SIZE];
    const struct candidate *first = &decision->candidates[0];
    double more = better->cost - first->cost;
    buffer_printf(out,
                  "; %s would add %.2f quality for %s %s, worth it above an answer value of %s",
                  better->model->object.name, better->quality - first->quality,
                  money(fabs(more), cost), more < 0 ? "less" : "more", money(level, value));
}

static void say_cheaper(const struct decision *decision, const struct candidate *cheaper,
                        struct buffer *out)
{
    char cost[MONEY_SIZE], value[MONEY_SIZE];
    const struct candidate *first = &decision->candidates[0];
    double level = level_at(first, cheaper, &decision->objective);
    buffer_printf(out, "; %s%s would save %s for %.2f less quality",
                  is_best(decision) ? "nobody is better, and " : "", cheaper->model->object.name,
                  money(first->cost - cheaper->cost, cost),
                  fmax(first->quality - cheaper->quality, 0));
    if (decision->objective.kind == OBJECTIVE_VALUE && level > 0)
        buffer_printf(out, ", worth it below an answer value of %s", money(level, value));
}

void explain_sentence(const struct decision *decision, struct buffer *out)
{
    char cost[MONEY_SIZE];
    double level = 0;
    if (!decision->shortlist)
        return;
    const struct candidate *first = &decision->candidates[0];
    const struct candidate *better = next_better(decision, &level);
    const struct candidate *cheaper = next_cheaper(decision);
    buffer_printf(out, "%s: %.2f quality for %s", first->model->object.name, first->quality,
                  money(first->cost, cost));
    if (better)
        say_better(decision, better, level, out);
    else if (cheaper)
        say_cheaper(decision, cheaper, out);
    buffer_printf(out, "\n");
}
