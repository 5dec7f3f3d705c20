/* feedback.c - what callers said of a model's answers to a task moves its quality for that task.
 *
 * The quality that is predicted is a prior, as if it rested on FEEDBACK_PRIOR answers; ratings are
 * added to it as to a Beta distribution. However many there are, they count as FEEDBACK_MOST at
 * most: half of the word stays with the prediction, for people complain more than they praise, and
 * one caller may rate more than all others. */
#include <math.h>

#include "deciding.h"

#define FEEDBACK_PRIOR 20.0

double feedback_applied(double quality, const struct figures *figures, struct candidate *candidate)
{
    double weight = fmin(figures->feedback_count, FEEDBACK_MOST);
    candidate->feedback = figures->feedback;
    candidate->feedback_count = figures->feedback_count;
    candidate->feedback_share = weight / (FEEDBACK_PRIOR + weight);
    return quality + candidate->feedback_share * (figures->feedback - quality);
}
