/* postalytics_drops.c: the drops and contact lists of a watched connection as they were seen last, to look at. */
#include "links/postalytics/postalytics_private.h"
#include "queries.h"

union row { /* as it is stored */
    struct r_mirror_drop_find drop;
    struct r_mirror_list_find list;
};

struct look {
    struct arena *arena;
    int query;
    const void *in;
    void (*take)(struct look *l, const union row *row); /* becomes the n-th */
    void *rows;
    int n, max;
};

static bool read_rows(struct tx *tx, void *arg)
{
    struct look *l = arg;
    union row row;
    struct rows r = tx_rows(tx, l->query, l->in);
    for (l->n = 0; l->n < l->max && rows_next(&r, &row); l->n++) l->take(l, &row);
    rows_end(&r);
    return tx_ok(tx);
}

static void take_drop(struct look *l, const union row *row)
{
    const struct r_mirror_drop_find *d = &row->drop;
    ((struct postalytics_drop *)l->rows)[l->n] =
        (struct postalytics_drop){d->drop_id, d->seen_at, arena_str(l->arena, d->name),
                                  d->endpoint.ptr ? arena_str(l->arena, d->endpoint) : STR_NULL, d->hook_id != DB_NULL};
}

int postalytics_drops(struct store *s, struct arena *a, int64_t account, int64_t connection_id, int max,
                      struct postalytics_drop **out, struct fault *f)
{
    struct q_mirror_drop_page in = {account, connection_id, max};
    struct look l = {a, Q_MIRROR_DROP_PAGE, &in, take_drop, *out = ARENA_ARRAY(a, struct postalytics_drop, max), 0, max};
    return store_read(s, read_rows, &l, f) ? l.n : -1;
}

static void take_list(struct look *l, const union row *row)
{
    const struct r_mirror_list_find *d = &row->list;
    ((struct postalytics_list *)l->rows)[l->n] =
        (struct postalytics_list){.remote_list_id = d->remote_list_id,
                                  .contact_list_id = d->contact_list_id,
                                  .n_contacts = d->n_contacts,
                                  .intake_id = d->intake_id == DB_NULL ? 0 : d->intake_id,
                                  .seen_at = d->seen_at,
                                  .name = arena_str(l->arena, d->name)};
}

int postalytics_lists(struct store *s, struct arena *a, int64_t account, int64_t connection_id, int max,
                      struct postalytics_list **out, struct fault *f)
{
    struct q_mirror_list_page in = {account, connection_id, max};
    struct look l = {a, Q_MIRROR_LIST_PAGE, &in, take_list, *out = ARENA_ARRAY(a, struct postalytics_list, max), 0, max};
    return store_read(s, read_rows, &l, f) ? l.n : -1;
}
