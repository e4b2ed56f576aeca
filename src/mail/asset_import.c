/* asset_import.c: see asset_import.h. Runs on the compile's thread, in rounds: all known addresses at once, then what their style sheets name.
 * The whole of it is bounded in files, bytes and time; what was fetched and is not pinned in the end are bytes that no row names. */
#include "mail/asset_import.h"
#include "mail/mail_private.h"
#include "mail/remote_address.h"
#include "mail/template_source.h"
#include "base/clock.h"
#include "base/durable.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/settings.h"
#include "net/fetch.h"
#include "net/web_address.h"
#include "queries.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct import;
struct remote {
    struct import *import;
    struct str address;
    bool is_needed; /* named by the creative itself */
    char *path;
    struct fetch_answer answer;
    struct kept_asset kept; /* digest STR_NULL: not fetched */
};
struct import {
    struct mail *mail;
    struct arena *arena;
    struct due_item version;
    struct template_source source;
    struct remote *all;
    int n, n_max;
    int64_t deadline_ms; /* clock_mono */
    pthread_mutex_t lock;
    pthread_cond_t came;
    int n_open; /* under the lock */
};

/* ---- the version ---- */

static bool load(struct tx *tx, void *arg)
{
    struct import *x = arg;
    struct r_template_source r;
    struct fault f;
    if (!tx_first(tx, Q_TEMPLATE_SOURCE, &(struct q_template_source){x->version.account_id, x->version.id, x->version.sub_id},
                  &r))
        return tx_not_found(tx, "template", x->version.id);
    return template_source_read(x->arena, arena_str(x->arena, r.source), &x->source, &f) || tx_fail(tx, &f);
}

static bool pin(struct tx *tx, void *arg)
{
    struct import *x = arg;
    int64_t changed = 0;
    struct q_compile_pin in = {x->version.account_id, x->version.id, x->version.sub_id,
                               template_source_write(tx_arena(tx), &x->source), store_node(tx_store(tx))};
    if (!tx_run(tx, Q_COMPILE_PIN, &in, &changed)) return false;
    return changed ? true
                   : tx_refuse(tx, FAULT_REMOTE, 0, "The template %lld is compiled by another node.", (long long)x->version.id);
}

static bool put_into_source(struct import *x, struct fault *f)
{
    struct template_source *s = &x->source;
    struct template_asset *assets = ARENA_ARRAY(x->arena, struct template_asset, s->n_assets + x->n);
    if (s->n_assets) memcpy(assets, s->assets, sizeof *assets * (size_t)s->n_assets);
    s->assets = assets;
    for (int i = 0; i < x->n; i++) {
        const struct remote *r = &x->all[i];
        if (r->kept.digest.ptr) assets[s->n_assets++] = (struct template_asset){r->address, r->kept.media_type, r->kept.digest};
    }
    s->n_remote = 0;
    return store_write(x->mail->store, pin, x, f);
}

/* ---- which addresses ---- */

/* A host of the list stands for the names below it too. */
static bool host_is_listed(const char *host, struct str list)
{
    struct str h = str_of(host);
    while (list.len) {
        struct str one = str_trim(str_cut(list, ',', &list));
        if (str_eq_nocase(h, one)) return true;
        if (one.len && h.len > one.len && h.ptr[h.len - one.len - 1] == '.' &&
            str_eq_nocase(str_make(h.ptr + h.len - one.len, one.len), one))
            return true;
    }
    return false;
}

static bool host_is_open(struct str address, struct fault *f)
{
    struct web_address w;
    struct str list = str_trim(str_of(setting_get(SETTING_ASSETS_FETCH)));
    if (!web_address_read(address, &w, f)) return false;
    return str_eq(list, STR("on")) || host_is_listed(w.host, list) ||
           fault_user(f, 400, "Nothing is fetched from %s (setting assets.fetch).", w.host);
}

static void want(struct import *x, struct str address, bool is_needed)
{
    for (int i = 0; i < x->n; i++)
        if (str_eq(x->all[i].address, address)) return;
    if (x->n == x->n_max) return;
    struct remote *r = &x->all[x->n++];
    *r = (struct remote){.import = x, .address = address, .is_needed = is_needed};
    r->path = mail_path(x->mail, x->arena, "files/assets/remote-%lld-%lld-%d.tmp", (long long)x->version.id,
                        (long long)x->version.sub_id, x->n);
}

static bool refuse(struct str address, const char *why, struct fault *f)
{
    return fault_user(f, 400, "The template's %.*s cannot be fetched: %s", address.len < 200 ? (int)address.len : 200,
                      address.ptr, why);
}

static bool want_all(struct import *x, struct fault *f)
{
    const struct template_source *s = &x->source;
    if (s->n_remote > x->n_max)
        return fault_user(f, 400, "The template names %d addresses of other machines; assets.max_remote is %d.", s->n_remote,
                          x->n_max);
    for (int i = 0; i < s->n_remote; i++) {
        struct fault why = {0};
        struct str address = remote_address(x->arena, s->remote[i], &why);
        if (!address.ptr || !host_is_open(address, &why)) return refuse(s->remote[i], why.text, f);
        want(x, address, true);
    }
    return true;
}

static void want_of_css(struct import *x, const struct remote *r)
{
    struct buf css = BUF_INIT;
    struct fault none;
    struct str *more = ARENA_ARRAY(x->arena, struct str, x->n_max);
    char *place = asset_path(x->mail, x->arena, r->kept.digest);
    if (file_read(place, (size_t)limit_get(LIMIT_ASSETS_MAX_REMOTE_BYTES), &css, &none)) {
        int n = remote_addresses_of_css(x->arena, buf_str(&css), r->address, more, x->n_max);
        for (int i = 0; i < n; i++)
            if (host_is_open(more[i], &none)) want(x, more[i], false);
    }
    buf_finish(&css);
}

/* ---- fetching ---- */

static void on_done(void *arg, const struct fetch_answer *answer)
{
    struct remote *r = arg;
    pthread_mutex_lock(&r->import->lock);
    r->answer = *answer;
    r->import->n_open--;
    pthread_cond_signal(&r->import->came);
    pthread_mutex_unlock(&r->import->lock);
}

/* The arena is the fetcher's meanwhile. */
static void fetch_from(struct import *x, int first)
{
    int64_t left = x->deadline_ms - clock_mono_ms();
    x->n_open = x->n - first;
    for (int i = first; i < x->n; i++) {
        unlink(x->all[i].path); /* of a crash */
        struct fetch_ask ask = {.method = "GET",
                                .url = x->all[i].address,
                                .timeout_ms = (int)(left > 1 ? left : 1),
                                .is_guarded = true,
                                .max_answer = limit_get(LIMIT_ASSETS_MAX_REMOTE_BYTES),
                                .to_file = x->all[i].path};
        fetch_start(x->mail->fetcher, x->arena, &ask, on_done, &x->all[i]);
    }
    pthread_mutex_lock(&x->lock);
    while (x->n_open > 0) pthread_cond_wait(&x->came, &x->lock);
    pthread_mutex_unlock(&x->lock);
}

/* Types are known by content; a style sheet is whatever text calls itself one. */
static struct str name_for_type(const struct remote *r)
{
    struct str rest, type = str_trim(str_cut(fetch_header(&r->answer, "Content-Type"), ';', &rest));
    struct str path = str_cut(r->address, '?', &rest);
    return str_eq_nocase(type, STR("text/css")) || str_ends(path, STR(".css")) ? STR("a.css") : STR("");
}

static bool take(struct import *x, struct remote *r, struct fault *f)
{
    struct fault why = {0};
    if (r->answer.error == FETCH_STOPPED) return fault_remote(f, "The server stopped while it fetched.");
    if (r->answer.error != FETCH_OK || r->answer.status != 200) return refuse(r->address, r->answer.sentence, f);
    if (asset_keep(x->mail, x->arena, r->path, name_for_type(r), &r->kept, &why)) return true;
    if (why.whose != FAULT_USER) return *f = why, false;
    return refuse(r->address, why.text, f);
}

static bool fetch_all(struct import *x, struct fault *f)
{
    bool is_good = true;
    for (int first = 0, end; is_good && first < x->n; first = end) {
        end = x->n;
        fetch_from(x, first);
        for (int i = first; i < end; i++) {
            struct fault why = {0};
            bool is_there = is_good && take(x, &x->all[i], &why);
            if (is_there && str_eq(x->all[i].kept.media_type, STR("text/css"))) want_of_css(x, &x->all[i]);
            if (is_good && !is_there && (x->all[i].is_needed || why.whose != FAULT_USER)) {
                *f = why;
                is_good = false;
            }
            unlink(x->all[i].path);
        }
    }
    return is_good;
}

bool assets_import(struct mail *m, struct due_item version, struct fault *f)
{
    bool is_on = m->fetcher && strcmp(setting_get(SETTING_ASSETS_FETCH), "off") != 0;
    if (!is_on) return true; /* the creative refuses what is not there */
    struct import x = {.mail = m,
                       .version = version,
                       .arena = arena_create(64 << 10),
                       .n_max = (int)limit_get(LIMIT_ASSETS_MAX_REMOTE),
                       .deadline_ms = clock_mono_ms() + 1000 * limit_get(LIMIT_ASSETS_REMOTE_TIMEOUT_S),
                       .lock = PTHREAD_MUTEX_INITIALIZER,
                       .came = PTHREAD_COND_INITIALIZER};
    x.all = ARENA_ARRAY(x.arena, struct remote, x.n_max);
    bool is_done = store_read(m->store, load, &x, f);
    if (is_done && x.source.n_remote > 0) is_done = want_all(&x, f) && fetch_all(&x, f) && put_into_source(&x, f);
    pthread_cond_destroy(&x.came);
    pthread_mutex_destroy(&x.lock);
    arena_destroy(&x.arena);
    return is_done;
}
