/* headers.h - header lines as curl's lists, in an arena's memory. */
#ifndef BOURSE_UPSTREAM_HEADERS_H
#define BOURSE_UPSTREAM_HEADERS_H

#include <curl/curl.h>

#include "base/arena.h"

bool headers_name(const struct curl_slist *list, const char *name);
/* Else curl asks before it sends a large body, and waits for a second when it is not answered. */
struct curl_slist *headers_expect_nothing(struct arena *arena, struct curl_slist *list);

/* In front of a list that stays as it is. A field that is not well-formed or is curl's to send
 * gives the list back unchanged. */
struct curl_slist *headers_add(struct arena *arena, struct curl_slist *list, struct text name,
                               struct text value);
struct curl_slist *headers_add_line(struct arena *arena, struct curl_slist *list, char *line);

#endif
