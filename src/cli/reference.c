/* reference.c - `bourse reference`: manual and tables, from the rows that the program itself uses.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "admin/pages.h"
#include "catalog/dialects.h"
#include "catalog/quirks.h"
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

/* The mock speaks OpenAI's and needs no column. */
static bool is_shown(int dialect)
{
    return dialect != DIALECT_MOCK;
}

static void print_dialect_heads(struct buffer *out)
{
    buffer_append_string(out, "| field |");
    for (int dialect = 0; dialect < DIALECT_LANGUAGES; dialect++)
        if (is_shown(dialect))
            buffer_printf(out, " %s |", dialect_row(dialect)->word);
    buffer_append_string(out, " essential | |\n|---|");
    for (int dialect = 0; dialect < DIALECT_LANGUAGES; dialect++)
        if (is_shown(dialect))
            buffer_append_string(out, "---|");
    buffer_append_string(out, "---|---|\n");
}

static void print_field(struct buffer *out, const struct field_row *row)
{
    buffer_printf(out, "| `%s` |", row->name);
    for (int dialect = 0; dialect < DIALECT_LANGUAGES; dialect++)
        if (is_shown(dialect))
            buffer_printf(out, " %s |", carriage_word((enum carriage)row->carried[dialect]));
    buffer_printf(out, " %s | %s |\n", row->is_essential ? "yes" : "", row->doc);
}

static void print_fields(struct buffer *out, uint64_t fields)
{
    buffer_append_string(out, fields ? " `" : " ");
    fields_print(fields, "`, `", out);
    buffer_append_string(out, fields ? "` |" : " |");
}

static void print_otherwise(struct buffer *out, const struct quirks *row)
{
    if (row->limit)
        buffer_printf(out, " `%s` only;", row->limit);
    if (row->seed)
        buffer_printf(out, " the seed is `%s`;", row->seed);
    if (row->tells_usage)
        buffer_append_string(out, " no `stream_options`, usage comes all the same;");
    if (row->no_developer)
        buffer_append_string(out, " `developer` becomes `system`;");
    if (row->call_id)
        buffer_printf(out, " ids of calls are %d letters and digits;", row->call_id);
    buffer_append_string(out, " |");
}

static void print_quirks(struct buffer *out)
{
    buffer_append_string(
        out,
        "\n## Servers that speak OpenAI's language\n\nIn what they deviate from it, by the host of a "
        "provider's `base_url` or by its `quirks:`. What is refused is left out of a request and is "
        "lost like anything above; what has no effect is passed on and told as lost, too. What has "
        "another name is renamed. A request without any of it goes there byte for byte. `refuses:` "
        "and `takes:` of a provider correct its row.\n\n"
        "| quirks | host | refused | without effect | otherwise | |\n|---|---|---|---|---|---|\n");
    for (const struct quirks *row = quirks_rows; row->name; row++) {
        buffer_printf(out, "| `%s` | %s |", row->name, row->host ? row->host : "");
        print_fields(out, row->refuses);
        print_fields(out, row->ignores);
        print_otherwise(out, row);
        buffer_printf(out, " %s |\n", row->doc);
    }
}

static void print_dialects(struct buffer *out)
{
    buffer_append_string(
        out,
        "# Dialects\n\nWhat becomes of each field of a request in the dialect of the provider "
        "that is asked. Printed by `bourse reference dialects`.\n\n"
        "A client whose language is the provider's own loses nothing: its body is passed on byte for "
        "byte, but for what its server deviates in (see the end). The columns are for those that "
        "speak another: OpenAI's chat completions, "
        "legacy completions or Responses, or Anthropic's Messages. What is `openai` here is chat completions, as "
        "a server is asked that has nothing else (`endpoints` of a provider).\n\n"
        "What is lost is named in the header `x-bourse-lossy` and counted in "
        "`bourse_lossy_total`. Where an essential field would be lost the candidate is not asked, "
        "and on a route with `strict: true` not where any would be: when nobody is left, the "
        "request is refused with a 400. A value that means the same as none (`n: 1`, "
        "`logprobs: false`) is not lost.\n\n");
    print_dialect_heads(out);
    for (int field = FIELD_NONE + 1; field < FIELD_COUNT; field++)
        print_field(out, field_row((enum field)field));
    print_quirks(out);
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
    { "dialects", print_dialects, "what each dialect carries" },
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
