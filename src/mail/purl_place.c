/* purl_place.c: see purl_place.h. Direct mapped, so bounded; an entry is a copy of its row. What another node has changed is seen when the
 * entry has aged. */
#include "mail/purl_place.h"
#include "base/clock.h"
#include "base/log.h"
#include "queries.h"
#include <stdlib.h>

enum { PLACES = 1024, KEPT_MS = 5000 };

struct place {
    int64_t account, batch_id, read_at; /* batch_id 0: free */
    uint64_t generation;
    struct r_visit_place row;
    struct arena *texts;
};
/* All under the lock. */
struct purl_places {
    pthread_mutex_t lock;
    uint64_t generation;
    struct place places[PLACES];
};

struct purl_places *purl_places_create(void)
{
    struct purl_places *p = calloc(1, sizeof *p);
    ASSERT(p);
    pthread_mutex_init(&p->lock, NULL);
    return p;
}

void purl_places_destroy(struct purl_places **pp)
{
    struct purl_places *p = *pp;
    if (!p) return;
    for (int i = 0; i < PLACES; i++) arena_destroy(&p->places[i].texts);
    pthread_mutex_destroy(&p->lock);
    free(p);
    *pp = NULL;
}

void purl_places_changed(struct purl_places *p)
{
    pthread_mutex_lock(&p->lock);
    p->generation++;
    pthread_mutex_unlock(&p->lock);
}

static void fill(struct arena *a, const struct r_visit_place *row, struct purl *out)
{
    out->drop_id = row->drop_id;
    out->tracking = row->tracking == DB_NULL ? ONLINE_ON : (enum online_tracking)row->tracking;
    out->is_test = row->is_test != 0 || out->tracking == ONLINE_TEST;
    out->starting_url = str_is_empty(row->starting_url) ? STR_NULL : arena_str(a, row->starting_url);
    out->goal_url = str_is_empty(row->goal_url) ? STR_NULL : arena_str(a, row->goal_url);
    out->landing_fields = row->landing_fields.ptr ? arena_str(a, row->landing_fields) : STR("[]");
}

static bool recall(struct purl_places *p, struct arena *a, struct purl *out, uint64_t *generation)
{
    pthread_mutex_lock(&p->lock);
    const struct place *e = &p->places[out->batch_id % PLACES];
    *generation = p->generation;
    bool is_fresh = e->batch_id == out->batch_id && e->account == out->account && e->generation == p->generation &&
                    clock_mono_ms() - e->read_at < KEPT_MS;
    if (is_fresh) fill(a, &e->row, out);
    pthread_mutex_unlock(&p->lock);
    return is_fresh;
}

/* `generation` is of before the reading: what changed meanwhile is read again. */
static void remember(struct purl_places *p, const struct purl *who, const struct r_visit_place *row, uint64_t generation)
{
    pthread_mutex_lock(&p->lock);
    struct place *e = &p->places[who->batch_id % PLACES];
    if (e->texts)
        arena_reset(e->texts);
    else
        e->texts = arena_create(512);
    struct r_visit_place copy = *row;
    copy.starting_url = arena_str(e->texts, row->starting_url);
    copy.goal_url = arena_str(e->texts, row->goal_url);
    copy.landing_fields = arena_str(e->texts, row->landing_fields);
    *e = (struct place){who->account, who->batch_id, clock_mono_ms(), generation, copy, e->texts};
    pthread_mutex_unlock(&p->lock);
}

bool purl_place_of(struct purl_places *p, struct tx *tx, struct arena *a, struct purl *out)
{
    struct r_visit_place row;
    uint64_t generation;
    if (recall(p, a, out, &generation)) return true;
    if (!tx_first(tx, Q_VISIT_PLACE, &(struct q_visit_place){out->account, out->batch_id}, &row)) return false;
    remember(p, out, &row, generation);
    fill(a, &row, out);
    return true;
}
