/* fresh_store.h: where a test's store lies: a new SQLite file, or, when PENNYPOST_TEST_STORE is the address of a PostgreSQL database
 * (tools/postgres-server run), a new schema in that. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRESH_STORE_BYTES 300
/* Aborts when it cannot be made: no test can go on. */
void fresh_store(const char *sqlite_file, char out[FRESH_STORE_BYTES]);
bool fresh_store_is_sqlite(void);
/* Runs SQL on the database behind an address, as an operator would. */
void fresh_store_script(const char *address, const char *sql);
/* The first column of the first row; aborts when there is none. */
int64_t fresh_store_number(const char *address, const char *sql);
