/* import_chunk.c: rows of a CSV become contacts, or refused rows with a reason, in one piece of memory that is used again and
 * again: an import's memory does not grow with its file. On the import's thread. */
#include "mail/contact_check.h"
#include "mail/contact_key.h"
#include "mail/import.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include <stdlib.h>

enum { ROW_BYTES = 600 }; /* of an arena, to begin with */

static const char *const words[] = {[IMPORT_FINE] = "fine",
#define X(ident, word) [IMPORT_##ident] = word,
                                    IMPORT_REASONS(X)
#undef X
};

const char *import_reason_word(int reason)
{
    ASSERT(reason > IMPORT_FINE && reason < (int)(sizeof words / sizeof *words));
    return words[reason];
}

struct import_chunk *import_chunk_create(bool has_key)
{
    struct import_chunk *c = calloc(1, sizeof *c);
    ASSERT(c);
    c->max = (int)limit_get(has_key ? LIMIT_IMPORT_ROWS_SORTED : LIMIT_IMPORT_ROWS_PER_COMMIT);
    c->rows = malloc(sizeof *c->rows * (size_t)c->max);
    c->refused = malloc(sizeof *c->refused * (size_t)c->max);
    c->order = has_key ? malloc(sizeof *c->order * (size_t)c->max) : NULL;
    c->arena = arena_create(ROW_BYTES * (size_t)limit_get(LIMIT_IMPORT_ROWS_PER_COMMIT));
    ASSERT(c->rows && c->refused && (c->order || !has_key));
    return c;
}

void import_chunk_destroy(struct import_chunk **chunk)
{
    struct import_chunk *c = *chunk;
    if (!c) return;
    arena_destroy(&c->arena);
    free(c->rows);
    free(c->refused);
    free(c->order);
    free(c);
    *chunk = NULL;
}

void import_chunk_clear(struct import_chunk *c, int64_t at_byte)
{
    arena_reset(c->arena);
    c->n = c->n_refused = c->n_order = 0;
    c->n_rows = 0;
    c->was_byte = c->at_byte = at_byte;
}

struct str import_showable(struct arena *a, struct str raw)
{
    size_t most = (size_t)limit_get(LIMIT_IMPORT_MAX_RAW_BYTES);
    struct str s = str_make(raw.ptr ? raw.ptr : "", raw.len < most ? raw.len : most);
    s = utf8_is_valid(s, NULL) ? arena_str(a, s) : text_from_windows_1252(a, s);
    char *at = (char *)(uintptr_t)s.ptr; /* our copy */
    for (size_t i = 0; i < s.len; i++)
        if (!at[i]) at[i] = '?';
    return s;
}

static void refuse(struct import_chunk *c, const struct csv_row *row, enum import_reason reason, const char *detail)
{
    c->refused[c->n_refused++] =
        (struct import_refused){row->line, reason, str_of(arena_strz(c->arena, detail)), import_showable(c->arena, row->raw)};
}

static bool is_blank(const struct csv_row *row)
{
    for (size_t i = 0; i < row->n; i++)
        if (row->fields[i].len) return false;
    return !row->bad;
}

static bool has_too_many(const struct import_header *h, const struct csv_row *row)
{
    for (size_t i = (size_t)h->n; i < row->n; i++)
        if (row->fields[i].len) return true;
    return false;
}

/* Empty fields are null. One copy for all texts of the row. */
static void place_values(struct import_chunk *c, const struct import_header *h, const struct csv_row *row, struct contact *out)
{
    size_t n = row->n < (size_t)h->n ? row->n : (size_t)h->n, bytes = 0;
    for (size_t i = 0; i < n; i++) bytes += row->fields[i].len;
    char *at = arena_alloc(c->arena, bytes + 1);
    for (size_t i = 0; i < n; i++) {
        struct str s = row->fields[i];
        if (!s.len || h->place[i] < 0) continue;
        memcpy(at, s.ptr, s.len);
        out->values[h->place[i]] = str_make(at, s.len);
        at += s.len;
    }
}

void import_chunk_add(struct import_chunk *c, const struct import_header *h, const struct csv_row *row, int64_t account,
                      int64_t list)
{
    struct fault f;
    struct contact contact;
    ASSERT(!import_chunk_is_full(c));
    c->at_byte = row->at_byte;
    if (is_blank(row)) return;
    c->n_rows++;
    if (row->bad) {
        refuse(c, row, IMPORT_UNREADABLE, arena_printf(c->arena, "The row %s.", row->bad));
        return;
    }
    if (has_too_many(h, row)) {
        refuse(c, row, IMPORT_TOO_MANY, arena_printf(c->arena, "The row has %zu fields, the header names %d.", row->n, h->n));
        return;
    }
    contact.contact_list_id = list;
    contact.n_values = FIELD_KNOWN + h->n_columns;
    contact.address_status = 1;
    contact.contact_id = contact.created_at = contact.updated_at = 0; /* set when it is stored */
    memset(contact.values, 0, sizeof *contact.values * (size_t)contact.n_values);
    place_values(c, h, row, &contact);
    if (!contact_check(&contact, &f)) {
        refuse(c, row, IMPORT_INVALID, f.text);
        return;
    }
    struct str key = h->key_place ? contact_key(c->arena, h->key_place, contact.values[h->key_place - 1]) : STR_NULL;
    if (h->key_place && !key.ptr) {
        refuse(c, row, IMPORT_NO_KEY, "The value that tells the list's contacts apart is missing.");
        return;
    }
    struct q_contact_insert *to = &c->rows[c->n++];
    *to = contact_row_insert(account, &contact, contact_row_vars(c->arena, contact.values, contact.n_values));
    to->source_key = key;
}

/* ---- the key's order ---- */

static int by_key(const void *a, const void *b, void *chunk)
{
    const struct import_chunk *c = chunk;
    uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
    struct str x = c->rows[i].source_key, y = c->rows[k].source_key;
    int order = memcmp(x.ptr, y.ptr, x.len < y.len ? x.len : y.len);
    if (order || x.len != y.len) return order ? order : x.len < y.len ? -1 : 1;
    return i < k ? -1 : 1;
}

void import_chunk_sort(struct import_chunk *c)
{
    for (int i = 0; i < c->n; i++) c->order[i] = (uint32_t)i;
    qsort_r(c->order, (size_t)c->n, sizeof *c->order, by_key, c);
    c->n_order = 0;
    for (int i = 0; i < c->n; i++) {
        bool comes_again = i + 1 < c->n && str_eq(c->rows[c->order[i]].source_key, c->rows[c->order[i + 1]].source_key);
        if (!comes_again) c->order[c->n_order++] = c->order[i];
    }
}
