/* citations.h - what an answer rests on, as OpenAI's annotations and as Anthropic's citations.
 *
 *     {"type":"url_citation","url_citation":{"url":…,"title":…,"start_index":…,"end_index":…}}
 *     {"type":"file_citation","file_citation":{"filename":…,"location":{…},"start_index":…,…}}
 *
 *     {"type":"web_search_result_location","url":…,"title":…,"cited_text":…,"encrypted_index":…}
 *     {"type":"page_location","document_index":…,"start_page_number":…,"cited_text":…,…}
 *
 * OpenAI says of the answer's text which part is meant; Anthropic's citations stand at a block of
 * it. Where in a document that the request brought the place is OpenAI's chat has no words for:
 * there it is a `location`. */
#ifndef BOURSE_DIALECT_CITATIONS_H
#define BOURSE_DIALECT_CITATIONS_H

#include "chat/citation.h"
#include "wire/json_tree.h"
#include "wire/json_writer.h"

/* False where it is of a type that is not known. Where the answer cites is not read. */
bool citation_read_anthropic(const struct json_tree *tree, const struct json_node *object,
                             struct citation *ret);
void citation_put_anthropic(struct json_writer *json, const struct citation *citation);

bool citation_read_annotation(const struct json_tree *tree, const struct json_node *object,
                              struct citation *ret);
/* The same but for the number and brackets at its end, which say where the part of the text ends
 * that is meant: that is known only when it is said. */
void citation_open_annotation(struct json_writer *json, const struct citation *citation);
void citation_close_annotation(struct json_writer *json, int64_t end);

#endif
