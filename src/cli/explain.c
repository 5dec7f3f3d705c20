/* explain.c - `bourse explain`: the decision for a request, without calling anyone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "ask.h"
#include "base/clock.h"
#include "commands.h"
#include "options.h"
#include "state/live_file.h"

#define REQUEST_MAX ((size_t)64 << 20)

/* False when it cannot be read; "-" or NULL is standard input. */
static bool read_all(const char *path, struct buffer *ret_bytes)
{
    bool is_stdin = !path || strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "rbe");
    char piece[16384];
    size_t len;
    bool kept = file != NULL;
    while (kept && (len = fread(piece, 1, sizeof(piece), file)) > 0)
        kept = buffer_append(ret_bytes, piece, len);
    if (file && !is_stdin)
        fclose(file);
    return kept;
}

static void print(struct decision *decision, bool json)
{
    router_flips(decision);
    if (json) {
        json_t *explanation = decision_to_json(decision, NULL);
        json_dumpf(explanation, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
        puts("");
        json_decref(explanation);
        return;
    }
    struct buffer out;
    buffer_init(&out, 1 << 20);
    decision_print(decision, &out);
    buffer_write(&out, stdout);
    buffer_clear(&out);
}

static int explain(const struct snapshot *snapshot, struct text request, const char *route,
                   bool json)
{
    struct arena arena;
    struct decision decision;
    const char *why = NULL;
    arena_init(&arena);
    enum fail fail = ask(snapshot, request, route, &arena, &decision, &why);
    if (fail)
        fprintf(stderr, "bourse explain: %s\n", why);
    else
        print(&decision, json);
    int code = fail || decision.fail ? 1 : EX_OK;
    arena_clear(&arena);
    return code;
}

static const char *const troubles[] = {
    [LIVE_FILE_READ] = NULL,
    [LIVE_FILE_ABSENT] = NULL,
    [LIVE_FILE_UNREADABLE] = "cannot be read",
    [LIVE_FILE_FOREIGN] = "is not a file of bourse",
    [LIVE_FILE_DAMAGED] = "is damaged or of another version",
};

/* What the daemon kept of what it measured, where the configuration says where that is. */
static void recall(const struct snapshot *snapshot, struct live *live)
{
    const struct live_memory memory = { live, NULL };
    const struct live_file_clock now = { clock_ms(), clock_wall_ms() };
    const char *path = snapshot->live_state;
    if (!path || strcmp(path, "off") == 0)
        return;
    const char *trouble = troubles[live_file_read(&memory, path, &now)];
    if (trouble)
        fprintf(stderr, "bourse explain: %s %s; nothing that was measured is used\n", path,
                trouble);
}

static struct snapshot *load(const char *path, struct live *live)
{
    struct arena arena;
    struct problems problems;
    struct buffer printed;
    arena_init(&arena);
    problems_init(&problems, &arena);
    const struct snapshot_source source = { path, live, true };
    struct snapshot *snapshot = snapshot_load(&source, &problems);
    buffer_init(&printed, 1 << 20);
    if (!snapshot)
        problems_print(&problems, &printed);
    buffer_write(&printed, stderr);
    buffer_clear(&printed);
    arena_clear(&arena);
    return snapshot;
}

int command_explain(int argc, char **argv)
{
    const char *config = NULL, *route = NULL;
    bool json = false;
    const struct option_row rows[] = {
        { "config", 'c', "FILE", "the configuration", &config, NULL },
        { "route", 0, "NAME", "instead of the request's model", &route, NULL },
        { "json", 0, NULL, "as JSON", NULL, &json },
        { 0 },
    };
    int first;
    int stop = options_read(argc, argv, rows,
                            "explain [-c FILE] [REQUEST.json] [--route NAME] [--json]", &first);
    if (stop)
        return stop - 1;

    struct buffer request;
    buffer_init(&request, REQUEST_MAX);
    if (!read_all(first < argc ? argv[first] : NULL, &request)) {
        fprintf(stderr, "bourse explain: the request cannot be read\n");
        buffer_clear(&request);
        return EX_NOINPUT;
    }
    struct live *live = live_new();
    struct snapshot *snapshot = load(config, live);
    if (snapshot)
        recall(snapshot, live);
    int code = snapshot ? explain(snapshot, buffer_text(&request), route, json) : EX_CONFIG;
    snapshot_unref(snapshot);
    live_free(live);
    buffer_clear(&request);
    return code;
}
