/* tidy.c: the data folder holds what somebody needs. At the start what a crash left goes: halves of packages, kept files whose row was never
 * written. Later, once an hour: kept files that were worked off, and refused rows, older than keep.raw_days; print files of finished batches,
 * keep.batch_days after they were handed over. */
#include "mail/mail_private.h"
#include "base/clock.h"
#include "base/durable.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "queries.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { AGAIN_MS = 3600000, FILES = 200, ROWS = 5000 };

/* ---- at the start ---- */

struct names {
    struct map *map;
};

static bool read_names(struct tx *tx, void *arg)
{
    struct names *n = arg;
    struct r_intake_files row;
    struct rows r = tx_rows(tx, Q_INTAKE_FILES, NULL);
    while (rows_next(&r, &row)) map_put(n->map, row.file, n);
    rows_end(&r);
    return tx_ok(tx);
}

static void remove_unknown(const struct mail *m, const struct map *known)
{
    char path[1400], name[300];
    snprintf(path, sizeof path, "%s/files/intake", m->data_dir);
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        snprintf(name, sizeof name, "files/intake/%.255s", e->d_name);
        if (e->d_name[0] == '.' || map_get(known, str_of(name))) continue;
        snprintf(path, sizeof path, "%s/%s", m->data_dir, name);
        if (unlink(path) != 0)
            log_warning("mail", "%s is nothing of ours and could not be removed: %s", name, strerror(errno));
        else
            log_info("mail", "%s was removed: a crash had left it, and nothing had been answered for it", name);
    }
    if (dir) closedir(dir);
}

/* Not every file system says it in the entry (DT_UNKNOWN). */
static bool is_folder(DIR *dir, const struct dirent *e)
{
    struct stat st;
    if (e->d_type != DT_UNKNOWN) return e->d_type == DT_DIR;
    return fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* Packages are written below DIR.tmp and renamed; nobody writes now. */
static void remove_halves(const char *folder, int depth)
{
    DIR *dir = opendir(folder);
    char path[1400];
    for (struct dirent *e; dir && (e = readdir(dir));) {
        if (e->d_name[0] == '.' || !is_folder(dir, e)) continue;
        if (snprintf(path, sizeof path, "%s/%s", folder, e->d_name) >= (int)sizeof path) continue;
        if (str_ends(str_of(e->d_name), STR(".tmp")))
            remove_tree(path, NULL);
        else if (depth > 0)
            remove_halves(path, depth - 1);
    }
    if (dir) closedir(dir);
}

bool tidy_leftovers(struct mail *m, struct fault *f)
{
    struct names n = {map_create()};
    char path[1100];
    bool ok = store_read(m->store, read_names, &n, f);
    if (ok) remove_unknown(m, n.map);
    map_destroy(&n.map);
    snprintf(path, sizeof path, "%s/batches", m->data_dir);
    if (ok) remove_halves(path, 2);
    return ok;
}

/* ---- what is old ---- */

struct old {
    int64_t before, n_kept; /* of the first ones, that could not be forgotten: they are passed over */
    int n;
    struct old_file {
        int64_t account, id;
        char file[200]; /* below the data folder */
    } rows[FILES];
};

static void add(struct old *o, int64_t account, int64_t id, struct str file)
{
    struct old_file *row = &o->rows[o->n++];
    row->account = account;
    row->id = id;
    snprintf(row->file, sizeof row->file, "%.*s", STR_ARG(file));
}

static bool read_intakes(struct tx *tx, void *arg)
{
    struct old *o = arg;
    struct r_intake_old row;
    struct rows r = tx_rows(tx, Q_INTAKE_OLD, &(struct q_intake_old){o->before, FILES, o->n_kept});
    for (o->n = 0; rows_next(&r, &row);) add(o, row.account_id, row.intake_id, row.file);
    rows_end(&r);
    return tx_ok(tx);
}

static bool read_batches(struct tx *tx, void *arg)
{
    struct old *o = arg;
    struct r_batch_old row;
    struct q_batch_old in = {o->before, BATCH_HANDED_OVER, BATCH_CANCELLED, BATCH_READY, FILES, o->n_kept};
    struct rows r = tx_rows(tx, Q_BATCH_OLD, &in);
    for (o->n = 0; rows_next(&r, &row);) add(o, row.account_id, row.batch_id, row.file);
    rows_end(&r);
    return tx_ok(tx);
}

struct forget {
    const struct old_file *what;
    int64_t n_rows;
};

static bool forget_rows(struct tx *tx, void *arg)
{
    struct forget *g = arg;
    return tx_run(tx, Q_REFUSED_ROW_FORGET, &(struct q_refused_row_forget){g->what->account, g->what->id, ROWS}, &g->n_rows);
}

static bool forget_intake_file(struct tx *tx, void *arg)
{
    const struct old_file *what = arg;
    return tx_run(tx, Q_INTAKE_FORGET_FILE, &(struct q_intake_forget_file){what->account, what->id}, NULL);
}

static bool forget_batch_file(struct tx *tx, void *arg)
{
    const struct old_file *what = arg;
    return tx_run(tx, Q_BATCH_FORGET_FILE, &(struct q_batch_forget_file){what->account, what->id}, NULL);
}

/* The file goes before its row says so: a row without a file is found again, a file without a row would not be before the next start. */
static bool forget_intake(struct mail *m, struct old_file *what, struct fault *f)
{
    struct forget g = {.what = what};
    char path[1400];
    do {
        if (!store_write(m->store, forget_rows, &g, f)) return false;
    } while (g.n_rows == ROWS);
    snprintf(path, sizeof path, "%s/%s", m->data_dir, what->file);
    unlink(path);
    return store_write(m->store, forget_intake_file, what, f);
}

static bool forget_batch(struct mail *m, struct old_file *what, struct fault *f)
{
    char path[1400];
    snprintf(path, sizeof path, "%s/%s", m->data_dir, what->file);
    return remove_tree(path, f) && store_write(m->store, forget_batch_file, what, f);
}

static const struct kind {
    const char *word;
    enum limit keep_days;
    store_fn *read;
    bool (*forget)(struct mail *m, struct old_file *what, struct fault *f);
} kinds[] = {{"The old file", LIMIT_KEEP_RAW_DAYS, read_intakes, forget_intake},
             {"The old print file", LIMIT_KEEP_BATCH_DAYS, read_batches, forget_batch}};

/* One that cannot go keeps none of the others. */
static void forget_old(struct mail *m, struct old *o, const struct kind *k)
{
    struct fault f;
    o->before = clock_now_ms() - limit_get(k->keep_days) * 86400000;
    o->n_kept = 0;
    do {
        if (!store_read(m->store, k->read, o, &f)) {
            log_warning("mail", "What is old could not be looked for, which is tried again in an hour: %s", f.text);
            return;
        }
        for (int i = 0; i < o->n && !jobs_stopping(m->jobs); i++) {
            if (k->forget(m, &o->rows[i], &f)) continue;
            o->n_kept++;
            log_warning("mail", "%s %s could not be removed, which is tried again in an hour: %s", k->word, o->rows[i].file,
                        f.text);
        }
    } while (o->n == FILES && !jobs_stopping(m->jobs));
}

static int find(void *ctx, struct tx *tx, int64_t now, struct due_item *items, int n, int64_t *next_due)
{
    struct mail *m = ctx;
    (void)tx;
    (void)n;
    if (m->tidy_at > now) return *next_due = m->tidy_at, 0;
    items[0] = (struct due_item){0};
    return 1;
}

static void run(void *ctx, struct due_item item)
{
    struct mail *m = ctx;
    struct old *o = calloc(1, sizeof *o);
    (void)item;
    ASSERT(o);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) forget_old(m, o, &kinds[i]);
    m->tidy_at = clock_now_ms() + AGAIN_MS;
    free(o);
}

void tidy_source_add(struct mail *m)
{
    jobs_add(m->jobs, &(struct due_source){.name = "old files", .n_threads = 1, .find = find, .run = run, .ctx = m});
}
