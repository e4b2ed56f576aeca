/* highlevel_signature.c: who signed a webhook (specs: crm-apis §1.5). Pure. */
#include "links/highlevel/highlevel_private.h"
#include "base/digest.h"
#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

enum { RAW_ED25519_BYTES = 32 };

/* What stands between the lines of a PEM text, or all of it, without white space. */
static struct str base64_of(struct arena *a, struct str key)
{
    static const char begin[] = "-----BEGIN PUBLIC KEY-----", end[] = "-----END";
    const char *from = memmem(key.ptr, key.len, begin, sizeof begin - 1);
    if (from) key = str_make(from + sizeof begin - 1, key.len - (size_t)(from + sizeof begin - 1 - key.ptr));
    const char *to = memmem(key.ptr, key.len, end, sizeof end - 1);
    if (to) key.len = (size_t)(to - key.ptr);
    char *out = arena_alloc(a, key.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < key.len; i++)
        if (!isspace((unsigned char)key.ptr[i])) out[n++] = key.ptr[i];
    return str_make(out, n);
}

/* NULL: none of that kind. */
static EVP_PKEY *key_read(struct arena *a, struct str text, enum highlevel_signing kind)
{
    struct str der = base64_decode(a, base64_of(a, text));
    const unsigned char *p = (const unsigned char *)der.ptr;
    if (!der.len || der.len > 10000) return NULL;
    EVP_PKEY *key = kind == HIGHLEVEL_ED25519 && der.len == RAW_ED25519_BYTES
                        ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, p, der.len)
                        : d2i_PUBKEY(NULL, &p, (long)der.len);
    if (key && EVP_PKEY_get_base_id(key) == (kind == HIGHLEVEL_RSA ? EVP_PKEY_RSA : EVP_PKEY_ED25519)) return key;
    EVP_PKEY_free(key);
    return NULL;
}

bool highlevel_key_check(struct str key, enum highlevel_signing kind)
{
    struct arena *a = arena_create(4096);
    EVP_PKEY *read = key_read(a, key, kind);
    bool ok = read != NULL;
    EVP_PKEY_free(read);
    arena_destroy(&a);
    return ok;
}

bool highlevel_signed(struct arena *a, struct str key, enum highlevel_signing kind, struct str body, struct str signature)
{
    struct str bytes = base64_decode(a, str_trim(signature));
    EVP_PKEY *read = bytes.len ? key_read(a, key, kind) : NULL;
    if (!read) return false;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok =
        ctx && EVP_DigestVerifyInit(ctx, NULL, kind == HIGHLEVEL_RSA ? EVP_sha256() : NULL, NULL, read) == 1 &&
        EVP_DigestVerify(ctx, (const unsigned char *)bytes.ptr, bytes.len, (const unsigned char *)body.ptr, body.len) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(read);
    return ok;
}
