/* json_scan.h - the inside of the JSON scan: where it stands, and who reads what.
 *
 *     json.c         what may stand where, and the signs and words
 *     json_number.c  numbers
 *     json_string.c  strings: told as they stand, or put together
 *
 * A token that lies in one piece is told as it stands there. Only of one that was cut, or of a
 * string with escapes, a text is put together. */
#ifndef BOURSE_WIRE_JSON_SCAN_H
#define BOURSE_WIRE_JSON_SCAN_H

#include "json_characters.h"
#include "wire/json.h"

/* Of a string's text, as it is told in parts: large, since each is a call. */
#define JSON_PART_BYTES 8192

/* Bytes of a text that need no further memory: most texts have less, and a scan of this size comes
 * out of malloc's fast lists. */
#define JSON_SHORT_TEXT 512

enum json_class {
    OTHER,
    SPACE,
    QUOTE,
    OPEN_OBJECT,
    CLOSE_OBJECT,
    OPEN_ARRAY,
    CLOSE_ARRAY,
    COMMA,
    COLON,
    LETTER, /* the first one of a word */
    MINUS,
    ZERO,
    DIGIT,
    PLUS,
    POINT,
    EXPONENT,
    CLASSES,
};

extern const unsigned char json_class_of[256];

/* What may come next, between two tokens. */
enum json_expect {
    EXPECT_VALUE,
    EXPECT_ITEM_OR_END, /* behind [ */
    EXPECT_KEY_OR_END,  /* behind { */
    EXPECT_KEY,         /* behind a comma */
    EXPECT_COLON,
    EXPECT_MORE_ITEMS,
    EXPECT_MORE_MEMBERS,
    EXPECT_NOTHING, /* behind the document */
};

enum json_inside { BETWEEN_TOKENS, IN_STRING, IN_NUMBER, IN_WORD };

struct json_word;

/* Room for texts that are long. */
struct json_long_text {
    char text[JSON_TEXT_KEPT + JSON_COPY_SLACK];
    char part[JSON_PART_BYTES + JSON_COPY_SLACK];
};

struct json_scan {
    json_sink *sink, *part_sink;
    void *owner;
    enum fail fail;
    bool not_utf8;

    enum json_expect expect;
    int depth;
    uint64_t arrays; /* a bit for each container around: of an object it is 0 */

    const unsigned char *piece; /* being fed */
    size_t fed;                 /* bytes of the pieces before it */
    size_t start;               /* of the token that is being read */
    enum json_inside inside;    /* it was cut by the end of the piece before */
    unsigned char number;       /* how much of one was read */
    const struct json_word *word;
    size_t letters;   /* of the word, read so far */
    bool long_string; /* in `part` by now */
    bool wide, part_wide;
    size_t rest; /* bytes that are not in `text` */
    size_t text_len, part_len, cut_len;
    unsigned char cut[JSON_CUT_MAX]; /* the beginning of a character whose rest is to come */
    char *text;                      /* with its slack: in `short_text`, or in `long_text` */
    size_t text_room;
    struct json_long_text *long_text; /* NULL as long as no text was long */
    char short_text[JSON_SHORT_TEXT + JSON_COPY_SLACK];
};

/* Each reads at least one byte and says where it got to: NULL where the scan has failed. */
typedef const unsigned char *json_reader(struct json_scan *scan, const unsigned char *at,
                                         const unsigned char *end);

json_reader json_begin_string, json_read_string;
json_reader json_begin_number, json_read_number;

/* Of a number that was cut. False when the scan has failed. */
bool json_end_number(struct json_scan *scan, size_t end);

/* The text of a token that will not be told as it stands is empty at first. */
void json_begin_text(struct json_scan *scan);

/* Makes room for JSON_TEXT_KEPT bytes of it. False when the scan has failed. */
bool json_grow_text(struct json_scan *scan);

/* NULL, for a reader. */
const unsigned char *json_refuse(struct json_scan *scan, enum fail fail);

/* The token that is being read, up to `end`. False when the scan has failed. */
bool json_tell(struct json_scan *scan, struct json_value *value, size_t end);

/* No token is open any more, and what may come next hangs on the container around. */
void json_expect_behind_value(struct json_scan *scan);

static inline size_t json_place(const struct json_scan *scan, const unsigned char *at)
{
    return scan->fed + (size_t)(at - scan->piece);
}

#endif
