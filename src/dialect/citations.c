/* citations.c - what an answer rests on, as OpenAI's annotations and as Anthropic's citations. */
#include "citations.h"

/* Where the places of a kind are called what. */
static const struct citation_row {
    const char *unit;                                /* in the `location` of an annotation */
    const char *type, *document, *title, *from, *to; /* Anthropic's; NULL: it has none */
} rows[CITED_KINDS] = {
    [CITED_WEB] = { NULL, "web_search_result_location", NULL, "title", NULL, NULL },
    [CITED_CHARS] = { "char", "char_location", "document_index", "document_title",
                      "start_char_index", "end_char_index" },
    [CITED_PAGES] = { "page", "page_location", "document_index", "document_title",
                      "start_page_number", "end_page_number" },
    [CITED_BLOCKS] = { "block", "content_block_location", "document_index", "document_title",
                       "start_block_index", "end_block_index" },
    [CITED_RESULT] = { "result", "search_result_location", "search_result_index", "title",
                       "start_block_index", "end_block_index" },
};

static struct text inside_of(const struct json_tree *tree, const struct json_node *object,
                             const char *name)
{
    return json_inside(tree, json_find(tree, object, name));
}

static void read_count(const struct json_tree *tree, const struct json_node *object,
                       const char *name, int64_t *ret)
{
    if (name)
        json_to_count(tree, json_find(tree, object, name), ret);
}

/* Clients want a string, also where it says nothing. */
static void put_text(struct json_writer *json, const char *name, struct text inside)
{
    put_key(json, name);
    put_open_string(json);
    put_inside(json, inside);
    put_close_string(json);
}

static void put_given(struct json_writer *json, const char *name, struct text inside)
{
    if (inside.len > 0)
        put_inside_member(json, name, inside);
}

/* ---- Anthropic's ---- */

bool citation_read_anthropic(const struct json_tree *tree, const struct json_node *object,
                             struct citation *ret)
{
    const struct json_node *type = json_find(tree, object, "type");
    for (int kind = 0; kind < CITED_KINDS; kind++) {
        const struct citation_row *row = &rows[kind];
        if (!json_is(tree, type, row->type))
            continue;
        *ret = (struct citation){ .kind = (enum citation_kind)kind, .start = -1, .end = -1 };
        ret->title = inside_of(tree, object, row->title);
        ret->address = inside_of(tree, object, kind == CITED_WEB ? "url" : "source");
        ret->quote = inside_of(tree, object, "cited_text");
        ret->proof = inside_of(tree, object, "encrypted_index");
        read_count(tree, object, row->document, &ret->document);
        read_count(tree, object, row->from, &ret->from);
        read_count(tree, object, row->to, &ret->to);
        return true;
    }
    return false;
}

static void put_title(struct json_writer *json, const char *name, struct text title)
{
    if (title.len > 0)
        put_inside_member(json, name, title);
    else
        put_raw_member(json, name, (struct text){ 0 });
}

void citation_put_anthropic(struct json_writer *json, const struct citation *citation)
{
    const struct citation_row *row = &rows[citation->kind];
    put_open(json, '{');
    put_word_member(json, "type", row->type);
    put_text(json, "cited_text", citation->quote);
    put_title(json, row->title, citation->title);
    if (citation->kind == CITED_WEB) {
        put_text(json, "url", citation->address);
        put_text(json, "encrypted_index", citation->proof);
    } else {
        put_count_member(json, row->document, citation->document);
        put_count_member(json, row->from, citation->from);
        put_count_member(json, row->to, citation->to);
    }
    if (citation->kind == CITED_RESULT)
        put_text(json, "source", citation->address);
    put_close(json, '}');
}

/* ---- OpenAI's ---- */

/* One without a place is one of a result: whose place that is nobody asks. */
static enum citation_kind kind_of_unit(const struct json_tree *tree, const struct json_node *unit)
{
    for (int kind = 0; kind < CITED_KINDS; kind++)
        if (rows[kind].unit && json_is(tree, unit, rows[kind].unit))
            return (enum citation_kind)kind;
    return CITED_RESULT;
}

static void read_place(const struct json_tree *tree, const struct json_node *file,
                       struct citation *ret)
{
    const struct json_node *location = json_find(tree, file, "location");
    ret->kind = kind_of_unit(tree, json_find(tree, location, "type"));
    ret->title = inside_of(tree, file, "filename");
    ret->address = inside_of(tree, file, "source");
    if (ret->address.len == 0)
        ret->address = inside_of(tree, file, "file_id");
    read_count(tree, location, "index", &ret->document);
    read_count(tree, location, "start", &ret->from);
    read_count(tree, location, "end", &ret->to);
}

bool citation_read_annotation(const struct json_tree *tree, const struct json_node *object,
                              struct citation *ret)
{
    const struct json_node *page = json_find(tree, object, "url_citation");
    const struct json_node *file = json_find(tree, object, "file_citation");
    const struct json_node *said = page ? page : file;
    if (!json_is_kind(said, JSON_OBJECT))
        return false;
    *ret = (struct citation){ .kind = CITED_WEB, .start = -1, .end = -1 };
    ret->quote = inside_of(tree, said, "quote");
    read_count(tree, said, "start_index", &ret->start);
    read_count(tree, said, "end_index", &ret->end);
    if (!page) {
        read_place(tree, file, ret);
        return true;
    }
    ret->title = inside_of(tree, page, "title");
    ret->address = inside_of(tree, page, "url");
    ret->proof = inside_of(tree, page, "encrypted_index");
    return true;
}

static void put_location(struct json_writer *json, const struct citation *citation)
{
    put_key(json, "location");
    put_open(json, '{');
    put_word_member(json, "type", rows[citation->kind].unit);
    put_count_member(json, "index", citation->document);
    put_count_member(json, "start", citation->from);
    put_count_member(json, "end", citation->to);
    put_close(json, '}');
}

void citation_open_annotation(struct json_writer *json, const struct citation *citation)
{
    const char *type = citation->kind == CITED_WEB ? "url_citation" : "file_citation";
    put_open(json, '{');
    put_word_member(json, "type", type);
    put_key(json, type);
    put_open(json, '{');
    if (citation->kind == CITED_WEB) {
        put_text(json, "url", citation->address);
        put_text(json, "title", citation->title);
        put_given(json, "encrypted_index", citation->proof);
    } else {
        put_text(json, "filename", citation->title);
        put_given(json, "source", citation->address);
        put_location(json, citation);
    }
    put_given(json, "quote", citation->quote);
    put_count_member(json, "start_index", citation->start);
    put_key(json, "end_index");
}

void citation_close_annotation(struct json_writer *json, int64_t end)
{
    put_count(json, end);
    put_close(json, '}');
    put_close(json, '}');
}
