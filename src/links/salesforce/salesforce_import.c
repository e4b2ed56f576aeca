/* salesforce_import.c: records into a list. A query is read page by page into a file; each page is on the disk before the row says that it is, so a
 * crash goes on where it was, behind the last page too. The whole file becomes an import by the list's key, the record's id: reading again renews
 * (mail/intake.h). What fails is tried again by the retry ladder; a day's requests that are used up are waited for. */
#include "links/salesforce/salesforce_reading.h"
#include "base/clock.h"
#include "base/durable.h"
#include "base/failpoint.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "mail/intake.h"
#include "queries.h"
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LEASE_MS = 300000, ATTEMPTS_MAX = 8 };

/* ---- the row ---- */

static struct q_remote_import_move row_of(const struct sf_reading *g, int64_t due_at)
{
    const struct remote_import *r = &g->row;
    return (struct q_remote_import_move){
        .account_id = g->account,
        .import_id = r->import_id,
        .state = r->state,
        .n_rows = r->n_rows,
        .n_all = r->n_all < 0 ? DB_NULL : r->n_all,
        .at_byte = r->at_byte,
        .place = r->place,
        .last_error = r->last_error,
        .due_at = due_at,
        .attempt = r->attempt,
        .restarts = r->restarts,
    };
}

static int64_t due_of(const struct sf_reading *g, int64_t now)
{
    const struct remote_import *r = &g->row;
    if (r->state == REMOTE_IMPORT_FAILED) return DB_NULL;
    if (g->pause_until) return g->pause_until;
    return r->attempt ? retry_due(now, (int)r->attempt) : now;
}

/* Ahead of all that a unit writes of an import: it is there, not over, and this node's. */
static bool hold(struct tx *tx, struct sf_reading *g)
{
    int64_t now = tx_now(tx), is_ours = 0;
    struct q_remote_import_claim in = {g->account, g->row.import_id, store_node(tx_store(tx)), now + LEASE_MS, now};
    if (!tx_run(tx, Q_REMOTE_IMPORT_CLAIM, &in, &is_ours)) return false;
    g->is_lost = is_ours != 1;
    return !g->is_lost || tx_refuse(tx, FAULT_REMOTE, 0, "The import was taken over, or removed.");
}

static bool keep(struct tx *tx, void *arg)
{
    struct sf_reading *g = arg;
    const struct remote_import *r = &g->row;
    struct q_remote_import_move in = row_of(g, due_of(g, tx_now(tx)));
    if (!hold(tx, g) || !tx_run(tx, Q_REMOTE_IMPORT_MOVE, &in, NULL)) return false;
    if (r->attempt || g->pause_until || r->state == REMOTE_IMPORT_FAILED)
        return tx_run(tx, Q_REMOTE_IMPORT_REST, &(struct q_remote_import_rest){g->account, r->import_id}, NULL);
    return sf_usage_note(g->sf, tx, g->account, r->connection_id);
}

static bool claim(struct tx *tx, void *arg)
{
    const struct due_item *item = arg;
    int64_t changed = 0, now = tx_now(tx);
    struct q_remote_import_claim in = {item->account_id, item->id, store_node(tx_store(tx)), now + LEASE_MS, now};
    return tx_run(tx, Q_REMOTE_IMPORT_CLAIM, &in, &changed) &&
           (changed == 1 || tx_refuse(tx, FAULT_REMOTE, 0, "somebody else reads this import"));
}

static bool rest(struct tx *tx, void *arg)
{
    const struct due_item *item = arg;
    return tx_run(tx, Q_REMOTE_IMPORT_REST, &(struct q_remote_import_rest){item->account_id, item->id}, NULL);
}

/* Rides along with the intake's own unit: the file is an intake and the row says so, or neither. What was removed or taken over since its last page
 * becomes none. */
struct handing {
    struct rider rider; /* must be first */
    struct sf_reading *g;
    const struct intake *intake;
};

static bool hold_on(struct rider *r, struct tx *tx) { return hold(tx, ((struct handing *)r)->g); }

static bool hand_over(struct rider *r, struct tx *tx)
{
    const struct handing *h = (const struct handing *)r;
    struct q_remote_import_move last = row_of(h->g, tx_now(tx));
    struct q_remote_import_handed in = {h->g->account, h->g->row.import_id, REMOTE_IMPORT_HANDED, h->intake->intake_id};
    return tx_run(tx, Q_REMOTE_IMPORT_MOVE, &last, NULL) && tx_run(tx, Q_REMOTE_IMPORT_HANDED, &in, NULL);
}

static bool as_intake(struct sf_reading *g)
{
    struct intake in;
    struct handing h = {.rider = {.before = hold_on, .after = hand_over}, .g = g, .intake = &in};
    store_ride(&h.rider);
    bool ok = intake_keep(g->sf->house->mail, g->account, g->row.contact_list_id, g->path, STR(SF_KEY_COLUMN), &in, g->fault);
    store_ride(NULL);
    g->is_for_now = !ok && (g->fault->whose != FAULT_USER || g->fault->status == 503 /* the disk is nearly full */);
    return ok;
}

/* ---- the source ---- */

static bool read_all(struct sf_reading *g)
{
    while (!sf_reading_is_over(g)) {
        if (jobs_stopping(g->sf->house->jobs)) return true;
        arena_reset(g->page);
        if (!sf_reading_page(g)) return false;
        g->row.attempt = 0;
        g->row.last_error = STR_NULL;
        if (!store_write(g->sf->house->store, keep, g, g->fault)) return false;
        (void)FAILPOINT("salesforce.page.kept");
    }
    return as_intake(g);
}

static bool open_reading(struct sf_reading *g, int64_t import_id)
{
    const struct link_house *h = g->sf->house;
    struct json_value root;
    if (!remote_import_get(h->store, g->arena, g->account, import_id, &g->row, g->fault) ||
        !connection_get(h->store, h->seal, g->arena, g->account, g->row.connection_id, &g->connection, g->fault) ||
        !sf_config_read(g->arena, g->connection.settings, g->connection.secrets, &g->config, g->fault) ||
        !json_parse(g->parser, json_padded(g->arena, g->row.wish), &root, g->fault) ||
        !sf_wish_read(g->arena, &g->config, root, &g->wish, g->fault))
        return false;
    const char *folder = arena_printf(g->arena, "%s/files/imports", g->sf->data_dir);
    g->path = arena_printf(g->arena, "%s/%lld.csv", folder, (long long)import_id);
    if (!make_dirs(folder, 0750, g->fault)) return false;
    struct stat st;
    if (g->row.at_byte && (stat(g->path, &st) != 0 || st.st_size < g->row.at_byte)) sf_reading_restart(g);
    return true;
}

static void keep_failure(struct sf_reading *g)
{
    struct fault f;
    if (!g->pause_until) g->row.attempt++;
    g->row.last_error = arena_str(g->arena, str_of(g->fault->text));
    bool is_for_now = g->is_for_now || g->fault->whose != FAULT_USER;
    if (!is_for_now || g->row.attempt > ATTEMPTS_MAX) g->row.state = REMOTE_IMPORT_FAILED;
    if (!store_write(g->sf->house->store, keep, g, &f) && !g->is_lost)
        log_warning("salesforce", "An import could not be read: %s", g->fault->text);
}

static void failed(struct sf_reading *g)
{
    if (!g->is_lost) keep_failure(g); /* which may find that it is lost */
    if (g->path && (g->is_lost || g->row.state == REMOTE_IMPORT_FAILED)) unlink(g->path);
}

static void run(void *ctx, struct due_item item)
{
    struct salesforce *s = ctx;
    struct fault f = {0};
    if (!store_write(s->house->store, claim, &item, &f)) return;
    struct sf_reading g = {
        .sf = s, .arena = arena_create(1 << 14), .page = arena_create(1 << 20), .account = item.account_id, .fault = &f};
    g.parser = json_parser_create();
    g.row.import_id = item.id;
    bool is_known = open_reading(&g, item.id) || g.row.contact_list_id != 0;
    if (f.whose ? is_known : !read_all(&g))
        failed(&g);
    else if (!sf_reading_is_over(&g) && !store_write(s->house->store, rest, &item, &f)) /* the server stops */
        log_warning("salesforce", "An import's lease could not be given back: %s", f.text);
    json_parser_destroy(&g.parser);
    arena_destroy(&g.page);
    arena_destroy(&g.arena);
}

static int find(void *ctx, struct tx *tx, int64_t now, struct due_item *items, int n, int64_t *next_due)
{
    struct r_remote_import_due row;
    int found = 0;
    (void)ctx;
    struct rows r = tx_rows(tx, Q_REMOTE_IMPORT_DUE, &(struct q_remote_import_due){now, n});
    while (found < n && rows_next(&r, &row)) {
        if (row.due_at > now) {
            *next_due = row.due_at;
            break;
        }
        items[found++] = (struct due_item){row.account_id, row.import_id, 0};
    }
    rows_end(&r);
    return found;
}

/* ---- files that nobody goes on with: the folder is this connector's alone ---- */

static bool spare_unfinished(struct tx *tx, void *arg)
{
    struct r_remote_import_unfinished row;
    struct rows r = tx_rows(tx, Q_REMOTE_IMPORT_UNFINISHED, NULL);
    char name[40];
    while (rows_next(&r, &row)) {
        snprintf(name, sizeof name, "%lld.csv", (long long)row.import_id);
        map_remove(arg, str_of(name));
    }
    rows_end(&r);
    return tx_ok(tx);
}

/* The folder is listed before the rows are read: the file of an import that begins meanwhile is not in it. */
void sf_imports_tidy(struct salesforce *s)
{
    struct map *files = map_create();
    struct fault f;
    char path[1400];
    size_t at = 0;
    struct str name;
    void *value;
    snprintf(path, sizeof path, "%s/files/imports", s->data_dir);
    DIR *dir = opendir(path);
    bool is_any = false;
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (e->d_name[0] != '.') map_put(files, str_of(e->d_name), s), is_any = true;
    if (dir) closedir(dir);
    if (is_any && store_read(s->house->store, spare_unfinished, files, &f))
        while (map_next(files, &at, &name, &value)) {
            snprintf(path, sizeof path, "%s/files/imports/%.*s", s->data_dir, STR_ARG(name));
            unlink(path);
        }
    map_destroy(&files);
}

void sf_imports_source_add(struct salesforce *s)
{
    sf_imports_tidy(s);
    jobs_add(s->house->jobs,
             &(struct due_source){.name = SF_SOURCE_IMPORTS, .n_threads = 2, .find = find, .run = run, .ctx = s});
}
