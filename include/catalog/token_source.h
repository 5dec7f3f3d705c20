/* token_source.h - where a provider's bearer token is taken from, again and again: a file, or a URL
 * like that of a cloud machine's metadata server.
 *
 *     file:/run/tokens/vertex
 *     http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token
 *
 * Who reads what goes over plain HTTP has the token, and who answers is believed: so that is only
 * for this machine and for link-local addresses, by name and by the address that is met. */
#ifndef BOURSE_CATALOG_TOKEN_SOURCE_H
#define BOURSE_CATALOG_TOKEN_SOURCE_H

#include <stdbool.h>

struct arena;
struct sockaddr;

struct token_source {
    bool is_file;   /* else a URL */
    const char *at; /* the path, or the URL: a part of what was read */
};

/* False where it cannot be used, and why, as a sentence about `token_source`. */
bool token_source_read(const char *written, struct token_source *ret_source, const char **ret_why);

/* Whether the URL may be met at any address: its server proves who it is. */
bool token_source_is_proved(const struct token_source *source);
/* This machine's own, or link-local, or that of Google's metadata server in IPv6. */
bool token_source_is_near(const struct sockaddr *address);

/* What went wrong when one was asked. */
enum token_trouble {
    TOKEN_FINE,
    TOKEN_UNREADABLE, /* with an errno */
    TOKEN_TOO_LARGE,
    TOKEN_EMPTY,
    TOKEN_UNREACHABLE,
    TOKEN_TOO_SLOW,
    TOKEN_NOT_NEAR,
    TOKEN_STATUS, /* with the status of an HTTP reply */
    TOKEN_MALFORMED,
    TOKEN_UNSENDABLE,
    TOKEN_ENDED,
};

/* A sentence; `detail` is the errno or status, for those that have one. */
const char *token_trouble_words(enum token_trouble trouble, int detail, struct arena *arena);

#endif
