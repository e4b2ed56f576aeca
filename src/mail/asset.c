/* asset.c: files of an account by name: pictures, fonts, style sheets. Bytes lie once under their digest, below files/assets; a
 * name points at a digest. A file is in its place, durably, before its row is written; bytes that no row names are harmless. */
#include "mail/asset_type.h"
#include "mail/mail_private.h"
#include "mail/template_source.h"
#include "base/digest.h"
#include "base/durable.h"
#include "base/limits.h"
#include "base/log.h"
#include "queries.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool asset_name_check(struct str name, struct fault *f)
{
    if (str_is_empty(name) || (int64_t)name.len > limit_get(LIMIT_ASSET_MAX_NAME_BYTES))
        return fault_user(f, 400, "The asset's name needs 1 to %lld bytes.", (long long)limit_get(LIMIT_ASSET_MAX_NAME_BYTES));
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-')
            continue;
        return fault_user(f, 400,
                          "The asset's name \"%.*s\" holds something else than letters, digits, dot, dash and underscore.",
                          STR_ARG(name));
    }
    return true;
}

static bool keep(struct mail *m, struct arena *a, const char *path, struct str digest_hex, struct fault *f)
{
    return make_dirs(mail_path(m, a, "files/assets/%.2s", digest_hex.ptr), 0750, f) &&
           keep_file(a, path, asset_path(m, a, digest_hex), f);
}

struct put {
    int64_t account, bytes;
    struct str name, media_type, digest;
};

static bool put(struct tx *tx, void *arg)
{
    const struct put *p = arg;
    return tx_run(tx, Q_ASSET_PUT, &(struct q_asset_put){p->account, p->name, p->digest, p->media_type, p->bytes, tx_now(tx)},
                  NULL);
}

static bool look(const char *path, struct str name, struct kept_asset *out, struct fault *f)
{
    struct stat st;
    char head[512];
    if (stat(path, &st) != 0) return fault_errno(f, "%s cannot be read", path);
    if (st.st_size == 0) return fault_user(f, 400, "The asset is empty.");
    if (st.st_size > limit_get(LIMIT_HTTP_MAX_ASSET_BYTES))
        return fault_user(f, 413, "The asset has %lld bytes; http.max_asset_bytes is %lld.", (long long)st.st_size,
                          (long long)limit_get(LIMIT_HTTP_MAX_ASSET_BYTES));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : pread(fd, head, sizeof head, 0);
    if (fd >= 0) close(fd);
    if (n < 0) return fault_errno(f, "%s cannot be read", path);
    const char *type = asset_type(str_make(head, (size_t)n), name);
    if (!type)
        return fault_user(
            f, 415, "The asset is none of JPEG, PNG, SVG, a TrueType, OpenType or WOFF2 font, or a style sheet (NAME.css).");
    out->media_type = str_of(type);
    out->bytes = st.st_size;
    return true;
}

bool asset_keep(struct mail *m, struct arena *a, const char *path, struct str name, struct kept_asset *out, struct fault *f)
{
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];
    struct kept_asset k = {0};
    if (!look(path, name, &k, f) || !sha256_file(path, digest, f)) return false;
    hex_encode(digest, sizeof digest, hex);
    k.digest = arena_str(a, str_of(hex));
    if (!keep(m, a, path, k.digest, f)) return false;
    *out = k;
    return true;
}

bool asset_put(struct mail *m, int64_t account, struct str name, const char *path, struct fault *f)
{
    uint8_t digest[SHA256_BYTES];
    struct kept_asset k;
    if (!asset_name_check(name, f)) return false;
    struct arena *a = arena_create(4096);
    bool ok = asset_keep(m, a, path, name, &k, f);
    if (ok) {
        struct put p = {account, k.bytes, name, k.media_type, str_make(digest, sizeof digest)};
        ASSERT(hex_decode(k.digest, digest, sizeof digest));
        ok = store_write(m->store, put, &p, f);
    }
    arena_destroy(&a);
    return ok;
}

/* ---- showing and deleting ---- */

struct read {
    struct arena *arena;
    int64_t account;
    struct asset *rows;
    int n;
};

static bool read_all(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_asset_every row;
    int cap = 0;
    struct rows r = tx_rows(tx, Q_ASSET_EVERY, &(struct q_asset_every){g->account});
    for (g->n = 0; rows_next(&r, &row); g->n++) {
        ARENA_GROW(g->arena, g->rows, g->n, cap);
        g->rows[g->n] =
            (struct asset){arena_str(g->arena, row.name), arena_str(g->arena, row.media_type), row.bytes, row.created_at};
    }
    rows_end(&r);
    return tx_ok(tx);
}

int asset_all(struct store *s, struct arena *a, int64_t account, struct asset **out, struct fault *f)
{
    struct read g = {.arena = a, .account = account};
    if (!store_read(s, read_all, &g, f)) return -1;
    *out = g.rows;
    return g.n;
}

static bool delete (struct tx *tx, void *arg)
{
    const struct put *p = arg;
    int64_t changed = 0;
    if (!tx_run(tx, Q_ASSET_REMOVE, &(struct q_asset_remove){p->account, p->name}, &changed)) return false;
    return changed ? true : tx_refuse(tx, FAULT_USER, 404, "There is no asset \"%.*s\".", STR_ARG(p->name));
}

bool asset_delete(struct mail *m, int64_t account, struct str name, struct fault *f)
{
    return store_write(m->store, delete, &(struct put){.account = account, .name = name}, f);
}
