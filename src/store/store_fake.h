/* store_fake.h: the scripted engine for tests: says which queries must come, in order, and what each gives. A query that was not
 * announced, or one that never came, fails the test with both names. Opened with address "fake:". */
#pragma once
#include "store/store_driver.h"

/* Next expected query; `check` (may be NULL) looks at its binds; `rows` n_rows structs of the query's r_ type (copied
 * with their texts; for a query without rows NULL, and n_rows is how many it changes); `answer` what the engine says instead when it is
 * not DRIVER_OK. */
void store_fake_expect(int query, bool (*check)(const void *in), const void *rows, int n_rows, enum driver_error answer);
/* A commit that is not announced succeeds and takes no part in the order. */
void store_fake_expect_commit(enum driver_error answer);
/* NULL when all came in order, else the sentence. Forgets the script. */
const char *store_fake_verdict(void);
