/* request_reader.h - the inside of the request reader: where it stands, and what is read there.
 *
 *     json scan ──value──> frame (the container it is in) ──> place (what is known there)
 *                                                              └──> member (a row): take()
 *
 * A place lists the members that are read in an object and what the items of an array are; what has
 * no row is passed over with all that is in it. The rows stand in request_members.c. */
#ifndef BOURSE_DIALECT_REQUEST_READER_H
#define BOURSE_DIALECT_REQUEST_READER_H

#include "dialect/openai.h"
#include "request_characters.h"
#include "request_excerpt.h"
#include "wire/json.h"

/* Names and values that are kept are at most this long; more is a 400. */
#define REQUEST_NAME_MAX 1024

/* Bytes. Longer ones are refused wherever they stand, since the scan tells only their beginning;
 * doubles need 17 digits at most. */
#define REQUEST_NUMBER_MAX 1024

/* The last user's turn, the one before it, the latest turn, and the one being read. */
#define REQUEST_TURNS_KEPT 4

struct place;
struct member;

typedef bool member_take(struct request_reader *reader, const struct member *member,
                         const struct json_value *value);

struct member {
    struct text name;   /* empty for items and for rows that stand for any name */
    uint32_t kinds;     /* 1 << enum json_kind: others are a 400, but null is as absent */
    uint32_t endpoints; /* 1 << enum endpoint: elsewhere it has no meaning; 0 is everywhere */
    bool ours;          /* removed before the body goes upstream */
    size_t offset;      /* in struct request_reader: where take() puts it */
    member_take *take;  /* false after request_refuse(); NULL where only what is inside matters */
    member_take *leave; /* at the end of an object or array */
    const struct place *inside; /* what is known of its members or items */
    enum field field;           /* noted where the value means anything */
};

struct place {
    const struct member *members;
    size_t member_count;
    const struct member *rest; /* for names without a row */
    const struct member *item; /* for the items of an array */
    bool counts_names;         /* the model reads the names of the members too */
    bool keeps_names;          /* the rest's take() looks at them */
    bool notes_unknown;        /* names without a row are noted */
};

extern const struct place request_body_place;
extern const struct place request_relayed_place;

enum turn_role { TURN_OTHER, TURN_USER, TURN_SYSTEM };

struct reading_frame {
    const struct place *place;
    const struct member *owner; /* the row whose value this container is */
    const struct member *row;   /* of the name that was read last, NULL where there is none */
    struct text name;           /* that name, where the place keeps it */
    bool is_array;
    size_t name_start;
    size_t items;      /* of an array, so far */
    size_t member_end; /* of the member before */
    bool has_kept;     /* a member that stays stands before */
    bool removing;     /* from remove_start on, up to the next name */
    size_t remove_start;
};

struct request_reader {
    struct arena *own;   /* the reader's */
    struct arena *arena; /* of what was read */
    struct json_scan *scan;
    size_t scanned;                      /* bytes of the body that the scan was given */
    struct character_counts rest_counts; /* of a long text, what follows on that of its value */
    struct excerpt_collector rest;
    enum fail fail;
    struct reading_problem problem;

    struct chat_request request;
    struct chat_names models;    /* OpenRouter's */
    struct chat_names fallbacks; /* LiteLLM's */
    struct text session_id, prompt_cache_key, user, safety_identifier;
    bool has_messages, parallel_tools;

    enum turn_role turn_role;
    struct excerpt_collector turns[REQUEST_TURNS_KEPT];
    struct excerpt_collector system;
    struct excerpt_collector *turn, *latest, *user_turn, *before_turn; /* into turns, or NULL */

    size_t depth, frame_room; /* frames in use, and how many there are */
    struct reading_frame *frames;
};

/* Notes a problem with the body as a whole, and gives it back. */
enum fail request_fail(struct request_reader *reader, enum fail fail, const char *message);

/* Notes the problem with the member that is being read, and says false. */
bool request_refuse(struct request_reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* False, as it is above the maximum. */
bool request_refuse_number(struct request_reader *reader);

/* "must be a string or an array", for kinds of 1 << enum json_kind. */
bool request_refuse_kind(struct request_reader *reader, uint32_t kinds);

/* A place for one more name, whose number the caller has bounded. */
struct text *request_add_name(struct request_reader *reader, struct chat_names *names);

bool request_add_splice(struct request_reader *reader, enum splice_kind kind, size_t start,
                        size_t end);

#endif
