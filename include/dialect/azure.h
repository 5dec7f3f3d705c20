/* azure.h - where Azure answers what OpenAI answers elsewhere.
 *
 *     https://RESOURCE.openai.azure.com                 /openai/deployments/NAME/chat/completions
 *     https://RESOURCE.openai.azure.com/openai/v1       /chat/completions, as everywhere */
#ifndef BOURSE_DIALECT_AZURE_H
#define BOURSE_DIALECT_AZURE_H

#include "base/arena.h"

struct provider;

/* Behind the provider's base_url. `path` is OpenAI's, with its query; `deployment` is what Azure
 * calls the model, NULL where the path names none. */
struct text azure_path(const struct provider *provider, const char *deployment, struct text path,
                       struct arena *arena);

#endif
