/* Opening: who may, and what is made of a database that is older, newer or of another descent. */
#include "house.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int setup(void **state)
{
    static struct house h;
    house_init(&h);
    *state = &h;
    return 0;
}

static int teardown(void **state)
{
    house_finish(*state);
    return 0;
}

static void must_not_open(const struct store_config *config, const char *says)
{
    struct fault f = {0};
    struct store *s = store_open(config, &f);
    assert_null(s);
    assert_int_equal(f.whose, FAULT_OPERATOR);
    assert_null(strstr(f.text, "secret"));
    if (!strstr(f.text, says)) fail_msg("wanted \"%s\", got \"%s\"", says, f.text);
}

/* A child that holds the house open until it is killed. */
static pid_t hold_open(struct house *h)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct store_config config = house_config(h);
        struct store *s = store_open(&config, NULL);
        if (s && write(ready[1], "x", 1) == 1) pause();
        _exit(1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void a_second_process_is_refused(void **state)
{
    struct house *h = *state;
    struct store_config config = house_config(h);
    char says[200], other_dir[100];
    pid_t pid = hold_open(h);
    snprintf(says, sizeof says, "another pennypost (process %d) has this data folder open: %s", (int)pid, h->dir);
    must_not_open(&config, says);
    snprintf(other_dir, sizeof other_dir, "%s/other", h->dir);
    assert_int_equal(mkdir(other_dir, 0755), 0);
    config.data_dir = other_dir;
    snprintf(says, sizeof says, "another pennypost (process %d) has this database open", (int)pid);
    if (fresh_store_is_sqlite()) must_not_open(&config, says); /* PostgreSQL may be used from several folders */
    config.read_only = true; /* looking is allowed */
    struct fault f = {0};
    struct store *s = store_open(&config, &f);
    if (!s) fail_msg("%s", f.text);
    assert_false(store_write(s, note_add, NULL, &f));
    assert_int_equal(f.whose, FAULT_OURS);
    store_close(&s);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    house_open(h); /* the dead process's number is still in the file, and does not matter */
}

static void a_pid_in_the_file_does_not_matter(void **state)
{
    struct house *h = *state;
    char path[200], text[20] = "";
    snprintf(path, sizeof path, "%s/pennypost.lock", h->dir);
    FILE *file = fopen(path, "w");
    fprintf(file, "1\nand more text that an older program left\n");
    fclose(file);
    house_open(h);
    file = fopen(path, "r");
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    assert_int_equal(atoi(text), getpid());
}

static void migrations_are_applied_once(void **state)
{
    struct house *h = *state;
    for (int i = 0; i < 2; i++) {
        house_open(h);
        assert_int_equal(store_schema_version(h->store), 9001);
        assert_int_equal(store_schema_known(), 9001);
        assert_true(store_write(h->store, note_add, &(struct note){.account_id = 1, .note_id = i}, NULL));
        assert_int_equal(house_count(h, 1), i + 1);
        house_close(h);
    }
}

static const struct descent_case {
    const char *name, *sql, *says;
    bool reading_too;
} descent_cases[] = {
    {"changed", "UPDATE schema_version SET digest = applied.digest FROM schema_version applied WHERE schema_version.version = 1 AND applied.version = 9001",
     "Migration 1 (foundation) of this program is not the one that was applied", true},
    {"newer", "INSERT INTO schema_version SELECT 9999, 'future', digest, 0 FROM schema_version WHERE version = 1",
     "The database is newer than this program: it has migration 9999 (future)", true},
    {"other", "UPDATE schema_version SET version = 8000 WHERE version = 9001",
     "The database has migration 8000 (notes) where this program has 9001 (notes)", true},
    {"not a database", NULL, "cannot be used", true},
};

static void damage(const struct house *h, const char *sql)
{
    if (sql) {
        fresh_store_script(h->address, sql);
        return;
    }
    int fd = open(strchr(h->address, ':') + 1, O_WRONLY | O_TRUNC);
    assert_int_equal(write(fd, "this is a letter, and long enough to be looked at as a database header", 70), 70);
    close(fd);
}

static void other_databases_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof descent_cases / sizeof *descent_cases; i++) {
        struct house h;
        if (!descent_cases[i].sql && !fresh_store_is_sqlite()) continue;
        house_init(&h);
        house_open(&h);
        house_close(&h);
        damage(&h, descent_cases[i].sql);
        struct store_config config = house_config(&h);
        must_not_open(&config, descent_cases[i].says);
        config.read_only = true;
        must_not_open(&config, descent_cases[i].says);
        house_finish(&h);
    }
}

static void an_older_database_is_brought_up(void **state)
{
    struct house *h = *state;
    house_open(h);
    house_close(h);
    damage(h, "DELETE FROM schema_version WHERE version = 9001; DROP TABLE note");
    struct store_config config = house_config(h);
    config.read_only = true;
    must_not_open(&config, "The database is older than this program (migration 5 of 9001)");
    house_open(h);
    assert_int_equal(house_count(h, 1), 0);
}

static const struct address_case {
    const char *address, *says;
} address_cases[] = {
    {"oracle:x", "(oracle) is not one of sqlite:FILE"},
    {"mysql://root:secret@host/db", "(mysql) is not one of sqlite:FILE"},
    {"sqlite", "is not one of sqlite:FILE"},
    {"sqlite:", "names no file"},
    {"sqlite:/nowhere/at/all.db", "cannot be opened"},
    {"postgresql:x", "cannot be read"},
    {"postgresql://me:secret@host/db?nonsense=1", "cannot be read"},
    {"postgresql://me:secret@127.0.0.1:1/db", "The database postgresql://me@127.0.0.1:1/db cannot be reached"},
    {"postgresql://me@/db?host=/nowhere&password=secret", "The database postgresql://me@/nowhere/db cannot be reached"},
};

static void addresses_that_cannot_be_opened(void **state)
{
    struct house *h = *state;
    for (size_t i = 0; i < sizeof address_cases / sizeof *address_cases; i++) {
        struct store_config config = house_config(h);
        config.address = address_cases[i].address;
        must_not_open(&config, address_cases[i].says);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(migrations_are_applied_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_second_process_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_pid_in_the_file_does_not_matter, setup, teardown),
        cmocka_unit_test(other_databases_are_refused),
        cmocka_unit_test_setup_teardown(an_older_database_is_brought_up, setup, teardown),
        cmocka_unit_test_setup_teardown(addresses_that_cannot_be_opened, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
