/* gemini_thinking.c - how much a model is to think, in the way that its family is told. */
#include "gemini.h"

#include "catalog/catalog.h"

/* ---- families ---- */

enum manner {
    MANNER_NONE,   /* cannot be asked for it */
    MANNER_BUDGET, /* takes a number of tokens */
    MANNER_LEVEL,  /* takes a word */
};

static const struct family {
    const char *name; /* stands in what the provider calls the model */
    enum manner manner;
    int64_t least, most;          /* tokens of a budget; a least one of 0: it can be turned off */
    bool has_minimal, has_medium; /* of the levels; all have low and high */
} families[] = {
    { "gemini-1", MANNER_NONE, 0, 0, false, false },
    { "gemini-2.0", MANNER_NONE, 0, 0, false, false },
    { "gemini-2.5-flash-image", MANNER_NONE, 0, 0, false, false },
    { "-tts", MANNER_NONE, 0, 0, false, false },
    { "gemini-2.5-flash", MANNER_BUDGET, 0, 24576, false, false },
    { "gemini-2.5", MANNER_BUDGET, 128, 32768, false, false },
    { "gemini-3-pro", MANNER_LEVEL, 0, 0, false, false },
    { "flash", MANNER_LEVEL, 0, 0, true, true },
    { "gemini-", MANNER_LEVEL, 0, 0, false, true },
    { "", MANNER_NONE, 0, 0, false, false },
};

static const struct family *family_of(const char *model)
{
    const struct family *family = families;
    while (!strstr(model, family->name))
        family++;
    return family;
}

bool gemini_wants_proof(const char *model)
{
    return family_of(model)->manner == MANNER_LEVEL;
}

/* ---- what is asked for ---- */

/* The budgets are those that Google's own OpenAI endpoint has for these words. */
static const struct effort {
    const char *word, *level;
    int64_t budget;
} efforts[] = {
    { "none", "MINIMAL", 0 },     { "minimal", "MINIMAL", 1024 }, { "low", "LOW", 1024 },
    { "medium", "MEDIUM", 8192 }, { "high", "HIGH", 24576 },      { "xhigh", "HIGH", 24576 },
    { "max", "HIGH", 24576 },
};

struct wish {
    const struct effort *effort; /* NULL: none was named, or none that is known */
    int64_t budget;              /* -1: none was named */
    bool is_on;                  /* it is to think, as much as it likes */
    bool is_hidden;              /* and not to tell */
};

static void read_effort(const struct json_tree *tree, const struct json_node *word,
                        struct wish *wish)
{
    for (size_t i = 0; i < sizeof(efforts) / sizeof(efforts[0]); i++)
        if (json_is(tree, word, efforts[i].word))
            wish->effort = &efforts[i];
}

/* OpenRouter's. */
static void read_reasoning(const struct json_tree *tree, const struct json_node *reasoning,
                           struct wish *wish)
{
    const struct json_node *enabled = json_find(tree, reasoning, "enabled");
    read_effort(tree, json_find(tree, reasoning, "effort"), wish);
    json_to_count(tree, json_find(tree, reasoning, "max_tokens"), &wish->budget);
    wish->is_hidden = json_is_true(tree, json_find(tree, reasoning, "exclude"));
    if (json_is_true(tree, enabled))
        wish->is_on = true;
    else if (json_is_kind(enabled, JSON_BOOL))
        wish->effort = &efforts[0];
}

/* Anthropic's. */
static void read_thinking(const struct json_tree *tree, const struct json_node *thinking,
                          struct wish *wish)
{
    json_to_count(tree, json_find(tree, thinking, "budget_tokens"), &wish->budget);
    if (json_is(tree, json_find(tree, thinking, "type"), "disabled"))
        wish->effort = &efforts[0];
    else if (json_is_kind(thinking, JSON_OBJECT))
        wish->is_on = true;
}

static struct wish read_wish(const struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    struct wish wish = { .budget = -1 };
    read_thinking(tree, gemini_member(writing, "thinking"), &wish);
    read_reasoning(tree, gemini_member(writing, "reasoning"), &wish);
    read_effort(tree, gemini_member(writing, "reasoning_effort"), &wish);
    return wish;
}

/* ---- how it is said ---- */

static int64_t budget_within(const struct family *family, int64_t budget)
{
    if (budget < family->least)
        return family->least;
    return family->most > 0 && budget > family->most ? family->most : budget;
}

static const char *level_within(const struct family *family, const char *level)
{
    if (strcmp(level, "MINIMAL") == 0 && !family->has_minimal)
        return "LOW";
    if (strcmp(level, "MEDIUM") == 0 && !family->has_medium)
        return "HIGH";
    return level;
}

static void put_amount(struct json_writer *json, const struct family *family,
                       const struct wish *wish)
{
    if (wish->budget >= 0)
        put_count_member(json, "thinkingBudget", budget_within(family, wish->budget));
    else if (wish->effort && family->manner == MANNER_BUDGET)
        put_count_member(json, "thinkingBudget", budget_within(family, wish->effort->budget));
    else if (wish->effort)
        put_word_member(json, "thinkingLevel", level_within(family, wish->effort->level));
}

void gemini_put_thinking(struct gemini_config *config)
{
    struct json_writer *json = &config->writing->json;
    const struct family *family = family_of(config->writing->model->upstream_model);
    const struct wish wish = read_wish(config->writing);
    const bool is_off = wish.effort == &efforts[0] && wish.budget < 0;
    if (family->manner == MANNER_NONE || (!wish.effort && wish.budget < 0 && !wish.is_on))
        return;
    gemini_config_key(config, "thinkingConfig");
    put_open(json, '{');
    if (!is_off && !wish.is_hidden && wish.budget != 0)
        put_raw_member(json, "includeThoughts", text_of("true"));
    put_amount(json, family, &wish);
    put_close(json, '}');
}
