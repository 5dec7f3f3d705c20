/* eval.c - `bourse eval`: a configuration, or one made from the data, measured on outcomes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "commands.h"
#include "data.h"
#include "measure/eval.h"
#include "options.h"
#include "state/snapshot.h"

#define USAGE                                                                                      \
    "eval DATA.jsonl... [-c FILE] [--route NAME] [--objective NAME] [--folds N] "                  \
    "[--seed N] [--leave-out CATEGORY|all] [--json]"

struct order { /* what was asked for */
    const char *config, *route, *objective, *folds, *seed, *leave_out;
    bool json;
    struct data_files data;
};

static struct snapshot *load(const char *path, struct arena *arena)
{
    struct problems problems;
    struct buffer printed;
    problems_init(&problems, arena);
    const struct snapshot_source source = { path, NULL, true };
    struct snapshot *snapshot = snapshot_load(&source, &problems);
    buffer_init(&printed, 1 << 20);
    if (!snapshot)
        problems_print(&problems, &printed);
    buffer_write(&printed, stderr);
    buffer_clear(&printed);
    return snapshot;
}

/* The one asked for, or the first. */
static const struct route *choose_route(const struct snapshot *snapshot, const char *name)
{
    const struct objective *preset;
    if (name)
        return policy_find(&snapshot->policy, &snapshot->catalog, text_of(name), &preset);
    return snapshot->policy.route_count ? &snapshot->policy.routes[0] : NULL;
}

static bool plan_config(const struct order *order, const struct snapshot *snapshot,
                        struct eval_plan *plan)
{
    plan->policy = &snapshot->policy;
    plan->catalog = &snapshot->catalog;
    plan->route = choose_route(snapshot, order->route);
    if (!plan->route)
        fprintf(stderr, "bourse eval: there is no such route\n");
    return plan->route != NULL;
}

static bool plan_numbers(const struct order *order, struct eval_plan *plan)
{
    uint64_t folds = 5, seed = EVAL_SEED;
    const char *name = order->objective ? order->objective : order->config ? NULL : "best";
    if (order->folds &&
        (!text_to_u64(text_of(order->folds), &folds) || folds < 2 || folds > EVAL_FOLDS_MAX)) {
        fprintf(stderr, "bourse eval: --folds wants a number from 2 to %d\n", EVAL_FOLDS_MAX);
        return false;
    }
    if (order->seed && !text_to_u64(text_of(order->seed), &seed)) {
        fprintf(stderr, "bourse eval: --seed wants a whole number\n");
        return false;
    }
    plan->folds = (int)folds;
    plan->seed = seed;
    plan->leave_out = order->leave_out;
    plan->objective = name ? objective_preset(name) : NULL;
    if (name && !plan->objective)
        fprintf(stderr, "bourse eval: --objective wants best, balanced, cheapest or fastest\n");
    return !name || plan->objective;
}

static void print(const struct eval_result *result, bool json)
{
    struct buffer out;
    if (json) {
        json_t *document = eval_json(result);
        json_dumpf(document, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
        puts("");
        json_decref(document);
        return;
    }
    buffer_init(&out, 1 << 20);
    eval_print(result, &out);
    buffer_write(&out, stdout);
    buffer_clear(&out);
}

static int evaluate(const struct order *order, const struct outcomes *outcomes,
                    const struct snapshot *snapshot, struct arena *arena)
{
    struct eval_plan plan = { .folds = 5 };
    const char *why = NULL;
    if (!plan_numbers(order, &plan) || (snapshot && !plan_config(order, snapshot, &plan)))
        return EX_USAGE;
    const struct eval_result *result = eval_run(outcomes, &plan, arena, &why);
    if (result)
        print(result, order->json);
    else
        fprintf(stderr, "bourse eval: %s\n", why);
    return result ? EX_OK : EX_DATAERR;
}

int command_eval(int argc, char **argv)
{
    struct order order = { .config = NULL };
    const struct option_row rows[] = {
        { "config", 'c', "FILE", "the configuration; without one, it is made from the data",
          &order.config, NULL },
        { "route", 0, "NAME", "of the configuration; the first where left out", &order.route,
          NULL },
        { "objective", 0, "NAME", "instead of the route's; best without a configuration",
          &order.objective, NULL },
        { "folds", 0, "N", "cross-validate in so many parts (5)", &order.folds, NULL },
        { "seed", 0, "N", "another split into folds (5): what changes with it is chance",
          &order.seed, NULL },
        { "leave-out", 0, "CATEGORY", "train on all categories but this one; all: each in turn",
          &order.leave_out, NULL },
        { "json", 0, NULL, "as JSON", NULL, &order.json },
        { 0 },
    };
    int first;
    int stop = options_read(argc, argv, rows, USAGE, &first);
    if (stop)
        return stop - 1;
    if (first == argc) {
        fprintf(stderr, "usage: bourse %s\n", USAGE);
        return EX_USAGE;
    }
    order.data = (struct data_files){ argv + first, argc - first };

    struct arena arena;
    struct outcomes outcomes;
    arena_init(&arena);
    outcomes_init(&outcomes, &arena);
    int code = EX_NOINPUT;
    if (data_read(&order.data, "eval", &outcomes)) {
        struct snapshot *snapshot = order.config ? load(order.config, &arena) : NULL;
        bool failed = order.config && !snapshot;
        code = failed ? EX_CONFIG : evaluate(&order, &outcomes, snapshot, &arena);
        snapshot_unref(snapshot);
    }
    arena_clear(&arena);
    return code;
}
