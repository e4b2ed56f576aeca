/* template.c: templates are made, shown and deleted. Making one stores a version in state Publishing; template_compile.c works
 * it off. Each change is one unit. */
#include "mail/template_source.h"
#include "mail/mail_private.h"
#include "base/limits.h"
#include "base/log.h"
#include "queries.h"

enum { FIRST_VERSION = 1 };

static bool text_check(struct str s, const char *field, size_t max, struct fault *f)
{
    if (s.len > max) return fault_user(f, 400, "%s is longer than %zu bytes.", field, max);
    if (s.len && memchr(s.ptr, 0, s.len)) return fault_user(f, 400, "%s holds a NUL character.", field);
    return true;
}

static bool check(struct template_row *t, struct fault *f)
{
    size_t max_html = (size_t)limit_get(LIMIT_MERGE_MAX_SOURCE_BYTES),
           max_image = (size_t)limit_get(LIMIT_TEMPLATE_MAX_IMAGE_BYTES),
           max_name = (size_t)limit_get(LIMIT_NAME_MAX_CHARACTERS);
    if (!name_check(&t->name, "name", f)) return false;
    if (!press_geometry(t->size))
        return fault_user(f, 400, "size %d is not one of 0 (letter), 1 (4x6), 2 (6x9), 3 (6x11), 6 (12x9), 7 (6x18).", t->size);
    if (t->n_pages < 0 || t->n_pages > 2 * limit_get(LIMIT_PRESS_MAX_SHEETS))
        return fault_user(f, 400, "count %d is out of range.", t->n_pages);
    if (!text_check(t->html, "html", max_html, f) || !text_check(t->front, "front", max_image, f) ||
        !text_check(t->back, "back", max_image, f) || !text_check(t->font_family, "font_family", max_name, f))
        return false;
    if (t->is_full_html && str_is_empty(str_trim(t->html)))
        return fault_user(f, 400, "html is required when is_full_html is true.");
    if (!t->is_full_html && str_is_empty(str_trim(t->front)))
        return fault_user(f, 400, "front is required when is_full_html is false.");
    if (!t->is_full_html && t->size != SIZE_LETTER && str_is_empty(str_trim(t->back)))
        return fault_user(f, 400, "back is required when is_full_html is false.");
    return true;
}

struct create {
    int64_t account;
    struct template_row *row;
};

static struct template_source source_of(const struct template_row *t)
{
    return (struct template_source){
        .html = t->html,
        .front = t->front,
        .back = t->back,
        .font_family = t->font_family,
        .n_pages = t->n_pages,
        .is_full_html = t->is_full_html,
        .is_double_sided = t->is_double_sided,
        .is_strict = t->is_strict,
    };
}

/* Due at once. `s`: its source, pinned. */
static bool insert_version(struct tx *tx, int64_t account, const struct template_row *t, const struct template_source *s)
{
    struct q_template_version_insert version = {
        account,    t->template_id, t->version, TEMPLATE_PUBLISHING, template_source_write(tx_arena(tx), s),
        tx_now(tx), tx_now(tx)};
    return tx_run(tx, Q_TEMPLATE_VERSION_INSERT, &version, NULL);
}

static bool create(struct tx *tx, void *arg)
{
    const struct create *c = arg;
    struct template_row *t = c->row;
    struct template_source s = source_of(t);
    if (!template_source_pin(tx, c->account, &s)) return false;
    t->template_id = tx_next_id(tx, ID_TEMPLATE);
    t->version = FIRST_VERSION;
    t->created_at = tx_now(tx);
    struct q_template_insert row = {c->account, t->template_id, t->name, t->size, t->version, t->is_proofed, t->created_at};
    return tx_run(tx, Q_TEMPLATE_INSERT, &row, NULL) && insert_version(tx, c->account, t, &s);
}

bool template_create(struct mail *m, int64_t account, struct template_row *t, struct fault *f)
{
    if (!check(t, f) || !store_write(m->store, create, &(struct create){account, t}, f)) return false;
    t->state = TEMPLATE_PUBLISHING;
    t->report = STR_NULL;
    jobs_wake(m->jobs, SOURCE_COMPILE);
    return true;
}

/* ---- showing ---- */

struct read {
    struct arena *arena;
    int64_t account, id;
    struct template_row *rows;
    int n;
};

static bool take(struct tx *tx, struct arena *a, const struct r_template_find *r, struct template_row *out)
{
    struct template_source s;
    struct fault f;
    if (!template_source_read(a, r->source, &s, &f)) return tx_fail(tx, &f);
    *out = (struct template_row){
        .template_id = r->template_id,
        .version = r->version,
        .created_at = r->created_at,
        .name = arena_str(a, r->name),
        .html = s.html,
        .front = s.front,
        .back = s.back,
        .font_family = s.font_family,
        .size = (int)r->size,
        .n_pages = s.n_pages,
        .is_full_html = s.is_full_html,
        .is_proofed = r->is_proofed != 0,
        .is_double_sided = s.is_double_sided,
        .is_strict = s.is_strict,
        .state = (enum template_state)r->state,
        .report = arena_str(a, r->report),
    };
    return true;
}

static bool read_one(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_template_find r;
    if (!tx_first(tx, Q_TEMPLATE_FIND, &(struct q_template_find){g->account, g->id}, &r))
        return tx_not_found(tx, "template", g->id);
    return take(tx, g->arena, &r, g->rows);
}

bool template_get(struct store *s, struct arena *a, int64_t account, int64_t id, struct template_row *out, struct fault *f)
{
    struct template_row row;
    if (!store_read(s, read_one, &(struct read){.arena = a, .account = account, .id = id, .rows = &row}, f)) return false;
    *out = row;
    return true;
}

static bool read_all(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_template_find row;
    int cap = 0;
    struct rows r = tx_rows(tx, Q_TEMPLATE_EVERY, &(struct q_template_every){g->account});
    for (g->n = 0; rows_next(&r, &row); g->n++) {
        ARENA_GROW(g->arena, g->rows, g->n, cap);
        if (!take(tx, g->arena, &row, &g->rows[g->n])) return false;
    }
    rows_end(&r);
    return tx_ok(tx);
}

int template_all(struct store *s, struct arena *a, int64_t account, struct template_row **out, struct fault *f)
{
    struct read g = {.arena = a, .account = account};
    if (!store_read(s, read_all, &g, f)) return -1;
    *out = g.rows;
    return g.n;
}

/* ---- changing ---- */

struct patch {
    int64_t account;
    const struct template_row *to;
    const struct template_named *named;
    struct template_row row; /* as it is afterwards; its texts are the caller's or the transaction's */
    bool is_new_version;
};

static void overlay(struct patch *p)
{
    const struct template_row *to = p->to;
    struct template_row *row = &p->row;
    const struct template_named *n = p->named;
    if (n->name) row->name = to->name;
    if (n->html) row->html = to->html;
    if (n->front) row->front = to->front;
    if (n->back) row->back = to->back;
    if (n->font_family) row->font_family = to->font_family;
    if (n->n_pages) row->n_pages = to->n_pages;
    if (n->is_full_html) row->is_full_html = to->is_full_html;
    if (n->is_proofed) row->is_proofed = to->is_proofed;
    if (n->is_double_sided) row->is_double_sided = to->is_double_sided;
    if (n->is_strict) row->is_strict = to->is_strict;
    p->is_new_version =
        n->html || n->front || n->back || n->font_family || n->n_pages || n->is_full_html || n->is_double_sided || n->is_strict;
}

static bool patch(struct tx *tx, void *arg)
{
    struct patch *p = arg;
    struct r_template_find r;
    struct fault f;
    int64_t id = p->to->template_id;
    if (!tx_first(tx, Q_TEMPLATE_FIND, &(struct q_template_find){p->account, id}, &r)) return tx_not_found(tx, "template", id);
    if (!take(tx, tx_arena(tx), &r, &p->row)) return false;
    if (p->named->size && p->to->size != p->row.size)
        return tx_refuse(tx, FAULT_USER, 400, "size: the template %lld is a %d; another size is another template.",
                         (long long)id, p->row.size);
    overlay(p);
    if (!check(&p->row, &f)) return tx_fail(tx, &f);
    if (p->is_new_version) {
        p->row.version++;
        p->row.state = TEMPLATE_PUBLISHING;
        struct template_source s = source_of(&p->row);
        if (!template_source_pin(tx, p->account, &s) || !insert_version(tx, p->account, &p->row, &s)) return false;
    }
    struct q_template_put in = {p->account, id, p->row.name, p->row.is_proofed, p->row.version};
    return tx_run(tx, Q_TEMPLATE_PUT, &in, NULL);
}

bool template_patch(struct mail *m, int64_t account, struct template_row *to, const struct template_named *named,
                    struct fault *f)
{
    struct patch p = {.account = account, .to = to, .named = named};
    if (!store_write(m->store, patch, &p, f)) return false;
    to->version = p.row.version;
    to->state = p.row.state;
    if (p.is_new_version) jobs_wake(m->jobs, SOURCE_COMPILE);
    return true;
}

/* ---- deleting ---- */

static bool delete (struct tx *tx, void *arg)
{
    const struct read *g = arg;
    struct r_template_in_use user;
    int64_t changed = 0;
    if (tx_first(tx, Q_TEMPLATE_IN_USE, &(struct q_template_in_use){g->account, g->id}, &user))
        return tx_refuse(tx, FAULT_USER, 409, "The template %lld is used by campaign %lld (\"%.*s\"). Delete that first.",
                         (long long)g->id, (long long)user.drop_id, STR_ARG(user.name));
    if (!tx_run(tx, Q_TEMPLATE_REMOVE, &(struct q_template_remove){g->account, g->id, tx_now(tx)}, &changed)) return false;
    return changed ? true : tx_not_found(tx, "template", g->id);
}

bool template_delete(struct store *s, int64_t account, int64_t id, struct fault *f)
{
    return store_write(s, delete, &(struct read){.account = account, .id = id}, f);
}
