/* digest.c: SHA-256 by OpenSSL, hexadecimal and base 64. Thread-safe: the algorithm is looked up once, and each thread keeps
 * one context (the one-shot call of the library looks both up each time, which costs five times the digest of a short text). */
#include "base/digest.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static EVP_MD *algorithm;
static pthread_key_t context_of_thread;

static void free_context(void *ctx) { EVP_MD_CTX_free(ctx); }

static void digest_set_up(void)
{
    algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    ASSERT(algorithm);
    ASSERT(pthread_key_create(&context_of_thread, free_context) == 0);
}

static void digest_ready(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, digest_set_up);
}

static EVP_MD_CTX *thread_context(void)
{
    static _Thread_local EVP_MD_CTX *ctx; /* the key is only there to free it with its thread */
    if (ctx) return ctx;
    digest_ready();
    ctx = EVP_MD_CTX_new();
    ASSERT(ctx && pthread_setspecific(context_of_thread, ctx) == 0);
    return ctx;
}

void sha256(struct str s, uint8_t out[SHA256_BYTES])
{
    EVP_MD_CTX *ctx = thread_context();
    ASSERT(EVP_DigestInit_ex2(ctx, algorithm, NULL) && EVP_DigestUpdate(ctx, s.ptr, s.len) &&
           EVP_DigestFinal_ex(ctx, out, NULL));
}

struct sha256_sum {
    EVP_MD_CTX *ctx;
};

struct sha256_sum *sha256_create(void)
{
    digest_ready();
    struct sha256_sum *d = malloc(sizeof *d);
    ASSERT(d);
    d->ctx = EVP_MD_CTX_new();
    ASSERT(d->ctx && EVP_DigestInit_ex2(d->ctx, algorithm, NULL));
    return d;
}

void sha256_add(struct sha256_sum *d, struct str s) { ASSERT(EVP_DigestUpdate(d->ctx, s.ptr, s.len)); }

void sha256_take(struct sha256_sum *d, uint8_t out[SHA256_BYTES])
{
    ASSERT(EVP_DigestFinal_ex(d->ctx, out, NULL) && EVP_DigestInit_ex2(d->ctx, algorithm, NULL));
}

void sha256_destroy(struct sha256_sum **d)
{
    if (!d || !*d) return;
    EVP_MD_CTX_free((*d)->ctx);
    free(*d);
    *d = NULL;
}

bool sha256_file(const char *path, uint8_t out[SHA256_BYTES], struct fault *f)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fault_errno(f, "%s cannot be opened", path);
    struct sha256_sum *d = sha256_create();
    char piece[65536];
    ssize_t n;
    while ((n = read(fd, piece, sizeof piece)) != 0) {
        if (n > 0) sha256_add(d, str_make(piece, (size_t)n));
        if (n < 0 && errno != EINTR) break;
    }
    bool is_whole = n == 0;
    if (!is_whole) fault_errno(f, "%s cannot be read", path);
    if (is_whole) sha256_take(d, out);
    sha256_destroy(&d);
    close(fd);
    return is_whole;
}

void hex_encode(const void *p, size_t n, char *out)
{
    const uint8_t *from = p;
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = "0123456789abcdef"[from[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[from[i] & 15];
    }
    out[2 * n] = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_decode(struct str hex, void *out, size_t n)
{
    if (hex.len != 2 * n) return false;
    for (size_t i = 0; i < hex.len; i++)
        if (hex_digit(hex.ptr[i]) < 0) return false;
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)out)[i] = (uint8_t)(hex_digit(hex.ptr[2 * i]) << 4 | hex_digit(hex.ptr[2 * i + 1]));
    return true;
}

struct str base64_encode(struct arena *a, struct str s)
{
    ASSERT(s.len < INT32_MAX / 2);
    unsigned char *out = arena_alloc(a, (s.len + 2) / 3 * 4 + 1);
    int n = EVP_EncodeBlock(out, (const unsigned char *)(s.ptr ? s.ptr : ""), (int)s.len);
    return str_make(out, (size_t)n);
}

struct str base64_url_encode(struct arena *a, struct str s)
{
    struct str padded = base64_encode(a, s);
    char *out = (char *)padded.ptr;
    size_t n = padded.len;
    while (n > 0 && out[n - 1] == '=') n--;
    for (size_t i = 0; i < n; i++) out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
    out[n] = '\0';
    return str_make(out, n);
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

struct str base64_decode(struct arena *a, struct str s)
{
    if (!s.ptr || s.len % 4 != 0) return STR_NULL;
    size_t pad = s.len == 0 ? 0 : s.ptr[s.len - 1] != '=' ? 0 : s.ptr[s.len - 2] != '=' ? 1 : 2;
    size_t n = s.len / 4 * 3 - pad;
    char *out = arena_alloc(a, n + 3);
    for (size_t i = 0, o = 0; i < s.len; i += 4, o += 3) {
        uint32_t v = 0;
        for (size_t k = 0; k < 4; k++) {
            int digit = i + k >= s.len - pad ? 0 : base64_digit(s.ptr[i + k]);
            if (digit < 0) return STR_NULL;
            v = v << 6 | (uint32_t)digit;
        }
        out[o] = (char)(v >> 16), out[o + 1] = (char)(v >> 8), out[o + 2] = (char)v;
    }
    /* One strict text per value: the bits that padding leaves over are zero. */
    if (pad && (out[n] | (pad == 2 ? out[n + 1] : 0)) != 0) return STR_NULL;
    return str_make(out, n);
}
