/* fuzz_quirks.c - any bytes as a chat request for each server that deviates: what comes out is JSON
 * again, is not touched a second time, and has nothing of what the server refuses. */
#include <stdlib.h>

#include "catalog/quirks.h"
#include "dialect/quirks.h"
#include "wire/json_tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct quirks *row, struct text body)
{
    struct json_tree tree;
    json_tree_init(&tree, 1 << 20, 2);
    if (json_tree_read(&tree, body) || !json_is_kind(json_root(&tree), JSON_OBJECT))
        abort();
    if (row->tells_usage && json_find(&tree, json_root(&tree), "stream_options"))
        abort();
    if (row->limit && json_find(&tree, json_root(&tree), "max_completion_tokens"))
        abort();
    json_tree_clear(&tree);
}

static void rewrite(const struct quirks *row, struct text body)
{
    struct buffer once, twice;
    if (!quirks_write(row, body, &once)) {
        check(row, buffer_text(&once));
        if (quirks_write(row, buffer_text(&once), &twice) ||
            !text_equal(buffer_text(&once), buffer_text(&twice)))
            abort();
        buffer_clear(&twice);
    }
    buffer_clear(&once);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (const struct quirks *row = quirks_rows; row->name; row++)
        rewrite(row, (struct text){ (const char *)data, size });
    return 0;
}
