/* words.c - composes answers and cuts them into tokens. */
#include "words.h"

#include <stdlib.h>

#include "schema.h"

#define TOKEN_BYTES    12
#define FRAGMENT_BYTES 7
#define QUOTED_MAX     200
#define FAULTY_TOKENS  60

/* Bytes 10xxxxxx continue a character of UTF-8. */
static size_t end_of_character(struct text text, size_t at)
{
    while (at < text.len && ((unsigned char)text.data[at] & 0xC0) == 0x80)
        at++;
    return at;
}

static bool take(struct text *rest, size_t len, struct text *ret_token)
{
    if (rest->len == 0)
        return false;
    *ret_token = (struct text){ rest->data, len };
    *rest = (struct text){ rest->data + len, rest->len - len };
    return true;
}

bool words_next(struct text *rest, struct text *ret_token)
{
    size_t len = 0;
    while (len < rest->len && rest->data[len] == ' ')
        len++;
    size_t most = len + TOKEN_BYTES;
    while (len < rest->len && len < most && rest->data[len] != ' ')
        len++;
    return take(rest, end_of_character(*rest, len), ret_token);
}

bool words_next_fragment(struct text *rest, struct text *ret_fragment)
{
    size_t len = rest->len < FRAGMENT_BYTES ? rest->len : FRAGMENT_BYTES;
    return take(rest, end_of_character(*rest, len), ret_fragment);
}

static bool say_number_of_words(struct buffer *text, int count)
{
    bool ok = true;
    for (int i = 1; ok && i <= count; i++)
        ok = buffer_printf(text, i == 1 ? "word%d" : " word%d", i);
    return ok;
}

static bool say_json(struct buffer *text, const json_t *schema)
{
    json_t *example = schema_example(schema);
    char *printed = example ? json_dumps(example, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    bool ok = printed && buffer_append_string(text, printed);
    free(printed);
    json_decref(example);
    return ok;
}

static bool say_something(struct buffer *text, const struct prompt *prompt, int index)
{
    struct text user = buffer_text(&prompt->user);
    if (user.len > QUOTED_MAX)
        user.len = end_of_character((struct text){ user.data, user.len }, QUOTED_MAX);
    const char *who = prompt->demo_notice
                          ? "This answer comes from bourse's demo provider, not from a model."
                          : "This answer comes from the mock provider.";
    bool ok = buffer_printf(text, "%s You said: %.*s", who, TEXT_ARGS(user));
    if (ok && index > 0)
        ok = buffer_printf(text, " (answer %d)", index + 1);
    return ok;
}

static bool compose(struct buffer *text, const struct prompt *prompt, int index)
{
    if (prompt->tool)
        return say_json(text, prompt->arguments);
    if (prompt->structured)
        return say_json(text, prompt->schema);
    switch (prompt->wish.fault->kind) {
    case FAULT_TOKENS:
        return say_number_of_words(text, prompt->wish.number);
    case FAULT_SLOW:
    case FAULT_CUT:
    case FAULT_STALL:
    case FAULT_BAD_EVENT:
    case FAULT_HUGE_EVENT:
    case FAULT_ENDLESS:
        return say_number_of_words(text, FAULTY_TOKENS);
    default:
        return say_something(text, prompt, index);
    }
}

/* Keeps the tokens that fit under the limit and counts them. */
static void cut_to_limit(struct words *words, int64_t tokens_max)
{
    struct text rest = buffer_text(&words->text), token;
    while (words->tokens < tokens_max && words_next(&rest, &token))
        words->tokens++;
    words->cut = rest.len > 0;
    words->text.len -= rest.len;
}

bool words_answer(struct words *words, const struct prompt *prompt, int index)
{
    *words = (struct words){ 0 };
    buffer_init(&words->text, WORDS_ANSWER_MAX);
    if (!compose(&words->text, prompt, index))
        return false;
    cut_to_limit(words, prompt->tokens_max);
    return true;
}

void words_clear(struct words *words)
{
    buffer_clear(&words->text);
}
