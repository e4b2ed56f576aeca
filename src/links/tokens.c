/* tokens.c: see tokens.h. A renewal runs on a thread of the pool; what came of it lies in the connection's entry until its next one. */
#include "links/tokens.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "base/redact.h"
#include "base/workpool.h"
#include "net/url.h"
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS = 2, MOST_WAITING = 10000, YOUNG_MOST = 3, FAILED_REST_MS = 5000, STORE_TRIES = 120 };

/* Under the lock. Versions are the connection's: 0: none yet. */
struct entry {
    struct tokens *tokens;
    const struct connector *connector;
    int64_t account, connection_id;
    bool is_renewing;
    int n_waiting;           /* threads that wait for its end */
    int64_t asked;           /* the version that the renewal was begun for */
    int64_t made, made_mono; /* the version that the last renewal made, and when */
    int64_t young;           /* the version that was made and refused while it was young */
    int n_young;             /* how many of them came in a row */
    int64_t refused, failed; /* the version that could not be renewed: for good, for now */
    int64_t failed_mono;
    struct fault why;
};
struct tokens {
    const struct link_house *house;
    struct workpool *pool;
    pthread_mutex_t lock;
    pthread_cond_t ended; /* some renewal */
    bool is_stopping;
    struct map *entries;
};

struct tokens *tokens_create(const struct link_house *h)
{
    struct tokens *t = calloc(1, sizeof *t);
    ASSERT(t);
    t->house = h;
    t->pool = workpool_create(THREADS, "tokens");
    t->entries = map_create();
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->ended, NULL);
    return t;
}

void tokens_stop(struct tokens *t)
{
    if (!t) return;
    pthread_mutex_lock(&t->lock);
    t->is_stopping = true;
    pthread_mutex_unlock(&t->lock);
    workpool_destroy(&t->pool);
}

void tokens_destroy(struct tokens **tp)
{
    struct tokens *t = *tp;
    size_t at = 0;
    struct str key;
    void *value;
    *tp = NULL;
    if (!t) return;
    tokens_stop(t);
    while (map_next(t->entries, &at, &key, &value)) free(value);
    map_destroy(&t->entries);
    pthread_cond_destroy(&t->ended);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

/* Both under the lock. NULL: nobody asked for one yet. */
static struct entry *entry_find(struct tokens *t, int64_t account, int64_t connection_id)
{
    int64_t key[] = {account, connection_id};
    return map_get(t->entries, str_make(key, sizeof key));
}

static struct entry *entry_of(struct tokens *t, const struct connector *d, const struct connection *c)
{
    int64_t key[] = {c->account_id, c->connection_id};
    struct entry *e = entry_find(t, c->account_id, c->connection_id);
    if (e) return e;
    e = calloc(1, sizeof *e);
    ASSERT(e);
    *e = (struct entry){.tokens = t, .connector = d, .account = c->account_id, .connection_id = c->connection_id};
    map_put(t->entries, str_make(key, sizeof key), e);
    return e;
}

/* ---- one renewal, on the pool ---- */

struct store_it {
    const struct link_house *house;
    const struct connection *from;
    struct str secrets;
};

static bool store_it(struct tx *tx, void *arg)
{
    struct store_it *s = arg;
    connection_renew(tx, s->house->seal, s->from, s->secrets); /* else somebody has put others there: those count */
    return tx_ok(tx);
}

/* A version above the one that was read; 0: refused or failed, with *why. */
static int64_t ask_for_one(const struct entry *e, const struct connection *c, struct arena *a, struct fetch_ask *asked,
                           struct fault *why)
{
    const struct link_house *h = e->tokens->house;
    const struct connector *d = e->connector;
    struct fetch_ask ask = {.is_guarded = true, .timeout_ms = (int)limit_get(LIMIT_CONNECTOR_TIMEOUT_S) * 1000};
    struct fetch_answer answer;
    struct store_it s = {.house = h, .from = c};
    if (!d->renew_ask(d->ctx, c, a, clock_now_ms(), &ask, why)) return 0;
    *asked = ask;
    fetch_now(h->fetcher, a, &ask, &answer);
    if (answer.error == FETCH_REFUSED) return fault_user(why, 400, "%s", answer.sentence), 0;
    if (answer.error != FETCH_OK || answer.status >= 500 || answer.status == 429)
        return fault_remote(why, "%s did not renew the token: %s.", d->title, answer.sentence), 0;
    if (!d->renew_read(d->ctx, c, a, clock_now_ms(), &answer, &s.secrets, why)) return 0;
    /* The old refresh token may be used up: until the new one is stored there is none. So a store that is busy is asked again. */
    for (int i = 0; !store_write(h->store, store_it, &s, why); i++) {
        if (i == STORE_TRIES || (why->whose != FAULT_REMOTE && why->whose != FAULT_OPERATOR)) return 0;
        log_warning("links", "The renewed token of connection %lld could not be stored yet: %s", (long long)c->connection_id,
                    why->text);
        sleep(1);
    }
    return c->version + 1;
}

/* What a token's request proves who asks with: secrets that were made for it (an assertion) among them. */
static void add_form(struct redaction *r, struct arena *a, struct str form)
{
    static const char *const plain[] = {"grant_type", "client_id", "redirect_uri", "user_type"};
    for (struct str rest = form; rest.ptr;) {
        struct str value, name = str_cut(str_cut(rest, '&', &rest), '=', &value);
        bool is_plain = !value.ptr;
        for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) is_plain |= str_eq(name, str_of(plain[i]));
        if (!is_plain) redaction_add(r, url_decode(a, value, true));
    }
}

/* What is said of it is kept and shown: without what was sent. */
static int64_t renew(const struct entry *e, const struct connection *c, struct arena *a, struct fault *why)
{
    struct redaction r = redaction_begin(a);
    struct fetch_ask asked = {.body = STR_NULL};
    int64_t made = ask_for_one(e, c, a, &asked, why);
    if (made) return made;
    redaction_add_json(&r, c->secrets);
    add_form(&r, a, asked.body);
    for (int i = 0; i < asked.n_headers; i++) redaction_add_header(&r, asked.headers[i]);
    redaction_run_in(&r, why->text, sizeof why->text);
    return 0;
}

static void run(void *arg)
{
    struct entry *e = arg;
    struct tokens *t = e->tokens;
    struct arena *a = arena_create(4096);
    struct connection c = {0};
    struct fault why = {0};
    int64_t made = 0;
    if (connection_get(t->house->store, t->house->seal, a, e->account, e->connection_id, &c, &why))
        made = renew(e, &c, a, &why);
    pthread_mutex_lock(&t->lock);
    e->is_renewing = false;
    e->why = why;
    int64_t version = c.version ? c.version : e->asked; /* 0: it could not be read */
    if (made) {
        e->made = made;
        e->made_mono = clock_mono_ms();
    } else if (why.whose == FAULT_USER) {
        e->refused = version;
    } else {
        e->failed = version;
        e->failed_mono = clock_mono_ms();
    }
    pthread_cond_broadcast(&t->ended);
    pthread_mutex_unlock(&t->lock);
    arena_destroy(&a);
}

/* ---- asking for one ---- */

static enum token_state refused(struct entry *e, struct fault *why)
{
    *why = e->why;
    return TOKEN_REFUSED;
}

/* The other side is at odds with itself, or somebody has revoked it there just now: perhaps for a moment, so the next one is asked for when this one
 * is no longer young; not for ever. */
static enum token_state refused_young(struct entry *e, struct fault *why)
{
    if (e->young != e->made) e->n_young++;
    e->young = e->made;
    if (e->n_young < YOUNG_MOST) {
        fault_remote(why, "%s refuses the token that it has just renewed.", e->connector->title);
        return TOKEN_FAILED;
    }
    fault_user(why, 409, "%s refuses the token that it has just renewed, %d times in a row. Authorise the connection again.",
               e->connector->title, e->n_young);
    return TOKEN_REFUSED;
}

static bool is_young(const struct entry *e, const struct connection *c)
{
    return e->made == c->version && e->made_mono + limit_get(LIMIT_CONNECTOR_YOUNG_MS) > clock_mono_ms();
}

/* Under the lock. */
static enum token_state look(struct tokens *t, struct entry *e, const struct connection *c, struct fault *why)
{
    int64_t now = clock_mono_ms();
    if (e->is_renewing) return TOKEN_RENEWING;
    if (e->made > c->version) return TOKEN_RENEWED;
    if (e->refused && e->refused == c->version) return refused(e, why);
    if (is_young(e, c)) return refused_young(e, why);
    if (e->young != c->version) e->n_young = 0;
    if (e->failed == c->version && e->failed_mono + FAILED_REST_MS > now) {
        *why = e->why;
        return TOKEN_FAILED;
    }
    if (t->is_stopping) {
        fault_remote(why, "The server is stopping.");
        return TOKEN_FAILED;
    }
    e->asked = c->version;
    e->is_renewing = workpool_submit(t->pool, run, e, MOST_WAITING);
    if (e->is_renewing) return TOKEN_RENEWING;
    fault_remote(why, "Too many tokens are being renewed.");
    return TOKEN_FAILED;
}

enum token_state token_renew(struct tokens *t, const struct connector *d, const struct connection *c, struct fault *why)
{
    if (!d->renew_ask) {
        fault_user(why, 409, "%s refuses this connection's token. Save the connection with a new one.", d->title);
        return TOKEN_REFUSED;
    }
    pthread_mutex_lock(&t->lock);
    enum token_state state = look(t, entry_of(t, d, c), c, why);
    pthread_mutex_unlock(&t->lock);
    return state;
}

bool token_is_young(struct tokens *t, const struct connection *c)
{
    pthread_mutex_lock(&t->lock);
    const struct entry *e = entry_find(t, c->account_id, c->connection_id);
    bool is = e && is_young(e, c);
    pthread_mutex_unlock(&t->lock);
    return is;
}

bool token_renew_now(struct tokens *t, const struct connector *d, struct connection *c, struct arena *a, struct fault *f)
{
    enum token_state state = token_renew(t, d, c, f);
    if (state == TOKEN_RENEWING) {
        pthread_mutex_lock(&t->lock);
        struct entry *e = entry_of(t, d, c);
        e->n_waiting++;
        while (e->is_renewing) pthread_cond_wait(&t->ended, &t->lock);
        e->n_waiting--;
        *f = e->why;
        state = e->made > c->version ? TOKEN_RENEWED : TOKEN_FAILED;
        if (state == TOKEN_FAILED && !f->whose) fault_remote(f, "The connection was removed."); /* its entry with it */
        pthread_mutex_unlock(&t->lock);
    }
    if (state != TOKEN_RENEWED) return false;
    return connection_get(t->house->store, t->house->seal, a, c->account_id, c->connection_id, c, f);
}

void token_forget(struct tokens *t, int64_t account, int64_t connection_id)
{
    pthread_mutex_lock(&t->lock);
    struct entry *e = entry_find(t, account, connection_id);
    if (e) e->refused = e->failed = e->n_young = 0;
    pthread_mutex_unlock(&t->lock);
}

void token_end(struct tokens *t, int64_t account, int64_t connection_id)
{
    int64_t key[] = {account, connection_id};
    pthread_mutex_lock(&t->lock);
    struct entry *e = entry_find(t, account, connection_id);
    bool is_in_use = e && (e->is_renewing || e->n_waiting);
    if (e && !is_in_use) map_remove(t->entries, str_make(key, sizeof key));
    pthread_mutex_unlock(&t->lock);
    if (!is_in_use) free(e);
}
