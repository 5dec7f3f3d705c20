/* ask.c - the decision for a request in a file. */
#include "ask.h"

#include "base/clock.h"
#include "dialect/openai.h"

static enum fail read_request(struct text text, struct arena *arena,
                              struct chat_request *ret_request, const char **ret_why)
{
    struct request_reader *reader = request_reader_new(ENDPOINT_CHAT, arena);
    enum fail fail = request_reader_feed(reader, text, 0);
    if (!fail)
        fail = request_reader_finish(reader, text, ret_request);
    const struct reading_problem *problem = request_reader_problem(reader);
    if (fail)
        *ret_why = problem && problem->message ? problem->message : fail_row(fail)->sentence;
    return fail;
}

/* Priors, where the snapshot was loaded by itself. */
static struct figures *recall(const struct snapshot *snapshot, const struct features *features,
                              bool streamed, struct arena *arena)
{
    size_t count = snapshot->catalog.model_count;
    struct figures *figures = arena_array(arena, count, sizeof *figures);
    const struct live_view view = { clock_ms(), features->tokens_in, features->task, streamed };
    for (size_t i = 0; i < count && snapshot->slots; i++)
        live_read(snapshot->slots[i], &view, &figures[i]);
    return figures;
}

enum fail ask(const struct snapshot *snapshot, struct text text, const char *route_name,
              struct arena *arena, struct decision *ret_decision, const char **ret_why)
{
    struct chat_request *request = arena_new(arena, struct chat_request);
    enum fail fail = read_request(text, arena, request, ret_why);
    if (fail)
        return fail;

    const struct objective *preset = NULL;
    struct text name = route_name ? text_of(route_name) : request->model;
    const struct route *route = policy_find(&snapshot->policy, &snapshot->catalog, name, &preset);
    if (!route) {
        *ret_why = arena_printf(arena, "there is no route or model \"%.*s\"", TEXT_ARGS(name));
        return FAIL_UNKNOWN_MODEL;
    }
    struct features features;
    features_read(request, &features);
    const struct question question = {
        .request = request,
        .features = &features,
        .catalog = &snapshot->catalog,
        .policy = &snapshot->policy,
        .route = route,
        .preset = preset,
        .figures = recall(snapshot, &features, request->stream, arena),
        .hour = clock_hour(),
    };
    router_decide(&question, arena, ret_decision);
    return FAIL_NONE;
}
