/* foreign_values.c - values of a chat that other languages want in another form. */
#include "foreign_values.h"

/* ---- data URLs ---- */

#define HEAD_MAX 256 /* bytes in front of the data */

/* A slash in it may be escaped; that does no harm where it goes. */
struct data_url data_url_of(struct text url)
{
    static const char scheme[] = "data:", mark[] = ";base64,";
    const size_t head = sizeof(scheme) - 1, tail = sizeof(mark) - 1;
    if (!text_starts(url, scheme))
        return (struct data_url){ 0 };
    const char *found = memmem(url.data, url.len < HEAD_MAX ? url.len : HEAD_MAX, mark, tail);
    if (!found)
        return (struct data_url){ 0 };
    struct text type = { url.data + head, (size_t)(found - url.data) - head };
    const char *parameter = memchr(type.data, ';', type.len);
    if (parameter)
        type.len = (size_t)(parameter - type.data);
    const char *data = found + tail;
    return (struct data_url){ type, { data, url.len - (size_t)(data - url.data) } };
}

/* ---- objects ---- */

#define OBJECT_MAX ((size_t)64 << 20)

static bool is_object(struct text document)
{
    struct json_tree tree;
    json_tree_init(&tree, 4, 0);
    bool is_one = !json_tree_read(&tree, document) && json_is_kind(json_root(&tree), JSON_OBJECT);
    json_tree_clear(&tree);
    return is_one;
}

/* Most results are long and begin with something else: they need not be decoded. */
static bool may_be_object(struct text inside)
{
    size_t at = 0;
    while (at < inside.len && inside.data[at] == ' ')
        at++;
    return at == inside.len || inside.data[at] == '{' || inside.data[at] == '\\';
}

void put_object_member(struct json_writer *json, const char *name, struct text inside,
                       const char *otherwise)
{
    struct buffer decoded;
    buffer_init(&decoded, OBJECT_MAX);
    put_key(json, name);
    if (!may_be_object(inside)) {
        put_open(json, '{');
        put_inside_member(json, otherwise, inside);
        put_close(json, '}');
        return;
    }
    if (json_decode(&decoded, inside) && is_object(buffer_text(&decoded))) {
        put_raw(json, text_trim(buffer_text(&decoded)));
    } else {
        put_open(json, '{');
        if (text_trim(buffer_text(&decoded)).len > 0) {
            put_key(json, otherwise);
            put_string(json, buffer_text(&decoded));
        }
        put_close(json, '}');
    }
    buffer_clear(&decoded);
}

/* ---- names ---- */

void put_plain_id_member(struct json_writer *json, const char *name, struct text id)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    put_key(json, name);
    put_open_string(json);
    for (size_t i = 0; i < id.len;) {
        size_t run = i;
        while (run < id.len && memchr(allowed, id.data[run], sizeof(allowed) - 1))
            run++;
        put_inside(json, (struct text){ id.data + i, run - i });
        if (run < id.len)
            put_inside(json, text_of("_"));
        i = run + 1;
    }
    put_close_string(json);
}

char *path_segment(const char *name, struct arena *arena)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-._~";
    static const char digits[] = "0123456789ABCDEF";
    char *segment = arena_alloc(arena, 3 * strlen(name) + 1), *to = segment;
    for (const char *at = name; *at; at++) {
        if (memchr(plain, *at, sizeof(plain) - 1)) {
            *to++ = *at;
            continue;
        }
        *to++ = '%';
        *to++ = digits[(unsigned char)*at >> 4];
        *to++ = digits[(unsigned char)*at & 15];
    }
    *to = '\0';
    return segment;
}

/* ---- earlier thoughts ---- */

bool thought_is_of(const struct json_tree *tree, const struct json_node *detail, const char *format)
{
    const struct json_node *said = json_find(tree, detail, "format");
    return json_is_given(said) ? json_is(tree, said, format)
                               : strcmp(format, ANTHROPIC_FORMAT) == 0;
}

static bool is_same_thought(const struct json_tree *tree, const struct json_node *a,
                            const struct json_node *b)
{
    return json_is(tree, json_find(tree, b, "type"), "reasoning.text") &&
           text_equal(json_raw(tree, json_find(tree, a, "index")),
                      json_raw(tree, json_find(tree, b, "index")));
}

const struct json_node *thought_end(const struct json_tree *tree, const struct json_node *first,
                                    struct text *ret_proof)
{
    const struct json_node *piece = first;
    do {
        struct text proof = json_inside(tree, json_find(tree, piece, "signature"));
        piece = json_next(tree, piece);
        if (proof.len > 0) {
            *ret_proof = proof;
            break;
        }
    } while (piece && is_same_thought(tree, first, piece));
    return piece;
}
