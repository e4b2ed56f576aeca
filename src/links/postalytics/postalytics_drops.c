/* postalytics_drops.c: the drops and contact lists of a watched connection as they were seen last, to look at. */
#include "links/postalytics/postalytics_private.h"
#include "queries.h"

struct look {
    struct arena *arena;
    int64_t account, connection_id;
    struct postalytics_drop *drops; /* or */
    struct postalytics_list *lists;
    int n, max;
};

static bool read_drops(struct tx *tx, void *arg)
{
    struct look *l = arg;
    struct r_mirror_drop_find row;
    struct rows r = tx_rows(tx, Q_MIRROR_DROP_PAGE, &(struct q_mirror_drop_page){l->account, l->connection_id, l->max});
    for (l->n = 0; l->n < l->max && rows_next(&r, &row); l->n++)
        l->drops[l->n] =
            (struct postalytics_drop){row.drop_id, row.seen_at, arena_str(l->arena, row.name),
                                      row.endpoint.ptr ? arena_str(l->arena, row.endpoint) : STR_NULL, row.hook_id != DB_NULL};
    rows_end(&r);
    return tx_ok(tx);
}

int postalytics_drops(struct store *s, struct arena *a, int64_t account, int64_t connection_id, int max,
                      struct postalytics_drop **out, struct fault *f)
{
    struct look l = {a, account, connection_id, .drops = ARENA_ARRAY(a, struct postalytics_drop, max), .max = max};
    if (!store_read(s, read_drops, &l, f)) return -1;
    *out = l.drops;
    return l.n;
}

static bool read_lists(struct tx *tx, void *arg)
{
    struct look *l = arg;
    struct r_mirror_list_find row;
    struct rows r = tx_rows(tx, Q_MIRROR_LIST_PAGE, &(struct q_mirror_list_page){l->account, l->connection_id, l->max});
    for (l->n = 0; l->n < l->max && rows_next(&r, &row); l->n++)
        l->lists[l->n] = (struct postalytics_list){.remote_list_id = row.remote_list_id,
                                                   .contact_list_id = row.contact_list_id,
                                                   .n_contacts = row.n_contacts,
                                                   .intake_id = row.intake_id == DB_NULL ? 0 : row.intake_id,
                                                   .seen_at = row.seen_at,
                                                   .name = arena_str(l->arena, row.name)};
    rows_end(&r);
    return tx_ok(tx);
}

int postalytics_lists(struct store *s, struct arena *a, int64_t account, int64_t connection_id, int max,
                      struct postalytics_list **out, struct fault *f)
{
    struct look l = {a, account, connection_id, .lists = ARENA_ARRAY(a, struct postalytics_list, max), .max = max};
    if (!store_read(s, read_lists, &l, f)) return -1;
    *out = l.lists;
    return l.n;
}
