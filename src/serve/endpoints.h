/* endpoints.h - the table of every URL. */
#ifndef BOURSE_SERVE_ENDPOINTS_H
#define BOURSE_SERVE_ENDPOINTS_H

#include "base/buffer.h"
#include "base/fail.h"
#include "chat/request.h"

struct exchange;

enum endpoint_kind {
    KIND_LOCAL,   /* answered here; without a body unless the row allows one */
    KIND_ROUTED,  /* a body that names a model: decided, then forwarded */
    KIND_EXPLAIN, /* decided, and nobody is called */
    KIND_RELAYED, /* any other path of the API: to the model it names, or the default provider */
};

struct endpoint_row {
    const char *method; /* NULL: any */
    const char *path;   /* without /v1; ends in * for everything below */
    enum endpoint_kind kind;
    enum endpoint endpoint;
    bool admin; /* on the admin listener only; the others on the public one only */
    bool open;  /* needs no key */
    void (*answer)(struct exchange *exchange); /* KIND_LOCAL */
    const char *doc;
    size_t body_max; /* a JSON body of so many bytes is read; 0: as the kind has it */
};

/* The path of a request's URI: without /v1 and query. */
struct text endpoints_path(struct text uri);

/* `path` is without /v1 and query. *ret_fail says FAIL_UNKNOWN_PATH or FAIL_METHOD where NULL. */
const struct endpoint_row *endpoints_find(bool admin, const char *method, struct text path,
                                          enum fail *ret_fail);

/* The methods that a path takes, for the `Allow` header: "GET, DELETE". */
void endpoints_allowed(bool admin, struct text path, struct buffer *out);

#endif
