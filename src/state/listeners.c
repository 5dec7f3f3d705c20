/* listeners.c - checks listeners, and with them whether callers need keys. */
#include "listeners.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/un.h>

#define HOW_TO_WRITE "write HOST:PORT with an IP address or localhost, [IPv6]:PORT or unix:PATH"

/* Cuts ":PORT" off the end. */
static bool cut_port(struct text *host)
{
    const char *colon = host->len ? memrchr(host->data, ':', host->len) : NULL;
    if (!colon)
        return false;
    struct text port = { colon + 1, (size_t)(host->data + host->len - colon - 1) };
    uint64_t number;
    host->len = (size_t)(colon - host->data);
    return port.len <= 5 && text_to_u64(port, &number) && number <= 65535;
}

static bool is_loopback_v6(const struct in6_addr *address)
{
    return IN6_IS_ADDR_LOOPBACK(address) ||
           (IN6_IS_ADDR_V4MAPPED(address) && address->s6_addr[12] == 127);
}

static enum reach reach_of_host(struct text host)
{
    char name[INET6_ADDRSTRLEN + 1];
    struct in_addr v4;
    struct in6_addr v6;
    if (text_is(host, "localhost"))
        return REACH_LOCAL;
    bool bracketed = host.len >= 2 && host.data[0] == '[' && host.data[host.len - 1] == ']';
    if (bracketed)
        host = (struct text){ host.data + 1, host.len - 2 };
    if (host.len >= sizeof(name))
        return REACH_WRONG;
    snprintf(name, sizeof(name), "%.*s", TEXT_ARGS(host));
    if (bracketed && inet_pton(AF_INET6, name, &v6) == 1)
        return is_loopback_v6(&v6) ? REACH_LOCAL : REACH_OTHERS;
    if (!bracketed && inet_pton(AF_INET, name, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127 ? REACH_LOCAL : REACH_OTHERS;
    return REACH_WRONG;
}

enum reach listener_reach(struct text listener)
{
    if (text_starts(listener, "unix:")) {
        size_t path = listener.len - strlen("unix:");
        bool fits = path > 0 && path < sizeof(((struct sockaddr_un *)0)->sun_path);
        return fits ? REACH_LOCAL : REACH_WRONG;
    }
    return cut_port(&listener) ? reach_of_host(listener) : REACH_WRONG;
}

static enum auth_mode auth_of(const struct document *document, struct problems *problems)
{
    const struct yaml_node *node = yaml_find(document->object.node, "auth");
    bool any_key = document->callers.count > 0;
    if (document->auth == AUTH_KEYS && !any_key)
        problems_add(problems, PROBLEM_ERROR, node,
                     "nobody could call: no `keys:` are listed (`bourse keys new NAME` makes one)");
    if (document->auth == AUTH_UNSAID)
        return any_key ? AUTH_KEYS : AUTH_NONE;
    return document->auth;
}

/* The node of one entry of `listen`, which may be a list or a single scalar. */
static const struct yaml_node *place_of(const struct yaml_node *listen, size_t at)
{
    if (!listen || listen->kind != YAML_SEQUENCE)
        return listen;
    const struct yaml_node *item = listen->first;
    while (item && at-- > 0)
        item = item->next;
    return item;
}

static bool stands_before(const struct schema_texts *listen, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (strcmp(listen->items[i], listen->items[at]) == 0)
            return true;
    return false;
}

static void check_public(const struct document *document, size_t at, bool unguarded,
                         struct problems *problems)
{
    const char *listener = document->listen.items[at];
    const struct yaml_node *node = place_of(yaml_find(document->object.node, "listen"), at);
    enum reach reach = listener_reach(text_of(listener));
    if (reach == REACH_WRONG)
        problems_add(problems, PROBLEM_ERROR, node, "\"%.100s\" is no listener: " HOW_TO_WRITE,
                     listener);
    else if (stands_before(&document->listen, at))
        problems_add(problems, PROBLEM_ERROR, node, "\"%s\" is listed twice", listener);
    else if (reach == REACH_OTHERS && unguarded)
        problems_add(problems, PROBLEM_ERROR, node,
                     "\"%s\" is open to other machines and no keys are listed: add `keys:`, or "
                     "write `auth: none` if everybody may call",
                     listener);
}

static void check_admin(const struct document *document, struct problems *problems)
{
    const char *listener = document->admin.listen;
    const struct yaml_node *node = yaml_find(yaml_find(document->object.node, "admin"), "listen");
    if (strcmp(listener, "off") == 0)
        return;
    enum reach reach = listener_reach(text_of(listener));
    if (reach == REACH_WRONG)
        problems_add(problems, PROBLEM_ERROR, node,
                     "\"%.100s\" is no listener: " HOW_TO_WRITE ", or off", listener);
    for (size_t i = 0; i < document->listen.count; i++)
        if (strcmp(document->listen.items[i], listener) == 0)
            problems_add(problems, PROBLEM_ERROR, node, "\"%s\" is the public listener", listener);
    if (reach == REACH_OTHERS)
        problems_add(problems, PROBLEM_WARNING, node,
                     "the admin listener asks nobody for a key and is open to other machines");
}

enum auth_mode listeners_check(const struct document *document, struct problems *problems)
{
    const struct yaml_node *node = yaml_find(document->object.node, "listen");
    enum auth_mode auth = auth_of(document, problems);
    bool unguarded = auth == AUTH_NONE && document->auth != AUTH_NONE;
    size_t count = document->listen.count;
    if (count == 0 || count > LISTENERS_MAX)
        problems_add(problems, PROBLEM_ERROR, node, "must name 1 to %d listeners", LISTENERS_MAX);
    for (size_t i = 0; i < count && i < LISTENERS_MAX; i++)
        check_public(document, i, unguarded, problems);
    if (document->admin.listen)
        check_admin(document, problems);
    return auth;
}
