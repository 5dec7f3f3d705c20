/* learned.h - the quality that a trained predictor expects, where the route has one. */
#ifndef BOURSE_ROUTE_LEARNED_H
#define BOURSE_ROUTE_LEARNED_H

#include "deciding.h"
#include "link.h"

/* The route's `predictor: FILE`, read once for all routes that name it. A problem at `node`, the
 * value in the YAML, where it cannot be used; NULL where the route inherited it. */
void learned_link(const struct linking *linking, struct policy *policy, struct route *route,
                  const struct yaml_node *node);

/* Before any prediction: looks at the request once. */
void learned_assess(struct deciding *deciding);
/* False where there is no predictor or it does not know the model: the profile speaks. */
bool learned_quality(const struct deciding *deciding, struct candidate *candidate);
/* How long its answers are, over what is usual for their tasks; 1 where nobody knows. */
double learned_length(const struct route *route, const struct model *model);

#endif
