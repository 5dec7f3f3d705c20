/* sigv4.c - Amazon's signature of a request, version 4. */
#include "wire/sigv4.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#define HASH_LEN      32
#define CANONICAL_MAX ((size_t)16 << 10)
#define SECRET_MAX    256
#define DAY_LEN       8 /* "20150830" */

typedef unsigned char hash[HASH_LEN];

/* ---- hashes ---- */

static bool hash_pieces(const struct text *pieces, size_t count, hash ret)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_done = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL);
    for (size_t i = 0; i < count && is_done; i++)
        is_done = EVP_DigestUpdate(context, pieces[i].data, pieces[i].len);
    is_done = is_done && EVP_DigestFinal_ex(context, ret, NULL);
    EVP_MD_CTX_free(context);
    return is_done;
}

static bool hmac(struct text key, struct text words, hash ret)
{
    return HMAC(EVP_sha256(), key.data, (int)key.len, (const unsigned char *)words.data, words.len,
                ret, NULL) != NULL;
}

static struct text hash_text(const hash value)
{
    return (struct text){ (const char *)value, HASH_LEN };
}

static bool put_hex(struct buffer *out, const hash value)
{
    bool has_room = true;
    for (size_t i = 0; i < HASH_LEN && has_room; i++)
        has_room = buffer_printf(out, "%02x", value[i]);
    return has_room;
}

/* ---- the canonical request ---- */

static bool put_path(struct buffer *out, struct text path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-._~/";
    bool has_room = true;
    for (size_t i = 0; i < path.len && has_room; i++) {
        const char byte = path.data[i];
        has_room = memchr(plain, byte, sizeof(plain) - 1)
                       ? buffer_append(out, &byte, 1)
                       : buffer_printf(out, "%%%02X", (unsigned char)byte);
    }
    return has_room && (path.len > 0 || buffer_append_string(out, "/"));
}

static bool put_names(struct buffer *out, const struct sigv4 *signing)
{
    bool has_room = true;
    for (size_t i = 0; i < signing->header_count && has_room; i++)
        has_room = (i == 0 || buffer_append_string(out, ";")) &&
                   buffer_append_text(out, signing->headers[i].name);
    return has_room;
}

static bool put_headers(struct buffer *out, const struct sigv4 *signing)
{
    bool has_room = true;
    for (size_t i = 0; i < signing->header_count && has_room; i++)
        has_room = buffer_printf(out, "%.*s:%.*s\n", TEXT_ARGS(signing->headers[i].name),
                                 TEXT_ARGS(text_trim(signing->headers[i].value)));
    return has_room;
}

static bool put_canonical(struct buffer *out, const struct sigv4 *signing)
{
    hash body;
    return hash_pieces(signing->pieces, signing->piece_count, body) &&
           buffer_printf(out, "%.*s\n", TEXT_ARGS(signing->method)) &&
           put_path(out, signing->path) &&
           buffer_printf(out, "\n%.*s\n", TEXT_ARGS(signing->query)) && put_headers(out, signing) &&
           buffer_append_string(out, "\n") && put_names(out, signing) &&
           buffer_append_string(out, "\n") && put_hex(out, body);
}

/* ---- what is signed, and with what ---- */

static struct text day_of(const struct sigv4 *signing)
{
    return (struct text){ signing->date.data, DAY_LEN };
}

static bool put_scope(struct buffer *out, const struct sigv4 *signing)
{
    return buffer_printf(out, "%.*s/%.*s/%.*s/aws4_request", TEXT_ARGS(day_of(signing)),
                         TEXT_ARGS(signing->region), TEXT_ARGS(signing->service));
}

static bool put_string_to_sign(struct buffer *out, const struct sigv4 *signing)
{
    struct buffer canonical;
    hash value;
    buffer_init(&canonical, CANONICAL_MAX);
    const bool is_hashed = put_canonical(&canonical, signing) &&
                           hash_pieces(&(struct text){ canonical.data, canonical.len }, 1, value);
    buffer_clear(&canonical);
    return is_hashed && buffer_printf(out, "AWS4-HMAC-SHA256\n%.*s\n", TEXT_ARGS(signing->date)) &&
           put_scope(out, signing) && buffer_append_string(out, "\n") && put_hex(out, value);
}

static bool derive_key(const struct sigv4 *signing, hash ret)
{
    char secret[SECRET_MAX];
    const int len = snprintf(secret, sizeof(secret), "AWS4%.*s", TEXT_ARGS(signing->secret));
    return len < SECRET_MAX && hmac((struct text){ secret, (size_t)len }, day_of(signing), ret) &&
           hmac(hash_text(ret), signing->region, ret) &&
           hmac(hash_text(ret), signing->service, ret) &&
           hmac(hash_text(ret), text_of("aws4_request"), ret);
}

bool sigv4_sign(const struct sigv4 *signing, struct buffer *ret_authorization)
{
    struct buffer words;
    hash key, signature;
    if (signing->date.len != SIGV4_DATE_LEN)
        return false;
    buffer_init(&words, CANONICAL_MAX);
    const bool is_signed = put_string_to_sign(&words, signing) && derive_key(signing, key) &&
                           hmac(hash_text(key), buffer_text(&words), signature);
    buffer_clear(&words);
    return is_signed &&
           buffer_printf(ret_authorization, "AWS4-HMAC-SHA256 Credential=%.*s/",
                         TEXT_ARGS(signing->key_id)) &&
           put_scope(ret_authorization, signing) &&
           buffer_append_string(ret_authorization, ", SignedHeaders=") &&
           put_names(ret_authorization, signing) &&
           buffer_append_string(ret_authorization, ", Signature=") &&
           put_hex(ret_authorization, signature);
}
