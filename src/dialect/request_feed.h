/* request_feed.h - hands the body to the scan: strings that are long are read here instead.
 *
 *     {"model":"auto","content":"   1 MB of words   ","x":1}
 *      └───────── scanned ──────┘└── read by us ───┘└─────┘
 *
 * The scanner goes over a string from its beginning again whenever it is continued, and copies it
 * where it has escapes. So it is given short strings whole, and in the place of a long one an empty
 * one. Whatever arrives is looked at once, and no step is longer than what has arrived. */
#ifndef BOURSE_DIALECT_REQUEST_FEED_H
#define BOURSE_DIALECT_REQUEST_FEED_H

#include "request_reader.h"

/* All that has arrived. A failure is final, and noted with its words. */
enum fail request_feed(struct request_reader *reader, struct text body);

/* After the last piece. */
enum fail request_feed_end(struct request_reader *reader, struct text body);

#endif
