/* random.h - chance: unguessable bytes for ids and keys, cheap numbers for dice. */
#ifndef BOURSE_BASE_RANDOM_H
#define BOURSE_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* From the kernel, for keys. Ends the process when the kernel has none to give. */
void random_bytes(void *bytes, size_t len);

/* A fast generator, one for each thread, seeded by random_bytes. */
uint64_t random_u64(void);

/* `prefix` and 24 characters of base 32 in lower case, ended by a zero. For request and decision
 * ids. */
#define RANDOM_ID_LENGTH 24
void random_id(char *id, size_t size, const char *prefix);

/* A well-mixed hash of bytes, the same in every run and on every machine: splits, features. */
uint64_t hash_bytes(const void *bytes, size_t len, uint64_t seed);

#endif
