/* bench_import.c: the contact import of src/mail on a made-up CSV of 14 columns, beside a bare SQLite loop that inserts the same rows
 * into the same table, 5,000 a transaction, durable. The same with the e-mail address as a unique key: fresh, and the same file again. The
 * addresses come in no order. Each run is a process of its own, so that its peak memory is its own.
 *
 *   bench_import [ROWS …]        default 200000 2000000 */
#include "mail/intake.h"
#include "mail/mail.h"
#include "mail/contact.h"
#include "base/clock.h"
#include "base/durable.h"
#include "base/log.h"
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COLUMNS = 14, ROWS_A_COMMIT = 5000 };

static const char header[] =
    "first_name,last_name,company,address_street,address_street2,address_city,address_state,address_zip,email_address,"
    "phone,mobile_phone,occupation,var_field_1,var_field_2\n";

/* The texts of row i, in the header's order; made the same for both sides. */
static void make_row(int i, char fields[COLUMNS][64])
{
    static const char *const firsts[] = {"Ann", "Robert", "Maria", "Li", "Christopher", "Zoe"};
    static const char *const lasts[] = {"Doe", "Smith", "Garcia", "Nguyen", "Featherstonehaugh"};
    static const char *const cities[] = {"Springfield", "New York", "San Francisco", "Boise"};
    static const char *const states[] = {"IL", "NY", "CA", "ID"};
    snprintf(fields[0], 64, "%s", firsts[i % 6]);
    snprintf(fields[1], 64, "%s", lasts[i % 5]);
    snprintf(fields[2], 64, i % 3 ? "" : "Company %d", i % 1000);
    snprintf(fields[3], 64, "%d Main Street", i % 9999 + 1);
    snprintf(fields[4], 64, i % 4 ? "" : "Apt %d", i % 99);
    snprintf(fields[5], 64, "%s", cities[i % 4]);
    snprintf(fields[6], 64, "%s", states[i % 4]);
    snprintf(fields[7], 64, "%05d", 10000 + i % 89999);
    snprintf(fields[8], 64, "person%u@example.com", (unsigned)i * 2654435761u); /* each once, in no order */
    snprintf(fields[9], 64, "555-%07d", i % 9999999);
    snprintf(fields[10], 64, i % 2 ? "" : "556-%07d", i % 9999999);
    snprintf(fields[11], 64, "%s", i % 5 ? "Teacher" : "Engineer");
    snprintf(fields[12], 64, "segment %d", i % 20);
    snprintf(fields[13], 64, "%d", i * 7 % 1000);
}

static void write_csv(const char *path, int n)
{
    char fields[COLUMNS][64];
    FILE *f = fopen(path, "w");
    ASSERT(f);
    fputs(header, f);
    for (int i = 0; i < n; i++) {
        make_row(i, fields);
        for (int k = 0; k < COLUMNS; k++) fprintf(f, "%s%c", fields[k], k == COLUMNS - 1 ? '\n' : ',');
    }
    ASSERT(fclose(f) == 0);
}

static struct store *open_store(const char *dir)
{
    struct fault f;
    char address[128];
    snprintf(address, sizeof address, "sqlite:%s/bench.db", dir);
    struct store *s = store_open(&(struct store_config){.address = address, .data_dir = dir, .node = 1}, &f);
    if (!s) fprintf(stderr, "%s\n", f.text);
    ASSERT(s);
    return s;
}

struct bench_house {
    struct store *store;
    struct accounts *accounts;
    struct jobs *jobs;
    struct mail *mail;
    int64_t account, list;
};

static void house_open(struct bench_house *h, const char *dir)
{
    struct fault f = {0};
    char key[37];
    h->store = open_store(dir);
    h->accounts = accounts_load(h->store, &f);
    h->jobs = jobs_create(h->store);
    h->mail = mail_create(
        &(struct mail_config){
            .store = h->store, .jobs = h->jobs, .accounts = h->accounts, .data_dir = dir, .purl_base = "http://x/p/"},
        &f);
    ASSERT(h->accounts && h->mail &&
           account_create(h->accounts, &(struct account){.username = STR("bench")}, &h->account, key, &f));
    ASSERT(list_create(h->store, h->account, STR("bench"), &h->list, &f));
    jobs_start(h->jobs);
}

static void house_close(struct bench_house *h)
{
    jobs_stop(&h->jobs);
    mail_destroy(&h->mail);
    accounts_destroy(&h->accounts);
    store_close(&h->store);
}

/* Returns the milliseconds. */
static int64_t import_file(struct bench_house *h, const char *csv, struct str key, int64_t n_used, int64_t n_inserted)
{
    struct fault f = {0};
    struct arena *a = arena_create(4096);
    struct intake in;
    int64_t start = clock_mono_ms(), took;
    bool kept = intake_keep(h->mail, h->account, h->list, csv, key, &in, &f);
    ASSERT(kept);
    for (;;) {
        ASSERT(intake_get(h->store, a, h->account, in.intake_id, &in, &f));
        took = clock_mono_ms() - start;
        if (in.state == INTAKE_DONE) break;
        ASSERT(in.state != INTAKE_FAILED);
        usleep(2000);
    }
    ASSERT(in.n_used == n_used && in.n_inserted == n_inserted && in.n_refused == 0 && in.n_updated == 0);
    arena_destroy(&a);
    return took;
}

static int64_t import(const char *dir, const char *csv, int n)
{
    struct bench_house h;
    house_open(&h, dir);
    int64_t took = import_file(&h, csv, STR_NULL, n, n);
    house_close(&h);
    return took;
}

static int64_t keyed(const char *dir, const char *csv, int n)
{
    struct bench_house h;
    house_open(&h, dir);
    int64_t took = import_file(&h, csv, STR("email_address"), n, n);
    house_close(&h);
    return took;
}

static int64_t keyed_again(const char *dir, const char *csv, int n)
{
    struct bench_house h;
    char again[128];
    snprintf(again, sizeof again, "%s.again", csv);
    ASSERT(link(csv, again) == 0);
    house_open(&h, dir);
    import_file(&h, csv, STR("email_address"), n, n);
    int64_t took = import_file(&h, again, STR_NULL, n, 0);
    house_close(&h);
    return took;
}

static int64_t bare_insert(const char *dir, int n, bool has_key)
{
    struct store *s = open_store(dir); /* makes the schema */
    store_close(&s);
    char path[128], fields[COLUMNS][64], vars[160];
    sqlite3 *db;
    sqlite3_stmt *insert;
    snprintf(path, sizeof path, "%s/bench.db", dir);
    ASSERT(sqlite3_open(path, &db) == SQLITE_OK);
    sqlite3_exec(db,
                 "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32768; PRAGMA wal_autocheckpoint=8000",
                 NULL, NULL, NULL);
    ASSERT(
        sqlite3_prepare_v2(
            db,
            "INSERT INTO contact (contact_id, account_id, contact_list_id, first_name, last_name, company, address_street,"
            " address_street2, address_city, address_state, address_zip, email_address, phone, mobile_phone, occupation, vars,"
            " source_key, address_status, created_at, updated_at) VALUES (?,1,1,?,?,?,?,?,?,?,?,?,?,?,?,?,?,1,1,1)",
            -1, &insert, NULL) == SQLITE_OK);
    int64_t start = clock_mono_ms();
    for (int i = 0; i < n; i++) {
        if (i % ROWS_A_COMMIT == 0) sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
        make_row(i, fields);
        snprintf(vars, sizeof vars, "[\"%s\",\"%s\"]", fields[12], fields[13]);
        sqlite3_bind_int64(insert, 1, i + 1);
        for (int k = 0; k < 12; k++) {
            if (fields[k][0])
                sqlite3_bind_text(insert, k + 2, fields[k], -1, SQLITE_STATIC);
            else
                sqlite3_bind_null(insert, k + 2);
        }
        sqlite3_bind_text(insert, 14, vars, -1, SQLITE_STATIC);
        if (has_key) sqlite3_bind_text(insert, 15, fields[8], -1, SQLITE_STATIC);
        ASSERT(sqlite3_step(insert) == SQLITE_DONE);
        sqlite3_reset(insert);
        if (i % ROWS_A_COMMIT == ROWS_A_COMMIT - 1 || i == n - 1)
            ASSERT(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
    }
    int64_t took = clock_mono_ms() - start;
    sqlite3_finalize(insert);
    sqlite3_close(db);
    return took;
}

static int64_t bare(const char *dir, const char *csv, int n) { return (void)csv, bare_insert(dir, n, false); }
static int64_t bare_keyed(const char *dir, const char *csv, int n) { return (void)csv, bare_insert(dir, n, true); }

static double run(const char *name, int64_t (*fn)(const char *, const char *, int), int n)
{
    char dir[] = "/tmp/pennypost-bench-XXXXXX", csv[64];
    int ends[2], status;
    int64_t ms = 0;
    struct rusage use;
    ASSERT(mkdtemp(dir) && pipe(ends) == 0);
    snprintf(csv, sizeof csv, "%s/in.csv", dir);
    write_csv(csv, n);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        ms = fn(dir, csv, n);
        _exit(write(ends[1], &ms, sizeof ms) == (ssize_t)sizeof ms ? 0 : 1);
    }
    ASSERT(wait4(pid, &status, 0, &use) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ASSERT(read(ends[0], &ms, sizeof ms) == (ssize_t)sizeof ms);
    double rate = n * 1000.0 / (double)ms;
    double cpu_us = ((double)use.ru_utime.tv_sec + (double)use.ru_stime.tv_sec) * 1e6 +
                    (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
    printf("%-12s %8d rows  %7.0f rows/s  %5.2f us CPU a row  %5.1f MB peak\n", name, n, rate, cpu_us / n,
           (double)use.ru_maxrss / 1024);
    remove_tree(dir, NULL);
    return rate;
}

int main(int argc, char **argv)
{
    static const char *const by_default[] = {"", "200000", "2000000"};
    const char *const *rows = argc > 1 ? (const char *const *)argv : by_default;
    log_set_level(LOG_WARNING);
    for (int i = 1; i < (argc > 1 ? argc : 3); i++) {
        int n = atoi(rows[i]);
        ASSERT(n > 0 && n <= 10000000);
        double ours = run("import", import, n), yardstick = run("bare sqlite", bare, n);
        printf("import is %.2f of bare sqlite\n", ours / yardstick);
        ours = run("keyed", keyed, n), yardstick = run("bare, keyed", bare_keyed, n);
        double again = run("keyed, again", keyed_again, n); /* its CPU and memory are of both imports */
        printf("keyed import is %.2f of bare sqlite with the key, %.2f when nothing changed\n", ours / yardstick,
               again / yardstick);
    }
    return 0;
}
