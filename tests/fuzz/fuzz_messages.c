/* fuzz_messages.c - any bytes as what clients of Anthropic's Messages ask, and as what they are
 * answered. */
#define VOICE ENDPOINT_MESSAGES

#include "voices.h"
