/* citation.h - what a part of an answer rests on: a page of the web, or a place in a document that
 * the request brought. */
#ifndef BOURSE_CHAT_CITATION_H
#define BOURSE_CHAT_CITATION_H

#include "base/text.h"

enum citation_kind {
    CITED_WEB,    /* a page, by its address */
    CITED_CHARS,  /* characters of a document */
    CITED_PAGES,  /* pages of one; the first is 1 */
    CITED_BLOCKS, /* blocks or chunks of one */
    CITED_RESULT, /* blocks of a result of a search, which the request brought */
    CITED_KINDS
};

/* Texts are the insides of JSON strings, empty where they are not known. */
struct citation {
    enum citation_kind kind;
    struct text title, address; /* of what is cited */
    struct text quote;          /* its words */
    struct text proof;          /* what its vendor wants back with it */
    int64_t document;           /* which one of the request's, from 0 */
    int64_t from, to;           /* the place in it; `to` lies behind the last */
    int64_t start, end;         /* characters of the answer's text; `end` lies behind the last,
                                   negative: that is not known */
};

#endif
