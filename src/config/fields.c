/* fields.c - from a node to the field of one key, and what is said when it does not fit. */
#include "fields.h"

#include "base/buffer.h"
#include "outline.h"
#include "values.h"

#define QUOTED_MAX 80  /* bytes of a value that a message repeats */
#define WORDS_MAX  128 /* that one key may know; the tables are ours */

/* For printf's %.*s: as much of a scalar as a message repeats. */
#define QUOTED(node)                                                                               \
    (int)((node)->scalar.len < QUOTED_MAX ? (node)->scalar.len : QUOTED_MAX), (node)->scalar.data

static bool is_never_quoted(enum schema_type type)
{
    return type == SCHEMA_BOOL || type == SCHEMA_INT || type == SCHEMA_NUMBER ||
           type == SCHEMA_MONEY;
}

bool field_is_wrong(struct schema_reading *reading, const struct yaml_node *node,
                    enum schema_type type)
{
    const char *hint = value_hint(type);
    if (node->kind != YAML_SCALAR)
        problems_add(reading->problems, PROBLEM_ERROR, node, "must be %s", hint);
    else if (node->scalar.len == 0 && !node->quoted)
        problems_add(reading->problems, PROBLEM_ERROR, node, "has no value; write %s", hint);
    else if (node->quoted && is_never_quoted(type))
        problems_add(reading->problems, PROBLEM_ERROR, node,
                     "\"%.*s\" in quotes is a text; write %s without quotes", QUOTED(node), hint);
    else
        problems_add(reading->problems, PROBLEM_ERROR, node, "\"%.*s\" is not %s", QUOTED(node),
                     hint);
    return false;
}

/* A scalar that says something and, where the type is never quoted, has no quotes. */
static bool is_written(const struct yaml_node *node, enum schema_type type)
{
    if (node->kind != YAML_SCALAR)
        return false;
    return node->quoted ? !is_never_quoted(type) : node->scalar.len > 0;
}

/* ---- single values ---- */

bool schema_to_duration(struct schema_reading *reading, const struct yaml_node *node,
                        int64_t *ret_ms)
{
    double bare;
    if (!is_written(node, SCHEMA_DURATION))
        return field_is_wrong(reading, node, SCHEMA_DURATION);
    if (value_duration_ms(node->scalar, ret_ms))
        return true;
    if (!text_to_double(node->scalar, &bare) || bare < 0)
        return field_is_wrong(reading, node, SCHEMA_DURATION);
    problems_add(reading->problems, PROBLEM_ERROR, node,
                 "%.*s has no unit; write %.*ss, %.*sms or %.*sm", QUOTED(node), QUOTED(node),
                 QUOTED(node), QUOTED(node));
    return false;
}

bool schema_to_size(struct schema_reading *reading, const struct yaml_node *node,
                    uint64_t *ret_bytes)
{
    return (is_written(node, SCHEMA_SIZE) && value_size(node->scalar, ret_bytes)) ||
           field_is_wrong(reading, node, SCHEMA_SIZE);
}

static bool to_double(struct schema_reading *reading, const struct yaml_node *node,
                      enum schema_type type, double *ret_number)
{
    return (is_written(node, type) && text_to_double(node->scalar, ret_number)) ||
           field_is_wrong(reading, node, type);
}

bool schema_to_number(struct schema_reading *reading, const struct yaml_node *node,
                      double *ret_number)
{
    return to_double(reading, node, SCHEMA_NUMBER, ret_number);
}

bool schema_to_share(struct schema_reading *reading, const struct yaml_node *node,
                     double *ret_share)
{
    return (is_written(node, SCHEMA_SHARE) && value_share(node->scalar, ret_share)) ||
           field_is_wrong(reading, node, SCHEMA_SHARE);
}

/* "is none of a, b, c", and which of them was probably meant. */
static bool is_unknown_word(struct schema_reading *reading, const struct yaml_node *node,
                            const struct schema_word *words)
{
    const char *list[WORDS_MAX];
    size_t count = 0;
    struct buffer all;
    buffer_init(&all, 600);
    for (; words[count].word && count < WORDS_MAX; count++) {
        list[count] = words[count].word;
        buffer_printf(&all, "%s%s", count ? ", " : "", list[count]);
    }
    problems_add(reading->problems, PROBLEM_ERROR, node, "\"%.*s\" is none of %.*s%s", QUOTED(node),
                 TEXT_ARGS(buffer_text(&all)),
                 problems_nearest(reading->problems, node->scalar, list, count));
    buffer_clear(&all);
    return false;
}

bool schema_to_word(struct schema_reading *reading, const struct yaml_node *node,
                    const struct schema_word *words, int *ret_value)
{
    if (!is_written(node, SCHEMA_ENUM))
        return field_is_wrong(reading, node, SCHEMA_ENUM);
    for (const struct schema_word *word = words; word->word; word++) {
        if (text_is(node->scalar, word->word)) {
            *ret_value = word->value;
            return true;
        }
    }
    return is_unknown_word(reading, node, words);
}

static bool to_text(struct schema_reading *reading, const struct yaml_node *node,
                    const char **ret_text)
{
    if (!is_written(node, SCHEMA_TEXT))
        return field_is_wrong(reading, node, SCHEMA_TEXT);
    *ret_text = node->scalar.data;
    return true;
}

static bool to_secret(struct schema_reading *reading, const struct yaml_node *node,
                      struct secret *ret_secret)
{
    const char *why = NULL;
    if (!is_written(node, SCHEMA_SECRET))
        return field_is_wrong(reading, node, SCHEMA_SECRET);
    if (text_starts(node->scalar, "$"))
        problems_add(reading->problems, PROBLEM_WARNING, node,
                     "begins with $ and is taken as it stands; a variable is written env:NAME");
    if (secret_resolve(node->scalar, reading->arena, ret_secret, &why))
        return true;
    bool optional = reading->options && reading->options->secrets_optional;
    problems_add(reading->problems, optional ? PROBLEM_WARNING : PROBLEM_ERROR, node, "%s", why);
    return false;
}

/* ---- several values ---- */

bool schema_to_texts(struct schema_reading *reading, const struct yaml_node *node,
                     struct schema_texts *ret_texts)
{
    if (node->kind == YAML_MAPPING)
        return field_is_wrong(reading, node, SCHEMA_TEXTS);
    bool good = true, is_single = node->kind == YAML_SCALAR;
    size_t count = is_single ? 1 : node->count;
    const char **items = arena_array(reading->arena, count, sizeof(*items));
    const struct yaml_node *item = is_single ? node : node->first;
    for (size_t i = 0; i < count; i++, item = item->next)
        good = to_text(reading, item, &items[i]) && good;
    if (good)
        *ret_texts = (struct schema_texts){ items, count };
    return good;
}

static bool to_flags(struct schema_reading *reading, const struct yaml_node *node,
                     const struct schema_word *words, uint32_t *ret_flags)
{
    uint32_t flags = 0;
    bool good = true;
    if (node->kind != YAML_SEQUENCE)
        return field_is_wrong(reading, node, SCHEMA_FLAGS);
    for (const struct yaml_node *item = node->first; item; item = item->next) {
        int flag = 0;
        good = schema_to_word(reading, item, words, &flag) && good;
        flags |= (uint32_t)flag;
    }
    *ret_flags = flags;
    return good;
}

static bool to_pairs(struct schema_reading *reading, const struct yaml_node *node,
                     struct schema_pairs *ret_pairs)
{
    if (node->kind != YAML_MAPPING)
        return field_is_wrong(reading, node, SCHEMA_PAIRS);
    struct schema_pair *items = arena_array(reading->arena, node->count, sizeof(*items));
    size_t count = 0;
    for (const struct yaml_node *item = node->first; item; item = item->next) {
        items[count].name = item->key;
        count += to_text(reading, item, &items[count].value);
    }
    *ret_pairs = (struct schema_pairs){ items, count };
    return true;
}

static bool is_in_bounds(struct schema_reading *reading, const struct schema_key *key,
                         const struct yaml_node *node, double number)
{
    bool is_small = outline_has_min(key) && number < key->min;
    bool is_large = outline_has_max(key) && number > key->max;
    if (!is_small && !is_large)
        return true;
    struct buffer bounds;
    buffer_init(&bounds, 200);
    outline_print_bounds(key, &bounds);
    problems_add(reading->problems, PROBLEM_ERROR, node, "%.*s is out of bounds: %.*s",
                 QUOTED(node), TEXT_ARGS(buffer_text(&bounds)));
    buffer_clear(&bounds);
    return false;
}

/* Plain numbers, and shares with their sign of per cent. */
static bool to_number_or_share(struct schema_reading *reading, const struct yaml_node *node,
                               double *ret_number)
{
    if (node->kind == YAML_SCALAR && text_ends(node->scalar, "%"))
        return schema_to_share(reading, node, ret_number);
    return schema_to_number(reading, node, ret_number);
}

static bool to_numbers(struct schema_reading *reading, const struct schema_key *key,
                       const struct yaml_node *node, struct schema_numbers *ret_numbers)
{
    if (node->kind != YAML_MAPPING)
        return field_is_wrong(reading, node, SCHEMA_NUMBERS);
    struct schema_named_number *items = arena_array(reading->arena, node->count, sizeof(*items));
    size_t count = 0;
    for (const struct yaml_node *item = node->first; item; item = item->next) {
        double value;
        if (to_number_or_share(reading, item, &value) && is_in_bounds(reading, key, item, value))
            items[count++] = (struct schema_named_number){ item->key, value, item };
    }
    *ret_numbers = (struct schema_numbers){ items, count };
    return true;
}

/* ---- fields ---- */

static bool is_fit(struct schema_reading *reading, const struct yaml_node *node,
                   enum schema_type type, bool fits)
{
    return fits || field_is_wrong(reading, node, type);
}

static void read_int(struct schema_reading *reading, const struct schema_key *key,
                     const struct yaml_node *node, int64_t *field)
{
    int64_t number;
    bool fits = is_written(node, SCHEMA_INT) && value_int(node->scalar, &number);
    if (is_fit(reading, node, SCHEMA_INT, fits) && is_in_bounds(reading, key, node, (double)number))
        *field = number;
}

static void read_duration(struct schema_reading *reading, const struct schema_key *key,
                          const struct yaml_node *node, int64_t *field)
{
    int64_t ms;
    if (schema_to_duration(reading, node, &ms) &&
        is_in_bounds(reading, key, node, (double)ms / 1000))
        *field = ms;
}

static void read_size(struct schema_reading *reading, const struct schema_key *key,
                      const struct yaml_node *node, uint64_t *field)
{
    uint64_t bytes;
    if (schema_to_size(reading, node, &bytes) && is_in_bounds(reading, key, node, (double)bytes))
        *field = bytes;
}

static void read_double(struct schema_reading *reading, const struct schema_key *key,
                        const struct yaml_node *node, double *field)
{
    double number;
    bool fits = key->type == SCHEMA_SHARE ? schema_to_share(reading, node, &number)
                                          : to_double(reading, node, key->type, &number);
    if (fits && is_in_bounds(reading, key, node, number))
        *field = number;
}

static void read_bool(struct schema_reading *reading, const struct yaml_node *node, bool *field)
{
    bool fits = is_written(node, SCHEMA_BOOL) && value_bool(node->scalar, field);
    is_fit(reading, node, SCHEMA_BOOL, fits);
}

void field_read(struct schema_reading *reading, const struct schema_key *key,
                const struct yaml_node *node, void *field)
{
    switch (key->type) {
    case SCHEMA_BOOL:
        read_bool(reading, node, field);
        break;
    case SCHEMA_INT:
        read_int(reading, key, node, field);
        break;
    case SCHEMA_NUMBER:
    case SCHEMA_MONEY:
    case SCHEMA_SHARE:
        read_double(reading, key, node, field);
        break;
    case SCHEMA_DURATION:
        read_duration(reading, key, node, field);
        break;
    case SCHEMA_SIZE:
        read_size(reading, key, node, field);
        break;
    case SCHEMA_TEXT:
        to_text(reading, node, field);
        break;
    case SCHEMA_SECRET:
        to_secret(reading, node, field);
        break;
    case SCHEMA_ENUM:
        schema_to_word(reading, node, key->words, field);
        break;
    case SCHEMA_FLAGS:
        to_flags(reading, node, key->words, field);
        break;
    case SCHEMA_TEXTS:
        schema_to_texts(reading, node, field);
        break;
    case SCHEMA_PAIRS:
        to_pairs(reading, node, field);
        break;
    case SCHEMA_NUMBERS:
        to_numbers(reading, key, node, field);
        break;
    case SCHEMA_OBJECT:
    case SCHEMA_LIST:
    case SCHEMA_MAP:
    case SCHEMA_CUSTOM:
        break;
    }
}
