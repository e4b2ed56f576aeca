/* webhook_sign.c: secrets and signatures of Standard Webhooks 1.0.0: HMAC-SHA256 over "id.timestamp.body". Pure. */
#include "links/webhook/webhook.h"
#include "base/digest.h"
#include "base/ids.h"
#include "base/log.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define PREFIX STR("whsec_")
enum { SECRET_BYTES = 32, LEAST_BYTES = 24, MOST_BYTES = 64, MAC_BYTES = 32 };

struct str webhook_secret_make(struct arena *a)
{
    uint8_t bytes[SECRET_BYTES];
    random_bytes(bytes, sizeof bytes);
    return str_of(arena_printf(a, "whsec_%s", base64_encode(a, str_make(bytes, sizeof bytes)).ptr));
}

/* The key's bytes; STR_NULL: not a secret. */
static struct str key_of(struct arena *a, struct str secret)
{
    if (!str_starts(secret, PREFIX)) return STR_NULL;
    struct str key = base64_decode(a, str_make(secret.ptr + PREFIX.len, secret.len - PREFIX.len));
    return key.len >= LEAST_BYTES && key.len <= MOST_BYTES ? key : STR_NULL;
}

bool webhook_secret_check(struct str secret, struct fault *f)
{
    struct arena *a = arena_create(512);
    bool ok = secret.len > 0;
    for (struct str rest = secret; ok && rest.len;) ok = key_of(a, str_cut(rest, ' ', &rest)).ptr != NULL;
    arena_destroy(&a);
    return ok || fault_user(f, 400, "A webhook's secret is whsec_ and the base 64 of 24 to 64 bytes.");
}

struct str webhook_sign(struct arena *a, struct str secret, struct str id, int64_t timestamp_s, struct str body)
{
    const char *all = "";
    char *text = arena_printf(a, "%.*s.%lld.%.*s", STR_ARG(id), (long long)timestamp_s, STR_ARG(body));
    for (struct str rest = secret; rest.len;) {
        struct str key = key_of(a, str_cut(rest, ' ', &rest));
        unsigned char mac[MAC_BYTES];
        unsigned n = 0;
        if (!key.ptr) continue;
        bool ok = HMAC(EVP_sha256(), key.ptr, (int)key.len, (const unsigned char *)text, strlen(text), mac, &n) != NULL;
        ASSERT(ok && n == MAC_BYTES);
        all = arena_printf(a, "%s%sv1,%s", all, *all ? " " : "", base64_encode(a, str_make(mac, MAC_BYTES)).ptr);
    }
    return *all ? str_of(all) : STR_NULL;
}
