/* voice_row.h - what a client's language brings: a row of functions, and what they are given.
 *
 * A new one is a row in voice.c and the files with its functions. */
#ifndef BOURSE_DIALECT_VOICE_ROW_H
#define BOURSE_DIALECT_VOICE_ROW_H

#include "dialect/voice.h"
#include "wire/json_tree.h"
#include "wire/json_writer.h"
#include "wire/sse.h"

/* A client's body that is being written as a chat. */
struct chat_reading {
    const struct chat_aim *aim;
    struct json_tree tree; /* of the client's body */
    struct json_writer json;
};

/* For OpenAI's servers, not for our own reader. */
static inline bool chat_is_final(const struct chat_reading *reading)
{
    return reading->aim->model != NULL;
}

static inline const struct json_node *chat_member(const struct chat_reading *reading,
                                                  const char *name)
{
    return json_find(&reading->tree, json_root(&reading->tree), name);
}

/* A member that is given; of NULL and null nothing. */
void chat_put_member(struct chat_reading *reading, const char *name, const struct json_node *value);
/* The member `model`. */
void chat_put_model(struct chat_reading *reading);
/* Members that are chat's, and that some servers take elsewhere too. */
void chat_put_beside(struct chat_reading *reading);

/* What all languages' writers of a stream begin with. */
struct voice_writer {
    const struct voice *voice;
    struct voice_about about;
    struct sse sse;
    struct json_tree tree; /* of the chunk that was read last */
    struct json_writer json;
    bool ended; /* its last word was said */
};

/* What is repeated as it was written may have several lines; an event's data are one. */
void voice_join_lines(struct voice_writer *writer, size_t data_at);

struct voice {
    int body_levels; /* what stands deeper in a body is copied as it is */
    /* Everything inside the chat's braces. */
    enum fail (*put_chat)(struct chat_reading *reading, const char **ret_why);
    /* Whether a body may have any, at a glance. NULL: it may. */
    bool (*may_be_strange)(struct text body);
    size_t (*strange_thoughts)(const struct json_tree *tree, struct span *ret_spans, size_t room);

    size_t writer_size; /* of its own, which begins with a struct voice_writer */
    void (*init)(struct voice_writer *writer); /* it is zeroed before */
    /* It goes on behind what was delivered in the language's own words; NULL: it cannot. */
    void (*resume)(struct voice_writer *writer, const struct delivered *delivered);
    void (*clear)(struct voice_writer *writer);
    void (*read_chunk)(struct voice_writer *writer);
    void (*end)(struct voice_writer *writer);
    void (*cut)(struct voice_writer *writer, const struct error_note *note);

    /* The tree is that of a completion which has a choice. */
    void (*put_reply)(const struct voice_about *about, const struct json_tree *tree,
                      struct json_writer *json);
    /* NULL: OpenAI's own. */
    void (*put_error)(const struct json_tree *tree, const char *request_id,
                      struct json_writer *json);
};

extern const struct voice voice_completions;
extern const struct voice voice_messages;
extern const struct voice voice_responses;

/* The tool_choice of a chat: the one tool of that type (function or custom) that `choice` names. */
void chat_put_forced(struct chat_reading *reading, const struct json_node *choice,
                     const char *type);

#endif
