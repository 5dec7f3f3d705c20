/* fuzz_responses.c - any bytes as what clients of OpenAI's Responses ask, and as what they are
 * answered. */
#define VOICE ENDPOINT_RESPONSES

#include "voices.h"
