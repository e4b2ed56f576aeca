/* seal.c: sealing of secrets with the house's key. Opened once at start-up by src/app. A key that cannot be read stops the start: a house
 * that made itself a new one would be unable to open what it sealed before. */
#include "base/seal.h"
#include "base/digest.h"
#include "base/durable.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    KEY_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    LINE_BYTES = 2 * KEY_BYTES + 1, /* the file: the key in hex digits, and a line's end */
};

struct seal {
    uint8_t key[KEY_BYTES]; /* the whole struct lies in libsodium's guarded, locked memory */
};

/* ---- the key file ---- */

static bool sync_parent(const char *path, struct fault *f)
{
    char dir[1024];
    snprintf(dir, sizeof dir, "%s", path);
    char *slash = strrchr(dir, '/');
    if (slash) slash[slash == dir] = '\0';
    int fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_done = (fd >= 0 && fsync(fd) == 0) || fault_errno(f, "the folder of %s cannot be made durable", path);
    if (fd >= 0) close(fd);
    return is_done;
}

/* By link, not by rename: of two that start at once one makes the key and both read it. */
static bool write_and_link(int fd, const char *tmp, const char *path, struct fault *f)
{
    uint8_t key[KEY_BYTES];
    char line[LINE_BYTES + 1];
    randombytes_buf(key, sizeof key);
    hex_encode(key, sizeof key, line);
    line[LINE_BYTES - 1] = '\n';
    bool is_written = fd_write_all(fd, str_make(line, LINE_BYTES), f);
    sodium_memzero(key, sizeof key);
    sodium_memzero(line, sizeof line);
    if (!is_written) return false;
    if (fsync(fd) != 0) return fault_errno(f, "%s cannot be made durable", tmp);
    if (link(tmp, path) != 0 && errno != EEXIST) return fault_errno(f, "%s cannot be made", path);
    return true;
}

static bool make_key(const char *path, struct fault *f)
{
    char tmp[1100];
    snprintf(tmp, sizeof tmp, "%s.%d.tmp", path, (int)getpid());
    unlink(tmp); /* of a crash; its rights may be anything */
    int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return fault_errno(f, "the key file %s cannot be made", path);
    bool is_made = write_and_link(fd, tmp, path, f);
    close(fd);
    unlink(tmp);
    return is_made && sync_parent(path, f);
}

static bool check_rights(int fd, const char *path, struct fault *f)
{
    struct stat st;
    if (fstat(fd, &st) != 0) return fault_errno(f, "the key file %s cannot be read", path);
    if (!S_ISREG(st.st_mode)) return fault_operator(f, "%s is not a file: the house's key is expected there", path);
    if (st.st_mode & 077)
        return fault_operator(f, "the key file %s can be read by others (mode %04o): run chmod 600 on it", path,
                              (unsigned)(st.st_mode & 07777));
    return true;
}

static bool read_key(int fd, const char *path, struct seal *s, struct fault *f)
{
    char line[LINE_BYTES + 1];
    if (!check_rights(fd, path, f)) return false;
    ssize_t n = pread(fd, line, sizeof line, 0);
    if (n < 0) return fault_errno(f, "the key file %s cannot be read", path);
    bool is_key =
        n == LINE_BYTES && line[LINE_BYTES - 1] == '\n' && hex_decode(str_make(line, LINE_BYTES - 1), s->key, KEY_BYTES);
    sodium_memzero(line, sizeof line);
    return is_key ||
           fault_operator(f, "the key file %s does not hold a key (%d hex digits and a line's end): put back the copy you kept",
                          path, 2 * KEY_BYTES);
}

struct seal *seal_open(const char *key_file, struct fault *f)
{
    enum { OPEN = O_RDONLY | O_CLOEXEC | O_NONBLOCK }; /* a pipe of that name must not hold up the start */
    ASSERT(sodium_init() >= 0);
    if (strlen(key_file) >= 1024) return fault_operator(f, "the path %.100s... is too long", key_file), NULL;
    int fd = open(key_file, OPEN);
    if (fd < 0 && errno == ENOENT) {
        if (!make_key(key_file, f)) return NULL;
        fd = open(key_file, OPEN);
    }
    if (fd < 0) return fault_errno(f, "the key file %s cannot be read", key_file), NULL;
    struct seal *s = sodium_malloc(sizeof *s);
    ASSERT(s);
    bool is_read = read_key(fd, key_file, s, f);
    close(fd);
    if (!is_read) seal_close(&s);
    return s;
}

void seal_close(struct seal **s)
{
    if (!s || !*s) return;
    sodium_free(*s); /* wipes it */
    *s = NULL;
}

/* ---- boxes: nonce, then cipher text and tag ---- */

struct str seal_shut(const struct seal *s, struct arena *a, struct str purpose, struct str secret)
{
    if (!secret.ptr) return STR_NULL;
    uint8_t *box = arena_alloc(a, NONCE_BYTES + secret.len + TAG_BYTES);
    randombytes_buf(box, NONCE_BYTES);
    unsigned long long n;
    crypto_aead_xchacha20poly1305_ietf_encrypt(box + NONCE_BYTES, &n, (const uint8_t *)secret.ptr, secret.len,
                                               (const uint8_t *)purpose.ptr, purpose.len, NULL, box, s->key);
    return str_make(box, NONCE_BYTES + (size_t)n);
}

struct str seal_unseal(const struct seal *s, struct arena *a, struct str purpose, struct str box)
{
    if (!box.ptr || box.len < NONCE_BYTES + TAG_BYTES) return STR_NULL;
    const uint8_t *nonce = (const uint8_t *)box.ptr;
    uint8_t *secret = arena_alloc(a, box.len - NONCE_BYTES - TAG_BYTES + 1);
    unsigned long long n;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(secret, &n, NULL, nonce + NONCE_BYTES, box.len - NONCE_BYTES,
                                                   (const uint8_t *)purpose.ptr, purpose.len, nonce, s->key) != 0)
        return STR_NULL;
    return str_make(secret, (size_t)n);
}
