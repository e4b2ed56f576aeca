/* template_creative.c: makes the press's creative of a stored version: its texts, its assets' bytes, and the names beyond the
 * known fields that it uses. Called by compiles and renderings, on their threads. What the version names and does not have is
 * the user's fault, with what to do. */
#include "mail/template_source.h"
#include "mail/mail_private.h"
#include "mail/remote_address.h"
#include "base/durable.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "press/merge.h"
#include "queries.h"

struct load {
    struct arena *arena;
    int64_t account, template_id, version;
    struct str source, report; /* report: STR_NULL before the first compile */
    int size;
};

static bool load(struct tx *tx, void *arg)
{
    struct load *l = arg;
    struct r_template_source r;
    if (!tx_first(tx, Q_TEMPLATE_SOURCE, &(struct q_template_source){l->account, l->template_id, l->version}, &r))
        return tx_not_found(tx, "template", l->template_id);
    l->source = arena_str(l->arena, r.source);
    l->report = arena_str(l->arena, r.report);
    l->size = (int)r.size;
    return true;
}

/* What the compile counted, so that a letter of another length is refused and not taken for the measure of its batch. */
static int pages_of_report(struct arena *a, struct str report)
{
    struct json_parser *p = json_parser_create();
    struct json_value root;
    struct fault f;
    int pages = 0;
    if (report.ptr && json_parse(p, json_padded(a, report), &root, &f)) pages = (int)json_get(root, "pages_each").integer;
    json_parser_destroy(&p);
    return pages;
}

static bool names_are_ours(const struct template_source *s, struct fault *f)
{
    if (s->n_missing)
        return fault_user(
            f, 400,
            "The template uses asset:%.*s, which this account does not have. Put it with PUT /v1/assets/%.*s, then "
            "create the template again.",
            STR_ARG(s->missing[0]), STR_ARG(s->missing[0]));
    if (s->n_remote)
        return fault_user(f, 400,
                          "The template would fetch %.*s. This server fetches nothing from other machines: put the "
                          "file with PUT /v1/assets/NAME and write asset:NAME instead.",
                          (int)(s->remote[0].len < 200 ? s->remote[0].len : 200), s->remote[0].ptr);
    return true;
}

static bool read_bytes(struct mail *m, struct arena *a, struct str digest, struct str *out, struct fault *f)
{
    struct buf b = BUF_INIT;
    bool ok = file_read(asset_path(m, a, digest), (size_t)limit_get(LIMIT_HTTP_MAX_ASSET_BYTES), &b, f);
    if (ok) *out = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return ok;
}

/* What was fetched for the version goes by its address. Chromium asks for https where a creative says http, as browsers do. */
static bool load_assets(struct mail *m, struct arena *a, const struct template_source *s, struct creative *c, struct fault *f)
{
    struct chromium_asset *assets = ARENA_ARRAY(a, struct chromium_asset, 2 * s->n_assets + 1);
    int n = 0;
    for (int i = 0; i < s->n_assets; i++) {
        struct str name = s->assets[i].name, bytes;
        bool is_http = str_starts(name, STR("http://")), is_remote = is_http || str_starts(name, STR("https://"));
        if (!read_bytes(m, a, s->assets[i].digest, &bytes, f)) return false;
        struct str address = is_remote ? name : str_of(arena_printf(a, "asset:%.*s", STR_ARG(name)));
        assets[n++] = (struct chromium_asset){.address = address, .media_type = s->assets[i].media_type, .bytes = bytes};
        if (!is_http) continue;
        address = str_of(arena_printf(a, "https://%.*s", (int)name.len - 7, name.ptr + 7));
        assets[n++] = (struct chromium_asset){.address = address, .media_type = s->assets[i].media_type, .bytes = bytes};
    }
    c->assets = assets;
    c->n_assets = n;
    return true;
}

/* A side of an image-only template: asset:NAME, an address that was fetched, or data:image/…;base64,…. */
static bool add_side(struct arena *a, struct creative *c, struct str address, const char *field, struct fault *f)
{
    struct str rest, remote;
    struct fault none;
    address = str_trim(address);
    if (str_is_empty(address)) return true;
    if (str_starts(address, STR("http")) && (remote = remote_address(a, address, &none)).ptr) address = remote;
    for (int i = 0; i < c->n_assets; i++) {
        if (!str_eq(c->assets[i].address, address)) continue;
        c->image[c->n_image++] = c->assets[i].bytes;
        return true;
    }
    struct str head = str_cut(address, ',', &rest);
    if (!str_starts(head, STR("data:image/")) || !str_ends(head, STR(";base64")))
        return fault_user(f, 400, "%s is neither asset:NAME nor a data: address of a picture in base 64.", field);
    struct str bytes = base64_decode(a, rest);
    if (!bytes.ptr) return fault_user(f, 400, "%s holds a data: address that is not base 64.", field);
    c->image[c->n_image++] = bytes;
    return true;
}

static bool add_extra_fields(struct arena *a, struct creative *c, struct fault *f)
{
    struct field_set *known = field_set_create(a, NULL, 0);
    enum { MAX = sizeof c->extra_fields / sizeof *c->extra_fields };
    for (int i = 0; i < c->n_html; i++) {
        const struct str *names;
        struct merge *merge = merge_compile(a, c->html[i], &(struct merge_options){0}, f);
        if (!merge) return false;
        int n = merge_names(merge, &names);
        for (int k = 0; k < n; k++) {
            if (field_set_find(known, names[k]) >= 0) continue;
            if (c->n_extra_fields == MAX)
                return fault_user(f, 400, "The template uses more than %d names beyond the known fields.", MAX);
            c->extra_fields[c->n_extra_fields++] = arena_str(a, names[k]);
            known = field_set_create(a, c->extra_fields, c->n_extra_fields);
        }
    }
    return true;
}

bool template_creative(struct mail *m, struct arena *a, int64_t account, int64_t template_id, int64_t version,
                       struct creative *out, struct fault *f)
{
    struct load l = {.arena = a, .account = account, .template_id = template_id, .version = version};
    struct template_source s = {0};
    if (!store_read(m->store, load, &l, f) || !template_source_read(a, l.source, &s, f) || !names_are_ours(&s, f)) return false;
    struct creative c = {
        .owner = account,
        .kind = s.is_full_html ? CREATIVE_HTML : CREATIVE_IMAGES,
        .g = press_geometry(l.size),
        .is_double_sided = s.is_double_sided,
        .strict = s.is_strict,
        .pages_each = pages_of_report(a, l.report),
    };
    ASSERT(c.g);
    if (!load_assets(m, a, &s, &c, f)) return false;
    if (s.is_full_html)
        c.html[c.n_html++] = s.html;
    else if (!add_side(a, &c, s.front, "front", f) || !add_side(a, &c, s.back, "back", f))
        return false;
    if (!add_extra_fields(a, &c, f)) return false;
    *out = c;
    return true;
}
