/* send.c: one recipient to one triggered drip. send_begin runs on an HTTP thread and does all that needs no writer; the unit
 * then is one statement in the common case: the piece, born in its seat. Acknowledged means committed. */
#include "mail/contact_check.h"
#include "mail/drop_cache.h"
#include "mail/recipient.h"
#include "mail/serial.h"
#include "base/log.h"
#include <stddef.h>

bool send_in(struct tx *tx, struct send *s)
{
    if (!seat_take(tx, &s->drop->seat, s->key, &s->piece_id)) return false;
    s->contact_id = tx_next_id(tx, ID_CONTACT);
    s->created_at = tx_now(tx);
    struct q_piece_insert in = {s->piece_id,   s->account,  s->contact_id, s->created_at, s->values[FIELD_COUNTRY],
                                s->source_ref, s->recipient};
    return tx_run(tx, Q_PIECE_INSERT, &in, NULL);
}

static bool send_run(struct tx *tx, void *arg)
{
    struct send *s = arg;
    struct rider *r = s->rider;
    return (!r || r->before(r, tx)) && send_in(tx, s) && (!r || r->after(r, tx));
}

static void send_done(struct unit *u)
{
    struct send *s = (struct send *)((char *)u - offsetof(struct send, unit));
    s->done(s);
}

static bool template_check(enum template_state state, struct fault *f)
{
    if (state == TEMPLATE_PUBLISHED) return true;
    return fault_user(f, 409,
                      state == TEMPLATE_REFUSED ? "The campaign's template was refused."
                                                : "The campaign's template is still being compiled.");
}

static bool prepare(struct send *s, struct drop_ref *ref, struct drop_facts facts, struct arena *a, struct fault *f)
{
    if (!contact_values_check(s->values, FIELD_KNOWN, f) || !template_check(facts.template_state, f)) return false;
    s->recipient = recipient_write(a, s->values, FIELD_KNOWN, s->extra);
    s->drop = ref;
    s->is_live = facts.is_live;
    return true;
}

bool send_prepare(struct mail *m, struct send *s, struct arena *a, struct fault *f)
{
    struct drop_facts facts = {0};
    struct drop_ref *ref = drop_cache_find(m->drops, s->account, s->endpoint, &facts, f);
    if (!ref || !prepare(s, ref, facts, a, f)) return false;
    return !facts.is_live || facts.mid == DB_NULL || serial_room_check(m->rooms, facts.mid, 1, f);
}

/* Without a look at the room for serials, which would be another read: a batch that finds none waits for it. */
bool send_prepare_in(struct mail *m, struct tx *tx, struct send *s, struct arena *a, struct fault *f)
{
    struct drop_facts facts = {0};
    struct drop_ref *ref = drop_cache_find_in(m->drops, tx, s->account, s->endpoint, &facts, f);
    return ref && prepare(s, ref, facts, a, f);
}

bool send_begin(struct mail *m, struct send *s, struct arena *a, struct fault *f)
{
    if (!send_prepare(m, s, a, f)) return false;
    s->unit = (struct unit){.run = send_run, .arg = s, .done = send_done};
    return store_submit(m->store, &s->unit, f);
}

struct str source_ref_write(struct arena *a, int64_t connection_id, struct str remote_id)
{
    return str_of(arena_printf(a, "%lld:%.*s", (long long)connection_id, STR_ARG(remote_id)));
}

#define HOPS STR("hops=")

struct str source_ref_hop(struct arena *a, int hops, struct str ref)
{
    return hops > 0 ? str_of(arena_printf(a, "hops=%d;%.*s", hops, STR_ARG(ref))) : ref;
}

int source_ref_hops(struct str ref)
{
    int64_t n = 0;
    struct str rest;
    if (!str_starts(ref, HOPS)) return 0;
    struct str number = str_cut(str_make(ref.ptr + HOPS.len, ref.len - HOPS.len), ';', &rest);
    return str_to_int64(number, &n) && n > 0 && n < 10000 ? (int)n : 0;
}

struct str source_ref_plain(struct str ref)
{
    struct str rest = ref;
    if (str_starts(ref, HOPS)) str_cut(ref, ';', &rest);
    return rest.len ? rest : STR_NULL;
}
