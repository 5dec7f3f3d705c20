/* retry.c - what follows a failed attempt. */
#include "retry.h"

#define BACKOFF_FIRST_MS 200
#define BACKOFF_MOST_MS  8000
#define TOLD_JITTER_MS   100 /* so that all who were told the same second do not come at once */

/* Exponential, with full jitter: anything from nothing to twice as much each time. */
static int64_t backoff_ms(const struct retry_case *failed)
{
    int64_t most = BACKOFF_FIRST_MS;
    for (int i = 1; i < failed->tries && most < BACKOFF_MOST_MS; i++)
        most = 2 * most < BACKOFF_MOST_MS ? 2 * most : BACKOFF_MOST_MS;
    return (int64_t)(failed->dice % (uint64_t)(most + 1));
}

static bool was_told(const struct retry_case *failed)
{
    return failed->retry_after_ms >= 0;
}

static int64_t wait_ms(const struct retry_case *failed)
{
    if (!was_told(failed))
        return backoff_ms(failed);
    return failed->retry_after_ms + (int64_t)(failed->dice % (TOLD_JITTER_MS + 1));
}

/* A provider that names a longer wait than the route allows is not asked before, nor after. */
static bool is_bearable(const struct retry_case *failed)
{
    return failed->retry_after_ms <= failed->max_wait_ms && wait_ms(failed) < failed->time_left_ms;
}

static bool goes_on(const struct retry_case *failed)
{
    return failed->has_next && fail_row(failed->fail)->next != NEXT_NEVER;
}

/* The last attempt of the budget belongs to another candidate, if there is one. */
static bool repeats(const struct retry_case *failed)
{
    bool is_last = failed->attempts + 1 >= failed->most;
    if (!is_bearable(failed) || !failed->may_repeat)
        return false;
    switch (fail_row(failed->fail)->again) {
    case AGAIN_NEVER:
        return false;
    case AGAIN_LAST:
        return !goes_on(failed);
    case AGAIN_ONCE:
        return !goes_on(failed) || (failed->tries == 1 && !is_last);
    case AGAIN_TOLD:
        return !goes_on(failed) || (was_told(failed) && failed->prefers_wait && failed->tries == 1);
    }
    return false;
}

struct retry_step retry_decide(const struct retry_case *failed)
{
    if (failed->attempts >= failed->most || failed->time_left_ms <= 0)
        return (struct retry_step){ .what = RETRY_GIVE_UP };
    if (repeats(failed))
        return (struct retry_step){ .what = RETRY_SAME, .wait_ms = wait_ms(failed) };
    return (struct retry_step){ .what = goes_on(failed) ? RETRY_NEXT : RETRY_GIVE_UP };
}
