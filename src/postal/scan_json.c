/* scan_json.c: tracking data as JSON of any size. Called by scan_reader.c.
 *
 * A small scanner finds where objects begin and end, without looking into them; each is then parsed by base/json. Only the object
 * around all of them (the envelope) is walked member by member, since it may hold a hundred megabytes: its members are kept aside
 * until one is found that holds scans; if none is, the object is itself a scan.
 * Failure: an object that is broken inside its braces is one refused row; what is wrong between objects ends the file. */
#include "postal/scan_private.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include <stdio.h>
#include <stdlib.h>

#define MAX_NESTED 4 /* envelopes inside an object: {data: {scans: […]}} has two */

/* Where the scanner stands between two values. */
enum place {
    PLACE_ROOT,        /* between documents */
    PLACE_ITEM_OR_END, /* behind [ */
    PLACE_ITEM,        /* behind a comma of the array */
    PLACE_ITEM_END,    /* behind an element: , or ] */
    PLACE_KEY_OR_END,  /* behind { of the envelope */
    PLACE_KEY,
    PLACE_COLON,
    PLACE_MEMBER,     /* behind the colon */
    PLACE_MEMBER_END, /* behind a member: , or } */
};
static const char *const expected[] = {
    [PLACE_ROOT] = "[ or {",           [PLACE_ITEM_OR_END] = "a value or ]", [PLACE_ITEM] = "a value",
    [PLACE_ITEM_END] = "a comma or ]", [PLACE_KEY_OR_END] = "a name or }",   [PLACE_KEY] = "a name",
    [PLACE_COLON] = "a colon",         [PLACE_MEMBER] = "a value",           [PLACE_MEMBER_END] = "a comma or }",
};
enum slice_of { SLICE_NONE, SLICE_ITEM, SLICE_KEY, SLICE_MEMBER };

/* What a name means. Objects of a push have the same names in the same order: each place remembers its last one. */
struct known_name {
    char name[46];
    uint8_t len; /* 0: nothing yet, or too long to be kept */
    int8_t field;
    bool is_envelope;
};

struct scan_json {
    struct scan_reader *reader;
    struct scan_bounds bounds;
    struct json_parser *parser;
    enum place place;
    int64_t at_byte; /* of the byte that is looked at */
    int64_t n_rows;

    struct known_name known[64]; /* by place in the object; the last is shared by all beyond */

    /* The value that is being cut out. */
    enum slice_of slice_of;
    struct buf slice; /* at most scan.max_object_bytes; `is_too_long` says that more came */
    size_t max_slice;
    int64_t slice_at; /* byte where it began */
    int64_t depth;    /* 0 in a string or a bare word */
    bool in_string, is_escaped, is_too_long;

    /* The envelope, when there is one. */
    bool in_envelope, has_items;
    struct buf key;     /* the last name, in its quotes */
    struct buf members; /* {name:value,… without the closing brace */
    bool members_too_long;
    struct arena *arena; /* of `outer` */
    struct scan_values outer;
};

struct scan_json *scan_json_create(struct scan_reader *r, const struct scan_bounds *b, int64_t at_byte)
{
    struct scan_json *j = calloc(1, sizeof *j);
    ASSERT(j);
    j->reader = r, j->bounds = *b;
    j->at_byte = at_byte;
    j->parser = json_parser_create();
    j->arena = arena_create(1024);
    j->max_slice = (size_t)limit_get(LIMIT_SCAN_MAX_OBJECT_BYTES);
    return j;
}

void scan_json_destroy(struct scan_json **j)
{
    if (!j || !*j) return;
    json_parser_destroy(&(*j)->parser);
    arena_destroy(&(*j)->arena);
    buf_finish(&(*j)->slice);
    buf_finish(&(*j)->key);
    buf_finish(&(*j)->members);
    free(*j);
    *j = NULL;
}

static bool is_envelope_name(struct str key)
{
    char folded[48];
    return scan_is_one_of(str_make(folded, scan_fold(key, folded)), "events data records scans");
}

static const struct known_name *name_find(struct scan_json *j, size_t place, struct str key)
{
    const size_t last = sizeof j->known / sizeof *j->known - 1;
    struct known_name *k = &j->known[place < last ? place : last];
    if (key.len > 0 && k->len == key.len && memcmp(k->name, key.ptr, key.len) == 0) return k;
    k->len = key.len <= sizeof k->name ? (uint8_t)key.len : 0;
    memcpy(k->name, key.ptr, k->len);
    k->field = (int8_t)scan_field_of(key);
    k->is_envelope = is_envelope_name(key);
    return k;
}

/* The reasons of rows that never became values. */
static void refuse(struct scan_json *j, struct str raw, int64_t at_byte, const char *why)
{
    struct scan_row row = {
        .reason = SCAN_REASON_UNREADABLE, .why = why, .line = ++j->n_rows, .at_byte = at_byte, .raw = scan_raw(raw)};
    scan_give(j->reader, &row);
}

/* Numbers are texts here, as in a delimited file. `room` takes 32 bytes. */
static struct str text_of(struct json_value v, char *room)
{
    if (v.type == JSON_STRING) return str_trim(v.string);
    if (v.type == JSON_INT) return str_make(room, (size_t)snprintf(room, 32, "%lld", (long long)v.integer));
    if (v.type == JSON_DOUBLE) return str_make(room, (size_t)snprintf(room, 32, "%.17g", v.number));
    return STR_NULL;
}

static void codes_copy(struct scan_values *to, const struct scan_values *from)
{
    for (int i = 0; i < SCAN_FIELDS; i++)
        if (SCAN_FIELD_IS_CODE(i)) to->v[i] = from->v[i];
}

/* An object's own fields stand before those of the object around it, but its barcode is one: never half of each. */
static void codes_inherit(struct scan_values *v, const struct scan_values *outer)
{
    for (int i = 0; i < SCAN_FIELDS; i++)
        if (SCAN_FIELD_IS_CODE(i) && v->v[i].len) return;
    codes_copy(v, outer);
}

struct walk {
    struct scan_json *j;
    struct str raw;
    int64_t at_byte; /* what rows say: the item's end, or its beginning when it holds several */
};
static void walk_value(const struct walk *w, struct json_value value, const struct scan_values *outer, int level);

static void give_values(const struct walk *w, const struct scan_values *v)
{
    struct scan_row row = {.line = ++w->j->n_rows, .at_byte = w->at_byte, .raw = scan_raw(w->raw)};
    struct scan_why why;
    scan_make(v, &w->j->bounds, &row, &why);
    scan_give(w->j->reader, &row);
}

/* An object is a scan, or holds scans, or both. */
static void walk_object(const struct walk *w, struct json_value object, const struct scan_values *outer, int level)
{
    struct scan_values v = {0};
    char numbers[SCAN_FIELDS][32];
    struct json_value inner[MAX_NESTED], value;
    struct json_iter it = {0};
    struct str key;
    int n_inner = 0;
    size_t place = 0;
    bool is_envelope = false;
    while (json_next(object, &it, &key, &value)) {
        const struct known_name *name = name_find(w->j, place++, key);
        bool may_hold = value.type == JSON_ARRAY || value.type == JSON_OBJECT || value.type == JSON_NULL;
        if (may_hold && name->is_envelope) {
            is_envelope = true;
            if (value.type == JSON_NULL) continue;
            if (n_inner == MAX_NESTED)
                refuse(w->j, w->raw, w->j->slice_at, "the object holds too many lists of scans");
            else
                inner[n_inner++] = value;
            continue;
        }
        int field = may_hold ? -1 : name->field;
        if (field >= 0 && v.v[field].len == 0) v.v[field] = text_of(value, numbers[field]);
    }
    codes_inherit(&v, outer);
    struct walk deeper = {w->j, w->raw, w->j->slice_at};
    if (!is_envelope || v.v[SCAN_FIELD_TIME].len) give_values(n_inner ? &deeper : w, &v);
    for (int i = 0; i < n_inner; i++) walk_value(&deeper, inner[i], &v, level + 1);
}

static void walk_value(const struct walk *w, struct json_value value, const struct scan_values *outer, int level)
{
    struct json_iter it = {0};
    struct json_value element;
    struct scan_values codes = {0};
    codes_copy(&codes, outer);
    if (value.type == JSON_OBJECT && level <= MAX_NESTED) {
        walk_object(w, value, &codes, level);
    } else if (value.type == JSON_ARRAY && level > 0 && level <= MAX_NESTED) {
        while (json_next(value, &it, NULL, &element)) walk_value(w, element, &codes, level + 1);
    } else {
        refuse(w->j, w->raw, w->at_byte,
               level > MAX_NESTED ? "the scans lie too deep inside each other" : "this is not an object");
    }
}

/* `text` is a whole value. */
static void item_give(struct scan_json *j, struct buf *text, bool is_too_long)
{
    struct json_value root;
    struct fault f = {0};
    struct str raw = buf_str(text);
    if (is_too_long) {
        refuse(j, raw, j->at_byte, "the object is longer than the limit scan.max_object_bytes");
        return;
    }
    buf_reserve(text, JSON_PADDING);
    raw.ptr = text->data;
    if (!json_parse(j->parser, raw, &root, &f)) {
        refuse(j, raw, j->at_byte, f.text);
        return;
    }
    struct walk w = {j, raw, j->at_byte};
    walk_value(&w, root, &j->outer, 0);
}

/* What the envelope's members so far say of the barcode, for the scans that come now. */
static void outer_take(struct scan_json *j)
{
    struct json_value root, value;
    struct json_iter it = {0};
    struct str key;
    char number[32];
    if (j->members_too_long) return;
    size_t len = j->members.len;
    buf_add_byte(&j->members, '}');
    buf_reserve(&j->members, JSON_PADDING);
    if (json_parse(j->parser, buf_str(&j->members), &root, NULL))
        while (json_next(root, &it, &key, &value)) {
            int field = scan_field_of(key);
            if (field >= 0 && SCAN_FIELD_IS_CODE(field)) j->outer.v[field] = arena_str(j->arena, text_of(value, number));
        }
    j->members.len = len;
}

static void envelope_begin(struct scan_json *j)
{
    j->in_envelope = true;
    j->has_items = j->members_too_long = false;
    buf_clear(&j->members);
    buf_add_byte(&j->members, '{');
    j->slice_at = j->at_byte;
}

static void envelope_end(struct scan_json *j)
{
    if (!j->has_items) {
        buf_add_byte(&j->members, '}');
        item_give(j, &j->members, j->members_too_long);
    }
    j->in_envelope = false;
    j->outer = (struct scan_values){0};
    arena_reset(j->arena);
}

static void member_keep(struct scan_json *j)
{
    if (j->is_too_long || j->members.len + j->key.len + j->slice.len + 3 > j->max_slice) {
        j->members_too_long = true;
        return;
    }
    if (j->members.len > 1) buf_add_byte(&j->members, ',');
    buf_add_str(&j->members, buf_str(&j->key));
    buf_add_byte(&j->members, ':');
    buf_add_str(&j->members, buf_str(&j->slice));
}

static struct str key_of(const struct scan_json *j)
{
    return j->key.len < 2 ? STR("") : str_make(buf_str(&j->key).ptr + 1, j->key.len - 2);
}

/* A value has been cut out; at_byte stands behind it. */
static void slice_end(struct scan_json *j)
{
    enum slice_of of = j->slice_of;
    j->slice_of = SLICE_NONE;
    if (of == SLICE_KEY) {
        buf_clear(&j->key);
        buf_add_str(&j->key, buf_str(&j->slice));
        if (j->is_too_long) j->members_too_long = true;
        j->place = PLACE_COLON;
    } else if (of == SLICE_MEMBER) {
        if (is_envelope_name(key_of(j)) && str_eq(buf_str(&j->slice), STR("null")))
            j->has_items = true;
        else
            member_keep(j);
        j->place = PLACE_MEMBER_END;
    } else {
        j->place = j->in_envelope && j->place == PLACE_MEMBER ? PLACE_MEMBER_END : PLACE_ITEM_END;
        item_give(j, &j->slice, j->is_too_long);
    }
}

static void slice_begin(struct scan_json *j, enum slice_of of)
{
    j->slice_of = of;
    j->slice_at = j->at_byte;
    j->depth = 0;
    j->in_string = j->is_escaped = j->is_too_long = false;
    buf_clear(&j->slice);
}

static void slice_add(struct scan_json *j, const char *from, const char *to)
{
    size_t n = (size_t)(to - from), room = j->max_slice - j->slice.len;
    if (n > room) j->is_too_long = true;
    buf_add(&j->slice, from, n < room ? n : room);
    j->at_byte += (int64_t)n;
}

static bool is_end_of_word(char c)
{
    return c == ',' || c == ']' || c == '}' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Takes what belongs to the value; returns where it stopped. *is_whole: the value has ended there. */
static const char *slice_scan(struct scan_json *j, const char *p, const char *end, bool *is_whole)
{
    *is_whole = false;
    for (; p < end; p++) {
        if (j->in_string && !j->is_escaped)
            while (*p != '"' && *p != '\\')
                if (++p == end) return p;
        char c = *p;
        if (j->in_string) {
            if (j->is_escaped) {
                j->is_escaped = false;
            } else if (c == '\\') {
                j->is_escaped = true;
            } else if (c == '"') {
                j->in_string = false;
                if (j->depth == 0) return *is_whole = true, p + 1;
            }
        } else if (c == '"') {
            j->in_string = true;
        } else if (c == '{' || c == '[') {
            j->depth++;
        } else if (j->depth > 0) {
            if ((c == '}' || c == ']') && --j->depth == 0) return *is_whole = true, p + 1;
        } else if (is_end_of_word(c)) {
            return *is_whole = true, p;
        }
    }
    return p;
}

static void fail(struct scan_json *j, const char *wanted, char got)
{
    char why[120];
    snprintf(why, sizeof why, "byte %lld of the JSON: %s was expected, not \"%s\"", (long long)j->at_byte, wanted,
             scan_quote(str_make(&got, 1)).text);
    scan_fail(j->reader, ++j->n_rows, j->at_byte, why);
}

/* Begins a value, which takes this byte as its first. False: it is none. */
static bool value_begin(struct scan_json *j, enum slice_of of, char c)
{
    if (of == SLICE_KEY ? c != '"' : is_end_of_word(c) || c == ':') return false;
    slice_begin(j, of);
    return true;
}

static bool member_begin(struct scan_json *j, char c, bool *is_taken)
{
    if (!is_envelope_name(key_of(j)) || (c != '[' && c != '{')) return value_begin(j, SLICE_MEMBER, c);
    if (!j->has_items) outer_take(j);
    j->has_items = true;
    if (c == '{') return value_begin(j, SLICE_ITEM, c);
    *is_taken = true;
    j->place = PLACE_ITEM_OR_END;
    return true;
}

static bool root_begin(struct scan_json *j, char c)
{
    if (c != '[' && c != '{') return false;
    if (c == '{') envelope_begin(j);
    j->place = c == '{' ? PLACE_KEY_OR_END : PLACE_ITEM_OR_END;
    return true;
}

static bool close_here(struct scan_json *j, char c)
{
    bool is_array = j->place == PLACE_ITEM_OR_END || j->place == PLACE_ITEM_END;
    if (c != (is_array ? ']' : '}')) return false;
    j->at_byte++;
    j->place = is_array && j->in_envelope ? PLACE_MEMBER_END : PLACE_ROOT;
    if (!is_array) envelope_end(j);
    j->at_byte--;
    return true;
}

/* One byte between values that is not white space. *is_taken: it is done with; else it is the first of a value. */
static bool place_step(struct scan_json *j, char c, bool *is_taken)
{
    *is_taken = false;
    switch (j->place) {
    case PLACE_ROOT: return *is_taken = true, root_begin(j, c);
    case PLACE_ITEM_OR_END:
        if (close_here(j, c)) return *is_taken = true;
        return value_begin(j, SLICE_ITEM, c);
    case PLACE_ITEM: return value_begin(j, SLICE_ITEM, c);
    case PLACE_KEY_OR_END:
        if (close_here(j, c)) return *is_taken = true;
        return value_begin(j, SLICE_KEY, c);
    case PLACE_KEY: return value_begin(j, SLICE_KEY, c);
    case PLACE_MEMBER: return member_begin(j, c, is_taken);
    case PLACE_COLON:
        j->place = PLACE_MEMBER;
        *is_taken = true;
        return c == ':';
    case PLACE_ITEM_END:
    case PLACE_MEMBER_END:
        *is_taken = true;
        if (close_here(j, c)) return true;
        j->place = j->place == PLACE_ITEM_END ? PLACE_ITEM : PLACE_KEY;
        return c == ',';
    }
    return false;
}

static bool is_white(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

void scan_json_feed(struct scan_json *j, struct str bytes)
{
    const char *p = bytes.ptr, *end = p + bytes.len;
    bool is_whole, is_taken;
    while (p < end && !scan_is_over(j->reader)) {
        if (j->slice_of) {
            const char *to = slice_scan(j, p, end, &is_whole);
            slice_add(j, p, to);
            p = to;
            if (is_whole) slice_end(j);
            continue;
        }
        enum place place = j->place;
        bool is_good = is_white(*p) ? (is_taken = true) : place_step(j, *p, &is_taken);
        if (!is_good) {
            fail(j, expected[place], *p);
            return;
        }
        j->at_byte += is_taken;
        p += is_taken;
    }
}

void scan_json_end(struct scan_json *j)
{
    if (!scan_is_over(j->reader) && (j->slice_of || j->place != PLACE_ROOT))
        scan_fail(j->reader, ++j->n_rows, j->at_byte, "the JSON ends too early");
}
