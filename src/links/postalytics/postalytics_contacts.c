/* postalytics_contacts.c: persons at a connection that is watched. Its contact lists are read page by page into a file, which becomes an import into
 * a list here by the contact's number there (mail/intake.h): what is new is added, what has changed is changed, nothing is doubled, and a row
 * that cannot be used is kept with its reason. A list that is as it was the last time makes no import. Contacts that are gone there stay here.
 *
 * An event there need not say its person's e-mail address. It is looked for in those lists, then asked for: the contact, then what happened to
 * its mail, because a piece that was sent by a request belongs to no list. */
#include "links/postalytics/postalytics_private.h"
#include "base/csv.h"
#include "base/digest.h"
#include "base/durable.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "mail/contact_check.h"
#include "mail/intake.h"
#include "mail/story.h"
#include "queries.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define KEY_COLUMN "contact_id"
#define FOLDER     "%s/files/watched" /* nobody else writes there */
enum { PAGE_ROWS = 100 };

/* ---- a person ---- */

static int field_of(const struct watch *w, struct str key)
{
    static const struct {
        const char *name;
        int field;
    } others[] = {{"address", FIELD_ADDRESS_STREET}, {"address2", FIELD_ADDRESS_STREET2}, {"city", FIELD_ADDRESS_CITY},
                  {"state", FIELD_ADDRESS_STATE},    {"zip", FIELD_ADDRESS_ZIP},          {"emailid", FIELD_EMAIL_ADDRESS},
                  {"email", FIELD_EMAIL_ADDRESS},    {"mobile", FIELD_MOBILE_PHONE}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (str_eq_nocase(key, str_of(others[i].name))) return others[i].field;
    int field = field_set_find(w->fields, key);
    return field < FIELD_KNOWN ? field : -1;
}

void person_fill(const struct watch *w, struct json_value object, struct str values[FIELD_KNOWN])
{
    struct json_iter it = {0};
    struct str key;
    struct json_value v;
    if (object.type != JSON_OBJECT) return;
    while (json_next(object, &it, &key, &v)) {
        int field = v.type == JSON_STRING && v.string.len ? field_of(w, key) : -1;
        if (field >= 0 && !values[field].len) values[field] = arena_str(w->arena, v.string);
    }
}

static void fill_from(struct str values[FIELD_KNOWN], const struct str *more)
{
    for (int i = 0; i < FIELD_KNOWN; i++)
        if (!values[i].len && more[i].len) values[i] = more[i];
}

struct finding {
    struct watch *watch;
    int64_t data_id;
    struct contact contact;
    bool is_found;
};

static bool find_here(struct tx *tx, void *arg)
{
    struct finding *g = arg;
    struct watch *w = g->watch;
    struct r_mirror_list_contact row;
    struct str key = str_of(arena_printf(tx_arena(tx), "%lld", (long long)g->data_id));
    g->is_found =
        tx_first(tx, Q_MIRROR_LIST_CONTACT, &(struct q_mirror_list_contact){w->account, w->connection_id, key}, &row) &&
        contact_story_read(tx, w->parser, w->arena, w->account, row.contact_id, &g->contact);
    return tx_ok(tx);
}

/* True: it was answered, if only that there is nothing. */
static bool ask_for(struct watch *w, const char *path, struct str values[FIELD_KNOWN], struct fault *f)
{
    struct json_parser *p = json_parser_create();
    struct json_value root, row = {.type = JSON_MISSING};
    struct json_iter it = {0};
    int status;
    bool ok = watch_ask(w, "GET", path, STR_NULL, p, &root, &status, f);
    if (ok && root.type == JSON_ARRAY && json_next(root, &it, NULL, &row)) root = row;
    if (ok) person_fill(w, root, values);
    json_parser_destroy(&p);
    return ok || (status >= 400 && status <= 499 && status != 401 && !connector_is_for_now(status));
}

bool person_complete(struct watch *w, int64_t drop_id, int64_t data_id, struct str values[FIELD_KNOWN], struct fault *f)
{
    struct finding *g = ARENA_NEW(w->arena, struct finding);
    long long drop = drop_id, person = data_id;
    g->watch = w;
    g->data_id = data_id;
    if (!store_read(w->pl->house->store, find_here, g, f)) return false;
    if (g->is_found) fill_from(values, g->contact.values);
    if (values[FIELD_EMAIL_ADDRESS].len) return true;
    if (w->asked.data_id != data_id) {
        struct str found[FIELD_KNOWN] = {{0}};
        if (!ask_for(w, arena_printf(w->arena, "/v1/contacts/details/%lld", person), found, f)) return false;
        if (!found[FIELD_EMAIL_ADDRESS].len &&
            !ask_for(w, arena_printf(w->arena, "/v1/campaigns/%lld/events/%lld?PageNumber=1&PageSize=1", drop, person), found,
                     f))
            return false;
        w->asked.data_id = data_id;
        memcpy(w->asked.values, found, sizeof found);
    }
    fill_from(values, w->asked.values);
    return true;
}

/* ---- a list, into a file ---- */

struct reading {
    struct watch *watch;
    struct arena *page; /* of one page */
    int64_t remote_list_id, list_id /* here; 0: there is none yet */, n, intake_id;
    struct str name, was /* the digest that it had the last time */;
    const char *path;
    int fd;
    struct map *had;
    struct sha256_sum *sum;
    uint8_t digest[SHA256_BYTES];
    bool is_cut;
};

static bool write_out(struct reading *g, const struct buf *b, struct fault *f)
{
    sha256_add(g->sum, buf_str(b));
    return fd_write_all(g->fd, buf_str(b), f);
}

static bool write_header(struct reading *g, struct fault *f)
{
    struct buf b = BUF_INIT;
    csv_add_field(&b, STR(KEY_COLUMN), true, false);
    for (int i = 0; i < FIELD_KNOWN; i++) csv_add_field(&b, str_of(contact_field_name(i)), false, false);
    buf_addz(&b, "\r\n");
    bool ok = write_out(g, &b, f);
    buf_finish(&b);
    return ok;
}

/* How many of the page's rows were new: pages may overlap, by how a house counts. */
static bool add_rows(struct reading *g, struct json_value rows, int *n_new, struct fault *f)
{
    struct json_iter it = {0};
    struct json_value row;
    struct buf b = BUF_INIT;
    *n_new = 0;
    while (json_next(rows, &it, NULL, &row)) {
        struct str values[FIELD_KNOWN] = {{0}};
        int64_t id = watch_number(json_get(row, KEY_COLUMN));
        struct str key = str_of(arena_printf(g->page, "%lld", (long long)id));
        if (id <= 0 || map_get(g->had, key)) continue;
        map_put(g->had, key, g);
        *n_new += 1;
        person_fill(g->watch, row, values);
        csv_add_field(&b, key, true, false);
        for (int i = 0; i < FIELD_KNOWN; i++) csv_add_field(&b, values[i].ptr ? values[i] : STR(""), false, false);
        buf_addz(&b, "\r\n");
    }
    g->n += *n_new;
    bool ok = write_out(g, &b, f);
    buf_finish(&b);
    return ok;
}

/* Past its end a list is empty, or answers 404. */
static bool read_page(struct reading *g, int64_t start, int64_t *n_rows, int *n_new, struct fault *f)
{
    struct watch *w = g->watch;
    struct arena *all = w->arena;
    struct json_value rows;
    struct json_parser *p = json_parser_create();
    int status;
    w->arena = g->page;
    arena_reset(g->page);
    const char *path = arena_printf(g->page, "/v1/contacts/%lld?start=%lld&limit=%d", (long long)g->remote_list_id,
                                    (long long)start, PAGE_ROWS);
    *n_rows = *n_new = 0;
    bool ok = watch_ask_array(w, path, p, &rows, &status, f);
    if (ok) *n_rows = (int64_t)json_count(rows);
    ok = ok ? add_rows(g, rows, n_new, f) : status == 404;
    json_parser_destroy(&p);
    w->arena = all;
    return ok;
}

static bool read_rows(struct reading *g, struct fault *f)
{
    int64_t start = 0, n_rows;
    int n_new = 1;
    if (!write_header(g, f)) return false;
    while (n_new > 0) {
        if (jobs_stopping(g->watch->pl->house->jobs)) return fault_remote(f, "The server is stopping.");
        if (g->n >= limit_get(LIMIT_WATCH_CONTACTS)) return g->is_cut = true;
        if (!read_page(g, start, &n_rows, &n_new, f)) return false;
        start += n_rows;
    }
    return true;
}

static bool read_into_file(struct reading *g, struct fault *f)
{
    g->fd = open(g->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (g->fd < 0) return fault_errno(f, "%s cannot be opened", g->path);
    g->page = arena_create(1 << 18);
    g->had = map_create();
    g->sum = sha256_create();
    bool ok = read_rows(g, f);
    if (ok && fsync(g->fd) != 0) ok = fault_errno(f, "%s cannot be made durable", g->path);
    sha256_take(g->sum, g->digest);
    sha256_destroy(&g->sum);
    map_destroy(&g->had);
    arena_destroy(&g->page);
    close(g->fd);
    return ok;
}

/* ---- the list here ---- */

static bool make_list(struct tx *tx, struct reading *g)
{
    const struct watch *w = g->watch;
    g->list_id = tx_next_id(tx, ID_LIST);
    struct q_list_insert in = {w->account, g->list_id, g->name, 0, STR("[]"), tx_now(tx)};
    struct q_list_connect connect = {w->account, g->list_id, w->connection_id, STR(KEY_COLUMN)};
    return tx_ok(tx) && tx_run(tx, Q_LIST_INSERT, &in, NULL) && tx_run(tx, Q_LIST_CONNECT, &connect, NULL);
}

static bool put(struct tx *tx, struct reading *g, struct str digest)
{
    const struct watch *w = g->watch;
    struct q_mirror_list_put in = {.account_id = w->account,
                                   .connection_id = w->connection_id,
                                   .remote_list_id = g->remote_list_id,
                                   .contact_list_id = g->list_id,
                                   .name = g->name,
                                   .n_contacts = g->n,
                                   .digest = digest,
                                   .intake_id = g->intake_id ? g->intake_id : DB_NULL,
                                   .seen_at = tx_now(tx)};
    return tx_run(tx, Q_MIRROR_LIST_PUT, &in, NULL);
}

/* Which list it is; a list that was deleted here, and one that is new there, get a new one. */
static bool begin_list(struct tx *tx, void *arg)
{
    struct reading *g = arg;
    const struct watch *w = g->watch;
    struct r_mirror_list_find row;
    g->was = STR_NULL;
    if (!watch_is_there(tx, w)) return tx_ok(tx) && tx_refuse(tx, FAULT_USER, 404, "The connection was removed.");
    struct q_mirror_list_find in = {w->account, w->connection_id, g->remote_list_id};
    if (!tx_first(tx, Q_MIRROR_LIST_FIND, &in, &row)) return tx_ok(tx) && make_list(tx, g) && put(tx, g, STR_NULL);
    g->list_id = row.contact_list_id;
    g->intake_id = row.intake_id == DB_NULL ? 0 : row.intake_id;
    g->was = arena_str(w->arena, row.digest);
    return true;
}

static bool end_list(struct tx *tx, void *arg)
{
    struct reading *g = arg;
    if (!watch_is_there(tx, g->watch)) return tx_ok(tx);
    return put(tx, g, str_make(g->digest, SHA256_BYTES));
}

/* A crash before the last unit makes the same import again, which changes nothing. */
static bool into_list(struct reading *g, struct fault *f)
{
    struct store *store = g->watch->pl->house->store;
    struct intake in;
    if (!store_write(store, begin_list, g, f)) return false;
    bool is_same = g->was.len == SHA256_BYTES && memcmp(g->was.ptr, g->digest, SHA256_BYTES) == 0;
    if (!is_same && g->n > 0) {
        if (!intake_keep(g->watch->pl->house->mail, g->watch->account, g->list_id, g->path, STR(KEY_COLUMN), &in, f))
            return false;
        g->intake_id = in.intake_id;
    }
    return store_write(store, end_list, g, f);
}

static bool follow(struct watch *w, int64_t remote_list_id, struct str name, struct str *said, struct fault *f)
{
    struct reading g = {.watch = w, .remote_list_id = remote_list_id};
    const char *folder = arena_printf(w->arena, FOLDER, w->pl->data_dir);
    g.name = name.len ? arena_str(w->arena, name) : str_of(arena_printf(w->arena, "List %lld", (long long)remote_list_id));
    g.path = arena_printf(w->arena, "%s/%lld-%lld.csv", folder, (long long)w->connection_id, (long long)remote_list_id);
    bool ok = make_dirs(folder, 0750, f) && read_into_file(&g, f) && into_list(&g, f);
    unlink(g.path); /* where no import has taken it */
    if (ok && g.is_cut)
        *said = str_of(arena_printf(w->arena, "Of the list %lld the first %lld contacts are read (watch.contacts).",
                                    (long long)remote_list_id, (long long)g.n));
    return ok;
}

/* ---- all lists ---- */

static bool is_wanted(const struct watch *w, int64_t id)
{
    int64_t n;
    if (str_eq(w->contacts, STR("all"))) return true;
    for (struct str rest = w->contacts; rest.ptr;)
        if (str_to_int64(str_trim(str_cut(rest, ',', &rest)), &n) && n == id) return true;
    return false;
}

static bool put_next(struct tx *tx, void *arg)
{
    const struct watch *w = arg;
    int64_t next = tx_now(tx) + limit_get(LIMIT_WATCH_CONTACTS_PAUSE_S) * 1000;
    struct q_mirror_contacts_next in = {w->account, w->connection_id, next, store_node(tx_store(tx))};
    return tx_run(tx, Q_MIRROR_CONTACTS_NEXT, &in, NULL);
}

bool contacts_follow(struct watch *w, int64_t due_at, struct str *said, struct fault *f)
{
    struct json_value lists, one, name;
    struct json_iter it = {0};
    int status;
    if (str_eq(w->contacts, STR("off")) || (due_at != DB_NULL && due_at > w->now)) return true;
    struct json_parser *p = json_parser_create();
    bool ok = watch_ask_array(w, "/v1/contacts", p, &lists, &status, f);
    while (ok && json_next(lists, &it, NULL, &one)) {
        int64_t id = watch_number(json_get(one, "contact_list_id"));
        name = json_get(one, "name");
        if (id > 0 && is_wanted(w, id)) ok = follow(w, id, name.type == JSON_STRING ? name.string : STR(""), said, f);
    }
    json_parser_destroy(&p);
    return ok && store_write(w->pl->house->store, put_next, w, f);
}

void contacts_tidy(const struct postalytics *pl)
{
    char path[1100];
    struct fault f;
    snprintf(path, sizeof path, FOLDER, pl->data_dir);
    if (!remove_tree(path, &f)) log_warning("postalytics", "What a crash left of lists could not be removed: %s", f.text);
}
