/* house.h: a store in a temporary folder for one test, and the few closures that most tests need. fresh_store.h says where,
 * so that the same tests run on each engine. */
#pragma once
#include "fresh_store.h"
#include "store/store.h"
#include "queries.h"
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <cmocka.h>

struct house {
    char dir[64], address[FRESH_STORE_BYTES];
    struct store *store;
};

void house_init(struct house *h); /* the folder only */
void house_open(struct house *h); /* fails the test with the fault's sentence */
void house_close(struct house *h);
void house_finish(struct house *h); /* closes and removes the folder */
struct store_config house_config(const struct house *h);

/* Closures; arg is a struct note. */
struct note {
    int64_t account_id, note_id, n;
    const char *body;
};
bool note_add(struct tx *tx, void *arg);
bool note_count(struct tx *tx, void *arg); /* sets n */
int64_t house_count(struct house *h, int64_t account_id);
