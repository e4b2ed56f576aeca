/* printer_turns.c: see printer_turns.h. One slot a thread: who holds it is the printer's number, 0: nobody. */
#include "mail/printer_turns.h"
#include "base/log.h"
#include <pthread.h>
#include <stdlib.h>

struct printer_turns {
    pthread_mutex_t lock;
    int n_slots, most;
    int64_t slots[];
};

struct printer_turns *printer_turns_create(int n_threads)
{
    struct printer_turns *t = calloc(1, sizeof *t + sizeof *t->slots * (size_t)n_threads);
    ASSERT(t);
    pthread_mutex_init(&t->lock, NULL);
    t->n_slots = n_threads;
    t->most = n_threads < 8 ? 1 : n_threads / 4;
    return t;
}

void printer_turns_destroy(struct printer_turns **tp)
{
    if (!*tp) return;
    pthread_mutex_destroy(&(*tp)->lock);
    free(*tp);
    *tp = NULL;
}

bool printer_turn_take(struct printer_turns *t, int64_t printer_id)
{
    int64_t *idle = NULL;
    int n = 0;
    pthread_mutex_lock(&t->lock);
    for (int i = 0; i < t->n_slots; i++) {
        if (!t->slots[i]) idle = &t->slots[i];
        n += t->slots[i] == printer_id;
    }
    bool taken = idle && n < t->most;
    if (taken) *idle = printer_id;
    pthread_mutex_unlock(&t->lock);
    return taken;
}

void printer_turn_give(struct printer_turns *t, int64_t printer_id)
{
    pthread_mutex_lock(&t->lock);
    int i = 0;
    while (i < t->n_slots && t->slots[i] != printer_id) i++;
    ASSERT(i < t->n_slots);
    t->slots[i] = 0;
    pthread_mutex_unlock(&t->lock);
}
