/* template_source.c: a template version to JSON and back, and the pinning of its assets. */
#include "mail/template_source.h"
#include "mail/mail_private.h"
#include "mail/template_scan.h"
#include "base/limits.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/json_out.h"
#include "base/log.h"
#include "queries.h"

static void write_names(struct json_out *j, const char *key, const struct str *names, int n)
{
    json_array(j, key);
    for (int i = 0; i < n; i++) json_str(j, NULL, names[i]);
    json_end(j);
}

struct str template_source_write(struct arena *a, const struct template_source *s)
{
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    json_str(&j, "html", s->html);
    json_str(&j, "front", s->front);
    json_str(&j, "back", s->back);
    json_str(&j, "font_family", s->font_family);
    json_int(&j, "n_pages", s->n_pages);
    json_bool(&j, "is_full_html", s->is_full_html);
    json_bool(&j, "is_double_sided", s->is_double_sided);
    json_bool(&j, "is_strict", s->is_strict);
    json_array(&j, "assets");
    for (int i = 0; i < s->n_assets; i++) {
        json_object(&j, NULL);
        json_str(&j, "name", s->assets[i].name);
        json_str(&j, "media_type", s->assets[i].media_type);
        json_str(&j, "digest", s->assets[i].digest);
        json_end(&j);
    }
    json_end(&j);
    write_names(&j, "missing", s->missing, s->n_missing);
    write_names(&j, "remote", s->remote, s->n_remote);
    json_end(&j);
    json_out_end(&j);
    struct str text = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return text;
}

static struct str text(struct arena *a, struct json_value object, const char *key)
{
    struct json_value v = json_get(object, key);
    return v.type == JSON_STRING ? arena_str(a, v.string) : STR_NULL;
}

static int read_names(struct arena *a, struct json_value array, const struct str **out)
{
    struct json_iter it = {0};
    struct json_value v;
    struct str none, *names = ARENA_ARRAY(a, struct str, json_count(array) + 1);
    int n = 0;
    while (json_next(array, &it, &none, &v)) names[n++] = arena_str(a, v.string);
    *out = names;
    return n;
}

static void read_assets(struct arena *a, struct json_value array, struct template_source *out)
{
    struct json_iter it = {0};
    struct json_value v;
    struct str none;
    struct template_asset *assets = ARENA_ARRAY(a, struct template_asset, json_count(array) + 1);
    while (json_next(array, &it, &none, &v))
        assets[out->n_assets++] = (struct template_asset){text(a, v, "name"), text(a, v, "media_type"), text(a, v, "digest")};
    out->assets = assets;
}

bool template_source_read(struct arena *a, struct str json, struct template_source *out, struct fault *f)
{
    struct json_parser *p = json_parser_create();
    struct json_value root;
    bool ok = json_parse(p, json_padded(a, json), &root, f);
    if (ok) {
        *out = (struct template_source){
            .html = text(a, root, "html"),
            .front = text(a, root, "front"),
            .back = text(a, root, "back"),
            .font_family = text(a, root, "font_family"),
            .n_pages = (int)json_get(root, "n_pages").integer,
            .is_full_html = json_get(root, "is_full_html").boolean,
            .is_double_sided = json_get(root, "is_double_sided").boolean,
            .is_strict = json_get(root, "is_strict").boolean,
        };
        read_assets(a, json_get(root, "assets"), out);
        out->n_missing = read_names(a, json_get(root, "missing"), &out->missing);
        out->n_remote = read_names(a, json_get(root, "remote"), &out->remote);
    }
    json_parser_destroy(&p);
    return ok;
}

char *asset_path(const struct mail *m, struct arena *a, struct str digest_hex)
{
    ASSERT(digest_hex.len == 2 * SHA256_BYTES);
    return mail_path(m, a, "files/assets/%.2s/%.*s", digest_hex.ptr, STR_ARG(digest_hex));
}

/* ---- pinning ---- */

static bool pin_one(struct tx *tx, int64_t account, struct str name, struct template_source *s, struct template_asset *assets,
                    struct str *missing)
{
    struct arena *a = tx_arena(tx);
    struct r_asset_find row;
    if (!tx_first(tx, Q_ASSET_FIND, &(struct q_asset_find){account, name}, &row)) {
        missing[s->n_missing++] = name;
        return tx_ok(tx);
    }
    char *hex = arena_alloc(a, 2 * SHA256_BYTES + 1);
    hex_encode(row.digest.ptr, row.digest.len, hex);
    assets[s->n_assets++] = (struct template_asset){name, row.media_type, str_of(hex)};
    return true;
}

bool template_source_pin(struct tx *tx, int64_t account, struct template_source *s)
{
    struct arena *a = tx_arena(tx);
    struct template_names names = {0};
    template_scan(a, s->html, &names);
    template_scan(a, s->front, &names);
    template_scan(a, s->back, &names);
    if (names.has_too_many)
        return tx_refuse(tx, FAULT_USER, 400, "The template names more than %lld assets or addresses (template.max_names).",
                         (long long)limit_get(LIMIT_TEMPLATE_MAX_NAMES));
    struct template_asset *assets = ARENA_ARRAY(a, struct template_asset, names.n_assets + 1);
    struct str *missing = ARENA_ARRAY(a, struct str, names.n_assets + 1);
    s->assets = assets, s->missing = missing;
    s->n_assets = s->n_missing = 0;
    s->remote = names.remote, s->n_remote = names.n_remote;
    if (!s->is_full_html) { /* pictures of the sides */
        const struct str sides[] = {s->front, s->back};
        for (int i = 0; i < 2; i++)
            if (str_starts(sides[i], STR("http://")) || str_starts(sides[i], STR("https://"))) {
                struct str *remote = ARENA_ARRAY(a, struct str, s->n_remote + 1);
                if (s->n_remote) memcpy(remote, s->remote, sizeof *remote * (size_t)s->n_remote);
                remote[s->n_remote++] = sides[i];
                s->remote = remote;
            }
    }
    for (int i = 0; i < names.n_assets; i++)
        if (!pin_one(tx, account, names.assets[i], s, assets, missing)) return false;
    return true;
}
