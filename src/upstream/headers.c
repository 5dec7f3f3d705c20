/* headers.c - the header lines of one request, built only where they differ from the provider's. */
#include "headers.h"

#include "target.h"

static bool is_token(struct text name)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        bool alphanumeric =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!alphanumeric && !memchr(others, c, sizeof(others) - 1))
            return false;
    }
    return name.len > 0;
}

static bool is_field_value(struct text value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

/* How the message is framed and where it goes is curl's to say. */
static bool is_framing(struct text name)
{
    static const char *const framing[] = { "host",       "content-length", "transfer-encoding",
                                           "connection", "content-type",   "expect" };
    for (size_t i = 0; i < sizeof(framing) / sizeof(framing[0]); i++)
        if (text_is_nocase(name, framing[i]))
            return true;
    return false;
}

bool headers_name(const struct curl_slist *list, const char *name)
{
    size_t len = strlen(name);
    for (; list; list = list->next) {
        struct text line = text_of(list->data);
        if (line.len > len && (line.data[len] == ':' || line.data[len] == ';') &&
            text_is_nocase((struct text){ line.data, len }, name))
            return true;
    }
    return false;
}

struct curl_slist *headers_add_line(struct arena *arena, struct curl_slist *list, char *line)
{
    struct curl_slist *node = arena_new(arena, struct curl_slist);
    node->data = line;
    node->next = list;
    return node;
}

struct curl_slist *headers_add(struct arena *arena, struct curl_slist *list, struct text name,
                               struct text value)
{
    value = text_trim(value);
    if (!is_token(name) || is_framing(name) || !is_field_value(value))
        return list;
    /* `Name:` would take a header away from curl; `Name;` sends it without a value. */
    char *line = value.len == 0
                     ? arena_printf(arena, "%.*s;", TEXT_ARGS(name))
                     : arena_printf(arena, "%.*s: %.*s", TEXT_ARGS(name), TEXT_ARGS(value));
    return headers_add_line(arena, list, line);
}

static struct curl_slist *add_content_type(struct arena *arena, struct curl_slist *list,
                                           struct text type)
{
    bool sendable = type.len > 0 && is_field_value(type);
    return headers_add_line(arena, list,
                            sendable ? arena_printf(arena, "Content-Type: %.*s", TEXT_ARGS(type))
                                     : (char *)"Content-Type:");
}

/* What curl sends by itself (Host, Accept, Content-Length) is not repeated: each line costs it a
 * comparison with every other. */
struct curl_slist *target_headers(const struct target *target, struct arena *arena,
                                  const struct upstream_request *request)
{
    bool json = text_is_nocase(request->content_type, "application/json");
    struct curl_slist *list = json ? target->json : target->common;
    for (size_t i = 0; i < request->relayed_header_count; i++)
        list = headers_add(arena, list, request->relayed_headers[i].name,
                           request->relayed_headers[i].value);
    return json ? list : add_content_type(arena, list, request->content_type);
}

struct curl_slist *headers_expect_nothing(struct arena *arena, struct curl_slist *list)
{
    return headers_add_line(arena, list, (char *)"Expect:");
}
