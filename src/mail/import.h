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
    X(HEADER, "unusable header")   /* the whole file cannot be used */
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
    struct q_contact_insert *rows; /* import.rows_per_commit of them */
    struct import_refused *refused;
    int n, n_refused, max;
    int64_t n_rows;            /* read, blank lines not counted */
    int64_t was_byte, at_byte; /* what the intake's row said, and what it will say */
};
struct import_chunk *import_chunk_create(void);
void import_chunk_destroy(struct import_chunk **c);
void import_chunk_clear(struct import_chunk *c, int64_t at_byte);
static inline bool import_chunk_is_full(const struct import_chunk *c) { return c->n + c->n_refused >= c->max; }
/* Adds one row of the file: as a contact, or as refused with its reason. */
void import_chunk_add(struct import_chunk *c, const struct import_header *h, const struct csv_row *row, int64_t account,
                      int64_t list);
/* What is kept of an unusable row can be shown and stored: UTF-8 without NUL, at most import.max_raw_bytes. From the arena. */
struct str import_showable(struct arena *a, struct str raw);
