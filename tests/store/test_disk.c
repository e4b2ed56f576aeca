/* A disk that fails, beneath the real engine: SQLite's own layer over the operating system is wrapped, and writes, syncs or both are
 * refused while a test says so. What was told is exact, the committer lives on, and what comes later is stored. */
#include "house.h"
#include <errno.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- the wrapped layer ---- */

enum trouble { NO_TROUBLE, WRITE_FULL, WRITE_FAILS, SYNC_FAILS };
static _Atomic int trouble, calls_to_pass;

struct disk_file {
    sqlite3_file base; /* must be first */
    sqlite3_file *real;
};

static bool strikes(enum trouble kind_a, enum trouble kind_b)
{
    if (trouble != (int)kind_a && trouble != (int)kind_b) return false;
    return atomic_fetch_sub(&calls_to_pass, 1) <= 0;
}

#define REAL(file) ((struct disk_file *)(file))->real
static int disk_close(sqlite3_file *f) { return REAL(f)->pMethods->xClose(REAL(f)); }
static int disk_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at) { return REAL(f)->pMethods->xRead(REAL(f), p, n, at); }
static int disk_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    if (strikes(WRITE_FULL, WRITE_FAILS)) return trouble == WRITE_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    return REAL(f)->pMethods->xWrite(REAL(f), p, n, at);
}
static int disk_truncate(sqlite3_file *f, sqlite3_int64 n) { return REAL(f)->pMethods->xTruncate(REAL(f), n); }
static int disk_sync(sqlite3_file *f, int flags)
{
    if (strikes(SYNC_FAILS, SYNC_FAILS)) return SQLITE_IOERR_FSYNC;
    return REAL(f)->pMethods->xSync(REAL(f), flags);
}
static int disk_size(sqlite3_file *f, sqlite3_int64 *n) { return REAL(f)->pMethods->xFileSize(REAL(f), n); }
static int disk_lock(sqlite3_file *f, int level) { return REAL(f)->pMethods->xLock(REAL(f), level); }
static int disk_unlock(sqlite3_file *f, int level) { return REAL(f)->pMethods->xUnlock(REAL(f), level); }
static int disk_check(sqlite3_file *f, int *out) { return REAL(f)->pMethods->xCheckReservedLock(REAL(f), out); }
static int disk_control(sqlite3_file *f, int op, void *arg) { return REAL(f)->pMethods->xFileControl(REAL(f), op, arg); }
static int disk_sector(sqlite3_file *f) { return REAL(f)->pMethods->xSectorSize(REAL(f)); }
static int disk_traits(sqlite3_file *f) { return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f)); }
static int disk_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    return REAL(f)->pMethods->xShmMap(REAL(f), page, size, extend, out);
}
static int disk_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
    return REAL(f)->pMethods->xShmLock(REAL(f), at, n, flags);
}
static void disk_shm_barrier(sqlite3_file *f) { REAL(f)->pMethods->xShmBarrier(REAL(f)); }
static int disk_shm_unmap(sqlite3_file *f, int remove) { return REAL(f)->pMethods->xShmUnmap(REAL(f), remove); }

static const sqlite3_io_methods disk_methods = {
    .iVersion = 2,
    .xClose = disk_close,
    .xRead = disk_read,
    .xWrite = disk_write,
    .xTruncate = disk_truncate,
    .xSync = disk_sync,
    .xFileSize = disk_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_check,
    .xFileControl = disk_control,
    .xSectorSize = disk_sector,
    .xDeviceCharacteristics = disk_traits,
    .xShmMap = disk_shm_map,
    .xShmLock = disk_shm_lock,
    .xShmBarrier = disk_shm_barrier,
    .xShmUnmap = disk_shm_unmap,
};

static sqlite3_vfs *real_vfs, disk_vfs;

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    (void)vfs;
    struct disk_file *f = (struct disk_file *)file;
    f->real = (sqlite3_file *)(f + 1);
    int code = real_vfs->xOpen(real_vfs, name, f->real, flags, out_flags);
    f->base.pMethods = f->real->pMethods ? &disk_methods : NULL;
    return code;
}

static void wrap_disk(void)
{
    real_vfs = sqlite3_vfs_find(NULL);
    disk_vfs = *real_vfs;
    disk_vfs.zName = "disk";
    disk_vfs.szOsFile = (int)sizeof(struct disk_file) + real_vfs->szOsFile;
    disk_vfs.xOpen = disk_open;
    assert_int_equal(sqlite3_vfs_register(&disk_vfs, 1), SQLITE_OK);
}

/* ---- the tests ---- */

static const struct disk_case {
    const char *name;
    enum trouble trouble;
    int calls_to_pass; /* of that kind, before it strikes */
    const char *says;
} disk_cases[] = {
    {"full at once", WRITE_FULL, 0, "The disk is full"},
    {"full in the middle of a commit", WRITE_FULL, 3, "The disk is full"},
    {"a write fails", WRITE_FAILS, 0, "The disk failed under the database"},
    {"a write fails in the middle", WRITE_FAILS, 3, "The disk failed under the database"},
    {"the sync fails", SYNC_FAILS, 0, "The disk failed under the database"},
};

/* Five rows in one unit, long enough for several pages. */
static bool add_long_notes(struct tx *tx, void *arg)
{
    static char body[3000];
    const struct note *n = arg;
    memset(body, 'x', sizeof body);
    for (int i = 0; i < 5; i++)
        tx_run(tx, Q_NOTE_ADD, &(struct q_note_add){n->account_id, n->note_id + i, str_make(body, sizeof body), STR_NULL},
               NULL);
    return tx_ok(tx);
}

static void check_case(struct house *h, const struct disk_case *c, int64_t account_id)
{
    struct fault f = {0};
    struct note n = {.account_id = account_id};
    assert_true(store_write(h->store, add_long_notes, &n, NULL));
    n.note_id = 10;
    for (int i = 0; i < 3; i++) {
        calls_to_pass = c->calls_to_pass;
        trouble = c->trouble;
        bool ok = store_write(h->store, add_long_notes, &n, &f);
        trouble = NO_TROUBLE;
        if (ok || f.whose != FAULT_OPERATOR || !strstr(f.text, c->says)) fail_msg("%s: %s", c->name, ok ? "stored" : f.text);
        if (house_count(h, account_id) != 5) fail_msg("%s: %d rows", c->name, (int)house_count(h, account_id));
    }
    n.note_id = 20;
    if (!store_write(h->store, add_long_notes, &n, &f)) fail_msg("%s: afterwards: %s", c->name, f.text);
    house_close(h);
    house_open(h);
    if (house_count(h, account_id) != 10) fail_msg("%s: %d rows after a restart", c->name, (int)house_count(h, account_id));
}

/* Below 2,000 pages nothing is copied; above, as soon as nobody waits. */
static void the_log_is_copied_when_idle(void **state)
{
    (void)state;
    struct house h;
    struct store_stats stats;
    if (getenv("PENNYPOST_TEST_STORE")) skip();
    house_init(&h);
    house_open(&h);
    struct note n = {.account_id = 1};
    int pages_before = 0;
    for (; pages_before <= 1000; n.note_id += 5) {
        assert_true(store_write(h.store, add_long_notes, &n, NULL));
        assert_true(store_write(h.store, note_count, &n, NULL)); /* the rest after the write is over by now */
        store_stats(h.store, &stats);
        if (stats.wal_pages <= 1000) assert_int_equal(stats.longest_checkpoint_us, 0);
        pages_before = (int)stats.wal_pages;
    }
    for (int i = 0; i < 500 && stats.longest_checkpoint_us == 0; i++) { /* nobody submits: it is idle */
        usleep(10000);
        store_stats(h.store, &stats);
    }
    assert_true(stats.longest_checkpoint_us > 0);
    n.note_id += 5;
    assert_true(store_write(h.store, add_long_notes, &n, NULL));
    assert_true(store_write(h.store, note_count, &n, NULL));
    store_stats(h.store, &stats);
    assert_true(stats.wal_pages < 100); /* the log began again from its front */
    house_finish(&h);
}

static void a_failing_disk_is_told_and_survived(void **state)
{
    (void)state;
    struct house h;
    if (getenv("PENNYPOST_TEST_STORE")) skip();
    wrap_disk();
    house_init(&h);
    house_open(&h);
    for (size_t i = 0; i < sizeof disk_cases / sizeof *disk_cases; i++) check_case(&h, &disk_cases[i], (int64_t)i + 1);
    house_finish(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_log_is_copied_when_idle),
        cmocka_unit_test(a_failing_disk_is_told_and_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
