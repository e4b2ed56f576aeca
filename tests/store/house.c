/* house.c: the body of house.h. Fails the test itself; counts warnings, which no test of the store expects. */
#include "house.h"
#include "base/durable.h"
#include "base/log.h"
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* No test of the store expects a warning. */
static _Atomic int warnings;

static bool count_warning(enum log_level level, const char *line)
{
    (void)level, (void)line;
    warnings++;
    return false;
}

void house_init(struct house *h)
{
    log_set_hook(count_warning);
    char file[80];
    *h = (struct house){0};
    snprintf(h->dir, sizeof h->dir, "/tmp/pennypost-store-XXXXXX");
    assert_non_null(mkdtemp(h->dir));
    snprintf(file, sizeof file, "%s/test.db", h->dir);
    fresh_store(file, h->address);
}

struct store_config house_config(const struct house *h)
{
    return (struct store_config){.address = h->address, .data_dir = h->dir, .node = 1};
}

void house_open(struct house *h)
{
    struct fault f = {0};
    struct store_config config = house_config(h);
    h->store = store_open(&config, &f);
    if (!h->store) fail_msg("%s", f.text);
}

void house_close(struct house *h) { store_close(&h->store); }

void house_finish(struct house *h)
{
    house_close(h);
    assert_true(remove_tree(h->dir, NULL));
    assert_int_equal(warnings, 0);
}

bool note_add(struct tx *tx, void *arg)
{
    struct note *n = arg;
    return tx_run(tx, Q_NOTE_ADD, &(struct q_note_add){n->account_id, n->note_id, str_of(n->body), STR_NULL}, NULL);
}

bool note_count(struct tx *tx, void *arg)
{
    struct note *n = arg;
    struct r_note_count row;
    if (!tx_first(tx, Q_NOTE_COUNT, &(struct q_note_count){n->account_id}, &row)) return false;
    n->n = row.n;
    return true;
}

int64_t house_count(struct house *h, int64_t account_id)
{
    struct note n = {.account_id = account_id};
    struct fault f = {0};
    if (!store_read(h->store, note_count, &n, &f)) fail_msg("%s", f.text);
    return n.n;
}
