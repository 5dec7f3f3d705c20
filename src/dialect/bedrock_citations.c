/* bedrock_citations.c - what an answer of Converse rests on. */
#include "bedrock.h"

#define NODES_MAX    4096
#define BLOCK_LEVELS 5 /* {citations:[{location:{documentPage:{…}}}]} */

static const struct {
    const char *name, *document;
    enum citation_kind kind;
} place_rows[] = {
    { "documentChar", "documentIndex", CITED_CHARS },
    { "documentPage", "documentIndex", CITED_PAGES },
    { "documentChunk", "documentIndex", CITED_BLOCKS },
    { "searchResultLocation", "searchResultIndex", CITED_RESULT },
    { "web", NULL, CITED_WEB },
};

static struct text inside_of(const struct json_tree *tree, const struct json_node *object,
                             const char *name)
{
    return json_inside(tree, json_find(tree, object, name));
}

/* Some places of documents are told as a page of the web without an address. */
static bool is_place(const struct json_tree *tree, const struct json_node *place,
                     enum citation_kind kind)
{
    return json_is_kind(place, JSON_OBJECT) &&
           (kind != CITED_WEB || inside_of(tree, place, "url").len > 0);
}

static void read_place(const struct json_tree *tree, const struct json_node *location,
                       struct citation *citation)
{
    for (size_t i = 0; i < sizeof(place_rows) / sizeof(place_rows[0]); i++) {
        const struct json_node *place = json_find(tree, location, place_rows[i].name);
        if (!is_place(tree, place, place_rows[i].kind))
            continue;
        citation->kind = place_rows[i].kind;
        if (place_rows[i].document)
            json_to_count(tree, json_find(tree, place, place_rows[i].document),
                          &citation->document);
        json_to_count(tree, json_find(tree, place, "start"), &citation->from);
        json_to_count(tree, json_find(tree, place, "end"), &citation->to);
        if (place_rows[i].kind == CITED_WEB)
            citation->address = inside_of(tree, place, "url");
    }
}

/* The words that are cited come in a list, of which there is one as a rule. */
void bedrock_read_citation(struct foreign_answer *answer, const struct json_tree *tree,
                           const struct json_node *cited)
{
    const struct json_node *content = json_find(tree, cited, "sourceContent");
    struct citation citation = { .kind = CITED_RESULT,
                                 .title = inside_of(tree, cited, "title"),
                                 .address = inside_of(tree, cited, "source") };
    if (!json_is_kind(cited, JSON_OBJECT))
        return;
    if (json_is_kind(content, JSON_ARRAY))
        citation.quote = inside_of(tree, json_first(tree, content), "text");
    read_place(tree, json_find(tree, cited, "location"), &citation);
    openai_cite(&answer->writer, &citation);
}

static void read_content(struct foreign_answer *answer, const struct json_tree *tree,
                         const struct json_node *content)
{
    for (const struct json_node *piece =
             json_is_kind(content, JSON_ARRAY) ? json_first(tree, content) : NULL;
         piece; piece = json_next(tree, piece))
        openai_words(&answer->writer, inside_of(tree, piece, "text"));
}

/* It stands deeper in a reply than is looked into for anything else. */
void bedrock_read_cited(struct foreign_answer *answer, struct text block)
{
    struct json_tree tree;
    const struct json_node *citations = NULL;
    json_tree_init(&tree, NODES_MAX, BLOCK_LEVELS);
    if (!json_tree_read(&tree, block)) {
        read_content(answer, &tree, json_find(&tree, json_root(&tree), "content"));
        citations = json_find(&tree, json_root(&tree), "citations");
    }
    for (const struct json_node *cited =
             json_is_kind(citations, JSON_ARRAY) ? json_first(&tree, citations) : NULL;
         cited; cited = json_next(&tree, cited))
        bedrock_read_citation(answer, &tree, cited);
    json_tree_clear(&tree);
}
