/* snapshot.c - builds a snapshot out of a document, and counts who holds it. */
#include "state/snapshot.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "document.h"
#include "listeners.h"
#include "source.h"

/* A snapshot with its count: nobody outside has to know that it is counted, or how. */
struct counted {
    struct snapshot snapshot; /* first */
    _Atomic size_t refs;
};

static _Atomic uint64_t last_serial;

static struct snapshot *snapshot_new(void)
{
    struct counted *counted = calloc(1, sizeof(*counted));
    if (!counted)
        abort();
    arena_init(&counted->snapshot.arena);
    atomic_init(&counted->refs, 1);
    return &counted->snapshot;
}

struct snapshot *snapshot_ref(struct snapshot *snapshot)
{
    struct counted *counted = (struct counted *)snapshot;
    atomic_fetch_add_explicit(&counted->refs, 1, memory_order_relaxed);
    return snapshot;
}

void snapshot_unref(struct snapshot *snapshot)
{
    struct counted *counted = (struct counted *)snapshot;
    if (!counted || atomic_fetch_sub_explicit(&counted->refs, 1, memory_order_acq_rel) > 1)
        return;
    /* The arena moves out first: its endings may look at anything but the snapshot itself. */
    struct arena arena = snapshot->arena;
    free(counted);
    arena_clear(&arena);
}

static void unref_at_end(void *snapshot)
{
    snapshot_unref(snapshot);
}

/* ---- names ---- */

/* Copies the names of what is in an array of structs that begin with a schema_object. */
static const char **names_of(const void *items, size_t count, size_t size, struct arena *arena)
{
    const char **names = arena_array(arena, count, sizeof(*names));
    for (size_t i = 0; i < count; i++)
        names[i] = ((const struct schema_object *)((const char *)items + i * size))->name;
    return names;
}

static void find_default_provider(struct snapshot *snapshot, const struct document *document,
                                  struct problems *problems)
{
    const struct catalog *catalog = &snapshot->catalog;
    const char *name = document->default_provider;
    if (!name)
        return;
    snapshot->default_provider = catalog_find_provider(catalog, text_of(name));
    if (snapshot->default_provider)
        return;
    const char **names = names_of(catalog->providers, catalog->provider_count,
                                  sizeof(struct provider), &snapshot->arena);
    problems_add(problems, PROBLEM_ERROR, yaml_find(document->object.node, "default_provider"),
                 "there is no provider \"%s\"%s", name,
                 problems_nearest(problems, text_of(name), names, catalog->provider_count));
}

static bool is_route_or_model(const struct snapshot *snapshot, const char *name)
{
    return map_find(&snapshot->policy.routes_by_name, text_of(name)) ||
           catalog_find_model(&snapshot->catalog, text_of(name));
}

static void report_unknown_route(struct snapshot *snapshot, const struct yaml_node *node,
                                 const char *name, struct problems *problems)
{
    const struct policy *policy = &snapshot->policy;
    const char **names =
        names_of(policy->routes, policy->route_count, sizeof(struct route), &snapshot->arena);
    problems_add(problems, PROBLEM_ERROR, node, "there is no route and no model \"%s\"%s", name,
                 problems_nearest(problems, text_of(name), names, policy->route_count));
}

/* A key that may name nothing that exists would be refused everywhere, and nobody would know why.
 */
static void check_callers(struct snapshot *snapshot, struct problems *problems)
{
    for (size_t i = 0; i < snapshot->keyring.count; i++) {
        const struct caller *caller = &snapshot->keyring.callers[i];
        const struct yaml_node *listed = yaml_find(caller->object.node, "routes");
        const struct yaml_node *node = listed && listed->first ? listed->first : listed;
        for (size_t at = 0; at < caller->routes.count; at++, node = node ? node->next : NULL)
            if (!is_route_or_model(snapshot, caller->routes.items[at]))
                report_unknown_route(snapshot, node, caller->routes.items[at], problems);
    }
}

/* ---- parts ---- */

static void take_settings(struct snapshot *snapshot, const struct document *document,
                          struct problems *problems)
{
    snapshot->listen = document->listen;
    snapshot->admin = document->admin;
    snapshot->workers = document->workers;
    snapshot->drain_timeout_ms = document->drain_timeout_ms;
    snapshot->drain_delay_ms = document->drain_delay_ms;
    snapshot->live_state = document->live_state;
    snapshot->limits = document->limits;
    snapshot->auth = listeners_check(document, problems);
}

static void take_tests(struct snapshot *snapshot, const struct document *document)
{
    const struct document_test *read = document->tests.items;
    snapshot->test_count = document->tests.count;
    snapshot->tests = arena_array(&snapshot->arena, snapshot->test_count, sizeof(*snapshot->tests));
    for (size_t i = 0; i < snapshot->test_count; i++)
        snapshot->tests[i] = (struct route_test){
            .object = read[i].object,
            .label = read[i].label,
            .request_json = read[i].request_json,
            .expect_model = read[i].expect.model,
            .expect_denied = read[i].expect.denied,
            .expect_not = read[i].expect.never,
        };
}

/* Without a slot there is no token: the one of another source is not taken. */
static void take_token_slots(struct snapshot *snapshot, struct live *live)
{
    const struct catalog *catalog = &snapshot->catalog;
    snapshot->token_slots =
        arena_array(&snapshot->arena, catalog->provider_count, sizeof(*snapshot->token_slots));
    for (size_t i = 0; i < catalog->provider_count; i++) {
        const char *source = catalog->providers[i].token_source;
        struct live_token *slot = source ? live_token_slot(live, source) : NULL;
        snapshot->token_slots[i] = slot;
        live_provider_needs(snapshot->provider_slots[i], slot);
    }
}

static void take_slots(struct snapshot *snapshot, struct live *live)
{
    const struct catalog *catalog = &snapshot->catalog;
    snapshot->slots = arena_array(&snapshot->arena, catalog->model_count, sizeof(*snapshot->slots));
    for (size_t i = 0; i < catalog->model_count; i++)
        snapshot->slots[i] = live_slot(live, catalog->models[i].object.name,
                                       catalog->models[i].provider->object.name);
    snapshot->provider_slots =
        arena_array(&snapshot->arena, catalog->provider_count, sizeof(*snapshot->provider_slots));
    for (size_t i = 0; i < catalog->provider_count; i++)
        snapshot->provider_slots[i] = live_provider_slot(live, catalog->providers[i].object.name);
    take_token_slots(snapshot, live);
    const struct policy *policy = &snapshot->policy;
    snapshot->route_slots =
        arena_array(&snapshot->arena, policy->route_count, sizeof(*snapshot->route_slots));
    for (size_t i = 0; i < policy->route_count; i++)
        snapshot->route_slots[i] = live_route_slot(live, policy->routes[i].object.name);
}

static void build(struct snapshot *snapshot, const struct document *document,
                  struct problems *problems)
{
    struct arena *arena = &snapshot->arena;
    take_settings(snapshot, document, problems);
    catalog_build(&snapshot->catalog, document->providers, document->models, arena, problems);
    policy_build(&snapshot->policy, document->routes, document->default_route, &snapshot->catalog,
                 arena, problems);
    keyring_build(&snapshot->keyring, document->callers, snapshot->auth == AUTH_KEYS, arena,
                  problems);
    find_default_provider(snapshot, document, problems);
    check_callers(snapshot, problems);
    take_tests(snapshot, document);
}

static bool read_and_build(struct snapshot *snapshot, const struct snapshot_source *asked,
                           struct problems *problems)
{
    struct source source;
    size_t errors = problems->errors;
    if (!source_read(asked->path, &snapshot->arena, problems, &source))
        return false;
    snapshot->path = source.path;
    snapshot->zero_note = source.zero_note;
    memcpy(snapshot->digest, source.digest, sizeof(snapshot->digest));

    const char *name = *source.path ? source.path : "(zero configuration)";
    const struct yaml_node *root = yaml_read_text(source.text, name, &snapshot->arena, problems);
    if (!root)
        return false;
    struct document *document = arena_new(&snapshot->arena, struct document);
    struct schema_options options = { .secrets_optional = asked->secrets_optional };
    schema_read(&document_schema, root, document, &snapshot->arena, problems, &options);
    build(snapshot, document, problems);
    return problems->errors == errors;
}

struct snapshot *snapshot_load(const struct snapshot_source *source, struct problems *problems)
{
    struct snapshot *snapshot = snapshot_new();
    /* Problems point at the nodes' file names, so what was read lives as long as they do. */
    arena_at_end(problems->arena, unref_at_end, snapshot);
    if (!read_and_build(snapshot, source, problems))
        return NULL;
    if (source->live)
        take_slots(snapshot, source->live);
    snapshot->serial = atomic_fetch_add_explicit(&last_serial, 1, memory_order_relaxed) + 1;
    snapshot->loaded_wall_ms = clock_wall_ms();
    return snapshot_ref(snapshot);
}
