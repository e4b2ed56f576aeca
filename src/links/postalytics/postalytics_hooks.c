/* postalytics_hooks.c: the webhooks that post a watched connection's events here: made there for each of its drops, looked after at each turn, and
 * taken away when the connection is not watched by them any more, or is removed.
 *
 * The hosted service has one webhook for a campaign, whose number is the campaign's; another Pennypost has any number of them, with numbers of
 * their own (specs: postalytics-api §9). So a campaign whose one webhook leads elsewhere is somebody else's: it is left alone, and that drop
 * is polled. Which webhooks are there is asked for first, so that one that was removed there is made again, and none is made twice. */
#include "links/postalytics/postalytics_private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/settings.h"
#include "links/incoming.h"
#include "queries.h"

enum { LEAVE_MS = 15000 };

struct hook_there {
    int64_t drop_id, hook_id /* the drop's where it has none of its own */;
    struct str url;
    bool is_on;
};
struct hooks {
    struct watch *watch;
    struct hook_there *there;
    int n;
    struct str url /* ours; STR_NULL: we have none */, stem /* all our addresses for this connection begin so */;
};

static bool is_shared(const struct hook_there *t) { return t->hook_id == t->drop_id; }

static bool is_ours(const struct hooks *h, const struct hook_there *t) { return h->stem.len && str_starts(t->url, h->stem); }

/* ---- what is there ---- */

static struct hook_there read_one(struct watch *w, struct json_value v)
{
    struct json_value url = json_get(v, "url"), on = json_get(v, "is_subscribed");
    struct hook_there t = {.drop_id = watch_number(json_get(v, "campaign_id")), .hook_id = watch_number(json_get(v, "id"))};
    if (on.type == JSON_MISSING || on.type == JSON_NULL) on = json_get(v, "is_enabled");
    if (!t.hook_id) t.hook_id = t.drop_id;
    t.url = url.type == JSON_STRING ? arena_str(w->arena, url.string) : STR("");
    t.is_on = on.type == JSON_BOOL ? on.boolean : on.type == JSON_MISSING || watch_number(on) != 0;
    return t;
}

static bool read_there(struct hooks *h, int *status, struct fault *f)
{
    struct watch *w = h->watch;
    struct json_parser *p = json_parser_create();
    struct json_value all, one;
    struct json_iter it = {0};
    bool ok = watch_ask_array(w, "/v1/webhooks", p, &all, status, f);
    if (ok) h->there = ARENA_ARRAY(w->arena, struct hook_there, json_count(all) + 1);
    while (ok && json_next(all, &it, NULL, &one)) {
        h->there[h->n] = read_one(w, one);
        h->n += h->there[h->n].drop_id > 0;
    }
    json_parser_destroy(&p);
    return ok;
}

/* ---- our address ---- */

static bool find_url(struct hooks *h, bool makes, struct fault *f)
{
    struct watch *w = h->watch;
    const char *base = setting_get(SETTING_PUBLIC_BASE);
    struct str token;
    if (!*base) return true;
    h->stem = str_of(
        arena_printf(w->arena, "%s/v1/hooks/postalytics/%lld-%lld-", base, (long long)w->account, (long long)w->connection_id));
    if (!incoming_token_kept(w->pl->house, w->account, w->connection_id, w->arena, &token, f)) return false;
    if (!token.ptr && makes && !incoming_token_make(w->pl->house, w->account, w->connection_id, true, w->arena, &token, f))
        return false;
    if (token.ptr) h->url = str_of(arena_printf(w->arena, "%s/v1/hooks/postalytics/%.*s", base, STR_ARG(token)));
    return true;
}

/* ---- one drop ---- */

struct noting {
    const struct watch *watch;
    int64_t drop_id, hook_id /* DB_NULL: none */;
    bool is_there;
};

static bool put_note(struct tx *tx, void *arg)
{
    struct noting *n = arg;
    const struct watch *w = n->watch;
    struct q_mirror_drop_hook in = {w->account, w->connection_id, n->drop_id, n->hook_id};
    n->is_there = watch_is_there(tx, w);
    return tx_ok(tx) && tx_run(tx, Q_MIRROR_DROP_HOOK, &in, NULL);
}

static bool remove_there(struct watch *w, int64_t hook_id, struct fault *f)
{
    struct json_value done;
    struct json_parser *p = json_parser_create();
    int status;
    bool ok =
        watch_ask(w, "DELETE", arena_printf(w->arena, "/v1/webhooks/%lld", (long long)hook_id), STR_NULL, p, &done, &status, f);
    json_parser_destroy(&p);
    return ok || status == 404 || status == 410 || (status >= 200 && status <= 299);
}

/* A connection that was removed meanwhile must leave no webhook behind. */
static bool keep_note(struct watch *w, int64_t drop_id, int64_t hook_id, struct fault *f)
{
    struct noting n = {w, drop_id, hook_id, false};
    if (!store_write(w->pl->house->store, put_note, &n, f)) return false;
    return n.is_there || hook_id == DB_NULL || remove_there(w, hook_id, f);
}

static struct str body_of(const struct hooks *h, const struct watched_drop *d)
{
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    json_int(&j, "campaign_id", d->drop_id);
    json_str(&j, "campaign_name", d->name);
    json_str(&j, "url", h->url);
    json_int(&j, "is_subscribed", 1);
    json_int(&j, "is_enabled", 1);
    json_end(&j);
    json_out_end(&j);
    struct str out = arena_str(h->watch->arena, buf_str(&b));
    buf_finish(&b);
    return out;
}

static bool make(struct hooks *h, const struct watched_drop *d, int *status, struct fault *f)
{
    struct json_value made;
    struct json_parser *p = json_parser_create();
    bool ok = watch_ask(h->watch, "POST", "/v1/webhooks", body_of(h, d), p, &made, status, f);
    int64_t hook_id = ok ? watch_number(json_get(made, "id")) : 0;
    json_parser_destroy(&p);
    return ok && keep_note(h->watch, d->drop_id, hook_id ? hook_id : d->drop_id, f);
}

/* Those with an address of ours that is not valid any more. */
static bool remove_old(struct hooks *h, const struct watched_drop *d, struct fault *f)
{
    for (int i = 0; i < h->n; i++) {
        const struct hook_there *t = &h->there[i];
        if (t->drop_id == d->drop_id && is_ours(h, t) && !is_shared(t) && !str_eq(t->url, h->url) &&
            !remove_there(h->watch, t->hook_id, f))
            return false;
    }
    return true;
}

enum have { HAVE_IT, HAVE_NONE, HAVE_OTHER /* the drop's one webhook is somebody else's */ };

static enum have find_hook(const struct hooks *h, const struct watched_drop *d, int64_t *hook_id)
{
    enum have found = HAVE_NONE;
    for (int i = 0; i < h->n; i++) {
        const struct hook_there *t = &h->there[i];
        if (t->drop_id != d->drop_id) continue;
        *hook_id = t->hook_id;
        if (str_eq(t->url, h->url) && t->is_on) return HAVE_IT;
        if (is_shared(t) && t->url.len && !is_ours(h, t)) found = HAVE_OTHER;
    }
    return found;
}

/* ---- all drops ---- */

static struct str say(const struct watch *w, int n, int n_drops, const char *why)
{
    return str_of(arena_printf(w->arena, "Events of %d of %d campaigns are posted here%s%s", n, n_drops,
                               *why ? "; those of the others are polled: " : ".", why));
}

/* 401 is not about webhooks, and what may be over soon is no answer: the turn fails. */
static bool is_refusal(int status)
{
    return ((status >= 400 && status <= 499) || status == 501) && status != 401 && !connector_is_for_now(status);
}

/* It would say the same of every campaign. */
static bool is_for_all(int status) { return status == 403 || status == 405 || status == 501; }

static const char *why_not(const struct watch *w, const struct watched_drop *d, bool is_for_all_drops, const struct fault *f)
{
    return is_for_all_drops ? arena_printf(w->arena, "it takes no webhook. %s", f->text)
                            : arena_printf(w->arena, "campaign %lld takes no webhook. %s", (long long)d->drop_id, f->text);
}

bool hooks_put(struct watch *w, const struct watched_drop *drops, int n_drops, int *n, struct str *said, struct fault *f)
{
    struct hooks h = {.watch = w};
    const char *why = "";
    int status = 0;
    bool is_refused = false;
    *n = 0;
    if (!find_url(&h, true, f)) return false;
    if (!h.url.ptr) {
        *said = say(w, 0, n_drops, "this server has no public address (public.base) to which they could be posted.");
        return true;
    }
    if (!read_there(&h, &status, f)) {
        if (!is_refusal(status)) return false;
        *said = say(w, 0, n_drops, arena_printf(w->arena, "it does not show its webhooks. %s", f->text));
        return true;
    }
    for (int i = 0; i < n_drops; i++) {
        int64_t hook_id = 0;
        const struct watched_drop *d = &drops[i];
        enum have have = find_hook(&h, d, &hook_id);
        if (have == HAVE_OTHER) {
            why = arena_printf(w->arena, "campaign %lld has a webhook of somebody else's.", (long long)d->drop_id);
            if (!keep_note(w, d->drop_id, DB_NULL, f)) return false;
            continue;
        }
        if (have == HAVE_NONE && is_refused) continue;
        bool ok = have == HAVE_IT ? keep_note(w, d->drop_id, hook_id, f) : make(&h, d, &status, f);
        if (!ok && (have == HAVE_IT || !is_refusal(status))) return false;
        if (!ok) is_refused = is_for_all(status), why = why_not(w, d, is_refused, f);
        *n += ok;
        if (ok && !remove_old(&h, d, f)) return false;
    }
    *said = say(w, *n, n_drops, why);
    return true;
}

/* ---- taking down ---- */

struct hooked {
    const struct watch *watch;
    struct r_mirror_drop_hooked *rows;
    int n;
};
enum { AT_ONCE = 1000 };

static bool read_hooked(struct tx *tx, void *arg)
{
    struct hooked *k = arg;
    const struct watch *w = k->watch;
    struct rows r = tx_rows(tx, Q_MIRROR_DROP_HOOKED, &(struct q_mirror_drop_hooked){w->account, w->connection_id});
    for (k->n = 0; k->n < AT_ONCE && rows_next(&r, &k->rows[k->n]);) k->n++;
    rows_end(&r);
    return tx_ok(tx);
}

/* The one webhook of a campaign may be somebody else's by now. */
static bool may_remove(const struct hooks *h, const struct r_mirror_drop_hooked *row)
{
    if (row->hook_id != row->drop_id) return true;
    for (int i = 0; i < h->n; i++)
        if (h->there[i].drop_id == row->drop_id) return is_ours(h, &h->there[i]);
    return false;
}

bool hooks_take_down(struct watch *w, int64_t until_ms, struct fault *f)
{
    struct hooked k = {.watch = w, .rows = ARENA_ARRAY(w->arena, struct r_mirror_drop_hooked, AT_ONCE)};
    struct hooks h = {.watch = w};
    int status;
    if (!store_read(w->pl->house->store, read_hooked, &k, f)) return false;
    if (!k.n) return true;
    if (!find_url(&h, false, f) || !read_there(&h, &status, f)) return false;
    for (int i = 0; i < k.n; i++) {
        struct noting none = {w, k.rows[i].drop_id, DB_NULL, false};
        if (clock_mono_ms() > until_ms) return fault_remote(f, "There was no time for all webhooks: %d are left.", k.n - i);
        if (may_remove(&h, &k.rows[i]) && !remove_there(w, k.rows[i].hook_id, f)) return false;
        if (!store_write(w->pl->house->store, put_note, &none, f)) return false;
    }
    return true;
}

void postalytics_leave(void *ctx, int64_t account, int64_t connection_id)
{
    struct watch w;
    struct fault f;
    struct arena *a = arena_create(16 << 10);
    watch_init(&w, ctx, account, connection_id, a);
    if (!watch_open(&w, &f) || !hooks_take_down(&w, clock_mono_ms() + LEAVE_MS, &f))
        log_warning(
            "postalytics",
            "Connection %lld is removed, and webhooks that it had made there may be left; what they post is refused. %s",
            (long long)connection_id, f.text);
    watch_finish(&w);
    arena_destroy(&a);
}
