/* secret.c - the values that must never be printed, and taking them out of what is. */
#include "base/secret.h"

#include <pthread.h>
#include <stdlib.h>

#define SECRETS_MAX     1024
#define SECRET_SHORTEST 6 /* shorter ones would blot out ordinary words */

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static struct text registered[SECRETS_MAX];
static size_t registered_count; /* ever; the next place is this modulo SECRETS_MAX */

static bool is_registered(struct text value)
{
    for (size_t i = 0; i < SECRETS_MAX && i < registered_count; i++)
        if (text_equal(registered[i], value))
            return true;
    return false;
}

void secret_register(struct secret secret)
{
    struct text value = secret.hidden;
    if (value.len < SECRET_SHORTEST)
        return;

    pthread_rwlock_wrlock(&lock);
    char *copy = is_registered(value) ? NULL : malloc(value.len);
    if (copy) {
        struct text *place = &registered[registered_count % SECRETS_MAX];
        free((char *)place->data);
        *place = (struct text){ memcpy(copy, value.data, value.len), value.len };
        registered_count++;
    }
    pthread_rwlock_unlock(&lock);
}

void secret_redact(char *bytes, size_t len)
{
    pthread_rwlock_rdlock(&lock);
    for (size_t i = 0; i < SECRETS_MAX && i < registered_count; i++) {
        char *at = bytes;
        while ((at = memmem(at, len - (size_t)(at - bytes), registered[i].data, registered[i].len)))
            memset(at, '*', registered[i].len);
    }
    pthread_rwlock_unlock(&lock);
}
