/* lint.c - what can be said about a route that is valid, but hardly meant so. */
#include "link.h"

static bool has_candidate(const struct route *route, const struct model *model)
{
    for (size_t i = 0; i < route->candidate_count; i++) {
        if (route->candidates[i] == model)
            return true;
    }
    return false;
}

static void warn(const struct linking *linking, const struct rule *rule, const char *key,
                 const char *what)
{
    const struct yaml_node *node = yaml_find(rule->object.node, key);
    problems_add(linking->problems, PROBLEM_WARNING, node ? node : rule->object.node,
                 "rule \"%s\" %s", rule->name, what);
}

static void lint_only(const struct linking *linking, const struct route *route,
                      const struct rule *rule)
{
    for (size_t i = 0; i < rule->only.count; i++) {
        if (has_candidate(route, rule->only.items[i]))
            return;
    }
    if (rule->only.count)
        warn(linking, rule, "only", "names no candidate of the route: nothing is left to ask");
}

static void lint_exclude(const struct linking *linking, const struct route *route,
                         const struct rule *rule)
{
    size_t left = 0;
    for (size_t i = 0; i < route->candidate_count; i++)
        left += !model_list_has(&rule->exclude, route->candidates[i]);
    if (rule->exclude.count && !left)
        warn(linking, rule, "exclude", "leaves no candidate of the route");
}

static void lint_numbers(const struct linking *linking, const struct route *route,
                         const struct rule *rule, const struct model_numbers *numbers,
                         const char *key)
{
    for (size_t i = 0; i < numbers->count; i++) {
        if (!has_candidate(route, numbers->items[i].model))
            warn(linking, rule, key, "names a model that is no candidate of the route");
    }
}

static void lint_actions(const struct linking *linking, const struct rule *rule)
{
    bool acts = rule->only.count || rule->exclude.count || rule->prefer.count ||
                rule->split.count || rule->objective.name || rule->constraints.object.node ||
                rule->deny || rule->stop;
    if (!acts)
        warn(linking, rule, "name", "does nothing");
}

static const struct model *widest(const struct route *route)
{
    const struct model *widest = route->candidates[0];
    for (size_t i = 1; i < route->candidate_count && widest->context_window >= 0; i++) {
        const struct model *model = route->candidates[i];
        if (model->context_window < 0 || model->context_window > widest->context_window)
            widest = model;
    }
    return widest;
}

/* A rule for prompts that no candidate could take. */
static void lint_tokens(const struct linking *linking, const struct route *route,
                        const struct rule *rule)
{
    const struct ranges *ranges = &rule->when.tokens_in;
    if (!ranges->count || !route->candidate_count)
        return;
    int64_t window = widest(route)->context_window;
    for (size_t i = 0; i < ranges->count; i++) {
        if (window < 0 || ranges->items[i].low <= window)
            return;
    }
    warn(linking, rule, "when",
         "can never matter: its tokens_in are beyond every candidate's context window");
}

/* Its own tokens_in and those of an `all` inside exclude each other. */
static void lint_contradiction(const struct linking *linking, const struct rule *rule)
{
    const struct when *when = &rule->when;
    for (size_t i = 0; i <= when->all.count; i++) {
        const struct ranges *one =
            i < when->all.count ? &when->all.items[i].tokens_in : &when->tokens_in;
        for (size_t j = 0; j < i; j++) {
            const struct ranges *two = &when->all.items[j].tokens_in;
            if (one->count == 1 && two->count == 1 &&
                (one->items[0].low > two->items[0].high ||
                 one->items[0].high < two->items[0].low)) {
                warn(linking, rule, "when", "can never match: its tokens_in exclude each other");
                return;
            }
        }
    }
}

static void lint_rules(const struct linking *linking, const struct route *route)
{
    const struct rule *end = NULL; /* an unconditional `stop` */
    for (size_t i = 0; i < route->rule_count; i++) {
        const struct rule *rule = &route->rules[i];
        if (end)
            warn(linking, rule, "name", "can never match: a rule before it always stops the list");
        if (rule->stop && !when_asks(&rule->when))
            end = rule;
        lint_actions(linking, rule);
        lint_only(linking, route, rule);
        lint_exclude(linking, route, rule);
        lint_numbers(linking, route, rule, &rule->prefer, "prefer");
        lint_numbers(linking, route, rule, &rule->split, "split");
        lint_tokens(linking, route, rule);
        lint_contradiction(linking, rule);
    }
}

static void lint_hedge(const struct linking *linking, const struct route *route)
{
    const struct yaml_node *node = yaml_find(route->object.node, "hedge");
    if (route->hedge != HEDGE_ON || (route->attempts > 1 && route->hedge_share > 0))
        return;
    problems_add(linking->problems, PROBLEM_WARNING, node ? node : route->object.node,
                 route->attempts > 1 ? "hedge: hedge_share is 0%%, so hardly anybody is hedged"
                                     : "hedge can start nothing: `attempts` allows one only");
}

void lint_route(const struct linking *linking, const struct route *route, bool own_rules)
{
    if (route->candidate_count == 1)
        problems_add(linking->problems, PROBLEM_WARNING, route->object.node,
                     "the route has one candidate: nothing to choose, nowhere to fall back to");
    lint_hedge(linking, route);
    if (own_rules)
        lint_rules(linking, route);
}
