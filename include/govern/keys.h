/* keys.h - who is calling: bearer keys, of which only SHA-256 hashes are stored. */
#ifndef BOURSE_GOVERN_KEYS_H
#define BOURSE_GOVERN_KEYS_H

#include "base/fail.h"
#include "config/schema.h"

struct caller {
    struct schema_object object; /* .name */
    const char *hash_text;       /* "sha256:<64 hex digits>" as written */
    unsigned char hash[32];
    struct schema_texts routes; /* which routes and models it may name; none listed: all */
};

struct keyring {
    struct caller *callers;
    size_t count;
    bool required; /* `auth: keys` */
};

#define KEYS_MAX     10000
#define KEY_TEXT_MAX 512 /* longer keys are wrong without being hashed */

/* One entry of the YAML's `keys:`. */
extern const struct schema caller_schema;
/* The whole of `keys:` as a SCHEMA_CUSTOM row into a struct schema_list of struct caller: because
 * the short form `name: sha256:…` is understood as well. */
void callers_read(struct schema_reading *reading, const struct yaml_node *node, void *field);
extern const char callers_json_schema[];
/* Sorts the callers by their hashes. */
void keyring_build(struct keyring *keyring, struct schema_list callers, bool required,
                   struct arena *arena, struct problems *problems);

/* FAIL_NO_KEY, FAIL_WRONG_KEY, or FAIL_NONE with the caller; without required keys a missing or
 * unknown key gives FAIL_NONE and NULL. Takes the same time for every wrong key. */
enum fail keyring_identify(const struct keyring *keyring, struct text key,
                           const struct caller **ret_caller);

/* A caller without a list may use everything; NULL (no keys configured) too. */
bool caller_may(const struct caller *caller, const char *route);

/* A new key ("bk-" and 43 characters of base64url, 256 random bits) and "sha256:…" of it. */
#define KEY_NEW_SIZE  64
#define KEY_HASH_SIZE 80
void key_new(char key[KEY_NEW_SIZE], char hash[KEY_HASH_SIZE]);

#endif
