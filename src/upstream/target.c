/* target.c - a provider prepared for calling: header lines that never change, configured handles.
 */
#include "target.h"

#include <stdlib.h>

#include "catalog/dialects.h"
#include "headers.h"

static const struct {
    CURLoption option;
    long value;
} long_options[] = {
    { CURLOPT_NOSIGNAL, 1 },
    { CURLOPT_QUICK_EXIT, 1 }, /* else a cancelled lookup blocks until its thread is done */
    { CURLOPT_TCP_NODELAY, 1 },
    { CURLOPT_TCP_KEEPALIVE, 1 },
    { CURLOPT_TCP_KEEPIDLE, 30 },
    { CURLOPT_TCP_KEEPINTVL, 10 },
    { CURLOPT_FOLLOWLOCATION, 0 }, /* the key would follow */
    { CURLOPT_PATH_AS_IS, 1 },
    { CURLOPT_NETRC, CURL_NETRC_IGNORED },
    { CURLOPT_HSTS_CTRL, 0 },
    { CURLOPT_SUPPRESS_CONNECT_HEADERS, 1 },
    { CURLOPT_HEADEROPT, CURLHEADER_SEPARATE }, /* no key to a proxy's CONNECT */
    { CURLOPT_MAXAGE_CONN, 45 },                /* seconds; below what providers keep */
    { CURLOPT_BUFFERSIZE, 16 * 1024 },
    { CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
};

static void configure(CURL *easy, const struct target *target, struct upstream *upstream)
{
    for (size_t i = 0; i < sizeof(long_options) / sizeof(long_options[0]); i++)
        curl_easy_setopt(easy, long_options[i].option, long_options[i].value);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, target->proxy);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    curl_easy_setopt(easy, CURLOPT_SHARE, upstream->tls_sessions);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, sockets_on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &upstream->sockets);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, sockets_on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, &upstream->sockets);
    curl_easy_setopt(
        easy, CURLOPT_HTTP_VERSION,
        (long)(target->http_version == 2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, (long)(target->http_version == 2));
    if (!target->verify_tls) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
}

/* The provider's own words win over ours. */
static void prepare_headers(struct target *target, const struct provider *provider)
{
    const struct dialect_row *row = dialect_row(provider->dialect);
    struct arena *arena = &target->arena;
    struct curl_slist *list = NULL;
    for (size_t i = 0; i < provider->headers.count; i++)
        list = headers_add(arena, list, text_of(provider->headers.items[i].name),
                           text_of(provider->headers.items[i].value));
    if (secret_is_set(provider->api_key) && !headers_name(list, row->key_header)) {
        struct text key = provider->api_key.hidden;
        list = headers_add(arena, list, text_of(row->key_header),
                           text_of(arena_printf(arena, "%s%.*s", row->key_prefix, TEXT_ARGS(key))));
    }
    if (row->header && !headers_name(list, row->header))
        list = headers_add(arena, list, text_of(row->header), text_of(row->value));
    if (!headers_name(list, "User-Agent"))
        list = headers_add_line(arena, list, (char *)"User-Agent: bourse/" BOURSE_VERSION);
    target->common = list;
    target->json = headers_add_line(arena, list, (char *)"Content-Type: application/json");
}

static struct target *target_new(const struct upstream_request *request)
{
    const struct provider *provider = request->provider;
    struct target *target = calloc(1, sizeof(*target));
    if (!target)
        abort();
    arena_init(&target->arena);
    target->generation = request->generation;
    target->base_url = arena_string(&target->arena, request->base_url);
    target->proxy = arena_string(&target->arena, provider->proxy ? provider->proxy : "");
    target->http_version = provider->http_version;
    target->verify_tls = provider->verify_tls;
    prepare_headers(target, provider);
    return target;
}

static void free_if_unused(struct target *target)
{
    if (!target->retired || target->active_count > 0)
        return;
    arena_clear(&target->arena);
    free(target);
}

bool target_shrink(struct target *target, size_t *most)
{
    for (; *most > 0 && target->idle; (*most)--) {
        struct upstream_call *call = target->idle;
        target->idle = call->next_idle;
        target->idle_count--;
        call_free(call);
    }
    return target->idle != NULL;
}

void target_retire(struct target *target)
{
    size_t all = target->idle_count;
    target_shrink(target, &all);
    target->retired = true;
    free_if_unused(target);
}

static struct target *target_for(struct upstream *upstream, const struct upstream_request *request)
{
    struct target **place = &upstream->targets[request->provider->index];
    struct target *target = *place;
    if (target && target->generation == request->generation &&
        text_is(text_of(target->base_url), request->base_url))
        return target;
    if (target)
        target_retire(target);
    return *place = target_new(request);
}

struct upstream_call *target_take_call(struct upstream *upstream,
                                       const struct upstream_request *request)
{
    struct target *target = target_for(upstream, request);
    struct upstream_call *call = target->idle;
    if (call) {
        target->idle = call->next_idle;
        target->idle_count--;
    } else {
        call = call_new(upstream, target);
        configure(call->easy, target, upstream);
    }
    target->active_count++;
    return call;
}

void target_give_call(struct upstream_call *call)
{
    struct target *target = call->target;
    target->active_count--;
    if (target->retired || target->idle_count >= IDLE_CALLS_MAX) {
        call_free(call);
        free_if_unused(target);
        return;
    }
    call->next_idle = target->idle;
    target->idle = call;
    target->idle_count++;
}
