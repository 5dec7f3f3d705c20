/* router.c - the steps of a decision, in order. */
#include "route/router.h"

#include "learned.h"

static const char *const reasons[RULED_OUT_COUNT] = {
    [RULED_OUT_NOT] = "not",
    [RULED_OUT_RULE] = "rule",
    [RULED_OUT_WISH] = "request",
    [RULED_OUT_CONTEXT] = "context window",
    [RULED_OUT_MAX_OUTPUT] = "max output",
    [RULED_OUT_CAPABILITY] = "capability",
    [RULED_OUT_DIALECT] = "dialect",
    [RULED_OUT_MIN_QUALITY] = "min quality",
    [RULED_OUT_MAX_COST] = "max cost",
    [RULED_OUT_UNKNOWN_PRICE] = "unknown price",
    [RULED_OUT_FIRST_TOKEN] = "first token",
    [RULED_OUT_NO_KEY] = "no key",
    [RULED_OUT_QUALITY_TARGET] = "quality target",
};

const char *ruled_out_name(enum ruled_out reason)
{
    return reasons[reason];
}

static void add_candidate(struct decision *decision, const struct model *model, int group)
{
    for (size_t i = 0; i < decision->count; i++) {
        if (decision->candidates[i].model == model)
            return;
    }
    if (decision->count < ROUTE_CANDIDATES_MAX)
        decision->candidates[decision->count++] =
            (struct candidate){ .model = model, .group = group };
}

/* The route's candidates, then what the request names as fallbacks, each in a group of its own: no
 * score changes the order of groups. A name that nobody knows cannot help and is passed over. */
static void gather(struct deciding *deciding)
{
    const struct question *question = deciding->question;
    const struct chat_names *fallbacks = &question->request->fallbacks;
    struct decision *decision = deciding->decision;
    size_t room = question->route->candidate_count + fallbacks->count;
    decision->candidates = arena_array(deciding->arena, room, sizeof *decision->candidates);
    for (size_t i = 0; i < question->route->candidate_count; i++)
        add_candidate(decision, question->route->candidates[i], 0);
    for (size_t i = 0; i < fallbacks->count; i++) {
        const struct model *model = catalog_find_model(question->catalog, fallbacks->items[i]);
        if (model)
            add_candidate(decision, model, (int)i + 1);
    }
}

static size_t count_reason(const struct decision *decision, enum ruled_out reason)
{
    size_t count = 0;
    for (size_t i = 0; i < decision->count; i++)
        count += decision->candidates[i].ruled_out == reason;
    return count;
}

/* The window is to blame when it ruled out all that neither a rule nor the request had. */
static bool window_is_to_blame(const struct decision *decision)
{
    size_t window = count_reason(decision, RULED_OUT_CONTEXT);
    size_t forbidden =
        count_reason(decision, RULED_OUT_RULE) + count_reason(decision, RULED_OUT_WISH);
    return window && window + forbidden == decision->count;
}

static const char *window_message(struct deciding *deciding)
{
    int64_t widest = 0;
    const struct decision *decision = deciding->decision;
    for (size_t i = 0; i < decision->count; i++) {
        const struct candidate *candidate = &decision->candidates[i];
        if (candidate->ruled_out == RULED_OUT_CONTEXT && candidate->model->context_window > widest)
            widest = candidate->model->context_window;
    }
    int64_t output = deciding->question->request->max_output_tokens;
    return arena_printf(deciding->arena,
                        "The maximum context length of the candidates of \"%s\" is %s tokens; the "
                        "request needs up to %s and %s for the answer.",
                        decision->route->object.name, grouped(deciding->arena, widest),
                        grouped(deciding->arena, decision->features.tokens_in_safe),
                        grouped(deciding->arena, output > 0 ? output : 0));
}

#define REASONS_TOLD 8

static const char *reasons_message(struct deciding *deciding)
{
    const struct decision *decision = deciding->decision;
    const char *message = arena_printf(deciding->arena, "No candidate of \"%s\" can answer this",
                                       decision->route->object.name);
    for (size_t i = 0; i < decision->count && i < REASONS_TOLD; i++) {
        const struct candidate *candidate = &decision->candidates[i];
        message = arena_printf(deciding->arena, "%s%s %s: %s", message, i ? ";" : ":",
                               candidate->model->object.name, candidate->detail);
    }
    return arena_printf(deciding->arena, "%s.", message);
}

static void judge(struct deciding *deciding)
{
    struct decision *decision = deciding->decision;
    if (deciding->denied_by) {
        decision->fail = FAIL_DENIED;
        decision->message = deciding->denied_by->deny;
    } else if (!decision->shortlist && window_is_to_blame(decision)) {
        decision->fail = FAIL_CONTEXT_LENGTH;
        decision->message = window_message(deciding);
    } else if (!decision->shortlist) {
        decision->fail = FAIL_NO_CANDIDATE;
        decision->message = reasons_message(deciding);
    }
}

void router_decide(const struct question *question, struct arena *arena,
                   struct decision *ret_decision)
{
    *ret_decision = (struct decision){ .route = question->route,
                                       .objective = question->route->objective,
                                       .constraints = question->route->constraints,
                                       .features = *question->features };
    struct deciding deciding = { .question = question, .arena = arena, .decision = ret_decision };
    gather(&deciding);
    rules_apply(&deciding);
    wishes_apply(&deciding);
    learned_assess(&deciding);
    for (size_t i = 0; i < ret_decision->count; i++) {
        prediction_make(&deciding, &ret_decision->candidates[i]);
        eligibility_check(&deciding, &ret_decision->candidates[i]);
    }
    order_candidates(&deciding);
    judge(&deciding);
}
