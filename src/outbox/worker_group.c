/* worker_group.c: attempts of one destination that share a request (link_def.gather_most). Each is its own attempt otherwise: it counts in the
 * window, has its own result and its own row. The group is known by its first; when that one leaves, the next is the first. */
#include "outbox/worker_private.h"
#include "base/clock.h"
#include "base/log.h"

/* A group of those, in the arena of the first. */
static struct attempt *group_make(struct attempt *const *members, int n)
{
    struct attempt *first = members[0];
    first->group = ARENA_ARRAY(first->d.arena, struct attempt *, first->dest->link->gather_most);
    memcpy(first->group, members, sizeof *members * (size_t)n);
    first->n_group = n;
    for (int i = 1; i < n; i++) members[i]->group = NULL;
    return first;
}

static void deliveries_of(const struct attempt *first, struct link_delivery **out)
{
    for (int i = 0; i < first->n_group; i++) out[i] = &first->group[i]->d;
}

void group_join(struct attempt_list *firsts, struct attempt *a)
{
    const struct link_def *link = a->dest->link;
    struct link_delivery *group[LINK_GATHER_MOST];
    ASSERT(link->gather_most > 1 && link->gather_most <= LINK_GATHER_MOST);
    for (struct attempt *first = firsts->first; first; first = first->link) {
        if (first->dest != a->dest || first->n_group == link->gather_most) continue;
        deliveries_of(first, group);
        if (!link->joins(link->ctx, group, first->n_group, &a->d)) continue;
        first->group[first->n_group++] = a;
        return;
    }
    attempt_list_add(firsts, group_make(&a, 1));
}

static void drop_all(struct worker *w, struct attempt *first)
{
    struct attempt *all[LINK_GATHER_MOST];
    int n = first->n_group;
    memcpy(all, first->group, sizeof *all * (size_t)n);
    for (int i = 0; i < n; i++) attempt_drop(w, all[i]);
}

static void step(struct worker *w, struct attempt *first, const struct fetch_answer *answer)
{
    const struct link_def *link = first->dest->link;
    struct link_delivery *group[LINK_GATHER_MOST] = {NULL};
    enum link_result results[LINK_GATHER_MOST];
    struct attempt *ask[LINK_GATHER_MOST], *again[LINK_GATHER_MOST], *all[LINK_GATHER_MOST];
    int n = first->n_group, n_ask = 0, n_again = 0;
    ASSERT(n >= 1 && n <= LINK_GATHER_MOST);
    deliveries_of(first, group);
    memcpy(all, first->group, sizeof *all * (size_t)n);
    for (int i = 0; i < n; i++) group[i]->now = clock_now_ms();
    link->step_all(link->ctx, group, n, answer, results);
    for (int i = 0; i < n; i++) {
        if (results[i] == LINK_ASK)
            ask[n_ask++] = all[i];
        else if (results[i] == LINK_RETRY_NOW && !all[i]->is_again)
            again[n_again++] = all[i];
        else
            attempt_end(w, all[i], results[i]);
    }
    for (int i = 0; i < n_again; i++) again[i]->is_again = true;
    if (n_ask && w->asks_nobody)
        drop_all(w, group_make(ask, n_ask));
    else if (n_ask)
        attempt_ask(w, group_make(ask, n_ask));
    if (n_again) step(w, group_make(again, n_again), NULL); /* once: now they are marked */
}

void group_begin(struct worker *w, struct attempt *first)
{
    atomic_fetch_add(&w->attempts, first->n_group);
    step(w, first, NULL);
}

void group_answered(struct worker *w, struct attempt *first)
{
    struct fetch_answer answer = first->answer;
    if (answer.error == FETCH_STOPPED) {
        drop_all(w, first);
        return;
    }
    for (int i = 0; i < first->n_group; i++) {
        first->group[i]->http_status = answer.status;
        if (first->n_group > 1) first->group[i]->answer.body = STR_NULL; /* all of theirs: each has its sentence */
    }
    step(w, first, &answer);
}
