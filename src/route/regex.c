/* regex.c - regular expressions of rules on PCRE2: no JIT, and a limit to the work of one match, so
 * that no text can make an expression run away. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <pthread.h>
#include <stdlib.h>

#include "literals.h"
#include "pattern.h"

#define PATTERN_MAX 4096
/* About a millisecond of work at the very worst. */
#define MATCH_LIMIT    50000
#define DEPTH_LIMIT    1000
#define HEAP_LIMIT_KIB 256

struct regex {
    pcre2_code *code;
    const struct literals *literals; /* one of them must be there; NULL: none need be */
};

/* What a match needs to work in. Each thread keeps one for its life, so that a decision allocates
 * nothing; its size is bounded by HEAP_LIMIT_KIB. */
struct workspace {
    pcre2_match_data *data;
    pcre2_match_context *limits;
};

static _Thread_local struct workspace *workspace;
static pthread_key_t at_thread_end;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void workspace_free(void *object)
{
    struct workspace *own = object;
    pcre2_match_data_free(own->data);
    pcre2_match_context_free(own->limits);
    free(own);
}

static void make_key(void)
{
    pthread_key_create(&at_thread_end, workspace_free);
}

/* NULL without memory: then nothing matches. */
static struct workspace *workspace_get(void)
{
    if (workspace)
        return workspace;
    pthread_once(&once, make_key);
    struct workspace *own = calloc(1, sizeof *own);
    if (!own)
        return NULL;
    own->data = pcre2_match_data_create(1, NULL); /* whether it matches, not where */
    own->limits = pcre2_match_context_create(NULL);
    if (!own->data || !own->limits) {
        workspace_free(own);
        return NULL;
    }
    pcre2_set_match_limit(own->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(own->limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(own->limits, HEAP_LIMIT_KIB);
    pthread_setspecific(at_thread_end, own);
    workspace = own;
    return own;
}

static void code_free(void *code)
{
    pcre2_code_free(code);
}

/* Takes the slashes off; false where they are missing or a letter other than i follows. */
static bool unwrap(struct text source, struct text *ret_expression, uint32_t *ret_options)
{
    bool any_case = text_ends(source, "/i");
    size_t end = source.len - (any_case ? 2 : 1);
    if (source.len < 3 || source.data[0] != '/' || source.data[end] != '/' || end < 2)
        return false;
    *ret_expression = (struct text){ source.data + 1, end - 1 };
    *ret_options = any_case ? PCRE2_CASELESS : 0;
    return true;
}

const struct regex *regex_read(struct schema_reading *reading, const struct yaml_node *node,
                               struct text source)
{
    struct text expression;
    uint32_t options;
    if (source.len > PATTERN_MAX || !unwrap(source, &expression, &options)) {
        problems_add(reading->problems, PROBLEM_ERROR, node,
                     "expected a /regular expression/ or /regular expression/i of at most %d bytes",
                     PATTERN_MAX);
        return NULL;
    }
    int code;
    size_t at;
    options |= PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
    struct regex *regex = arena_new(reading->arena, struct regex);
    regex->code =
        pcre2_compile((PCRE2_SPTR)expression.data, expression.len, options, &code, &at, NULL);
    if (!regex->code) {
        char message[160];
        pcre2_get_error_message(code, (PCRE2_UCHAR *)message, sizeof message);
        problems_add(reading->problems, PROBLEM_ERROR, node,
                     "not a regular expression: %s, at character %zu", message, at + 1);
        return NULL;
    }
    arena_at_end(reading->arena, code_free, regex->code);
    regex->literals = literals_of(expression, options & PCRE2_CASELESS, reading->arena);
    return regex;
}

bool regex_matches(const struct regex *regex, struct text subject)
{
    if (regex->literals && !literals_stand_in(regex->literals, subject))
        return false;
    struct workspace *own = workspace_get();
    if (!own)
        return false;
    const char *bytes = subject.data ? subject.data : "";
    return pcre2_match(regex->code, (PCRE2_SPTR)bytes, subject.len, 0, 0, own->data, own->limits) >=
           0;
}
