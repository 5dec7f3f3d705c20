/* deciding.h - one decision in the making, and the steps that make it. */
#ifndef BOURSE_ROUTE_DECIDING_H
#define BOURSE_ROUTE_DECIDING_H

#include "rule.h"

/* A quality that equals a limit but for the rounding of a sum reaches it. */
#define QUALITY_ROUNDING 1e-9

/* However many ratings there are, they count as so many at most. */
#define FEEDBACK_MOST 20.0

struct assessment;

struct deciding {
    const struct question *question;
    struct arena *arena;
    struct decision *decision;
    const struct rule **rules; /* that matched, in order */
    size_t rule_count;
    const struct assessment *assessment; /* of the route's predictor; NULL without */
    const struct rule *denied_by;        /* NULL: not denied */
};

/* rules.c: which rules match; objective, constraints and preferences as they leave them. */
void rules_apply(struct deciding *deciding);
/* wishes.c: what the request itself asks for, over the rules: objective, limits, fixed order. */
void wishes_apply(struct deciding *deciding);
/* prediction.c: quality, cost, time and chance of success of one candidate. */
void prediction_make(const struct deciding *deciding, struct candidate *candidate);
/* eligibility.c: rules a candidate out that may not or cannot answer. */
void eligibility_check(const struct deciding *deciding, struct candidate *candidate);
/* feedback.c: the quality as ratings move it; notes in the candidate by how much. */
double feedback_applied(double quality, const struct figures *figures, struct candidate *candidate);
/* order.c: values, the quality target, the order, the throw of `split`. */
void order_candidates(struct deciding *deciding);
/* explore.c: the throw of `explore`, for who is not first yet. */
void explore_candidates(struct deciding *deciding);
/* Within the first's group; false where the model does not stand there, or is out. */
bool move_to_front(struct decision *decision, const struct model *model);

/* Which of two stands first; 0 where only the YAML's order tells. */
int candidate_compare(const struct candidate *one, const struct candidate *two,
                      const struct objective *objective);
/* The step of quality that `best` counts in; 0 for other objectives. */
int64_t candidate_step(const struct candidate *candidate, const struct objective *objective);

/* The best of those that are not ruled out, and not out for a while unless all are. */
double best_quality(const struct decision *decision);
/* Of the first's group, and neither is out while the other is not. */
bool competes_with(const struct candidate *first, const struct candidate *other);

void rule_out(struct candidate *candidate, enum ruled_out reason, const char *detail);
/* "128,000" */
const char *grouped(struct arena *arena, int64_t number);

#endif
