/* fuzz_zero.c - whatever stands where Ollama is expected may say, the document stays one. */
#include <stdlib.h>

#include "config/yaml.h"
#include "state/zero.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One row of the table, so that names of the catalogue and of the reply can clash. */
static const char *environment(const char *name)
{
    return text_is(text_of(name), "OPENAI_API_KEY") ? "sk-fuzz" : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct problems problems;
    const char *note;
    arena_init(&arena);
    problems_init(&problems, &arena);
    struct text reply = { (const char *)data, size };
    struct text yaml = zero_compose(environment, reply, &arena, &note);
    if (!yaml_read_text(yaml, "zero", &arena, &problems))
        abort();
    arena_clear(&arena);
    return 0;
}
