/* problems.c - everything wrong with a configuration, in the order of its places. */
#include "config/problems.h"

#include <stdarg.h>
#include <stdio.h>

#include "config/yaml.h"

#define WHAT_MAX 1024 /* bytes of one message; what quotes a longer value is cut */

void problems_init(struct problems *problems, struct arena *arena)
{
    *problems = (struct problems){ .arena = arena };
}

/* The problems of one file stay together, files in the order in which they were met. */
static bool comes_before(const struct problem *a, const struct problem *b)
{
    if (strcmp(a->file, b->file) != 0)
        return false;
    return a->line < b->line || (a->line == b->line && a->column < b->column);
}

static void insert(struct problems *problems, struct problem *problem)
{
    const struct problem **link = &problems->first;
    while (*link && !comes_before(problem, *link))
        link = (const struct problem **)&(*link)->next;
    problem->next = *link;
    *link = problem;
}

/* Counts it; false when as many are kept as may be. */
static bool is_kept(struct problems *problems, enum problem_kind kind)
{
    size_t known = problems->errors + problems->warnings;
    if (kind == PROBLEM_ERROR)
        problems->errors++;
    else
        problems->warnings++;
    return known < PROBLEMS_MAX;
}

/* One line: what it quotes may contain line ends and worse. */
static char *print_what(struct problems *problems, const char *format, va_list args)
{
    char what[WHAT_MAX];
    vsnprintf(what, sizeof(what), format, args);
    for (char *byte = what; *byte; byte++)
        if ((unsigned char)*byte < ' ' || *byte == 0x7f)
            *byte = ' ';
    return arena_string(problems->arena, what);
}

static void add(struct problems *problems, enum problem_kind kind, struct problem place,
                const char *format, va_list args)
{
    if (!is_kept(problems, kind))
        return;
    struct problem *problem = arena_new(problems->arena, struct problem);
    *problem = place;
    problem->kind = kind;
    problem->what = print_what(problems, format, args);
    insert(problems, problem);
}

static struct problem place_of(const struct problems *problems, const struct yaml_node *node,
                               bool at_key)
{
    if (!node)
        return (struct problem){ .file = "", .path = "" };
    bool has_key = at_key && node->key_line > 0;
    return (struct problem){
        .file = node->file ? node->file : "",
        .line = has_key ? node->key_line : node->line,
        .column = has_key ? node->key_column : node->column,
        .path = yaml_path(node, problems->arena),
    };
}

void problems_add(struct problems *problems, enum problem_kind kind, const struct yaml_node *node,
                  const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(problems, kind, place_of(problems, node, false), format, args);
    va_end(args);
}

void problems_add_key(struct problems *problems, enum problem_kind kind,
                      const struct yaml_node *node, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(problems, kind, place_of(problems, node, true), format, args);
    va_end(args);
}

void problems_add_at(struct problems *problems, enum problem_kind kind, const char *file, int line,
                     int column, const char *format, ...)
{
    const struct problem place = { .file = file, .line = line, .column = column, .path = "" };
    va_list args;
    va_start(args, format);
    add(problems, kind, place, format, args);
    va_end(args);
}

const char *problems_nearest(struct problems *problems, struct text word, const char *const *words,
                             size_t count)
{
    size_t limit = word.len / 3 + 1; /* further away is a guess, not a typing slip */
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t distance = text_distance(word, text_of(words[i]));
        bool is_near = distance <= limit && distance < word.len;
        if (is_near && (!nearest || distance < limit)) {
            limit = distance;
            nearest = words[i];
        }
    }
    return nearest ? arena_printf(problems->arena, " (did you mean \"%s\"?)", nearest) : "";
}

/* A file that could not be opened has no lines. */
static void print_place(const struct problem *problem, struct buffer *out)
{
    buffer_append_string(out, problem->file);
    if (problem->line > 0)
        buffer_printf(out, ":%d:%d", problem->line, problem->column);
    if (*problem->file)
        buffer_append_string(out, ": ");
}

void problems_print(const struct problems *problems, struct buffer *out)
{
    for (const struct problem *problem = problems->first; problem; problem = problem->next) {
        print_place(problem, out);
        buffer_printf(out, "%s%s%s%s\n", problem->kind == PROBLEM_WARNING ? "warning: " : "",
                      problem->path, *problem->path ? ": " : "", problem->what);
    }
    size_t known = problems->errors + problems->warnings;
    if (known > PROBLEMS_MAX)
        buffer_printf(out, "and %zu more\n", known - PROBLEMS_MAX);
}

static void print_member(struct buffer *out, const char *name, const char *value)
{
    buffer_printf(out, "\"%s\":\"", name);
    buffer_append_json(out, text_of(value));
    buffer_append_string(out, "\"");
}

static void print_object(const struct problem *problem, struct buffer *out)
{
    buffer_append_string(out, "{");
    print_member(out, "kind", problem->kind == PROBLEM_WARNING ? "warning" : "error");
    buffer_append_string(out, ",");
    print_member(out, "file", problem->file);
    buffer_printf(out, ",\"line\":%d,\"column\":%d,", problem->line, problem->column);
    print_member(out, "path", problem->path);
    buffer_append_string(out, ",");
    print_member(out, "what", problem->what);
    buffer_append_string(out, "}");
}

void problems_print_json(const struct problems *problems, struct buffer *out)
{
    buffer_append_string(out, "[");
    for (const struct problem *problem = problems->first; problem; problem = problem->next) {
        if (problem != problems->first)
            buffer_append_string(out, ",");
        print_object(problem, out);
    }
    buffer_append_string(out, "]\n");
}
