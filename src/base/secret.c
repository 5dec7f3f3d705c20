/* secret.c - the values that must never be printed, and taking them out of what is. */
#include "base/secret.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#define SECRETS_MAX     1024
#define SECRET_SHORTEST 6 /* shorter ones would blot out ordinary words */
#define NOWHERE         SIZE_MAX

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static struct text registered[SECRETS_MAX]; /* empty: one that was forgotten */
static size_t registered_count;             /* ever; the next place is this modulo SECRETS_MAX */

static size_t place_of(struct text value)
{
    for (size_t i = 0; i < SECRETS_MAX && i < registered_count; i++)
        if (text_equal(registered[i], value))
            return i;
    return NOWHERE;
}

static void put(struct text *place, struct text value)
{
    free((char *)place->data);
    *place = value;
}

/* Where something was forgotten, else in the place of the oldest. */
static struct text *free_place(void)
{
    const size_t forgotten = place_of((struct text){ NULL, 0 });
    return &registered[forgotten != NOWHERE ? forgotten : registered_count++ % SECRETS_MAX];
}

void secret_register(struct secret secret)
{
    struct text value = secret.hidden;
    if (value.len < SECRET_SHORTEST)
        return;

    pthread_rwlock_wrlock(&lock);
    char *copy = place_of(value) != NOWHERE ? NULL : malloc(value.len);
    if (copy)
        put(free_place(), (struct text){ memcpy(copy, value.data, value.len), value.len });
    pthread_rwlock_unlock(&lock);
}

void secret_forget(struct secret secret)
{
    if (secret.hidden.len < SECRET_SHORTEST)
        return;
    pthread_rwlock_wrlock(&lock);
    const size_t place = place_of(secret.hidden);
    if (place != NOWHERE)
        put(&registered[place], (struct text){ NULL, 0 });
    pthread_rwlock_unlock(&lock);
}

static void blot_out(char *bytes, size_t len, struct text value)
{
    char *at = bytes;
    while ((at = memmem(at, len - (size_t)(at - bytes), value.data, value.len)))
        memset(at, '*', value.len);
}

void secret_redact(char *bytes, size_t len)
{
    pthread_rwlock_rdlock(&lock);
    for (size_t i = 0; i < SECRETS_MAX && i < registered_count; i++)
        if (registered[i].len > 0)
            blot_out(bytes, len, registered[i]);
    pthread_rwlock_unlock(&lock);
}
