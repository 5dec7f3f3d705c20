/* utf8.h - where a character begins and ends. */
#ifndef BOURSE_BASE_UTF8_H
#define BOURSE_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The length of the valid sequence at the front, 1 to 4; 0 where there is none (overlong forms,
 * surrogates, cut sequences, stray bytes, no bytes). */
size_t utf8_sequence(const char *bytes, size_t len);

/* Its code point; only for what utf8_sequence found valid. */
uint32_t utf8_decode(const char *bytes, size_t sequence);

#endif
