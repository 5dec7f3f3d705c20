/* keys.c - who is calling: hashes of bearer keys, sorted once, searched for each request. */
#include "govern/keys.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

static bool parse_hash(struct text written, unsigned char hash[32])
{
    if (!text_starts(written, "sha256:") || written.len != 7 + 64)
        return false;
    const char *digits = written.data + 7;
    for (size_t i = 0; i < 32; i++) {
        int high = hex_digit(digits[2 * i]), low = hex_digit(digits[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        hash[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}

static int by_hash(const void *a, const void *b)
{
    return memcmp(((const struct caller *)a)->hash, ((const struct caller *)b)->hash, 32);
}

static void report_shared_hashes(const struct keyring *keyring, struct problems *problems)
{
    for (size_t i = 1; i < keyring->count; i++) {
        const struct caller *caller = &keyring->callers[i];
        if (by_hash(caller - 1, caller) == 0)
            problems_add(problems, PROBLEM_ERROR, caller->object.node,
                         "has the same hash as \"%s\"", caller[-1].object.name);
    }
}

void keyring_build(struct keyring *keyring, struct schema_list callers, bool required,
                   struct arena *arena, struct problems *problems)
{
    (void)arena; /* the array that was read is sorted in place */
    *keyring = (struct keyring){ .callers = callers.items, .required = required };
    for (size_t i = 0; i < callers.count; i++) {
        struct caller caller = keyring->callers[i];
        if (!caller.hash_text) /* the schema has complained of it */
            continue;
        if (parse_hash(text_of(caller.hash_text), caller.hash))
            keyring->callers[keyring->count++] = caller;
        else
            problems_add(problems, PROBLEM_ERROR, caller.object.node,
                         "a key is stored as \"sha256:\" and 64 hex digits (`bourse keys new %s` "
                         "prints such a line)",
                         caller.object.name);
    }
    if (keyring->count == 0)
        return;
    qsort(keyring->callers, keyring->count, sizeof(struct caller), by_hash);
    report_shared_hashes(keyring, problems);
}

/* The search compares hashes, about which a caller can choose nothing: how far it came tells
 * nothing of any key. The last word is a comparison in constant time. */
static const struct caller *find(const struct keyring *keyring, struct text key)
{
    struct caller asked;
    SHA256((const unsigned char *)key.data, key.len, asked.hash);
    size_t low = 0, high = keyring->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_hash(&keyring->callers[middle], &asked) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == keyring->count || CRYPTO_memcmp(keyring->callers[low].hash, asked.hash, 32) != 0)
        return NULL;
    return &keyring->callers[low];
}

enum fail keyring_identify(const struct keyring *keyring, struct text key,
                           const struct caller **ret_caller)
{
    const struct caller *caller = NULL;
    if (key.len > 0 && key.len <= KEY_TEXT_MAX && keyring->count > 0)
        caller = find(keyring, key);
    if (!caller && keyring->required)
        return key.len == 0 ? FAIL_NO_KEY : FAIL_WRONG_KEY;
    *ret_caller = caller;
    return FAIL_NONE;
}

bool caller_may(const struct caller *caller, const char *route)
{
    if (!caller || caller->routes.count == 0)
        return true;
    for (size_t i = 0; i < caller->routes.count; i++) {
        if (strcmp(caller->routes.items[i], route) == 0)
            return true;
    }
    return false;
}

/* 32 bytes are 42 digits of six bits and one of four. */
static void base64url(const unsigned char bytes[32], char digits[44])
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint32_t bits = 0;
    int held = 0;
    size_t out = 0;
    for (size_t i = 0; i < 32; i++) {
        bits = bits << 8 | bytes[i];
        for (held += 8; held >= 6; held -= 6)
            digits[out++] = alphabet[bits >> (held - 6) & 63];
    }
    digits[out++] = alphabet[bits << (6 - held) & 63];
    digits[out] = 0;
}

void key_new(char key[KEY_NEW_SIZE], char hash[KEY_HASH_SIZE])
{
    unsigned char bytes[32], digest[32];
    char digits[44];
    random_bytes(bytes, sizeof(bytes));
    base64url(bytes, digits);
    snprintf(key, KEY_NEW_SIZE, "bk-%s", digits);
    SHA256((const unsigned char *)key, strlen(key), digest);
    snprintf(hash, KEY_HASH_SIZE, "sha256:");
    for (size_t i = 0; i < 32; i++)
        snprintf(hash + 7 + 2 * i, 3, "%02x", digest[i]);
    OPENSSL_cleanse(bytes, sizeof(bytes));
    OPENSSL_cleanse(digits, sizeof(digits));
}
