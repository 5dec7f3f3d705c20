/* random.c - chance and hashes. The generator is xoshiro256** (Blackman, Vigna 2018), the mixer
 * SplitMix64 (Steele, Lea, Flood 2014). */
#include "base/random.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void random_bytes(void *bytes, size_t len)
{
    char *at = bytes;
    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            perror("bourse: getrandom");
            abort();
        }
        at += got;
        len -= (size_t)got;
    }
}

static uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

uint64_t random_u64(void)
{
    static _Thread_local uint64_t state[4];
    static _Thread_local bool seeded;
    if (!seeded) {
        random_bytes(state, sizeof(state));
        seeded = true;
    }
    uint64_t result = rotate(state[1] * 5, 7) * 9;
    uint64_t shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate(state[3], 45);
    return result;
}

void random_id(char *id, size_t size, const char *prefix)
{
    static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
    size_t at = 0;
    while (prefix[at] && at + 1 < size) {
        id[at] = prefix[at];
        at++;
    }
    uint64_t bits = 0;
    for (int i = 0; i < RANDOM_ID_LENGTH && at + 1 < size; i++) {
        if (i % 12 == 0)
            bits = random_u64();
        id[at++] = digits[bits & 31];
        bits >>= 5;
    }
    id[at] = '\0';
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
    x = (x ^ x >> 27) * 0x94d049bb133111ebU;
    return x ^ x >> 31;
}

uint64_t hash_bytes(const void *bytes, size_t len, uint64_t seed)
{
    const unsigned char *at = bytes;
    uint64_t hash = mix(seed + 0x9e3779b97f4a7c15U) ^ len;
    for (; len >= 8; at += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        hash = mix(hash ^ le64toh(word)) + 0x9e3779b97f4a7c15U; /* the same on each machine */
    }
    uint64_t tail = 0;
    for (size_t i = 0; i < len; i++)
        tail |= (uint64_t)at[i] << (8 * i);
    return mix(hash ^ tail);
}
