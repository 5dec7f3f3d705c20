/* test_azure.c - where Azure is asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalog/catalog.h"
#include "dialect/azure.h"

static void a_path_leads_to_the_deployment_and_names_the_version(void **state)
{
    (void)state;
    static const struct {
        const char *base_url, *deployment, *path, *wanted;
    } rows[] = {
        { "https://r.openai.azure.com", "gpt-4o", "/chat/completions",
          "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21" },
        { "https://r.openai.azure.com", NULL, "/files?limit=5",
          "/openai/files?limit=5&api-version=2024-10-21" },
        { "https://r.openai.azure.com/openai/v1", "gpt-4o", "/chat/completions",
          "/chat/completions" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena arena;
        const struct provider provider = { .base_url = rows[i].base_url,
                                           .api_version = "2024-10-21" };
        arena_init(&arena);
        struct text path = azure_path(&provider, rows[i].deployment, text_of(rows[i].path), &arena);
        if (!text_is(path, rows[i].wanted))
            fail_msg("%.*s, not %s", TEXT_ARGS(path), rows[i].wanted);
        arena_clear(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_leads_to_the_deployment_and_names_the_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
