/* ask.h - the decision for a request in a file: what check's tests and explain have in common. */
#ifndef BOURSE_CLI_ASK_H
#define BOURSE_CLI_ASK_H

#include "route/router.h"
#include "state/snapshot.h"

/* `route` overrides the request's model where it is not NULL. A failure leaves *ret_why in the
 * arena. The figures are those of the live state that the snapshot was loaded with; without one all
 * are priors. The dice are always the same. */
enum fail ask(const struct snapshot *snapshot, struct text request, const char *route,
              struct arena *arena, struct decision *ret_decision, const char **ret_why);

#endif
