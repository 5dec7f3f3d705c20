/* problems.c - everything wrong with a configuration, in the order of its places. */
#include "config/problems.h"

#include <stdarg.h>
#include <stdio.h>

#include "config/yaml.h"

void problems_init(struct problems *problems, struct arena *arena)
{
    *problems = (struct problems){ .arena = arena };
}

static bool comes_before(const struct problem *a, const struct problem *b)
{
    return a->line < b->line || (a->line == b->line && a->column < b->column);
}

static void keep(struct problems *problems, struct problem *problem)
{
    size_t known = problems->errors + problems->warnings;
    if (problem->kind == PROBLEM_ERROR)
        problems->errors++;
    else
        problems->warnings++;
    if (known >= PROBLEMS_MAX)
        return;

    const struct problem **link = &problems->first;
    while (*link && !comes_before(problem, *link))
        link = (const struct problem **)&(*link)->next;
    problem->next = *link;
    *link = problem;
}

static char *print_what(struct problems *problems, const char *format, va_list args)
{
    char what[1024];
    vsnprintf(what, sizeof(what), format, args);
    return arena_string(problems->arena, what);
}

static void add(struct problems *problems, enum problem_kind kind, const struct yaml_node *node,
                bool at_key, const char *what)
{
    struct problem *problem = arena_new(problems->arena, struct problem);
    problem->kind = kind;
    problem->what = what;
    problem->path = "";
    problem->file = "";
    if (node) {
        problem->file = node->file;
        problem->line = at_key && node->key ? node->key_line : node->line;
        problem->column = at_key && node->key ? node->key_column : node->column;
        problem->path = yaml_path(node, problems->arena);
    }
    keep(problems, problem);
}

void problems_add(struct problems *problems, enum problem_kind kind, const struct yaml_node *node,
                  const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(problems, kind, node, false, print_what(problems, format, args));
    va_end(args);
}

void problems_add_key(struct problems *problems, enum problem_kind kind,
                      const struct yaml_node *node, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(problems, kind, node, true, print_what(problems, format, args));
    va_end(args);
}

void problems_add_at(struct problems *problems, enum problem_kind kind, const char *file, int line,
                     int column, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct problem *problem = arena_new(problems->arena, struct problem);
    *problem =
        (struct problem){ kind, file, line, column, "", print_what(problems, format, args), NULL };
    va_end(args);
    keep(problems, problem);
}

const char *problems_nearest(struct problems *problems, struct text word, const char *const *words,
                             size_t count)
{
    size_t limit = word.len / 3 + 1; /* further away is a guess, not a typing slip */
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t distance = text_distance(word, text_of(words[i]));
        if (distance <= limit) {
            limit = distance ? distance - 1 : 0;
            nearest = words[i];
        }
    }
    return nearest ? arena_printf(problems->arena, " (did you mean \"%s\"?)", nearest) : "";
}

void problems_print(const struct problems *problems, struct buffer *out)
{
    for (const struct problem *p = problems->first; p; p = p->next)
        buffer_printf(out, "%s:%d:%d: %s%s%s%s\n", p->file, p->line, p->column,
                      p->kind == PROBLEM_WARNING ? "warning: " : "", p->path, *p->path ? ": " : "",
                      p->what);
    size_t known = problems->errors + problems->warnings;
    if (known > PROBLEMS_MAX)
        buffer_printf(out, "and %zu more\n", known - PROBLEMS_MAX);
}

static void print_string(struct buffer *out, const char *name, const char *value)
{
    buffer_printf(out, "\"%s\":\"", name);
    buffer_append_json(out, text_of(value));
    buffer_append_string(out, "\",");
}

void problems_print_json(const struct problems *problems, struct buffer *out)
{
    buffer_append_string(out, "[");
    for (const struct problem *p = problems->first; p; p = p->next) {
        buffer_append_string(out, p == problems->first ? "{" : ",{");
        print_string(out, "kind", p->kind == PROBLEM_WARNING ? "warning" : "error");
        print_string(out, "file", p->file);
        print_string(out, "path", p->path);
        print_string(out, "what", p->what);
        buffer_printf(out, "\"line\":%d,\"column\":%d}", p->line, p->column);
    }
    buffer_append_string(out, "]\n");
}
