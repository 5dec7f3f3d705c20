/* token_source.c - where a provider's bearer token is taken from, and over which ways it may come.
 */
#include "catalog/token_source.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/text.h"

#define HOST_MAX 256

/* ---- addresses ---- */

/* Of a range of addresses: so many leading bits are these. */
static const struct {
    int family;
    unsigned bits;
    unsigned char bytes[16];
} near[] = {
    { AF_INET, 8, { 127 } },
    { AF_INET, 16, { 169, 254 } },
    { AF_INET6, 128, { [15] = 1 } },
    { AF_INET6, 10, { 0xfe, 0x80 } },
    { AF_INET6, 128, { 0xfd, 0x20, 0x00, 0xce, [14] = 0x02, [15] = 0x54 } }, /* Google's */
};

static bool begins_with(const unsigned char *bytes, const unsigned char *others, unsigned bits)
{
    const unsigned rest = bits % 8, mask = 0xffu << (8 - rest) & 0xffu;
    return memcmp(bytes, others, bits / 8) == 0 &&
           (!rest || ((bytes[bits / 8] ^ others[bits / 8]) & mask) == 0);
}

static bool is_near(int family, const void *bytes)
{
    for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++)
        if (near[i].family == family && begins_with(bytes, near[i].bytes, near[i].bits))
            return true;
    return false;
}

bool token_source_is_near(const struct sockaddr *address)
{
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)address;
    if (address->sa_family == AF_INET)
        return is_near(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr);
    if (address->sa_family != AF_INET6)
        return false;
    if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
        return is_near(AF_INET, six->sin6_addr.s6_addr + 12);
    return is_near(AF_INET6, &six->sin6_addr);
}

/* ---- names ---- */

/* As they are written in a URL: the address that they lead to is looked at again. */
static bool is_near_name(const char *host)
{
    static const char *const names[] = { "localhost", "metadata.google.internal" };
    unsigned char bytes[16];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcasecmp(host, names[i]) == 0)
            return true;
    return (inet_pton(AF_INET, host, bytes) == 1 && is_near(AF_INET, bytes)) ||
           (inet_pton(AF_INET6, host, bytes) == 1 && is_near(AF_INET6, bytes));
}

/* False where there is none, or more than a host and a port. */
static bool host_of(const char *authority, char host[HOST_MAX])
{
    const size_t len = strcspn(authority, "/?#");
    const bool in_brackets = authority[0] == '[';
    const char *from = authority + in_brackets;
    const size_t host_len = strcspn(from, in_brackets ? "]" : ":/?#");
    if (len == 0 || memchr(authority, '@', len) || host_len == 0 || host_len >= HOST_MAX ||
        host_len + in_brackets > len)
        return false;
    memcpy(host, from, host_len);
    host[host_len] = '\0';
    return true;
}

/* ---- what is written ---- */

static bool is_printable(const char *url)
{
    for (; *url; url++)
        if ((unsigned char)*url <= ' ' || (unsigned char)*url >= 0x7f)
            return false;
    return true;
}

static const char *trouble_with_url(const char *url)
{
    char host[HOST_MAX];
    const bool is_proved = strncasecmp(url, "https://", 8) == 0;
    if (!is_proved && strncasecmp(url, "http://", 7) != 0)
        return "must begin with file:, https:// or http://";
    if (!is_printable(url) || !host_of(strstr(url, "://") + 3, host))
        return "is not the address of a server";
    if (!is_proved && !is_near_name(host))
        return "must begin with https://: plain http is only for this machine, link-local "
               "addresses and metadata.google.internal";
    return NULL;
}

bool token_source_read(const char *written, struct token_source *ret_source, const char **ret_why)
{
    const bool is_file = text_starts(text_of(written), "file:");
    const char *at = written + (is_file ? strlen("file:") : 0);
    const char *trouble = is_file ? (*at ? NULL : "names no file") : trouble_with_url(at);
    if (trouble) {
        *ret_why = trouble;
        return false;
    }
    *ret_source = (struct token_source){ is_file, at };
    return true;
}

bool token_source_is_proved(const struct token_source *source)
{
    return strncasecmp(source->at, "https://", 8) == 0;
}

/* ---- what went wrong ---- */

static const char *const sentences[] = {
    [TOKEN_FINE] = "nothing",
    [TOKEN_UNREADABLE] = "the file cannot be read",
    [TOKEN_TOO_LARGE] = "what is there is larger than a token can be",
    [TOKEN_EMPTY] = "it is empty",
    [TOKEN_UNREACHABLE] = "the server cannot be reached",
    [TOKEN_TOO_SLOW] = "the server did not answer in time",
    [TOKEN_NOT_NEAR] = "the server's name leads to an address that plain http is not used for",
    [TOKEN_STATUS] = "the server answered with a status that is no success",
    [TOKEN_MALFORMED] = "what is there has no access_token",
    [TOKEN_UNSENDABLE] = "the token has characters that no header can carry",
    [TOKEN_ENDED] = "the token that is there has ended",
};

const char *token_trouble_words(enum token_trouble trouble, int detail, struct arena *arena)
{
    if (trouble == TOKEN_UNREADABLE)
        return arena_printf(arena, "%s: %s", sentences[trouble], strerror(detail));
    if (trouble == TOKEN_STATUS)
        return arena_printf(arena, "%s: %d", sentences[trouble], detail);
    return sentences[trouble];
}
