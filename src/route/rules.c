/* rules.c - asks the rules in order and applies those that match. */
#include "deciding.h"

#include <stdio.h>

static void note_name(struct decision *decision, const struct rule *rule)
{
    if (decision->matched_count < MATCHED_RULES_MAX)
        decision->matched[decision->matched_count++] = rule->name;
}

static void apply_constraints(struct constraints *constraints, const struct constraints *said)
{
    if (said->min_quality >= 0)
        constraints->min_quality = said->min_quality;
    if (said->max_cost >= 0)
        constraints->max_cost = said->max_cost;
    if (said->max_first_token_ms >= 0)
        constraints->max_first_token_ms = said->max_first_token_ms;
}

static void apply_preferences(struct decision *decision, const struct model_numbers *prefer)
{
    for (size_t i = 0; i < prefer->count; i++) {
        for (size_t j = 0; j < decision->count; j++) {
            if (decision->candidates[j].model == prefer->items[i].model)
                decision->candidates[j].preference += prefer->items[i].number;
        }
    }
}

static void apply(struct deciding *deciding, const struct rule *rule)
{
    struct decision *decision = deciding->decision;
    deciding->rules[deciding->rule_count++] = rule;
    note_name(decision, rule);
    if (rule->objective.name)
        decision->objective = rule->objective;
    apply_constraints(&decision->constraints, &rule->constraints);
    apply_preferences(decision, &rule->prefer);
    if (rule->deny && !deciding->denied_by)
        deciding->denied_by = rule;
}

void rules_apply(struct deciding *deciding)
{
    const struct route *route = deciding->question->route;
    deciding->rules = arena_array(deciding->arena, route->rule_count, sizeof *deciding->rules);
    for (size_t i = 0; i < route->rule_count; i++) {
        const struct rule *rule = &route->rules[i];
        if (!when_matches(&rule->when, deciding->question))
            continue;
        apply(deciding, rule);
        if (rule->stop)
            return;
    }
}

void decision_rule_names(const struct decision *decision, char ret_names[RULE_NAMES_SIZE])
{
    size_t len = 0;
    ret_names[0] = '\0';
    for (size_t i = 0; i < decision->matched_count; i++) {
        const char *name = decision->matched[i];
        if (len + 1 + strlen(name) >= RULE_NAMES_SIZE)
            return;
        len += (size_t)snprintf(ret_names + len, RULE_NAMES_SIZE - len, "%s%s", i ? "," : "", name);
    }
}
