/* test_rules.c - each condition of `when`, and each action of a rule. */
#include "world.h"

static struct text header_of(void *context, const char *name)
{
    (void)context;
    return strcmp(name, "x-team") == 0 ? text_of("search") : (struct text){ NULL, 0 };
}

/* The request that all conditions are asked of. */
static void arrange(struct world *world)
{
    struct chat_request *request = &world->request;
    world->features.task = TASK_CODING;
    world->features.language = "de";
    world->features.code_language = "python";
    world->features.tokens_in = 3000;
    request->turns = 5;
    request->has = HAS_TOOLS | HAS_SYSTEM;
    request->user.head = text_of("Please fix this INVOICE parser");
    request->user.tail = text_of("and the receipt too");
    request->system.head = text_of("You are a support agent.");
    static struct chat_pair pair = { TEXT("classification"), TEXT("internal") };
    static struct text tags[] = { TEXT("batch"), TEXT("night") };
    request->metadata = &pair;
    request->metadata_count = 1;
    request->tags = (struct chat_names){ tags, 2 };
    request->user_id = text_of("ada@example.org");
    request->stream = true;
    world->question.key = "team-search";
    world->question.header = header_of;
    world->question.hour = 23;
}

struct when_row {
    const char *when;
    bool matches;
};

static void each_condition_holds_or_not(void **state)
{
    (void)state;
    static const struct when_row rows[] = {
        { "{}", true },
        { "{task: coding}", true },
        { "{task: [math, coding]}", true },
        { "{task: [math]}", false },
        { "{language: [fr, de]}", true },
        { "{language: en}", false },
        { "{code_language: python}", true },
        { "{code_language: [c, rust]}", false },
        { "{tokens_in: '>= 3000'}", true },
        { "{tokens_in: '> 3000'}", false },
        { "{tokens_in: '< 3001'}", true },
        { "{tokens_in: '<= 2999'}", false },
        { "{tokens_in: 1000-3000}", true },
        { "{tokens_in: ['< 10', '= 3000']}", true },
        { "{turns: 5}", true },
        { "{turns: '> 5'}", false },
        { "{has: tools}", true },
        { "{has: [images, system]}", true },
        { "{has: [images, audio]}", false },
        { "{text: /invoice/i}", true },
        { "{text: /invoice/}", false },
        { "{text: /receipt/}", true },
        { "{text: [/nothing/, /^Please/]}", true },
        { "{system: /support agent/}", true },
        { "{system: /lawyer/}", false },
        { "{header: {x-team: [ads, search]}}", true },
        { "{header: {x-team: /^sea/, x-none: a}}", false },
        { "{metadata: {classification: internal}}", true },
        { "{metadata: {classification: public}}", false },
        { "{metadata: {missing: internal}}", false },
        { "{tags: night}", true },
        { "{tags: [day]}", false },
        { "{user: '/@example\\.org$/'}", true },
        { "{user: bob}", false },
        { "{key: [team-ads, team-search]}", true },
        { "{key: team-ads}", false },
        { "{model: auto}", true },
        { "{model: code}", false },
        { "{stream: true}", true },
        { "{stream: false}", false },
        { "{endpoint: chat}", true },
        { "{endpoint: [embeddings, responses]}", false },
        { "{hour: 22-6}", true },
        { "{hour: 9-17}", false },
        { "{hour: [1, 23]}", true },
        { "{task: coding, language: en}", false },
        { "{task: coding, language: de, turns: '< 9'}", true },
        { "{all: [{task: coding}, {language: de}]}", true },
        { "{all: [{task: coding}, {language: en}]}", false },
        { "{any: [{task: math}, {language: de}]}", true },
        { "{any: [{task: math}, {language: en}]}", false },
        { "{not: {language: en}}", true },
        { "{not: [{language: en}, {task: coding}]}", false },
        { "{not: {any: [{task: math}, {all: [{hour: 1}, {stream: true}]}]}}", true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world world;
        char yaml[4000];
        snprintf(yaml, sizeof yaml,
                 "%sroutes:\n  auto:\n    candidates: [big, mid]\n    rules:\n"
                 "      - {name: it, when: %s, exclude: mid}\n",
                 WORLD_MODELS, rows[i].when);
        world_init(&world, yaml);
        arrange(&world);
        world_decide(&world);
        if ((world.decision.matched_count == 1) != rows[i].matches)
            fail_msg("%s should %smatch", rows[i].when, rows[i].matches ? "" : "not ");
        world_free(&world);
    }
}

struct action_row {
    const char *rules, *order;
    enum fail fail;
};

static void each_action_does_what_it_says(void **state)
{
    (void)state;
    static const struct action_row rows[] = {
        { "[]", "tiny mid big", FAIL_NONE },
        { "[{only: [mid, big]}]", "mid big", FAIL_NONE },
        { "[{only: [mid, big]}, {only: [tiny, big]}]", "big", FAIL_NONE },
        { "[{exclude: tiny}]", "mid big", FAIL_NONE },
        { "[{exclude: [tiny, mid, big]}]", "", FAIL_NO_CANDIDATE },
        { "[{prefer: {mid: 0.3}}]", "mid tiny big", FAIL_NONE },
        { "[{prefer: {mid: 15%}}, {prefer: {mid: 15%}}]", "mid tiny big", FAIL_NONE },
        { "[{objective: best}]", "big mid tiny", FAIL_NONE },
        { "[{objective: best}, {objective: cheapest}]", "tiny mid big", FAIL_NONE },
        { "[{objective: {answer_value: 5, second_cost: 0}}]", "big mid tiny", FAIL_NONE },
        { "[{constraints: {min_quality: 0.8}}]", "big", FAIL_NONE },
        { "[{constraints: {max_cost: 0.001}}]", "tiny", FAIL_NONE },
        { "[{constraints: {max_first_token: 500ms}}]", "tiny mid", FAIL_NONE },
        { "[{split: {big: 100%}}]", "big tiny mid", FAIL_NONE },
        { "[{split: {big: 0%}}]", "tiny mid big", FAIL_NONE },
        { "[{split: {big: 100%}, exclude: big}]", "tiny mid", FAIL_NONE },
        { "[{deny: not today}]", "", FAIL_DENIED },
        { "[{stop: true}, {exclude: tiny}]", "tiny mid big", FAIL_NONE },
        { "[{exclude: tiny, stop: true}, {exclude: mid}]", "mid big", FAIL_NONE },
        { "[{when: {task: math}, exclude: tiny, stop: true}, {exclude: mid}]", "tiny big",
          FAIL_NONE },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world world;
        char yaml[4000];
        snprintf(yaml, sizeof yaml,
                 "%sroutes:\n  auto:\n    candidates: [big, mid, tiny]\n    rules: %s\n",
                 WORLD_MODELS, rows[i].rules);
        world_init(&world, yaml);
        const char *order = world_order(&world);
        if (strcmp(order, rows[i].order))
            fail_msg("%s: \"%s\" instead of \"%s\"", rows[i].rules, order, rows[i].order);
        assert_int_equal(world.decision.fail, rows[i].fail);
        if (rows[i].fail == FAIL_DENIED)
            assert_string_equal(world.decision.message, "not today");
        world_free(&world);
    }
}

static void a_rule_binds_the_fallbacks_of_a_request_too(void **state)
{
    (void)state;
    struct world world;
    world_init(&world,
               WORLD_MODELS "routes:\n  auto: {candidates: [mid], rules: [{only: [mid]}]}\n");
    world.request.fallbacks = (struct chat_names){ (struct text[]){ TEXT("big") }, 1 };
    assert_string_equal(world_order(&world), "mid");
    assert_int_equal(world_candidate(&world, "big")->ruled_out, RULED_OUT_RULE);
    world_free(&world);
}

static void a_split_takes_its_share_and_the_same_throw_falls_the_same(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, WORLD_MODELS "routes:\n  auto: {candidates: [big, mid, tiny], rules: "
                                    "[{name: canary, split: {big: 10%, mid: 20%}}]}\n");
    size_t big = 0, mid = 0, throws = 4000;
    for (size_t i = 0; i < throws; i++) {
        world.question.dice = i;
        const struct decision *decision = world_decide(&world);
        const char *first = decision->candidates[0].model->object.name;
        big += strcmp(first, "big") == 0;
        mid += strcmp(first, "mid") == 0;
        assert_true((decision->split != NULL) == (strcmp(first, "tiny") != 0));
    }
    assert_in_range(big, throws * 8 / 100, throws * 12 / 100);
    assert_in_range(mid, throws * 18 / 100, throws * 22 / 100);
    world_free(&world);
}

static void an_expression_that_runs_away_does_not_match_and_ends(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, WORLD_MODELS "routes:\n  auto: {candidates: [big, mid], rules: "
                                    "[{when: {text: '/^(a+)+$/'}, exclude: mid}]}\n");
    char hostile[2000];
    memset(hostile, 'a', sizeof hostile);
    hostile[sizeof hostile - 1] = '!';
    world.request.user.head = (struct text){ hostile, sizeof hostile };
    world_decide(&world);
    assert_int_equal(world.decision.matched_count, 0);
    world.request.user.head.len = 20;
    world_decide(&world);
    assert_int_equal(world.decision.matched_count, 1);
    world_free(&world);
}

static void bytes_that_are_not_utf8_can_be_asked(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, WORLD_MODELS "routes:\n  auto: {candidates: [big, mid], rules: "
                                    "[{when: {text: /end/}, exclude: mid}]}\n");
    world.request.user.head = text_of("\x80\xbf broken \xff end");
    world_decide(&world);
    assert_int_equal(world.decision.matched_count, 1);
    world_free(&world);
}

static void all_rules_that_matched_are_named_as_far_as_there_is_room(void **state)
{
    (void)state;
    char names[RULE_NAMES_SIZE], longest[600];
    struct decision decision = { .matched = { "night", "team" }, .matched_count = 2 };
    decision_rule_names(&decision, names);
    assert_string_equal(names, "night,team");
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    decision.matched[1] = longest + sizeof longest - (RULE_NAMES_SIZE - strlen("night,"));
    decision_rule_names(&decision, names);
    assert_int_equal(strlen(names), RULE_NAMES_SIZE - 1);
    decision.matched[1]--;
    decision_rule_names(&decision, names);
    assert_string_equal(names, "night");
    decision.matched_count = 0;
    decision_rule_names(&decision, names);
    assert_string_equal(names, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_condition_holds_or_not),
        cmocka_unit_test(each_action_does_what_it_says),
        cmocka_unit_test(a_rule_binds_the_fallbacks_of_a_request_too),
        cmocka_unit_test(a_split_takes_its_share_and_the_same_throw_falls_the_same),
        cmocka_unit_test(an_expression_that_runs_away_does_not_match_and_ends),
        cmocka_unit_test(bytes_that_are_not_utf8_can_be_asked),
        cmocka_unit_test(all_rules_that_matched_are_named_as_far_as_there_is_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
