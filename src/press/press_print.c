/* press_print.c: one chunk of pieces through Chromium, in the worker. Pieces whose merged heads are equal share a document.
 * When a document fails as a whole (a creative that hangs or eats memory for one recipient takes all down with it) it is
 * halved until the one who does it stands alone and is refused; how often that may happen in a job is bounded. */
#include "base/limits.h"
#include "base/log.h"
#include "press/html_scan.h"
#include "press/press_private.h"
#include <stdio.h>
#include <stdlib.h>

/* One document of one piece, merged. */
struct member {
    struct press_printed *piece;
    struct html_parts parts;
};

static void refuse(struct press_printed *piece, enum press_refusal why, const char *text)
{
    if (piece->refusal != PRESS_OK) return;
    piece->refusal = why;
    snprintf(piece->why, sizeof piece->why, "%.*s", (int)sizeof piece->why - 1, text);
}

static bool cage_get(struct press_work *w, int64_t *killed_mb, struct fault *f)
{
    struct press_house *house = w->house;
    bool is_worn = house->chromium && chromium_documents(house->chromium) >= limit_get(LIMIT_PRESS_CHROMIUM_DOCUMENTS);
    if (is_worn) chromium_detach(&house->chromium);
    if (!house->chromium) house->chromium = press_cage_ask(house, killed_mb, f);
    return house->chromium != NULL;
}

static struct press_sheet *sheet_add(struct press_work *w)
{
    if (w->n_sheets == w->cap_sheets) {
        w->cap_sheets = w->cap_sheets ? w->cap_sheets * 2 : 8;
        w->sheets = realloc(w->sheets, sizeof *w->sheets * (size_t)w->cap_sheets);
        ASSERT(w->sheets);
    }
    struct press_sheet *s = &w->sheets[w->n_sheets++];
    *s = (struct press_sheet){0};
    return s;
}

void press_sheets_close(struct press_work *w)
{
    for (int i = 0; i < w->n_sheets; i++) {
        pdf_source_close(&w->sheets[i].source);
        buf_finish(&w->sheets[i].pdf);
    }
    free(w->sheets);
    w->sheets = NULL, w->n_sheets = w->cap_sheets = 0;
}

/* A piece's pages end where the next piece's begin. */
static int pages_of(const struct chromium_sheet *s, int n, int i)
{
    int end = s->n_pages;
    for (int k = 0; k < n; k++)
        if (s->start_page[k] > s->start_page[i] && s->start_page[k] < end) end = s->start_page[k];
    return end - s->start_page[i];
}

static int expected_pages(const struct press_work *w)
{
    if (w->is_compile) return 0;
    return w->n_documents == 2 ? 1 : w->pages_each;
}

/* Alone a piece is judged by its pages; together with others it must also be known not to disturb them. */
static bool place_member(struct press_work *w, int doc, const struct member *m, const struct chromium_sheet *s, int n, int i)
{
    struct press_printed *piece = m->piece;
    if (s->verdict[i] == CHROMIUM_MISSING_ASSET) {
        refuse(piece, PRESS_MISSING_ASSET, s->why[i]);
        return true;
    }
    if (s->verdict[i] == CHROMIUM_CUT) {
        refuse(piece, PRESS_OVERFLOW, s->why[i]);
        return true;
    }
    bool is_lost = s->start_page[i] < 0;
    if (n > 1 && (is_lost || s->verdict[i] == CHROMIUM_ALONE)) return false;
    int start = is_lost ? 0 : s->start_page[i], pages = is_lost ? s->n_pages : pages_of(s, n, i), want = expected_pages(w);
    if (want && pages != want) {
        if (n > 1) return false;
        char text[400];
        snprintf(text, sizeof text, "prints %d pages instead of %d%s%.200s", pages, want, s->why[i][0] ? ": " : "", s->why[i]);
        refuse(piece, PRESS_OVERFLOW, text);
    }
    if (pages == 0) refuse(piece, PRESS_CREATIVE_STOPPED, "prints no page");
    piece->at[doc] = (struct press_place){w->n_sheets - 1, start, pages};
    return true;
}

static bool print_members(struct press_work *w, int doc, struct member *members, int n, struct fault *f);

/* What one document gave: places, and those that must be printed again, alone. */
static bool sheet_take(struct press_work *w, int doc, struct member *members, int n, struct chromium_sheet *s, struct fault *f)
{
    struct press_sheet *sheet = sheet_add(w);
    sheet->pdf = s->pdf;
    if (s->n_pages && !(sheet->source = pdf_source_open(buf_str(&sheet->pdf), f))) return false;
    int n_alone = 0;
    struct member *alone = ARENA_ARRAY(w->chunk, struct member, n);
    for (int i = 0; i < n; i++)
        if (!place_member(w, doc, &members[i], s, n, i)) alone[n_alone++] = members[i];
    for (int i = 0; i < n_alone; i++)
        if (!print_members(w, doc, &alone[i], 1, f)) return false;
    return true;
}

/* Chromium ended. A cage that was killed from outside is tried once more as it was. */
static bool after_stop(struct press_work *w, int doc, struct member *members, int n, const struct fault *why, struct fault *f)
{
    int64_t killed_mb = 0;
    chromium_detach(&w->house->chromium);
    if (++w->stops > limit_get(LIMIT_PRESS_CREATIVE_STOPS))
        return fault_user(f, 422, "the creative was stopped %d times, last: %.300s", w->stops, why->text);
    if (!cage_get(w, &killed_mb, f)) return false;
    bool is_innocent = why->whose != FAULT_USER && killed_mb == 0 && w->stops == 1;
    if (is_innocent) return print_members(w, doc, members, n, f);
    if (n > 1) return print_members(w, doc, members, n / 2, f) && print_members(w, doc, members + n / 2, n - n / 2, f);
    char text[400];
    if (killed_mb)
        snprintf(text, sizeof text, "the creative took %lld MB and was stopped", (long long)killed_mb);
    else
        snprintf(text, sizeof text, "%.390s", why->text);
    refuse(members[0].piece, PRESS_CREATIVE_STOPPED, text);
    return true;
}

static bool print_members(struct press_work *w, int doc, struct member *members, int n, struct fault *f)
{
    const struct creative *c = w->creative;
    int64_t killed_mb;
    struct fault why = {0};
    struct chromium_sheet sheet = {0};
    struct str *bodies = ARENA_ARRAY(w->chunk, struct str, n);
    for (int i = 0; i < n; i++) bodies[i] = members[i].parts.body;
    struct chromium_document d = {.head = members[0].parts.head,
                                  .bodies = bodies,
                                  .n_bodies = n,
                                  .width_pt = c->g->width,
                                  .height_pt = c->g->height,
                                  .assets = c->assets,
                                  .n_assets = c->n_assets};
    if (!cage_get(w, &killed_mb, f)) return false;
    if (!chromium_print(w->house->chromium, &d, w->chunk, &sheet, &why)) {
        buf_finish(&sheet.pdf);
        return after_stop(w, doc, members, n, &why, f);
    }
    return sheet_take(w, doc, members, n, &sheet, f);
}

/* Merges one document of all pieces that are still good. Returns how many. */
static int merge_members(struct press_work *w, int doc, struct press_printed *pieces, int n, struct member *members)
{
    int found = 0;
    for (int i = 0; i < n; i++) {
        if (pieces[i].refusal != PRESS_OK) continue;
        const struct press_piece *p = &w->job->pieces[pieces[i].index];
        struct merge_input in = {p->values, FIELD_KNOWN + w->creative->n_extra_fields, p->purl};
        struct buf text = BUF_INIT;
        struct fault f = {0};
        if (merge_run(w->merge[doc], &in, &text, &f)) {
            members[found] = (struct member){.piece = &pieces[i]};
            html_split(w->chunk, arena_str(w->chunk, buf_str(&text)), &members[found++].parts);
        } else {
            refuse(&pieces[i], f.status == 413 ? PRESS_FIELD_TOO_LONG : PRESS_MISSING_FIELD, f.text);
        }
        buf_finish(&text);
    }
    return found;
}

/* Takes members with the first one's key out of the list into `group`; returns how many. */
static int group_take(struct member *members, int *n, struct member *group, int most)
{
    int taken = 0, left = 0;
    for (int i = 0; i < *n; i++) {
        bool is_same = taken < most && memcmp(members[i].parts.key, members[0].parts.key, sizeof members[0].parts.key) == 0;
        if (is_same) group[taken++] = members[i];
    }
    uint8_t key[sizeof group->parts.key];
    memcpy(key, group[0].parts.key, sizeof key);
    for (int i = 0, skipped = 0; i < *n; i++) {
        bool was_taken = skipped < taken && memcmp(members[i].parts.key, key, sizeof key) == 0;
        if (was_taken)
            skipped++;
        else
            members[left++] = members[i];
    }
    *n = left;
    return taken;
}

bool press_print(struct press_work *w, struct press_printed *pieces, int n, struct fault *f)
{
    int most = w->job->one_a_document ? 1 : (int)limit_get(LIMIT_PRESS_CHROMIUM_PIECES);
    struct member *members = ARENA_ARRAY(w->chunk, struct member, n), *group = ARENA_ARRAY(w->chunk, struct member, n);
    for (int doc = 0; doc < w->n_documents; doc++) {
        int left = merge_members(w, doc, pieces, n, members);
        while (left > 0) {
            int size = group_take(members, &left, group, most);
            if (!print_members(w, doc, group, size, f)) return false;
        }
    }
    return true;
}
