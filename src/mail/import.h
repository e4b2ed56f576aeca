/* import.h: the parts of a contact import: what a header means, a chunk of rows, and why a row was refused. */
#pragma once
#include "mail/contact_row.h"
#include "mail/list.h"
#include "mail/mail_private.h"
#include "base/csv.h"

#define IMPORT_REASONS(X)                                                                                                      \
    X(UNREADABLE, "unreadable")    /* quotes, NUL, too long */                                                                 \
    X(TOO_MANY, "too many fields") /* more than the header names */                                                            \
    X(INVALID, "invalid value")    /* a required field is missing, or a value is not what it must be */                        \
    X(HEADER, "unusable header")   /* the whole file cannot be used */                                                         \
    X(NO_KEY, "no key")            /* the value that tells the list's contacts apart is missing */
enum import_reason {
    IMPORT_FINE = 0,
#define X(ident, word) IMPORT_##ident,
    IMPORT_REASONS(X)
#undef X
};
const char *import_reason_word(int reason);

/* What each column of the file is: place among a contact's values, known fields first, then the list's columns. */
struct import_header {
    int n;         /* columns of the file */
    int *place;    /* -1: a column without a name: not used */
    int n_columns; /* of the list, with what this file brings */
    struct str *columns;
    int key_place; /* which of a contact's values is the list's key, counted from 1; 0: it has none */
};
/* False: the file cannot be used (FAULT_USER). `columns` begins with the list's own. From the arena. */
bool import_header_make(struct arena *a, const struct csv_row *row, const struct contact_list *list, struct import_header *out,
                        struct fault *f);

/* Rows that go in with one transaction. Texts live in the chunk's arena. */
struct import_refused {
    int64_t line;
    enum import_reason reason;
    struct str detail, raw;
};
struct import_chunk {
    struct arena *arena;
    struct q_contact_insert *rows; /* import.rows_per_commit of them; import.rows_sorted when the list has a key */
    uint32_t *order;               /* with a key: the rows to write, in the key's order */
    int n_order;
    struct import_refused *refused;
    int n, n_refused, max;
    int64_t n_rows;            /* read, blank lines not counted */
    int64_t was_byte, at_byte; /* what the intake's row said, and what it will say */
};
struct import_chunk *import_chunk_create(bool has_key);
/* With a key: puts the rows in the key's order, which lets the index grow in place (specs: schema §7). Of rows with one key the last is kept; the
 * others are repeats: n - n_order. */
void import_chunk_sort(struct import_chunk *c);
void import_chunk_destroy(struct import_chunk **c);
void import_chunk_clear(struct import_chunk *c, int64_t at_byte);
static inline bool import_chunk_is_full(const struct import_chunk *c) { return c->n + c->n_refused >= c->max; }
/* Adds one row of the file: as a contact, or as refused with its reason. */
void import_chunk_add(struct import_chunk *c, const struct import_header *h, const struct csv_row *row, int64_t account,
                      int64_t list);
/* What is kept of an unusable row can be shown and stored: UTF-8 without NUL, at most import.max_raw_bytes. From the arena. */
struct str import_showable(struct arena *a, struct str raw);

/* ---- import_keyed.c: rows for a list with a key ---- */
struct import_counts {
    int64_t inserted, updated;
};
/* In a unit: adds or renews the rows from…to-1 of the chunk's order. Events are emitted when somebody wants them. */
bool import_keyed_write(struct tx *tx, struct mail *m, struct import_chunk *c, int from, int to, struct import_counts *out);
/* Before the first row: contacts that came before the list had a key are given theirs; the first of each. */
bool import_keyed_prepare(struct mail *m, int64_t account, const struct contact_list *list, int key_place, struct fault *f);
