/* fuzz_completions.c - any bytes as what clients of OpenAI's legacy completions ask, and as what
 * they are answered. */
#define VOICE ENDPOINT_COMPLETIONS

#include "voices.h"
