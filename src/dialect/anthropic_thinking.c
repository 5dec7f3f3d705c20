/* anthropic_thinking.c - how long an answer of Anthropic's models may be, and how much of it
 * thought: for its own API, and for Amazon's. */
#include "anthropic.h"
#include "catalog/catalog.h"
#include "catalog/manners.h"
#include "foreign_values.h"

#define OUTPUT_UNKNOWN 4096 /* tokens, where nobody said how many there may be */
#define OUTPUT_MIN     1024

static const struct json_node *member(const struct foreign_writing *writing, const char *name)
{
    return json_find(&writing->tree, json_root(&writing->tree), name);
}

/* ---- how much ---- */

int64_t anthropic_most_tokens(const struct foreign_writing *writing)
{
    const struct model *model = writing->model;
    int64_t most = OUTPUT_UNKNOWN;
    if (json_to_count(&writing->tree, member(writing, "max_completion_tokens"), &most) ||
        json_to_count(&writing->tree, member(writing, "max_tokens"), &most))
        return most;
    if (model->max_output_tokens > 0)
        most = model->max_output_tokens;
    int64_t left = model->context_window - writing->question->tokens_in;
    if (model->context_window > 0 && most > left)
        most = left > OUTPUT_MIN ? left : OUTPUT_MIN;
    return most;
}

/* ---- thinking ---- */

static const struct effort_row {
    const char *effort;
    int percent;          /* of the tokens of the answer, where a budget is asked for */
    const char *adaptive; /* what it is called where an effort is */
} effort_rows[] = {
    { "minimal", 10, "low" }, { "low", 20, "low" },     { "medium", 50, "medium" },
    { "high", 80, "high" },   { "xhigh", 95, "xhigh" }, { "max", 95, "max" },
};

struct wish {
    const struct effort_row *effort; /* NULL: none was named, or none that is known */
    int64_t budget;                  /* 0: none */
    bool is_on;
};

/* OpenAI's `reasoning_effort`, or OpenRouter's `reasoning`. */
static struct wish read_wish(const struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    const struct json_node *reasoning = member(writing, "reasoning");
    const struct json_node *word = member(writing, "reasoning_effort");
    struct wish wish = { 0 };
    if (!json_is_given(word))
        word = json_find(tree, reasoning, "effort");
    for (size_t i = 0; i < sizeof(effort_rows) / sizeof(effort_rows[0]); i++)
        if (json_is(tree, word, effort_rows[i].effort))
            wish.effort = &effort_rows[i];
    json_to_count(tree, json_find(tree, reasoning, "max_tokens"), &wish.budget);
    if (!wish.effort && json_is_true(tree, json_find(tree, reasoning, "enabled")))
        wish.effort = &effort_rows[2];
    wish.is_on = wish.effort || wish.budget > 0;
    return wish;
}

static bool has_proof(const struct json_tree *tree, const struct json_node *list)
{
    for (const struct json_node *item = json_first(tree, list); item; item = json_next(tree, item))
        if (thought_is_of(tree, item, ANTHROPIC_FORMAT) &&
            (json_is_given(json_find(tree, item, "signature")) ||
             json_is_given(json_find(tree, item, "data"))))
            return true;
    return false;
}

/* The last turn of the assistant, when nobody but its tools has spoken since; else NULL. */
static const struct json_node *open_answer(const struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    const struct json_node *answer = NULL;
    for (const struct json_node *message = json_first(tree, member(writing, "messages")); message;
         message = json_next(tree, message)) {
        const struct json_node *role = json_find(tree, message, "role");
        if (json_is(tree, role, "assistant"))
            answer = message;
        else if (json_is(tree, role, "user"))
            answer = NULL;
    }
    return answer;
}

/* A model cannot go on with an answer that it began without thinking, nor think before a call that
 * is forced. */
static bool may_think(const struct foreign_writing *writing)
{
    const struct json_tree *tree = &writing->tree;
    const struct json_node *answer = open_answer(writing);
    if (json_root(&writing->last) || anthropic_is_forced(writing))
        return false;
    if (!answer)
        return true;
    return json_next(tree, answer) &&
           (has_proof(tree, json_find(tree, answer, "reasoning_details")) ||
            has_proof(tree, json_find(tree, answer, "thinking_blocks")));
}

static int64_t budget_of(const struct wish *wish, int64_t most)
{
    int64_t budget = wish->budget;
    if (budget == 0)
        budget = most * wish->effort->percent / 100;
    if (budget < ANTHROPIC_THOUGHT_MIN)
        budget = ANTHROPIC_THOUGHT_MIN;
    return budget < most ? budget : 0;
}

struct anthropic_thinking anthropic_read_thinking(const struct foreign_writing *writing,
                                                  int64_t most)
{
    const enum thinking_manner manner = manner_of(writing->model)->thinking;
    const struct json_node *own = member(writing, "thinking");
    const struct wish wish = read_wish(writing);
    struct anthropic_thinking thinking = { .own = json_is_kind(own, JSON_OBJECT) ? own : NULL };
    if (wish.effort && manner == THINKING_ADAPTIVE)
        thinking.effort = wish.effort->adaptive;
    if (thinking.own)
        thinking.is_on =
            !json_is(&writing->tree, json_find(&writing->tree, own, "type"), "disabled");
    if (thinking.own || !wish.is_on || manner == THINKING_NONE || !may_think(writing))
        return thinking;
    if (manner == THINKING_BUDGET)
        thinking.budget = budget_of(&wish, most);
    thinking.is_on = manner == THINKING_ADAPTIVE || thinking.budget > 0;
    return thinking;
}

void anthropic_put_thinking(struct foreign_writing *writing,
                            const struct anthropic_thinking *thinking)
{
    struct json_writer *json = &writing->json;
    if (thinking->own) {
        put_raw_member(json, "thinking", json_raw(&writing->tree, thinking->own));
    } else if (thinking->budget > 0) {
        put_key(json, "thinking");
        put_open(json, '{');
        put_word_member(json, "type", "enabled");
        put_count_member(json, "budget_tokens", thinking->budget);
        put_close(json, '}');
    } else if (thinking->is_on) {
        put_raw_member(json, "thinking",
                       text_of("{\"type\":\"adaptive\",\"display\":\"summarized\"}"));
    }
}
