/* guard.c - the table of what a request's head must not be, and the checks behind its rows. */
#include "wire/guard.h"

#define LENGTH_DIGITS_MAX 18

enum known {
    KNOWN_CONTENT_LENGTH,
    KNOWN_TRANSFER_ENCODING,
    KNOWN_HOST,
    KNOWN_AUTHORIZATION,
    KNOWN_CONTENT_TYPE,
    KNOWN_EXPECT,
    KNOWN_COUNT
};

/* The fields that are looked at, each of which may come only once. */
static const struct text known_names[KNOWN_COUNT] = {
    [KNOWN_CONTENT_LENGTH] = TEXT("content-length"),
    [KNOWN_TRANSFER_ENCODING] = TEXT("transfer-encoding"),
    [KNOWN_HOST] = TEXT("host"),
    [KNOWN_AUTHORIZATION] = TEXT("authorization"),
    [KNOWN_CONTENT_TYPE] = TEXT("content-type"),
    [KNOWN_EXPECT] = TEXT("expect"),
};

static const struct text methods[] = {
    TEXT("POST"), TEXT("GET"),   TEXT("HEAD"),    TEXT("DELETE"),
    TEXT("PUT"),  TEXT("PATCH"), TEXT("OPTIONS"),
};

/* One look at the head, filled by a pass over its fields. */
struct head {
    const struct raw_head *raw;
    uint64_t body_max;
    const struct http_field *known[KNOWN_COUNT]; /* NULL when absent */
    bool known_twice;
    bool names_are_tokens, values_are_clean;
    struct text path; /* the URI up to its question mark */
};

static bool is_known_method(const struct head *head)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (text_equal(head->raw->method, methods[i]))
            return true;
    return false;
}

static bool is_version_1(const struct head *head)
{
    return text_is(head->raw->version, "HTTP/1.1") || text_is(head->raw->version, "HTTP/1.0");
}

static bool has_origin_form(const struct head *head)
{
    return text_starts(head->raw->uri, "/");
}

static bool has_only_visible_uri_bytes(const struct head *head)
{
    struct text uri = head->raw->uri;
    for (size_t i = 0; i < uri.len; i++) {
        unsigned char byte = (unsigned char)uri.data[i];
        if (byte <= 0x20 || byte >= 0x7f)
            return false;
    }
    return true;
}

static bool begins_with_escape(struct text text, const char *digits)
{
    return text.len >= 3 && text.data[0] == '%' &&
           text_is_nocase((struct text){ text.data + 1, 2 }, digits);
}

static bool has_escape(struct text text, const char *digits)
{
    for (; text.len >= 3; text.data++, text.len--)
        if (begins_with_escape(text, digits))
            return true;
    return false;
}

static bool has_no_escaped_nul(const struct head *head)
{
    return !has_escape(head->raw->uri, "00");
}

/* SDKs that retrieve a model escape the slashes of its id. Such a path ends here and goes to no
 * provider, so there, and only there, they are let through. */
static bool names_a_model(const struct head *head)
{
    return text_starts(head->path, "/v1/models/") || text_starts(head->path, "/models/");
}

static bool has_no_escaped_slash(const struct head *head)
{
    return names_a_model(head) || !has_escape(head->path, "2f");
}

static bool has_no_backslash(const struct head *head)
{
    return !has_escape(head->path, "5c") && !memchr(head->path.data, '\\', head->path.len);
}

/* The next byte of a path, where an escaped dot or slash counts as what it stands for. */
static char take_path_byte(struct text *rest)
{
    char byte = rest->data[0];
    size_t width = 1;
    if (begins_with_escape(*rest, "2e") || begins_with_escape(*rest, "2f")) {
        byte = rest->data[2] == 'f' || rest->data[2] == 'F' ? '/' : '.';
        width = 3;
    }
    rest->data += width;
    rest->len -= width;
    return byte;
}

static bool has_no_climbing_segment(const struct head *head)
{
    struct text rest = head->path;
    size_t dots = 0, others = 0;
    while (rest.len > 0) {
        char byte = take_path_byte(&rest);
        if (byte == '/') {
            if (dots == 2 && others == 0)
                return false;
            dots = others = 0;
        } else if (byte == '.') {
            dots++;
        } else {
            others++;
        }
    }
    return dots != 2 || others != 0;
}

static bool has_token_names(const struct head *head)
{
    return head->names_are_tokens;
}

static bool has_clean_values(const struct head *head)
{
    return head->values_are_clean;
}

static bool has_known_fields_once(const struct head *head)
{
    return !head->known_twice;
}

static bool has_one_framing(const struct head *head)
{
    return !head->known[KNOWN_CONTENT_LENGTH] || !head->known[KNOWN_TRANSFER_ENCODING];
}

static bool has_only_chunked_coding(const struct head *head)
{
    const struct http_field *coding = head->known[KNOWN_TRANSFER_ENCODING];
    return !coding || text_is_nocase(coding->value, "chunked");
}

static bool has_no_chunks_in_1_0(const struct head *head)
{
    return !head->known[KNOWN_TRANSFER_ENCODING] || text_is(head->raw->version, "HTTP/1.1");
}

static bool has_whole_length(const struct head *head)
{
    const struct http_field *length = head->known[KNOWN_CONTENT_LENGTH];
    uint64_t number;
    return !length ||
           (length->value.len <= LENGTH_DIGITS_MAX && text_to_u64(length->value, &number));
}

/* After has_whole_length. */
static int64_t content_length(const struct head *head)
{
    uint64_t number;
    const struct http_field *length = head->known[KNOWN_CONTENT_LENGTH];
    return length && text_to_u64(length->value, &number) ? (int64_t)number : -1;
}

static bool has_bearable_length(const struct head *head)
{
    int64_t length = content_length(head);
    return length < 0 || (uint64_t)length <= head->body_max;
}

static bool has_host_where_needed(const struct head *head)
{
    return head->known[KNOWN_HOST] || text_is(head->raw->version, "HTTP/1.0");
}

static bool is_made_of(struct text text, const char *characters)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '\0' || !strchr(characters, text.data[i]))
            return false;
    return text.len > 0;
}

#define DIGITS "0123456789"
#define HEX    DIGITS "abcdefABCDEF"
#define NAME   DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~%!$&'()*+,;="

/* Nothing, or a colon and up to five digits. */
static bool is_port(struct text rest)
{
    return rest.len == 0 || (rest.data[0] == ':' && rest.len <= sizeof(":65535") - 1 &&
                             is_made_of((struct text){ rest.data + 1, rest.len - 1 }, DIGITS));
}

/* `name`, `1.2.3.4` or `[v6]`, and a port or nothing. */
static bool has_host_syntax(const struct head *head)
{
    if (!head->known[KNOWN_HOST])
        return true;
    struct text host = head->known[KNOWN_HOST]->value;
    bool is_v6 = text_starts(host, "[");
    const char *end = host.len ? memchr(host.data, is_v6 ? ']' : ':', host.len) : NULL;
    if (host.len == 0 || (is_v6 && !end))
        return false;
    struct text name = { host.data, end ? (size_t)(end - host.data) : host.len };
    struct text rest = { name.data + name.len + is_v6, host.len - name.len - is_v6 };
    if (is_v6)
        return is_port(rest) && is_made_of((struct text){ name.data + 1, name.len - 1 }, HEX ":.");
    return is_port(rest) && is_made_of(name, NAME);
}

static bool has_plain_expectation(const struct head *head)
{
    const struct http_field *expect = head->known[KNOWN_EXPECT];
    return !expect || text_is_nocase(expect->value, "100-continue");
}

/* In this order: a row may rely on the rows above it. */
/* clang-format off */
static const struct check {
    bool (*holds)(const struct head *);
    enum fail fail;
    const char *why;
} checks[] = {
    { is_known_method,            FAIL_METHOD,         "This method is not known here." },
    { is_version_1,               FAIL_MALFORMED_HTTP, "Only HTTP/1.1 and HTTP/1.0 are spoken here." },
    { has_origin_form,            FAIL_MALFORMED_HTTP, "The URL must begin with a slash." },
    { has_only_visible_uri_bytes, FAIL_MALFORMED_HTTP, "The URL has a control character, a space or a byte that is not ASCII." },
    { has_no_escaped_nul,         FAIL_MALFORMED_HTTP, "The URL has an escaped NUL." },
    { has_no_escaped_slash,       FAIL_MALFORMED_HTTP, "The URL's path has an escaped slash." },
    { has_no_backslash,           FAIL_MALFORMED_HTTP, "The URL's path has a backslash." },
    { has_no_climbing_segment,    FAIL_MALFORMED_HTTP, "The URL's path has a `..` segment." },
    { has_token_names,            FAIL_MALFORMED_HTTP, "A header's name has a character that it may not have." },
    { has_clean_values,           FAIL_MALFORMED_HTTP, "A header's value has a control character." },
    { has_known_fields_once,      FAIL_MALFORMED_HTTP, "A header that may come once came twice." },
    { has_one_framing,            FAIL_MALFORMED_HTTP, "Content-Length and Transfer-Encoding came together." },
    { has_only_chunked_coding,    FAIL_MALFORMED_HTTP, "The only Transfer-Encoding accepted is `chunked`." },
    { has_no_chunks_in_1_0,       FAIL_MALFORMED_HTTP, "HTTP/1.0 has no Transfer-Encoding." },
    { has_whole_length,           FAIL_MALFORMED_HTTP, "Content-Length must be 1 to 18 digits." },
    { has_host_where_needed,      FAIL_MALFORMED_HTTP, "HTTP/1.1 needs a Host header." },
    { has_host_syntax,            FAIL_MALFORMED_HTTP, "The Host header is not a host with an optional port." },
    { has_plain_expectation,      FAIL_EXPECTATION,    "Only `Expect: 100-continue` is understood." },
    { has_bearable_length,        FAIL_BODY_TOO_LARGE, "The request body is larger than this server accepts." },
};
/* clang-format on */

static bool is_clean(struct text value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char byte = (unsigned char)value.data[i];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f)
            return false;
    }
    return true;
}

static void note_known(struct head *head, const struct http_field *field)
{
    for (int i = 0; i < KNOWN_COUNT; i++) {
        if (field->name.len != known_names[i].len ||
            !text_equal_nocase(field->name, known_names[i]))
            continue;
        if (head->known[i])
            head->known_twice = true;
        head->known[i] = field;
    }
}

static void look(struct head *head)
{
    const struct raw_head *raw = head->raw;
    const char *question = raw->uri.len ? memchr(raw->uri.data, '?', raw->uri.len) : NULL;
    head->path = raw->uri;
    if (question)
        head->path.len = (size_t)(question - raw->uri.data);
    for (size_t i = 0; i < raw->field_count; i++) {
        const struct http_field *field = &raw->fields[i];
        head->names_are_tokens = head->names_are_tokens && http_is_token(field->name);
        head->values_are_clean = head->values_are_clean && is_clean(field->value);
        note_known(head, field);
    }
}

enum fail guard_check(const struct raw_head *raw, uint64_t body_max, struct guard_result *ret)
{
    struct head head = {
        .raw = raw, .body_max = body_max, .names_are_tokens = true, .values_are_clean = true
    };
    look(&head);
    *ret = (struct guard_result){ .content_length = -1 };
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        if (checks[i].holds(&head))
            continue;
        ret->why = checks[i].why;
        return checks[i].fail;
    }
    ret->content_length = content_length(&head);
    ret->chunked = head.known[KNOWN_TRANSFER_ENCODING] != NULL;
    return FAIL_NONE;
}
