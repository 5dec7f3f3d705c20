/* json_characters.h - the inside of a JSON string: passed over where it stands, or decoded.
 *
 *     skip:  "plain words and übung"   stands for itself: nothing has to be copied
 *     copy:  "a \"quote\" \u00e9"      decoded, as far as there is room
 *
 * A cursor stands between two characters, always. */
#ifndef BOURSE_WIRE_JSON_CHARACTERS_H
#define BOURSE_WIRE_JSON_CHARACTERS_H

#include <stdbool.h>
#include <stddef.h>

enum json_stop {
    JSON_STOP_END,    /* all was read */
    JSON_STOP_QUOTE,  /* the string's last quote was read */
    JSON_STOP_ESCAPE, /* stands at a backslash; only of skip */
    JSON_STOP_FULL,   /* there is no more room; only of copy */
    JSON_STOP_CUT,    /* the end is in the middle of a character */
    JSON_STOP_BROKEN, /* a control byte, or an escape that is none */
    JSON_STOP_NOT_UTF8,
};

/* A character is written where there is room for one byte, and bytes are moved by the word. */
#define JSON_COPY_SLACK 16

/* Bytes that may be cut off of a character: a surrogate pair is one. */
#define JSON_CUT_MAX 12

struct json_cursor {
    const unsigned char *at, *end;
    char *out, *limit; /* behind the limit there are JSON_COPY_SLACK bytes more */
    bool wide;         /* a character that is not ASCII was met */
};

enum json_stop json_skip_characters(struct json_cursor *cursor);
enum json_stop json_copy_characters(struct json_cursor *cursor);

#endif
