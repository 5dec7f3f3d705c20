/* target.h - a provider prepared for calling: header lines that never change, configured handles.
 *
 * One for each provider, base URL and generation. It copies what it needs, so it may outlive its
 * snapshot; the calls in flight keep it alive. */
#ifndef BOURSE_UPSTREAM_TARGET_H
#define BOURSE_UPSTREAM_TARGET_H

#include "machine.h"

struct target {
    struct arena arena;
    uint64_t generation;
    const char *base_url;
    const char *proxy;
    int64_t http_version;
    bool verify_tls;
    struct curl_slist *common; /* the lines of every call */
    struct curl_slist *json;   /* and before them that of a JSON body */
    struct upstream_call *idle;
    size_t idle_count, active_count;
    bool retired; /* ends with its last call */
};

/* A call with a configured handle, to be given back with target_give_call. */
struct upstream_call *target_take_call(struct upstream *upstream,
                                       const struct upstream_request *request);
void target_give_call(struct upstream_call *call);

/* Frees idle calls, and takes them off `most`; whether there are more. */
bool target_shrink(struct target *target, size_t *most);

void target_retire(struct target *target);

/* The header lines of one request; what has to be built lives in `arena`. */
struct curl_slist *target_headers(const struct target *target, struct arena *arena,
                                  const struct upstream_request *request);

#endif
