/* objective.c - the presets, which are rows of numbers of one formula, and objectives in dollars.
 *
 *     value = success · answer_value · quality − cost − second_cost · seconds − detour
 *
 * `cheapest` gives an answer no value of its own, so the least cost is the greatest value;
 * `fastest` gives a second such a price that money hardly counts; `best` counts qualities that fall
 * into the same step of `tolerance` as equal, and value decides between those. */
#include "objective.h"

#include <stddef.h>

/* clang-format off */
static const struct objective presets[] = {
    /* kind               name        answer_value second_cost tolerance quality_target */
    { OBJECTIVE_BEST,     "best",     1.00,        0.0005,     0.02,     0, 0, 0 },
    { OBJECTIVE_VALUE,    "balanced", 0.02,        0.0005,     0,        0, 0, 0 },
    { OBJECTIVE_CHEAPEST, "cheapest", 0,           0,          0,        0, 0, 0 },
    { OBJECTIVE_FASTEST,  "fastest",  0,           1.00,       0,        0, 0, 0 },
};

static const struct schema_word preset_words[] = {
    { "best",     0, "quality first; value decides between equals" },
    { "balanced", 1, "an answer is worth $0.02, a second $0.0005" },
    { "cheapest", 2, "least cost, above min_quality" },
    { "fastest",  3, "least time" },
    { NULL, 0, NULL },
};

/* {answer_value: …} as it is written. */
struct dollars {
    struct schema_object object;
    double answer_value, second_cost, quality_target;
};

static const struct schema_key dollars_keys[] = {
    { "answer_value", SCHEMA_MONEY, offsetof(struct dollars, answer_value), .max = 1e6,
      .doc = "What an answer that satisfies is worth, USD." },
    { "second_cost", SCHEMA_MONEY, offsetof(struct dollars, second_cost), .max = 1e6,
      .doc = "What a second of waiting costs, USD." },
    { "quality_target", SCHEMA_SHARE, offsetof(struct dollars, quality_target), .max = 1,
      .doc = "The share of the best single model's quality to keep over all requests, as cheaply as "
             "possible; without a predictor of all candidates, of the best's for each request." },
    { .name = NULL },
};

static const struct schema dollars_schema = {
    "objective", sizeof(struct dollars), dollars_keys, NULL, "An objective in dollars.",
};
/* clang-format on */

const struct objective *objective_preset(const char *name)
{
    for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++) {
        if (strcmp(presets[i].name, name) == 0)
            return &presets[i];
    }
    return NULL;
}

static struct objective from_dollars(struct schema_reading *reading, const struct yaml_node *node)
{
    struct dollars dollars = { .answer_value = 0 };
    schema_read(&dollars_schema, node, &dollars, reading->arena, reading->problems,
                reading->options);
    bool target = yaml_find(node, "quality_target") != NULL;
    if (target == (yaml_find(node, "answer_value") != NULL))
        problems_add(reading->problems, PROBLEM_ERROR, node,
                     "expected either answer_value or quality_target");
    return (struct objective){ target ? OBJECTIVE_QUALITY_TARGET : OBJECTIVE_VALUE,
                               "custom",
                               dollars.answer_value,
                               dollars.second_cost,
                               0,
                               dollars.quality_target,
                               0,
                               0 };
}

void objective_read(struct schema_reading *reading, const struct yaml_node *node, void *field)
{
    int preset;
    if (node->kind == YAML_MAPPING)
        *(struct objective *)field = from_dollars(reading, node);
    else if (schema_to_word(reading, node, preset_words, &preset))
        *(struct objective *)field = presets[preset];
}
