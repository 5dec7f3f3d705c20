/* decision.c - what a decision costs: features and decision for 12 candidates and 10 rules, and for
 * 32 and 20, with prompts of 1 to 100 KB, median and 99th percentile in microseconds. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "route/router.h"
#include "train/trainer.h"

#define ROUNDS 20000

static const char head[] =
    "providers:\n"
    "  north: {dialect: openai, base_url: 'http://127.0.0.1:1/v1'}\n"
    "  south: {dialect: openai, base_url: 'http://127.0.0.1:2/v1'}\n"
    "models:\n"
    "  a: {provider: north, price: {input: 10, output: 40}, quality: {default: 0.9, math: 0.8}}\n"
    "  b: {provider: north, price: {input: 5, output: 20}, quality: {default: 0.85}}\n"
    "  c: {provider: north, price: {input: 3, output: 15}, quality: {default: 0.8}}\n"
    "  d: {provider: north, price: {input: 2, output: 8}, quality: {default: 0.75}}\n"
    "  e: {provider: south, price: {input: 1, output: 4}, quality: {default: 0.7}}\n"
    "  f: {provider: south, price: {input: 0.5, output: 2}, quality: {default: 0.65}}\n"
    "  g: {provider: south, price: {input: 0.3, output: 1}, quality: {default: 0.6}}\n"
    "  h: {provider: south, price: {input: 0.1, output: 0.4}, quality: {default: 0.5}}\n"
    "  i: {provider: south, price: {input: 0.1, output: 0.3}, quality: {default: 0.5}}\n"
    "  j: {provider: south, price: {input: 0.1, output: 0.2}, quality: {default: 0.4}}\n"
    "  k: {provider: south, price: {input: 0.05, output: 0.2}, quality: {default: 0.4}}\n"
    "  l: {provider: south, price: {input: 0.05, output: 0.1}, quality: {default: 0.3}}\n";

static const char rules[] =
    "      - {when: {metadata: {classification: internal}}, only: [h]}\n"
    "      - {when: {task: [coding], tokens_in: '>= 2000'}, prefer: {b: 0.05}}\n"
    "      - {when: {tokens_in: '> 100000'}, only: [a, b]}\n"
    "      - {when: {key: [team-search]}, split: {e: 5%}}\n"
    "      - {when: {text: /invoice|receipt/i}, prefer: {c: 0.1}}\n"
    "      - {when: {language: [de, fr]}, prefer: {d: 0.02}}\n"
    "      - {when: {has: [images]}, exclude: [g, h]}\n"
    "      - {when: {header: {x-tier: gold}}, objective: best}\n"
    "      - {when: {hour: 22-6}, objective: cheapest}\n"
    "      - {when: {any: [{turns: '> 20'}, {stream: true}]}, prefer: {f: 0.01}}\n";

struct bench_text {
    struct schema_object object;
    struct schema_list providers, models, routes;
};

static const struct schema_key keys[] = {
    { "providers", SCHEMA_MAP, offsetof(struct bench_text, providers), .object = &provider_schema },
    { "models", SCHEMA_MAP, offsetof(struct bench_text, models), .object = &model_schema },
    { "routes", SCHEMA_MAP, offsetof(struct bench_text, routes), .object = &route_schema },
    { .name = NULL },
};

static const struct schema schema = { "bench", sizeof(struct bench_text), keys, NULL, "" };

/* The twelve models of the head and more of the kind, all in one route; the rules `times` times. */
static void print_yaml(struct buffer *yaml, size_t candidates, size_t times)
{
    buffer_append_string(yaml, head);
    for (size_t i = 12; i < candidates; i++)
        buffer_printf(yaml,
                      "  m%zu: {provider: south, price: {input: 0.%zu, output: 0.5}, "
                      "quality: {default: 0.%zu}}\n",
                      i, i, i + 30);
    buffer_append_string(yaml, "routes:\n  auto:\n"
                               "    candidates: [a, b, c, d, e, f, g, h, i, j, k, l");
    for (size_t i = 12; i < candidates; i++)
        buffer_printf(yaml, ", m%zu", i);
    buffer_append_string(yaml, "]\n    rules:\n");
    for (size_t i = 0; i < times; i++)
        buffer_append_string(yaml, rules);
}

struct setting {
    struct arena arena;
    struct catalog catalog;
    struct policy policy;
    struct figures figures[ROUTE_CANDIDATES_MAX];
    struct question question;
};

static void build(struct setting *setting, size_t candidates, size_t times)
{
    struct arena *arena = &setting->arena;
    struct catalog *catalog = &setting->catalog;
    struct policy *policy = &setting->policy;
    struct buffer yaml;
    struct problems problems;
    arena_init(arena);
    problems_init(&problems, arena);
    buffer_init(&yaml, 1 << 20);
    print_yaml(&yaml, candidates, times);
    struct bench_text text = { .object.name = NULL };
    struct schema_options options = { .secrets_optional = true };
    const struct yaml_node *root =
        yaml_read_text(buffer_text(&yaml), "bench.yaml", arena, &problems);
    schema_read(&schema, root, &text, arena, &problems, &options);
    catalog_build(catalog, text.providers, text.models, arena, &problems);
    policy_build(policy, text.routes, NULL, catalog, arena, &problems);
    if (problems.errors)
        abort();
    buffer_clear(&yaml);
    setting->question = (struct question){ .catalog = catalog,
                                           .policy = policy,
                                           .route = &policy->routes[0],
                                           .figures = setting->figures,
                                           .key = "team-search",
                                           .hour = 12 };
}

/* What a dialect keeps of a prompt: its two ends. */
static void fill_request(struct chat_request *request, char *prompt, size_t len)
{
    static const char sentence[] = "Write a function in Python that parses the log and explain why "
                                   "the total of 42 lines is wrong. ";
    for (size_t i = 0; i < len; i++)
        prompt[i] = sentence[i % (sizeof sentence - 1)];
    size_t half = CHAT_EXCERPT_MAX / 2;
    bool whole = len <= CHAT_EXCERPT_MAX;
    *request = (struct chat_request){ .turns = 3, .n = 1, .max_output_tokens = -1, .stream = true };
    request->model = text_of("auto");
    request->answer_value = request->second_cost = request->max_cost = -1;
    request->wishes.max_price_in = request->wishes.max_price_out = -1;
    request->chars_ascii = len;
    request->user.total = len;
    request->user.head = (struct text){ prompt, whole ? len : half };
    if (!whole)
        request->user.tail = (struct text){ prompt + len - half, half };
    request->system.head = text_of("You are a helpful assistant of the support team.");
}

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int by_size(const void *one, const void *two)
{
    double a = *(const double *)one, b = *(const double *)two;
    return (a > b) - (a < b);
}

static void print_row(const char *what, double *times)
{
    qsort(times, ROUNDS, sizeof *times, by_size);
    printf("%-28s %8.1f %8.1f\n", what, times[ROUNDS / 2], times[ROUNDS / 100 * 99]);
}

static void measure(struct question *question, const char *what)
{
    static double features_us[ROUNDS], decision_us[ROUNDS], both_us[ROUNDS];
    struct features features;
    question->features = &features;
    for (size_t i = 0; i < ROUNDS; i++) {
        struct arena arena;
        struct decision decision;
        arena_init(&arena);
        double start = now_us();
        features_read(question->request, &features);
        double between = now_us();
        question->dice = i;
        router_decide(question, &arena, &decision);
        double end = now_us();
        arena_clear(&arena);
        features_us[i] = between - start;
        decision_us[i] = end - between;
        both_us[i] = end - start;
    }
    char label[96];
    snprintf(label, sizeof label, "%s, features", what);
    print_row(label, features_us);
    snprintf(label, sizeof label, "%s, decision", what);
    print_row(label, decision_us);
    snprintf(label, sizeof label, "%s, both", what);
    print_row(label, both_us);
}

/* A predictor of twelve models and eight tasks; what its weights are does not change the time. */
static const struct predictor *make_predictor(const char *const *names, size_t count,
                                              struct arena *arena)
{
    static const char *const tasks[] = { "a", "b", "c", "d", "e", "f", "g", "h" };
    struct corpus *corpus = corpus_new(names, count);
    for (size_t i = 0; i < 400; i++) {
        char text[128];
        float scores[PREDICTOR_MODELS_MAX];
        struct chat_request request = { .turns = 1 };
        struct reading reading;
        snprintf(text, sizeof text, "prompt %zu speaks of topic %zu and of nothing else", i, i % 8);
        request.user.head = text_of(text);
        reading_read(&request, &reading);
        for (size_t m = 0; m < count; m++)
            scores[m] = (float)((i + m) % 3 == 0);
        corpus_add(corpus, &(struct corpus_row){
                               .reading = &reading, .category = tasks[i % 8], .scores = scores });
    }
    struct training_report report;
    const struct training how = { .threads = 1 };
    const struct predictor *predictor = train(corpus, &how, arena, &report);
    corpus_free(corpus);
    return predictor;
}

static void learn(struct setting *setting)
{
    static const char *const names[] = {
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"
    };
    struct route *route = arena_new(&setting->arena, struct route);
    *route = *setting->question.route;
    setting->question.route = route;
    policy_learn(route, make_predictor(names, 12, &setting->arena), &setting->catalog,
                 &setting->arena);
}

static void measure_prompt(struct setting *setting, size_t len)
{
    static char prompt[100 * 1024];
    struct chat_request request;
    char label[64];
    snprintf(label, sizeof label, "prompt of %zu KB", len / 1024);
    fill_request(&request, prompt, len);
    setting->question.request = &request;
    measure(&setting->question, label);
}

static const struct {
    size_t candidates, times; /* of ten rules */
    size_t prompts[2];
} rows[] = {
    { 12, 1, { 1024, 100 * 1024 } },
    { 32, 2, { 4 * 1024, 100 * 1024 } },
};

int main(void)
{
    static struct setting setting;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        build(&setting, rows[i].candidates, rows[i].times);
        printf("%zu candidates, %zu rules %14s %8s\n", rows[i].candidates, 10 * rows[i].times,
               "median", "p99 us");
        for (size_t k = 0; k < 2; k++)
            measure_prompt(&setting, rows[i].prompts[k]);
        arena_clear(&setting.arena);
    }
    build(&setting, 12, 1);
    learn(&setting);
    printf("\nwith a predictor, 12 candidates\n");
    measure_prompt(&setting, 1024);
    measure_prompt(&setting, 20 * 1024);
    arena_clear(&setting.arena);
    return 0;
}
