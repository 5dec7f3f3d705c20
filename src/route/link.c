/* link.c - names in rules become pointers to models. */
#include "link.h"

#include "base/random.h"

static const char *nearest_model(const struct linking *linking, const char *name)
{
    const struct catalog *catalog = linking->catalog;
    const char **names = arena_array(linking->arena, catalog->model_count, sizeof *names);
    for (size_t i = 0; i < catalog->model_count; i++)
        names[i] = catalog->models[i].object.name;
    return problems_nearest(linking->problems, text_of(name), names, catalog->model_count);
}

const struct model *link_model(const struct linking *linking, const char *name,
                               const struct yaml_node *node)
{
    const struct model *model = catalog_find_model(linking->catalog, text_of(name));
    if (!model)
        problems_add(linking->problems, PROBLEM_ERROR, node, "there is no model \"%s\"%s", name,
                     nearest_model(linking, name));
    return model;
}

const struct yaml_node *link_place(const struct yaml_node *list, size_t index)
{
    if (!list || list->kind != YAML_SEQUENCE)
        return list;
    const struct yaml_node *item = list->first;
    while (item && index--)
        item = item->next;
    return item ? item : list;
}

static struct model_list link_list(const struct linking *linking, const struct schema_texts *names,
                                   const struct yaml_node *node)
{
    struct model_list list = { arena_array(linking->arena, names->count, sizeof *list.items), 0 };
    for (size_t i = 0; i < names->count; i++) {
        const struct model *model = link_model(linking, names->items[i], link_place(node, i));
        if (model)
            list.items[list.count++] = model;
    }
    return list;
}

static struct model_numbers link_numbers(const struct linking *linking,
                                         const struct schema_numbers *names)
{
    struct model_numbers numbers = {
        arena_array(linking->arena, names->count, sizeof *numbers.items), 0
    };
    for (size_t i = 0; i < names->count; i++) {
        const struct schema_named_number *named = &names->items[i];
        const struct model *model = link_model(linking, named->name, named->node);
        if (model)
            numbers.items[numbers.count++] = (struct model_number){ model, named->value };
    }
    return numbers;
}

static void check_split(const struct linking *linking, const struct rule *rule)
{
    double sum = 0;
    for (size_t i = 0; i < rule->split.count; i++)
        sum += rule->split.items[i].number;
    if (sum > 1.000001)
        problems_add(linking->problems, PROBLEM_ERROR, yaml_find(rule->object.node, "split"),
                     "the shares sum to %.0f%%, more than everything", sum * 100);
}

void link_rule(const struct linking *linking, struct rule *rule, size_t number)
{
    const struct yaml_node *node = rule->object.node;
    if (!rule->name)
        rule->name = arena_printf(linking->arena, "rule %zu", number);
    constraints_settle(&rule->constraints);
    rule->only = link_list(linking, &rule->only_names, yaml_find(node, "only"));
    rule->exclude = link_list(linking, &rule->exclude_names, yaml_find(node, "exclude"));
    rule->prefer = link_numbers(linking, &rule->prefer_names);
    rule->split = link_numbers(linking, &rule->split_names);
    rule->split_seed = hash_bytes(rule->name, strlen(rule->name), number);
    check_split(linking, rule);
}
