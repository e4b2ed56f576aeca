/* mail.c: puts the mail house together at start and takes it apart at the end; what its files share and nothing more. */
#include "mail/mail_private.h"
#include "mail/compile_wait.h"
#include "mail/daily_cap.h"
#include "mail/domain.h"
#include "mail/drop_cache.h"
#include "mail/printer_turns.h"
#include "mail/purl_place.h"
#include "mail/render_job.h"
#include "mail/renderings.h"
#include "mail/robots.h"
#include "mail/runs.h"
#include "mail/serial.h"
#include "mail/stat.h"
#include "mail/track_batch.h"
#include "base/clock.h"
#include "base/durable.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/settings.h"
#include "base/utf8.h"
#include "postal/acs.h"
#include "postal/imb.h"
#include "postal/track.h"
#include "queries.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PURL_KEY_NAME "purl key"

bool mail_check_settings(struct fault *f)
{
    struct str rest = str_of(setting_get(SETTING_MAIL_INDICIA));
    int n = 0;
    while (rest.ptr) n += !str_is_empty(str_trim(str_cut(rest, '|', &rest)));
    return n <= RENDER_INDICIA_MOST ||
           fault_user(f, 0, "mail.indicia has %d lines; there is room for %d.", n, RENDER_INDICIA_MOST);
}

struct house {
    uint8_t fresh[32], key[32];
};

/* The key of the personal URLs is made once; without it no printed code can be read again. */
static bool house_prepare(struct tx *tx, void *arg)
{
    struct house *h = arg;
    struct q_house_put put = {STR(PURL_KEY_NAME), str_make(h->fresh, sizeof h->fresh)};
    struct r_house_find found;
    int64_t space = imb_serial_space(ACCOUNT_DEMONSTRATION_MID);
    struct q_serial_pool_insert pool = {HOUSE_ACCOUNT, -ACCOUNT_DEMONSTRATION_MID, space, imb_test_serials(space)};
    if (!tx_run(tx, Q_HOUSE_PUT, &put, NULL) || !tx_run(tx, Q_SERIAL_POOL_INSERT, &pool, NULL)) return false;
    if (!tx_first(tx, Q_HOUSE_FIND, &(struct q_house_find){STR(PURL_KEY_NAME)}, &found)) return false;
    ASSERT(found.value.len == sizeof h->key);
    memcpy(h->key, found.value.ptr, sizeof h->key);
    return true;
}

/* One process has this store, so what this node held when it ended is held by nobody. */
static bool free_what_was_held(struct tx *tx, void *arg)
{
    (void)arg;
    int64_t node = store_node(tx_store(tx)), n_batches = 0;
    tx_run(tx, Q_BATCH_FREE, &(struct q_batch_free){node}, &n_batches);
    tx_run(tx, Q_HANDOVER_FREE, &(struct q_handover_free){node}, NULL);
    tx_run(tx, Q_COMPILE_FREE, &(struct q_compile_free){node}, NULL);
    tx_run(tx, Q_DROP_FREE, &(struct q_drop_free){node}, NULL);
    tx_run(tx, Q_INTAKE_FREE, &(struct q_intake_free){node}, NULL);
    if (n_batches)
        log_info("mail", "%lld batches were being rendered when the server ended; they are rendered again",
                 (long long)n_batches);
    return tx_ok(tx);
}

static bool make_folders(const struct mail *m, struct fault *f)
{
    static const char *const folders[] = {"files/assets", "files/intake", "batches"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", m->data_dir, folders[i]);
        if (!make_dirs(path, 0750, f)) return false;
    }
    return true;
}

/* The tables that an operator may bring; a wrong one keeps the house from opening. */
static bool load_tables(struct mail *m, struct fault *f)
{
    const char *op_codes = setting_get(SETTING_USPS_OP_CODES), *layout = setting_get(SETTING_USPS_ACS_LAYOUT);
    if (*op_codes && !(m->op_table_own = op_table_load(op_codes, f))) return false;
    m->op_table = m->op_table_own ? m->op_table_own : op_table_default();
    if (!(m->robots = robots_load(setting_get(SETTING_PURL_ROBOTS), f))) return false;
    return !*layout || (m->acs_layout = acs_layout_load(layout, f));
}

struct mail *mail_create(const struct mail_config *c, struct fault *f)
{
    struct house h;
    struct mail *m = calloc(1, sizeof *m);
    ASSERT(m);
    *m = (struct mail){.store = c->store,
                       .jobs = c->jobs,
                       .press = c->press,
                       .accounts = c->accounts,
                       .fetcher = c->fetcher,
                       .outbox = c->outbox,
                       .printers = c->printers,
                       .n_printers = c->n_printers};
    m->data_dir = strdup(c->data_dir);
    m->purl_base = strdup(c->purl_base);
    ASSERT(m->data_dir && m->purl_base);
    random_bytes(h.fresh, sizeof h.fresh);
    if (!make_folders(m, f) || !load_tables(m, f) || !store_write(c->store, house_prepare, &h, f) ||
        !store_write(c->store, free_what_was_held, NULL, f) || !tidy_leftovers(m, f) ||
        !(m->domains = domains_load(c->store, f))) {
        mail_destroy(&m);
        return NULL;
    }
    memcpy(m->purl_key, h.key, sizeof h.key);
    m->caps = daily_caps_create();
    m->drops = drop_cache_create(c->store, m->caps);
    m->rooms = serial_rooms_create(c->store);
    m->waiters = compile_waiters_create();
    m->renderings = renderings_create();
    m->stats = stats_create();
    m->runs = runs_create();
    m->track_batches = track_batches_create();
    m->purl_places = purl_places_create();
    compile_source_add(m);
    expand_source_add(m);
    close_source_add(m);
    render_source_add(m);
    import_source_add(m);
    scan_source_add(m);
    handover_source_add(m);
    printed_source_add(m);
    tidy_source_add(m);
    return m;
}

void mail_destroy(struct mail **mail)
{
    struct mail *m = *mail;
    if (!m) return;
    compile_waiters_destroy(&m->waiters);
    renderings_destroy(&m->renderings);
    serial_rooms_destroy(&m->rooms);
    drop_cache_destroy(&m->drops);
    runs_destroy(&m->runs);
    stats_destroy(&m->stats);
    track_batches_destroy(&m->track_batches);
    purl_places_destroy(&m->purl_places);
    domains_destroy(&m->domains);
    robots_destroy(&m->robots);
    op_table_destroy(&m->op_table_own);
    acs_layout_destroy(&m->acs_layout);
    daily_caps_destroy(&m->caps);
    printer_turns_destroy(&m->turns);
    free(m->data_dir);
    free(m->purl_base);
    free(m);
    *mail = NULL;
}

/* ---- shared by the files of this folder ---- */

int64_t lease_ms(void) { return limit_get(LIMIT_JOB_LEASE_S) * 1000; }

char *mail_path(const struct mail *m, struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *below = arena_vprintf(a, fmt, ap);
    va_end(ap);
    return arena_printf(a, "%s/%s", m->data_dir, below);
}

bool keep_file(struct arena *a, const char *path, const char *place, struct fault *f)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fault_errno(f, "%s cannot be opened", path);
    bool ok = fsync(fd) == 0 || fault_errno(f, "%s cannot be made durable", path);
    close(fd);
    if (!ok) return false;
    if (rename(path, place) != 0) return fault_errno(f, "%s cannot be moved to %s", path, place);
    return durable_sync_dir(arena_printf(a, "%.*s", (int)(strrchr(place, '/') - place), place), f);
}

bool not_found(struct fault *f, const char *what, int64_t id)
{
    return fault_user(f, 404, "There is no %s %lld.", what, (long long)id);
}

bool tx_not_found(struct tx *tx, const char *what, int64_t id)
{
    return tx_ok(tx) ? tx_refuse(tx, FAULT_USER, 404, "There is no %s %lld.", what, (long long)id) : false;
}

bool name_check(struct str *name, const char *field, struct fault *f)
{
    size_t max = (size_t)limit_get(LIMIT_NAME_MAX_CHARACTERS);
    *name = str_trim(*name);
    if (str_is_empty(*name)) return fault_user(f, 400, "%s is required.", field);
    if (!utf8_is_valid(*name, NULL)) return fault_user(f, 400, "%s is not valid UTF-8.", field);
    if (utf8_length(*name) > max) return fault_user(f, 400, "%s is longer than %zu characters.", field, max);
    if (utf8_has_control(*name)) return fault_user(f, 400, "%s holds a control character.", field);
    return true;
}
