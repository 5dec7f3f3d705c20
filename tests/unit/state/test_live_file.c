/* test_live_file.c - what was measured comes back from the file as it was, or not at all. */
#include "state/live_file.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/live_document.h"

static void assert_near(double found, double expected, double most)
{
    if (!(fabs(found - expected) <= most))
        fail_msg("%g instead of %g", found, expected);
}

#define HOUR (60 * 60 * 1000)

static const struct live_file_clock before = { 5000000, 1700000000000 };

struct place {
    char folder[40], path[60];
};

static struct place make_place(void)
{
    struct place place = { .folder = "/tmp/bourse-live-XXXXXX" };
    assert_non_null(mkdtemp(place.folder));
    snprintf(place.path, sizeof(place.path), "%s/live", place.folder);
    return place;
}

static void remove_place(const struct place *place)
{
    char fresh[80];
    snprintf(fresh, sizeof(fresh), "%s.new", place->path);
    assert_int_equal(access(fresh, F_OK), -1); /* nothing is left half written */
    unlink(place->path);
    assert_int_equal(rmdir(place->folder), 0);
}

/* With nobody's sessions. */
static bool write_file(struct live *live, const char *path, const struct live_file_clock *clock)
{
    const struct live_memory memory = { live, sessions_new() };
    bool written = live_file_write(&memory, path, clock);
    sessions_free(memory.sessions);
    return written;
}

static enum live_file read_file(struct live *live, const char *path,
                                const struct live_file_clock *clock)
{
    const struct live_memory memory = { live, sessions_new() };
    enum live_file found = live_file_read(&memory, path, clock);
    sessions_free(memory.sessions);
    return found;
}

static struct live *measured(void)
{
    struct live *live = live_new();
    struct live_model *slot = live_slot(live, "m \"quoted\" ü", "p");
    live_slot(live, "never asked", "p");
    for (int i = 0; i < 50; i++) {
        struct attempt_outcome outcome = { .fail = i % 5 ? FAIL_NONE : FAIL_PROVIDER_ERROR,
                                           .now_ms = before.now_ms,
                                           .first_token_ms = 300 + i,
                                           .duration_ms = 2300 + i,
                                           .pause_ms = i == 45 ? 600000 : -1,
                                           .tokens_estimated = 100,
                                           .streamed = true,
                                           .task = TASK_MATH,
                                           .max_output_tokens = -1,
                                           .usage = { 120, 0, 201, -1 } };
        live_note_start(slot);
        live_note_end(slot, &outcome);
    }
    for (int i = 0; i < 8; i++)
        live_note_feedback(slot, TASK_MATH, 0.25, before.now_ms);
    return live;
}

static struct figures figures_of(struct live *live, int64_t now_ms)
{
    struct figures figures;
    const struct live_view view = { now_ms, 100, TASK_MATH, true };
    live_read(live_slot(live, "m \"quoted\" ü", "p"), &view, &figures);
    return figures;
}

static void assert_same(const struct figures *one, const struct figures *two, double share)
{
    assert_near(one->first_token_ms, two->first_token_ms, 1);
    assert_near(one->first_token_p90_ms, two->first_token_p90_ms, 1);
    assert_near(one->tokens_per_second, two->tokens_per_second, 0.1);
    assert_near(one->first_token_count * share, two->first_token_count, 0.5);
    assert_near(one->successes * share, two->successes, 0.01);
    assert_near(one->failures * share, two->failures, 0.01);
    assert_near(one->token_ratio, two->token_ratio, 0.001);
    assert_near(one->output_tokens, two->output_tokens, 0.01);
    assert_near(one->verbosity, two->verbosity, 0.01);
    assert_near(two->feedback, 0.25, 0.001);
    assert_near(two->feedback_count, 8, 0.001);
}

static void what_was_measured_is_the_same_after_a_restart(void **state)
{
    (void)state;
    struct place place = make_place();
    struct live *old = measured(), *new = live_new();
    live_slot(new, "m \"quoted\" ü", "p");
    assert_true(write_file(old, place.path, &before));
    /* The machine was started anew as well: its clock begins again. */
    const struct live_file_clock after = { 1000, before.wall_ms };
    assert_int_equal(read_file(new, place.path, &after), LIVE_FILE_READ);
    struct figures was = figures_of(old, before.now_ms), is = figures_of(new, after.now_ms);
    assert_same(&was, &is, 1);
    assert_int_equal(is.health.out_ms, was.health.out_ms);
    assert_int_equal(live_count(new), 1); /* who is no longer configured is not remembered */
    live_free(old);
    live_free(new);
    remove_place(&place);
}

static void it_goes_on_fading_while_nobody_runs(void **state)
{
    (void)state;
    struct place place = make_place();
    struct live *old = measured(), *new = live_new();
    live_slot(new, "m \"quoted\" ü", "p");
    assert_true(write_file(old, place.path, &before));
    const struct live_file_clock after = { 1000, before.wall_ms + 5 * 60 * 1000 };
    assert_int_equal(read_file(new, place.path, &after), LIVE_FILE_READ);
    struct figures was = figures_of(old, before.now_ms), is = figures_of(new, after.now_ms);
    assert_near(is.successes, was.successes / 2, 0.01);
    assert_int_equal(is.health.out_ms, 300000);
    live_free(new);

    /* A clock that was set back makes nothing younger. */
    new = live_new();
    live_slot(new, "m \"quoted\" ü", "p");
    const struct live_file_clock back = { 1000, before.wall_ms - HOUR };
    assert_int_equal(read_file(new, place.path, &back), LIVE_FILE_READ);
    is = figures_of(new, back.now_ms);
    assert_same(&was, &is, 1);
    live_free(old);
    live_free(new);
    remove_place(&place);
}

static char *bytes_of(const char *path, size_t *ret_len)
{
    FILE *file = fopen(path, "rb");
    char *bytes = calloc(1, 1 << 20);
    *ret_len = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

static void put(const char *path, const char *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

static enum live_file read_anew(const char *path)
{
    struct live *live = live_new();
    live_slot(live, "m \"quoted\" ü", "p");
    enum live_file found = read_file(live, path, &before);
    struct figures figures = figures_of(live, before.now_ms);
    if (found != LIVE_FILE_READ)
        assert_true(figures.successes == 0 && figures.first_token_count == 0 &&
                    figures.health.out_ms == 0);
    live_free(live);
    return found;
}

static void a_file_that_is_not_whole_or_not_ours_changes_nothing(void **state)
{
    (void)state;
    struct place place = make_place();
    size_t len;
    assert_int_equal(read_anew(place.path), LIVE_FILE_ABSENT);
    assert_int_equal(read_anew(place.folder), LIVE_FILE_UNREADABLE);
    struct live *old = measured();
    assert_true(write_file(old, place.path, &before));
    live_free(old);
    char *bytes = bytes_of(place.path, &len);
    assert_int_equal(read_anew(place.path), LIVE_FILE_READ);

    for (size_t at = 0; at < len; at += 1 + len / 97) {
        bytes[at] ^= 4;
        put(place.path, bytes, len);
        assert_int_equal(read_anew(place.path), at < 18 ? LIVE_FILE_FOREIGN : LIVE_FILE_DAMAGED);
        bytes[at] ^= 4;
    }
    for (size_t cut = 0; cut < len; cut += 1 + len / 31) {
        put(place.path, bytes, cut);
        assert_int_not_equal(read_anew(place.path), LIVE_FILE_READ);
    }
    put(place.path, "listen: 127.0.0.1:8080\n", 23);
    assert_int_equal(read_anew(place.path), LIVE_FILE_FOREIGN);
    free(bytes);
    remove_place(&place);
}

static void a_file_is_for_its_owner_only_and_a_folder_that_is_missing_is_said(void **state)
{
    (void)state;
    struct place place = make_place();
    struct live *live = measured();
    struct stat stat_of;
    assert_true(write_file(live, place.path, &before));
    assert_int_equal(stat(place.path, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 0777, 0600);
    assert_false(write_file(live, "/nowhere/at/all", &before));
    live_free(live);
    remove_place(&place);
}

static uint64_t key_of(const struct live_memory *memory, const char *session)
{
    return sessions_key(memory->sessions, "team", text_of(session));
}

static void note(const struct live_memory *memory, const char *session, const char *model,
                 int64_t now_ms)
{
    sessions_note(memory->sessions, key_of(memory, session), live_slot(memory->live, model, "p"),
                  4000, now_ms);
}

static bool finds(const struct live_memory *memory, const char *session, int64_t now_ms,
                  struct session_trace *ret_trace)
{
    return sessions_find(memory->sessions, memory->live, key_of(memory, session), now_ms,
                         ret_trace);
}

static void memory_free(const struct live_memory *memory)
{
    sessions_free(memory->sessions);
    live_free(memory->live);
}

static void sessions_are_found_again_by_their_names_with_their_models_and_ages(void **state)
{
    (void)state;
    struct place place = make_place();
    struct session_trace trace;
    const struct live_memory old = { live_new(), sessions_new() },
                             new = { live_new(), sessions_new() };
    note(&old, "of one that goes", "gone", before.now_ms);
    note(&old, "recent", "b", before.now_ms - 60000);
    note(&old, "from before the machine began", "a", before.now_ms - HOUR);
    note(&old, "ancient", "a", before.now_ms - 25 * HOUR);
    assert_true(live_file_write(&old, place.path, &before));

    /* The machine was started anew, and models stand in another order. */
    const struct live_file_clock after = { 1000, before.wall_ms + 30000 };
    live_slot(new.live, "b", "p");
    live_slot(new.live, "a", "p");
    assert_int_equal(live_file_read(&new, place.path, &after), LIVE_FILE_READ);
    assert_true(finds(&new, "recent", after.now_ms, &trace));
    assert_ptr_equal(trace.slot, live_slot(new.live, "b", "p"));
    assert_int_equal(trace.tokens, 4000);
    assert_in_range(trace.age_ms, 90000 - 1000, 90000 + 1000);
    assert_true(finds(&new, "from before the machine began", after.now_ms, &trace));
    assert_in_range(trace.age_ms, HOUR + 30000 - 1000, HOUR + 30000 + 1000);
    assert_false(finds(&new, "of one that goes", after.now_ms, &trace));
    assert_false(finds(&new, "ancient", after.now_ms, &trace));
    memory_free(&old);
    memory_free(&new);
    remove_place(&place);
}

static bool reads(const char *members)
{
    struct arena arena;
    arena_init(&arena);
    const char *body = arena_printf(&arena,
                                    "{\"saved_ms\":1,\"models\":[{\"model\":\"m\","
                                    "\"provider\":\"p\",\"resting_ms\":0}]%s}",
                                    members);
    const struct live_memory memory = { live_new(), sessions_new() };
    live_slot(memory.live, "m", "p");
    bool good = live_document_read(&memory, text_of(body), &before);
    memory_free(&memory);
    arena_clear(&arena);
    return good;
}

static void a_document_may_lack_sessions_but_not_have_broken_ones(void **state)
{
    (void)state;
    assert_true(reads(""));
    assert_true(reads(",\"sessions\":{\"seed\":-1,\"entries\":[]}"));
    assert_true(reads(",\"sessions\":{\"seed\":-1,\"entries\":[-5,0,16,1000]}"));
    static const char *const broken[] = {
        "{\"seed\":1}",
        "{\"entries\":[]}",
        "{\"seed\":1,\"entries\":[5,0,16]}",
        "{\"seed\":1,\"entries\":[5,1,16,1000]}",
        "{\"seed\":1,\"entries\":[5,-1,16,1000]}",
        "{\"seed\":1,\"entries\":[5,0,-16,1000]}",
        "{\"seed\":1,\"entries\":[5,0,16,-1]}",
        "{\"seed\":1,\"entries\":[5.5,0,16,1000]}",
        "{\"seed\":1,\"entries\":[\"5\",0,16,1000]}",
        "[]",
    };
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        char members[200];
        snprintf(members, sizeof(members), ",\"sessions\":%s", broken[i]);
        if (reads(members))
            fail_msg("%s was read", broken[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_measured_is_the_same_after_a_restart),
        cmocka_unit_test(it_goes_on_fading_while_nobody_runs),
        cmocka_unit_test(a_file_that_is_not_whole_or_not_ours_changes_nothing),
        cmocka_unit_test(sessions_are_found_again_by_their_names_with_their_models_and_ages),
        cmocka_unit_test(a_document_may_lack_sessions_but_not_have_broken_ones),
        cmocka_unit_test(a_file_is_for_its_owner_only_and_a_folder_that_is_missing_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
