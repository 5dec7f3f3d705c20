/* order.c - from predictions to an order.
 *
 * The value of a candidate depends on nothing but itself, so adding another one never changes the
 * order of two. */
#include <math.h>

#include "base/random.h"
#include "deciding.h"

double candidate_value(const struct candidate *candidate, const struct objective *objective)
{
    double success = candidate->success_rate;
    double waiting = objective->second_cost * candidate->seconds;
    double lost = candidate->cost + objective->second_cost * candidate->first_token_ms / 1000;
    return success * objective->answer_value * candidate->quality - candidate->cost - waiting -
           (1 - success) / success * lost;
}

int64_t candidate_step(const struct candidate *candidate, const struct objective *objective)
{
    if (objective->kind != OBJECTIVE_BEST || objective->tolerance <= 0)
        return 0;
    return llround(candidate->quality / objective->tolerance);
}

/* Among those who are out only the time counts: the first of them is asked when nobody is well. */
static int compare_health(const struct candidate *one, const struct candidate *two)
{
    bool one_out = health_is_out(&one->health), two_out = health_is_out(&two->health);
    if (one_out != two_out)
        return one_out ? 1 : -1;
    if (!one_out || one->health.out_ms == two->health.out_ms)
        return 0;
    return one->health.out_ms < two->health.out_ms ? -1 : 1;
}

bool competes_with(const struct candidate *first, const struct candidate *other)
{
    return other->group == first->group && compare_health(first, other) == 0;
}

int candidate_compare(const struct candidate *one, const struct candidate *two,
                      const struct objective *objective)
{
    int health = compare_health(one, two);
    if (health)
        return health;
    if (one->group != two->group)
        return one->group < two->group ? -1 : 1;
    int64_t step_one = candidate_step(one, objective), step_two = candidate_step(two, objective);
    if (step_one != step_two)
        return step_one > step_two ? -1 : 1;
    if (one->value == two->value)
        return 0;
    return one->value > two->value ? -1 : 1;
}

/* Who is out for a while sets no standard, unless nobody else is left. */
double best_quality(const struct decision *decision)
{
    double best = -1, best_of_all = 0;
    for (size_t i = 0; i < decision->count; i++) {
        const struct candidate *candidate = &decision->candidates[i];
        if (candidate->ruled_out)
            continue;
        best_of_all = fmax(best_of_all, candidate->quality);
        if (!health_is_out(&candidate->health))
            best = fmax(best, candidate->quality);
    }
    return best >= 0 ? best : best_of_all;
}

/* The cheapest of those that come close enough to the best: the others are ruled out. */
static void apply_target(struct deciding *deciding)
{
    struct decision *decision = deciding->decision;
    if (decision->objective.kind != OBJECTIVE_QUALITY_TARGET)
        return;
    double least = best_quality(decision) * decision->objective.quality_target;
    for (size_t i = 0; i < decision->count; i++) {
        struct candidate *candidate = &decision->candidates[i];
        if (!candidate->ruled_out && candidate->quality < least - QUALITY_ROUNDING)
            rule_out(candidate, RULED_OUT_QUALITY_TARGET,
                     arena_printf(deciding->arena, "quality %.3f, the target is %.3f",
                                  candidate->quality, least));
    }
}

static bool stands_before(const struct candidate *one, const struct candidate *two,
                          const struct objective *objective)
{
    if (one->ruled_out || two->ruled_out)
        return !one->ruled_out && two->ruled_out;
    return candidate_compare(one, two, objective) < 0;
}

/* Insertion: stable, so that ties stay in the order of the YAML, and short lists are sorted well. A
 * candidate is large, so places are sorted, and each is moved once. */
static void sort(struct deciding *deciding)
{
    struct decision *decision = deciding->decision;
    struct candidate *standing[ROUTE_CANDIDATES_MAX];
    for (size_t i = 0; i < decision->count; i++) {
        struct candidate *candidate = &decision->candidates[i];
        size_t at = i;
        for (; at > 0 && stands_before(candidate, standing[at - 1], &decision->objective); at--)
            standing[at] = standing[at - 1];
        standing[at] = candidate;
    }
    struct candidate *sorted = arena_array(deciding->arena, decision->count, sizeof *sorted);
    for (size_t i = 0; i < decision->count; i++)
        sorted[i] = *standing[i];
    decision->candidates = sorted;
    decision->shortlist = 0;
    while (decision->shortlist < decision->count && !sorted[decision->shortlist].ruled_out)
        decision->shortlist++;
}

static const struct model *throw_dice(const struct rule *rule, uint64_t dice)
{
    uint64_t hash = hash_bytes(&dice, sizeof dice, rule->split_seed);
    double thrown = (double)(hash >> 11) / 9007199254740992.0; /* 2^53 */
    for (size_t i = 0; i < rule->split.count; i++) {
        thrown -= rule->split.items[i].number;
        if (thrown < 0)
            return rule->split.items[i].model;
    }
    return NULL;
}

/* An order that the request itself fixed is not touched. */
bool move_to_front(struct decision *decision, const struct model *model)
{
    for (size_t i = 0; i < decision->shortlist; i++) {
        struct candidate chosen = decision->candidates[i];
        if (chosen.model != model || !competes_with(&decision->candidates[0], &chosen))
            continue;
        memmove(&decision->candidates[1], &decision->candidates[0], i * sizeof chosen);
        decision->candidates[0] = chosen;
        return true;
    }
    return false;
}

static void apply_split(struct deciding *deciding)
{
    for (size_t i = 0; i < deciding->rule_count; i++) {
        const struct rule *rule = deciding->rules[i];
        const struct model *model = throw_dice(rule, deciding->question->dice);
        if (model && move_to_front(deciding->decision, model)) {
            deciding->decision->split = rule->name;
            return;
        }
    }
}

/* `provider: {allow_fallbacks: false}` without an order of providers: one candidate, no second. */
static void apply_single(struct deciding *deciding)
{
    const struct chat_provider_wishes *wishes = &deciding->question->request->wishes;
    struct decision *decision = deciding->decision;
    if (!wishes->has_allow_fallbacks || wishes->allow_fallbacks || wishes->order.count)
        return;
    for (size_t i = 1; i < decision->shortlist; i++)
        rule_out(&decision->candidates[i], RULED_OUT_WISH, "the request allows no fallback");
    if (decision->shortlist > 1)
        decision->shortlist = 1;
}

void order_candidates(struct deciding *deciding)
{
    struct decision *decision = deciding->decision;
    for (size_t i = 0; i < decision->count; i++)
        decision->candidates[i].value =
            candidate_value(&decision->candidates[i], &decision->objective);
    apply_target(deciding);
    sort(deciding);
    apply_split(deciding);
    explore_candidates(deciding);
    apply_single(deciding);
}
