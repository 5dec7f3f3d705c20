/* gemini.h - the inside of Google's generateContent: who writes and reads what.
 *
 *     gemini.c             the row, the address, and the members of the body
 *     gemini_config.c      how the answer is to be: sampling, lengths, form
 *     gemini_thinking.c    how much a model is to think, by its family
 *     gemini_turns.c       messages become turns: the same role never twice in a row
 *     gemini_parts.c       what stands in a turn: text, pictures, sounds, files
 *     gemini_calls.c       calls of tools, what proves them, and their results
 *     gemini_tools.c       definitions of tools, and how they are chosen
 *     gemini_answer.c      what comes back, streamed or whole
 *     gemini_error.c       what errors say
 *     gemini_embeddings.c  texts as vectors */
#ifndef BOURSE_DIALECT_GEMINI_H
#define BOURSE_DIALECT_GEMINI_H

#include "base/map.h"
#include "foreign_row.h"

/* What marks a thought's proof as Google's, where a conversation may have those of others. */
#define GEMINI_FORMAT "google-gemini-v1"

/* ---- the form of the answer: an object that is opened by its first member ---- */

struct gemini_config {
    struct foreign_writing *writing;
    bool is_open;
};

void gemini_config_key(struct gemini_config *config, const char *name);
void gemini_put_config(struct foreign_writing *writing);
void gemini_put_thinking(struct gemini_config *config);

/* Models of this family refuse a call that comes back without what proves it. */
bool gemini_wants_proof(const char *model);

/* ---- turns ---- */

/* Messages as they are written: a turn is opened by its first part. */
struct gemini_turns {
    struct json_writer *json;
    const char *role;   /* of the open one, NULL: none is */
    const char *wanted; /* whose the next part is; NULL: nobody's, it stands by itself */
    bool wants_proof;   /* of calls */
    struct arena arena;
    struct map names; /* of functions, by the ids of their calls */
};

void gemini_open_part(struct gemini_turns *turns);
void gemini_close_part(struct gemini_turns *turns);

/* `systemInstruction` and `contents`. */
void gemini_put_turns(struct foreign_writing *writing);

/* ---- parts ---- */

enum gemini_parts { /* which parts of a content are meant */
                    GEMINI_ALL,
                    GEMINI_WORDS,
                    GEMINI_MEDIA, /* all others */
};

void gemini_put_text(struct gemini_turns *turns, struct text inside);
/* A string, or a list of parts. */
void gemini_put_content(struct gemini_turns *turns, const struct json_tree *tree,
                        const struct json_node *content, enum gemini_parts which);
/* What proves words of the assistant to their model, where the message has it. */
void gemini_put_proofs(struct gemini_turns *turns, const struct json_tree *tree,
                       const struct json_node *message);

/* ---- tools ---- */

void gemini_put_calls(struct gemini_turns *turns, const struct json_tree *tree,
                      const struct json_node *message);
void gemini_put_result(struct gemini_turns *turns, const struct json_tree *tree,
                       const struct json_node *message);
void gemini_put_tools(struct foreign_writing *writing);

/* ---- answers ---- */

struct gemini_candidate {
    size_t blocks;   /* thoughts and proofs so far */
    bool in_thought; /* the last part was a piece of one */
    bool is_finished;
    bool is_wide;     /* its text has more bytes than characters */
    bool is_grounded; /* what it rests on was told */
};

struct gemini_state {
    struct gemini_candidate candidates[OPENAI_CHOICES_MAX];
};

/* What is said belongs to it: notes what the places that Google names in it mean. */
void gemini_note_words(struct gemini_candidate *candidate, struct text inside);
void gemini_read_grounding(struct foreign_answer *answer, struct gemini_candidate *candidate,
                           const struct json_node *grounding);

void gemini_read_event(struct foreign_answer *answer, struct text name);
void gemini_read_end(struct foreign_answer *answer);
bool gemini_read_reply(struct foreign_answer *answer);
void gemini_read_error(const struct json_tree *tree, struct foreign_error *ret_error);

/* ---- embeddings ---- */

/* Vertex has other words for them, and for its models without Gemini's name others again. */
enum gemini_vectors { VECTORS_GEMINI, VECTORS_VERTEX, VECTORS_PREDICTED };
enum gemini_vectors gemini_vectors_of(const struct model *model);

enum fail gemini_write_embeddings(struct foreign_writing *writing);
bool gemini_read_embeddings(const struct json_tree *tree, const struct foreign_about *about,
                            bool is_base64, struct json_writer *json);

/* The model with the collection that it stands in, as Google names it, or as a part of an address.
 */
const char *gemini_resource(const char *model, bool in_address, struct arena *arena);

static inline const struct json_node *gemini_member(const struct foreign_writing *writing,
                                                    const char *name)
{
    return json_find(&writing->tree, json_root(&writing->tree), name);
}

#endif
