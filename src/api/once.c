/* once.c: see once.h. On a pool thread, or, for a send, on the HTTP thread and the committer's. */
#include "api/api_private.h"
#include "base/digest.h"

static void compose_kept(void *arg, struct buf *out)
{
    struct once *o = arg;
    o->id.status = o->status;
    o->compose(o->made, out, true);
}

/* What makes two requests the same: method, path, the query that changes what is made, and the body, byte for byte. */
static bool request_digest(struct http_exchange *x, const char *file, uint8_t out[SHA256_BYTES], struct fault *f)
{
    uint8_t body[SHA256_BYTES];
    struct str key = http_query(x, "key");
    if (file && !sha256_file(file, body, f)) return false;
    if (!file) sha256(http_body(x), body);
    struct sha256_sum *sum = sha256_create();
    sha256_add(sum, str_of(http_method_name(http_method(x))));
    sha256_add(sum, STR(" "));
    sha256_add(sum, http_path(x));
    sha256_add(sum, STR("\n"));
    sha256_add(sum, key.ptr ? key : STR(""));
    sha256_add(sum, STR("\n"));
    sha256_add(sum, str_make(body, sizeof body));
    sha256_take(sum, out);
    sha256_destroy(&sum);
    return true;
}

bool once_prepare(struct once *o, struct http_exchange *x, const char *file, once_compose *compose, void *made, struct fault *f)
{
    struct str key = http_header(x, "Idempotency-Key");
    uint8_t digest[SHA256_BYTES];
    int64_t most = limit_get(LIMIT_IDEMPOTENCY_MAX_KEY_BYTES);
    *o = (struct once){.x = x, .compose = compose, .made = made, .has_key = key.ptr != NULL, .status = 200};
    if (!o->has_key) return true;
    key = str_trim(key);
    if (str_is_empty(key) || (int64_t)key.len > most)
        return fault_user(f, 400, "An Idempotency-Key has 1 to %lld bytes (idempotency.max_key_bytes).", (long long)most);
    if (!request_digest(x, file, digest, f)) return false;
    idempotency_init(&o->id, api_caller(x)->account_id, key, digest, http_arena(x));
    o->id.compose = compose_kept;
    o->id.arg = o;
    return true;
}

static void answer_again(struct once *o)
{
    http_add_header(o->x, "Idempotent-Replayed", "true");
    http_answer(o->x, o->id.kept_status, "application/json", o->id.kept);
}

static bool look(struct tx *tx, void *once) { return idempotency_look(tx, &((struct once *)once)->id); }

bool once_begin_file(struct once *o, struct http_exchange *x, const char *file, once_compose *compose, void *made)
{
    struct fault f;
    if (request_failed(x, once_prepare(o, x, file, compose, made, &f), &f)) return false;
    if (!o->has_key) return true;
    if (request_failed(x, store_read(api_store(x), look, o, &f), &f)) return false;
    if (o->id.is_repeat) {
        answer_again(o);
        return false;
    }
    store_ride(&o->id.rider);
    return true;
}

bool once_begin(struct once *o, struct http_exchange *x, once_compose *compose, void *made)
{
    return once_begin_file(o, x, NULL, compose, made);
}

void once_reply(struct once *o, bool ok, const struct fault *f)
{
    struct buf out = BUF_INIT;
    store_ride(NULL); /* refused before it came to a unit */
    if (!ok && o->has_key && o->id.is_repeat) {
        answer_again(o);
        return;
    }
    if (request_failed(o->x, ok, f)) return;
    o->compose(o->made, &out, false);
    http_answer(o->x, o->status, "application/json", buf_str(&out));
    buf_finish(&out);
}
