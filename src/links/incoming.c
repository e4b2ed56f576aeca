/* incoming.c: see incoming.h. Called by handlers on the pool. */
#include "links/incoming.h"
#include "base/digest.h"
#include "base/ids.h"
#include "base/limits.h"
#include "queries.h"
#include <stdio.h>

enum { LETTERS = 26, DAY_MS = 86400000, TRIM_ROWS = 200 };
/* No setting: with another number, what was stored would not be known again. More than the digest's text has. */
enum { ID_BYTES_AS_SENT = 200 };

struct ask {
    const struct link_house *house;
    struct arena *arena;
    int64_t account, id;
    struct str digest, sealed;
    int kind;
    const char *sentence;
    struct incoming_state state;
    bool is_there;
};

/* ---- the token ---- */

static bool put_digest(struct tx *tx, void *arg)
{
    const struct ask *k = arg;
    struct q_hook_digest_put in = {k->account, k->id, k->digest, tx_now(tx), k->sealed};
    int64_t changed = 0;
    return tx_run(tx, Q_HOOK_DIGEST_PUT, &in, &changed) && (changed == 1 || connection_refuse(tx, k->id));
}

static struct str purpose_of(struct arena *a, int64_t account, int64_t id)
{
    return str_of(arena_printf(a, "hook %lld %lld", (long long)account, (long long)id));
}

bool incoming_token_make(const struct link_house *h, int64_t account, int64_t id, bool keeps, struct arena *a,
                         struct str *token, struct fault *f)
{
    uint8_t digest[SHA256_BYTES];
    struct str made = str_of(arena_printf(a, "%lld-%lld-%s", (long long)account, (long long)id, token_make(a, LETTERS)));
    sha256(made, digest);
    struct ask k = {.account = account, .id = id, .digest = str_make(digest, sizeof digest)};
    if (keeps) k.sealed = seal_shut(h->seal, a, purpose_of(a, account, id), made);
    if (!store_write(h->store, put_digest, &k, f)) return false;
    *token = made;
    return true;
}

static bool read_sealed(struct tx *tx, void *arg)
{
    struct ask *k = arg;
    struct r_hook_sealed_find row;
    k->sealed = STR_NULL;
    if (tx_first(tx, Q_HOOK_SEALED_FIND, &(struct q_hook_sealed_find){k->account, k->id}, &row))
        k->sealed = arena_str(k->arena, row.hook_sealed);
    return tx_ok(tx);
}

bool incoming_token_kept(const struct link_house *h, int64_t account, int64_t id, struct arena *a, struct str *token,
                         struct fault *f)
{
    struct ask k = {.arena = a, .account = account, .id = id};
    if (!store_read(h->store, read_sealed, &k, f)) return false;
    *token = k.sealed.ptr ? seal_unseal(h->seal, a, purpose_of(a, account, id), k.sealed) : STR_NULL;
    return true;
}

bool incoming_token_remove(const struct link_house *h, int64_t account, int64_t id, struct fault *f)
{
    struct ask k = {.account = account, .id = id, .digest = STR_NULL, .sealed = STR_NULL};
    return store_write(h->store, put_digest, &k, f);
}

static bool token_read(struct str token, struct ask *k)
{
    struct str rest, account = str_cut(token, '-', &rest), id = str_cut(rest.ptr ? rest : STR(""), '-', &rest);
    if (!rest.ptr || rest.len != LETTERS || !str_to_int64(account, &k->account) || !str_to_int64(id, &k->id)) return false;
    return k->account > 0 && k->id > 0;
}

/* In a time that does not depend on where they differ. */
static bool is_same(struct str a, struct str b)
{
    unsigned differ = a.len != b.len || a.len == 0;
    for (size_t i = 0; i < a.len && i < b.len; i++) differ |= (unsigned)(a.ptr[i] ^ b.ptr[i]);
    return differ == 0;
}

static bool find(struct tx *tx, void *arg)
{
    struct ask *k = arg;
    struct r_hook_digest_find row;
    k->is_there = tx_first(tx, Q_HOOK_DIGEST_FIND, &(struct q_hook_digest_find){k->account, k->id}, &row) &&
                  row.kind == k->kind && is_same(row.hook_digest, k->digest);
    return tx_ok(tx);
}

bool incoming_connection(const struct link_house *h, const struct connector *d, struct str token, struct arena *a,
                         struct connection *out, struct fault *f)
{
    uint8_t digest[SHA256_BYTES];
    struct ask k = {.kind = d->number};
    sha256(token, digest);
    k.digest = str_make(digest, sizeof digest);
    if (token_read(token, &k) && !store_read(h->store, find, &k, f)) return false;
    if (!k.is_there) return fault_user(f, 404, "There is nothing at this address.");
    return connection_get(h->store, h->seal, a, k.account, k.id, out, f);
}

/* ---- what it asks for ---- */

struct take {
    const struct connection *connection;
    struct incoming_piece *pieces;
    int n;
};

/* What a request is known by: as it was sent, of a long one its SHA-256. Two that are long and not the same are still told apart: nothing is taken for a repeat that is none. */
static struct str known_by(struct arena *a, struct str repeat_id)
{
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];
    if (repeat_id.len <= ID_BYTES_AS_SENT) return repeat_id;
    sha256(repeat_id, digest);
    hex_encode(digest, sizeof digest, hex);
    return str_of(arena_printf(a, "sha256:%s", hex));
}

/* *is_repeat: it was had, and not so long ago that it means something new. */
static bool look(struct tx *tx, const struct connection *c, struct str repeat_id, bool *is_repeat)
{
    struct r_hook_seen_find row;
    int64_t now = tx_now(tx), kept_ms = limit_get(LIMIT_INCOMING_REPEAT_DAYS) * DAY_MS;
    *is_repeat = false;
    if (!repeat_id.ptr) return true;
    repeat_id = known_by(tx_arena(tx), repeat_id);
    struct q_hook_seen_find in = {c->account_id, c->connection_id, repeat_id};
    *is_repeat = tx_first(tx, Q_HOOK_SEEN_FIND, &in, &row) && row.seen_at > now - kept_ms;
    if (!tx_ok(tx) || *is_repeat) return tx_ok(tx);
    struct q_hook_seen_put put = {c->account_id, c->connection_id, repeat_id, now};
    return tx_run(tx, Q_HOOK_SEEN_PUT, &put, NULL);
}

static bool take(struct tx *tx, void *arg)
{
    const struct take *t = arg;
    const struct connection *c = t->connection;
    int64_t before = tx_now(tx) - limit_get(LIMIT_INCOMING_REPEAT_DAYS) * DAY_MS;
    if (!tx_first(tx, Q_CONNECTION_FIND, &(struct q_connection_find){c->account_id, c->connection_id}, NULL))
        return connection_refuse(tx, c->connection_id);
    for (int i = 0; i < t->n; i++) {
        struct incoming_piece *p = &t->pieces[i];
        if (p->is_refused) continue;
        if (!look(tx, c, p->repeat_id, &p->is_repeat) || (!p->is_repeat && !send_in(tx, &p->send))) return false;
    }
    struct q_hook_seen_trim in = {c->account_id, c->connection_id, before, TRIM_ROWS};
    return tx_run(tx, Q_HOOK_SEEN_TRIM, &in, NULL);
}

bool incoming_take(const struct link_house *h, const struct connection *c, struct incoming_piece *pieces, int n,
                   struct fault *f)
{
    struct take t = {c, pieces, n};
    return store_write(h->store, take, &t, f);
}

/* ---- what its owner sees ---- */

static bool read_state(struct tx *tx, void *arg)
{
    struct ask *k = arg;
    struct r_hook_state row;
    if (!tx_first(tx, Q_HOOK_STATE, &(struct q_hook_state){k->account, k->id}, &row)) return connection_refuse(tx, k->id);
    k->state = (struct incoming_state){row.has_token != 0, row.hook_refused_at, arena_str(k->arena, row.hook_refused)};
    return true;
}

bool incoming_state(const struct link_house *h, int64_t account, int64_t id, struct arena *a, struct incoming_state *out,
                    struct fault *f)
{
    struct ask k = {.arena = a, .account = account, .id = id};
    if (!store_read(h->store, read_state, &k, f)) return false;
    *out = k.state;
    return true;
}

static bool put_note(struct tx *tx, void *arg)
{
    const struct ask *k = arg;
    return tx_run(tx, Q_HOOK_NOTE, &(struct q_hook_note){k->account, k->id, tx_now(tx), str_of(k->sentence)}, NULL);
}

bool incoming_note(const struct link_house *h, const struct connection *c, const char *sentence, struct fault *f)
{
    struct ask k = {.account = c->account_id, .id = c->connection_id, .sentence = sentence};
    return store_write(h->store, put_note, &k, f);
}
