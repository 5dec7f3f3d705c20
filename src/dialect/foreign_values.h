/* foreign_values.h - values of a chat that other languages want in another form. */
#ifndef BOURSE_DIALECT_FOREIGN_VALUES_H
#define BOURSE_DIALECT_FOREIGN_VALUES_H

#include "base/arena.h"
#include "wire/json_tree.h"
#include "wire/json_writer.h"

/* `data:image/png;base64,AAAA`, taken apart; of any other address the data are empty. Insides of
 * JSON strings, all of them. */
struct data_url {
    struct text media_type, data;
};

struct data_url data_url_of(struct text url);

/* The arguments of a call, which are a string that holds an object, as that object. Some models
 * write nothing, or something else: that becomes an empty one, or one with a member `otherwise`. */
void put_object_member(struct json_writer *json, const char *name, struct text inside,
                       const char *otherwise);

/* The id of a call, without the characters that some vendors have in theirs and others refuse. A
 * call and its result are changed alike. */
void put_plain_id_member(struct json_writer *json, const char *name, struct text id);

/* A name as one segment of an address. */
char *path_segment(const char *name, struct arena *arena);

/* ---- earlier thoughts ---- */

/* What proves a thought to models of one vendor is refused by those of another; what says nothing
 * of its format is taken for Anthropic's. */
bool thought_is_of(const struct json_tree *tree, const struct json_node *detail,
                   const char *format);

/* As they came out of a stream, a thought is in pieces: the text, and what proves it at the end,
 * which is left alone where there is none. Returns the first piece that belongs to another. */
const struct json_node *thought_end(const struct json_tree *tree, const struct json_node *first,
                                    struct text *ret_proof);

#define ANTHROPIC_FORMAT "anthropic-claude-v1"

#endif
