/* foreign_values.c - values of a chat that other languages want in another form. */
#include "foreign_values.h"

#include "wire/json_tree.h"

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

void put_object_member(struct json_writer *json, const char *name, struct text inside,
                       const char *otherwise)
{
    struct buffer decoded;
    buffer_init(&decoded, OBJECT_MAX);
    put_key(json, name);
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
