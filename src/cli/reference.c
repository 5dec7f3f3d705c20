/* reference.c - `bourse reference`: manual and tables, from the rows that the program itself uses.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "admin/pages.h"
#include "commands.h"
#include "mock/mock.h"
#include "state/snapshot.h"

#define REFERENCE_MAX ((size_t)4 << 20)

static void print_manual(struct buffer *out)
{
    schema_print_manual(&document_schema, out);
}

static void print_yaml(struct buffer *out)
{
    schema_print_yaml(&document_schema, out);
}

static void print_schema(struct buffer *out)
{
    schema_print_json_schema(&document_schema, out);
}

static const char *fault_of(const struct fail_row *row)
{
    if (row->whole_provider)
        return "yes, of all its models";
    return row->providers_fault ? "yes" : "";
}

static void print_failures(struct buffer *out)
{
    buffer_append_string(
        out,
        "# Failures\n\nEverything that can go wrong with an exchange. "
        "Printed by `bourse reference failures`.\n\n"
        "| reason | status | type | code | provider's fault | asked again | next candidate | meaning |\n"
        "|---|---|---|---|---|---|---|---|\n");
    for (int i = FAIL_NONE + 1; i < FAIL_COUNT; i++) {
        const struct fail_row *row = fail_row((enum fail)i);
        buffer_printf(out, "| `%s` | %d | `%s` | %s%s%s | %s | %s | %s | %s |\n", row->name,
                      row->status, row->type, row->code ? "`" : "", row->code ? row->code : "",
                      row->code ? "`" : "", fault_of(row), fail_again_words(row->again),
                      fail_next_words(row->next), row->sentence);
    }
}

/* The families' own HELP and TYPE lines, as the page prints them. */
static void print_metrics(struct buffer *out)
{
    buffer_append_string(out, "# Metrics\n\nOn the admin listener at `/metrics`. Printed by "
                              "`bourse reference metrics`.\n\n| name | type | labels | meaning |\n"
                              "|---|---|---|---|\n");
    page_metrics_reference(out);
}

static const struct {
    const char *name;
    void (*print)(struct buffer *out);
    const char *doc;
} pages[] = {
    { "manual", print_manual, "every key of the configuration (default)" },
    { "yaml", print_yaml, "the same as an annotated YAML document" },
    { "schema", print_schema, "JSON Schema for editors" },
    { "failures", print_failures, "everything that can go wrong" },
    { "metrics", print_metrics, "what /metrics shows" },
    { "faults", mock_print_faults, "what the mock can do wrong, for its man page" },
};

#define PAGES (sizeof(pages) / sizeof(pages[0]))

static int usage(FILE *out, int code)
{
    fprintf(out, "usage: bourse reference [PAGE]\n");
    for (size_t i = 0; i < PAGES; i++)
        fprintf(out, "  %-10s %s\n", pages[i].name, pages[i].doc);
    return code;
}

int command_reference(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "manual";
    if (strcmp(name, "--help") == 0)
        return usage(stdout, EX_OK);
    for (size_t i = 0; i < PAGES; i++) {
        if (strcmp(pages[i].name, name) != 0)
            continue;
        struct buffer out;
        buffer_init(&out, REFERENCE_MAX);
        pages[i].print(&out);
        bool wrote = buffer_write(&out, stdout);
        buffer_clear(&out);
        return wrote ? EX_OK : EX_IOERR;
    }
    return usage(stderr, EX_USAGE);
}
