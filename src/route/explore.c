/* explore.c - a share of the requests goes to the candidate about which least is known.
 *
 * Who is never asked is never known: a prior that is too low would be believed for ever. Nobody is
 * explored whom a rule or the request has excluded, and nobody who costs more than is allowed. */
#include "base/random.h"
#include "deciding.h"

/* So that its throws are independent of those of `split`. */
#define EXPLORE_SEED 0x6578706c6f7265

/* Where the route names no limit: times what the best candidate costs. */
#define COST_FACTOR 2.0

static bool is_bound_by_a_rule(const struct deciding *deciding)
{
    for (size_t i = 0; i < deciding->rule_count; i++) {
        if (deciding->rules[i]->only.count)
            return true;
    }
    return false;
}

/* Vectors of two models cannot be compared: there nobody is explored. */
static bool is_drawn(const struct deciding *deciding)
{
    const struct question *question = deciding->question;
    uint64_t hash = hash_bytes(&question->dice, sizeof question->dice, EXPLORE_SEED);
    double thrown = (double)(hash >> 11) / 9007199254740992.0; /* 2^53 */
    return question->may_explore && question->request->endpoint != ENDPOINT_EMBEDDINGS &&
           thrown < question->route->explore && !deciding->decision->split &&
           !is_bound_by_a_rule(deciding);
}

static double most_cost(const struct deciding *deciding)
{
    double most = deciding->question->route->explore_max_cost;
    return most >= 0 ? most : deciding->decision->candidates[0].cost * COST_FACTOR;
}

/* What was seen of it: attempts lately, answers and ratings of the last days. */
static double known_of(const struct candidate *candidate)
{
    return candidate->success_count + candidate->token_ratio_count + candidate->feedback_count;
}

void explore_candidates(struct deciding *deciding)
{
    struct decision *decision = deciding->decision;
    const struct candidate *first = decision->candidates, *least = first;
    if (!decision->shortlist || !is_drawn(deciding))
        return;
    for (size_t i = 1; i < decision->shortlist; i++) {
        const struct candidate *other = &decision->candidates[i];
        if (competes_with(first, other) && other->price_source != SOURCE_ASSUMED &&
            other->cost <= most_cost(deciding) && known_of(other) < known_of(least))
            least = other;
    }
    if (least != first)
        decision->explored = move_to_front(decision, least->model);
}
