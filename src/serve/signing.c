/* signing.c - calls that are signed instead of having a key in them: those to Amazon. */
#include "signing.h"

#include <time.h>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "wire/sigv4.h"

#define AUTHORIZATION_MAX ((size_t)4 << 10)

static const char *date_of(int64_t wall_ms, struct arena *arena)
{
    const time_t seconds = (time_t)(wall_ms / 1000);
    struct tm parts;
    char *date = arena_alloc(arena, SIGV4_DATE_LEN + 1);
    gmtime_r(&seconds, &parts);
    strftime(date, SIGV4_DATE_LEN + 1, "%Y%m%dT%H%M%SZ", &parts);
    return date;
}

/* "https://host:1/base" and "/path?query": the host as curl will name it, and the path in all. */
static void take_apart(const struct upstream_request *request, struct arena *arena,
                       struct sigv4 *signing, struct text *ret_host)
{
    const char *host = strstr(request->base_url, "://") + strlen("://");
    const char *base = strchrnul(host, '/');
    const char *query = memchr(request->path.data, '?', request->path.len);
    const struct text path = { request->path.data,
                               query ? (size_t)(query - request->path.data) : request->path.len };
    *ret_host = (struct text){ host, (size_t)(base - host) };
    signing->path = text_of(arena_printf(arena, "%s%.*s", base, TEXT_ARGS(path)));
    if (query)
        signing->query = (struct text){ query + 1, request->path.len - path.len - 1 };
}

static struct text sign(const struct sigv4 *signing, struct arena *arena)
{
    struct buffer authorization;
    buffer_init(&authorization, AUTHORIZATION_MAX);
    const bool is_signed = sigv4_sign(signing, &authorization);
    const struct text text =
        is_signed ? arena_text(arena, buffer_text(&authorization)) : (struct text){ 0 };
    buffer_clear(&authorization);
    return text;
}

size_t signing_add(const struct upstream_request *request, struct arena *arena,
                   struct upstream_field fields[SIGNING_FIELDS])
{
    const struct provider *provider = request->provider;
    const bool has_token = secret_is_set(provider->session_token);
    const struct text token = provider->session_token.hidden;
    if (!secret_is_set(provider->secret_access_key))
        return 0;
    const struct text date = text_of(date_of(clock_wall_ms(), arena));
    struct text host;
    struct sigv4 signing = {
        .key_id = provider->access_key_id.hidden,
        .secret = provider->secret_access_key.hidden,
        .region = text_of(provider->region),
        .service = text_of("bedrock"),
        .method = text_of(request->method),
        .date = date,
        .pieces = request->pieces,
        .piece_count = request->piece_count,
    };
    take_apart(request, arena, &signing, &host);
    const struct http_field headers[] = {
        { text_of("host"), host },
        { text_of("x-amz-date"), date },
        { text_of("x-amz-security-token"), token },
    };
    signing.headers = headers;
    signing.header_count = has_token ? 3 : 2;
    fields[0] = (struct upstream_field){ text_of("Authorization"), sign(&signing, arena) };
    fields[1] = (struct upstream_field){ text_of("X-Amz-Date"), date };
    fields[2] = (struct upstream_field){ text_of("X-Amz-Security-Token"), token };
    return has_token ? 3 : 2;
}
