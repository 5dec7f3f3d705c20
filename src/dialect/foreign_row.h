/* foreign_row.h - what a language brings: a row of functions, and what they are given.
 *
 * A new language is a row in foreign.c and the files with its functions. What they read comes as a
 * tree of places, what they say of an answer goes through openai_writer.h. */
#ifndef BOURSE_DIALECT_FOREIGN_ROW_H
#define BOURSE_DIALECT_FOREIGN_ROW_H

#include "openai_writer.h"
#include "wire/json_tree.h"

/* The answer that is being read: a stream, or a whole reply. */
struct foreign_answer {
    struct openai_writer writer;
    struct json_tree tree; /* of the event or reply that was read last */
    void *state;           /* the language's own, zeroed at first; lives as long as the answer */
};

/* A request that is being written. */
struct foreign_writing {
    const struct foreign_question *question;
    const struct chat_request *request;
    const struct model *model;
    struct json_tree tree; /* of the client's body */
    struct json_tree last; /* of the message that comes behind; it may be empty */
    struct json_writer json;
};

struct foreign_error {
    struct text message, type, code; /* insides of JSON strings; empty where absent */
    struct text wait; /* a duration, before which it is of no use to ask again; the same */
};

/* How the events of a stream are told apart. */
enum foreign_frames {
    FRAMES_SSE,
    FRAMES_AMAZON, /* wire/event_stream.h; a name that ends with "Exception" is an error's */
};

struct foreign {
    const char *name;
    enum foreign_frames frames;

    /* Writes the body of a request whose tree was read. */
    enum fail (*write)(struct foreign_writing *writing);
    struct text (*path)(const struct foreign_question *question, struct arena *arena);

    const char *thought_format; /* as it is called beside thoughts; NULL: it is not */

    int answer_levels; /* what stands deeper in a reply or an event is copied as it is */
    size_t state_size; /* of its own state of an answer */
    /* An event of a stream whose document was read; `name` is that of the event, if it has one. */
    void (*read_event)(struct foreign_answer *answer, struct text name);
    /* Where nothing in a stream says that it is over: it is. NULL: something does. */
    void (*read_end)(struct foreign_answer *answer);
    /* A whole reply; false where it is none. */
    bool (*read_reply)(struct foreign_answer *answer);
    /* What an error's body says; the tree is that of the body. */
    void (*read_error)(const struct json_tree *tree, struct foreign_error *ret_error);

    /* Texts as vectors; NULL where it has none. The lists of numbers in the tree are no nodes.
     * False where the reply is none. */
    enum fail (*write_embeddings)(struct foreign_writing *writing);
    bool (*read_embeddings)(const struct json_tree *tree, const struct foreign_about *about,
                            bool is_base64, struct json_writer *json);
};

extern const struct foreign foreign_anthropic;
extern const struct foreign foreign_gemini;
extern const struct foreign foreign_bedrock;

#endif
