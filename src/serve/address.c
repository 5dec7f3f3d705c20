/* address.c - where to listen, as it is written: host:port, [v6]:port or unix:PATH. */
#include "address.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/un.h>

#include "base/text.h"

static bool read_unix(const char *path, struct address *ret_address)
{
    struct sockaddr_un *at = (struct sockaddr_un *)&ret_address->at;
    if (strlen(path) >= sizeof(at->sun_path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    at->sun_family = AF_UNIX;
    memcpy(at->sun_path, path, strlen(path));
    ret_address->len = sizeof(*at);
    return true;
}

static bool resolve(const char *host, const char *port, struct address *ret_address)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
    struct addrinfo *found = NULL;
    if (getaddrinfo(*host ? host : NULL, port, &hints, &found) != 0) {
        errno = EADDRNOTAVAIL;
        return false;
    }
    memcpy(&ret_address->at, found->ai_addr, found->ai_addrlen);
    ret_address->len = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

bool address_read(const char *listen, struct address *ret_address)
{
    char host[256];
    const char *colon = strrchr(listen, ':');
    *ret_address = (struct address){ .len = 0 };
    if (strncmp(listen, "unix:", 5) == 0)
        return read_unix(listen + 5, ret_address);
    if (!colon || (size_t)(colon - listen) >= sizeof(host)) {
        errno = EINVAL;
        return false;
    }
    struct text name = { listen, (size_t)(colon - listen) };
    if (text_starts(name, "[") && text_ends(name, "]"))
        name = (struct text){ name.data + 1, name.len - 2 };
    snprintf(host, sizeof(host), "%.*s", TEXT_ARGS(name));
    return resolve(host, colon + 1, ret_address);
}

static bool is_same_unix(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    return strcmp(((const struct sockaddr_un *)a)->sun_path,
                  ((const struct sockaddr_un *)b)->sun_path) == 0;
}

static bool is_same_v4(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    const struct sockaddr_in *one = (const struct sockaddr_in *)a;
    const struct sockaddr_in *other = (const struct sockaddr_in *)b;
    return one->sin_port == other->sin_port && one->sin_addr.s_addr == other->sin_addr.s_addr;
}

static bool is_same_v6(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    const struct sockaddr_in6 *one = (const struct sockaddr_in6 *)a;
    const struct sockaddr_in6 *other = (const struct sockaddr_in6 *)b;
    return one->sin6_port == other->sin6_port && one->sin6_scope_id == other->sin6_scope_id &&
           memcmp(&one->sin6_addr, &other->sin6_addr, sizeof(one->sin6_addr)) == 0;
}

bool address_is_of(const struct address *address, int fd)
{
    struct sockaddr_storage at = { 0 };
    socklen_t len = sizeof(at);
    if (getsockname(fd, (struct sockaddr *)&at, &len) != 0 || at.ss_family != address->at.ss_family)
        return false;
    if (at.ss_family == AF_UNIX)
        return is_same_unix(&at, &address->at);
    if (at.ss_family == AF_INET)
        return is_same_v4(&at, &address->at);
    return at.ss_family == AF_INET6 && is_same_v6(&at, &address->at);
}
