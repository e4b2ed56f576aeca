/* salesforce_wish.c: what an import is to bring: which records, which fields, into which list; and its beginning, one unit. */
#include "links/imports.h"
#include "links/salesforce/salesforce_wish.h"
#include "base/log.h"
#include "queries.h"
#include <ctype.h>
#include <stdio.h>

static const struct {
    const char *name, *contact, *lead;
} usual[] = {
    {"first_name", "FirstName", "FirstName"},
    {"last_name", "LastName", "LastName"},
    {"company", "Account.Name", "Company"},
    {"address_street", "MailingStreet#1", "Street#1"},
    {"address_street2", "MailingStreet#2", "Street#2"},
    {"address_city", "MailingCity", "City"},
    {"address_state", "MailingState", "State"},
    {"address_zip", "MailingPostalCode", "PostalCode"},
    {"country", "MailingCountry", "Country"},
    {"email_address", "Email", "Email"},
    {"phone", "Phone", "Phone"},
    {"mobile_phone", "MobilePhone", "MobilePhone"},
    {"occupation", "Title", "Title"},
    {"website", NULL, "Website"},
};

/* ---- the query ---- */

static bool starts_word(struct str s, size_t at, const char *word)
{
    size_t n = strlen(word);
    return s.len - at > n && at > 0 && isspace((unsigned char)s.ptr[at - 1]) && isspace((unsigned char)s.ptr[at + n]) &&
           str_eq_nocase(str_make(s.ptr + at, n), str_of(word));
}

/* Where FROM stands, outside of parentheses and texts; s.len: nowhere. */
static size_t from_of(struct str s)
{
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '\'')
            quoted = !quoted;
        else if (!quoted && (c == '(' || c == ')'))
            depth += c == '(' ? 1 : -1;
        else if (!quoted && depth == 0 && starts_word(s, i, "from"))
            return i;
    }
    return s.len;
}

struct str sf_import_query(struct arena *a, struct str soql, const struct str *fields, int n, struct fault *f)
{
    struct str s = str_trim(soql);
    size_t from = from_of(s);
    if (s.len < 7 || !str_eq_nocase(str_make(s.ptr, 6), STR("select")) || from == s.len) {
        fault_user(f, 400, "soql must be a query: SELECT Id FROM Contact WHERE MailingState = 'NY'.");
        return STR_NULL;
    }
    struct buf b = BUF_INIT;
    buf_addz(&b, "SELECT Id");
    for (int i = 0; i < n; i++) {
        struct str field = str_cut(fields[i], '#', &(struct str){0});
        bool is_there = str_eq(field, STR("Id"));
        for (int k = 0; k < i && !is_there; k++) is_there = str_eq(field, str_cut(fields[k], '#', &(struct str){0}));
        if (!is_there) buf_addf(&b, ", %.*s", STR_ARG(field));
    }
    buf_addf(&b, " %.*s", (int)(s.len - from), s.ptr + from);
    struct str out = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return out;
}

/* The object that a query reads. */
static struct str object_of(struct str soql)
{
    struct str s = str_trim(soql);
    size_t from = from_of(s), at = from + 5, end;
    if (from == s.len) return STR_NULL;
    while (at < s.len && isspace((unsigned char)s.ptr[at])) at++;
    for (end = at; end < s.len && (isalnum((unsigned char)s.ptr[end]) || s.ptr[end] == '_');) end++;
    return str_make(s.ptr + at, end - at);
}

/* ---- what was wished for ---- */

static bool is_field(struct str s)
{
    struct str rest, path = str_cut(s, '#', &rest);
    for (size_t i = 0; i < path.len; i++)
        if (!isalnum((unsigned char)path.ptr[i]) && path.ptr[i] != '_' && path.ptr[i] != '.') return false;
    return path.len > 0 && path.len <= 200 && (!rest.ptr || str_eq(rest, STR("1")) || str_eq(rest, STR("2")));
}

static bool map(struct arena *a, struct sf_wish *w, struct str name, struct str field, struct fault *f)
{
    for (int i = 0; i < w->n_columns; i++) {
        if (!str_eq(w->columns[i].name, name)) continue;
        w->columns[i].field = field;
        return true;
    }
    if (w->n_columns == SF_COLUMNS_MAX) return fault_user(f, 400, "mapping takes %d columns at most.", SF_COLUMNS_MAX);
    w->columns[w->n_columns++] = (struct sf_column){arena_str(a, name), field};
    return true;
}

static bool read_mapping(struct arena *a, struct sf_wish *w, struct json_value mapping, struct fault *f)
{
    struct json_iter it = {0};
    struct str name;
    struct json_value v;
    bool is_lead = str_eq(w->object, STR("Lead"));
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        const char *field = is_lead ? usual[i].lead : usual[i].contact;
        if (field && (is_lead || str_eq(w->object, STR("Contact"))) && !map(a, w, str_of(usual[i].name), str_of(field), f))
            return false;
    }
    if (mapping.type == JSON_MISSING || mapping.type == JSON_NULL) return true;
    if (mapping.type != JSON_OBJECT)
        return fault_user(f, 400, "mapping is an object: {\"address_street\": \"MailingStreet#1\"}.");
    while (json_next(mapping, &it, &name, &v)) {
        if (v.type != JSON_STRING || !is_field(v.string))
            return fault_user(f, 400, "mapping: \"%.*s\" must name a field, such as Title, Account.Name or MailingStreet#1.",
                              (int)(name.len < 60 ? name.len : 60), name.ptr);
        if (str_eq(name, STR(SF_KEY_COLUMN)))
            return fault_user(f, 400, "mapping: %s is always the record's id.", SF_KEY_COLUMN);
        if (!map(a, w, name, arena_str(a, v.string), f)) return false;
    }
    return true;
}

static struct str wish_text(struct arena *a, struct json_value o, const char *key)
{
    struct json_value v = json_get(o, key);
    return v.type == JSON_STRING && v.string.len ? arena_str(a, v.string) : STR_NULL;
}

bool sf_wish_read(struct arena *a, const struct sf_config *c, struct json_value o, struct sf_wish *w, struct fault *f)
{
    *w = (struct sf_wish){
        .object = wish_text(a, o, "object"), .soql = wish_text(a, o, "soql"), .list_view = wish_text(a, o, "list_view")};
    if (w->soql.ptr && w->list_view.ptr) return fault_user(f, 400, "An import takes soql or list_view, not both.");
    if (w->soql.ptr && !w->object.ptr) w->object = arena_str(a, object_of(w->soql));
    if (!w->object.len) w->object = c->objects[0].name;
    if (!sf_object_find(c, w->object))
        return fault_user(f, 400, "The connection's objects do not name %.*s.", (int)(w->object.len < 60 ? w->object.len : 60),
                          w->object.ptr);
    if (w->soql.ptr && !str_eq_nocase(object_of(w->soql), w->object))
        return fault_user(f, 400, "soql must read FROM %.*s.", STR_ARG(w->object));
    if (w->list_view.ptr && !sf_id_is(w->list_view))
        return fault_user(f, 400, "list_view must be the id of a list view (00B…).");
    if (!w->soql.ptr) w->soql = str_of(arena_printf(a, "SELECT Id FROM %.*s", STR_ARG(w->object)));
    struct str fields[1] = {STR("Id")};
    return sf_import_query(a, w->soql, fields, 1, f).ptr && read_mapping(a, w, json_get(o, "mapping"), f);
}

/* ---- beginning ---- */

struct beginning {
    int64_t account, connection_id, list /* 0: a new one */, import_id;
    struct str name, wish;
};

static bool take_list(struct tx *tx, struct beginning *b, int64_t *list)
{
    struct r_list_connection row;
    *list = b->list;
    if (!b->list) {
        *list = tx_next_id(tx, ID_LIST);
        struct q_list_insert in = {b->account, *list, b->name, 0, STR("[]"), tx_now(tx)};
        return tx_ok(tx) && tx_run(tx, Q_LIST_INSERT, &in, NULL) &&
               tx_run(tx, Q_LIST_CONNECT, &(struct q_list_connect){b->account, *list, b->connection_id, STR(SF_KEY_COLUMN)},
                      NULL);
    }
    if (!tx_first(tx, Q_LIST_CONNECTION, &(struct q_list_connection){b->account, b->list}, &row))
        return tx_ok(tx) && tx_refuse(tx, FAULT_USER, 404, "There is no list %lld.", (long long)b->list);
    if (row.connection_id == b->connection_id) return true;
    if (row.connection_id != DB_NULL || row.n_contacts > 0 || row.key_field.ptr)
        return tx_refuse(
            tx, FAULT_USER, 409,
            "The list %lld has contacts of another origin. Leave contact_list_id out, and the import makes a list of its own.",
            (long long)b->list);
    return tx_run(tx, Q_LIST_CONNECT, &(struct q_list_connect){b->account, b->list, b->connection_id, STR(SF_KEY_COLUMN)},
                  NULL);
}

static bool begin(struct tx *tx, void *arg)
{
    struct beginning *b = arg;
    int64_t list, now = tx_now(tx);
    struct r_remote_import_of_list last;
    if (!take_list(tx, b, &list)) return false;
    if (tx_first(tx, Q_REMOTE_IMPORT_OF_LIST, &(struct q_remote_import_of_list){b->account, b->connection_id, list}, &last) &&
        last.state == REMOTE_IMPORT_READING)
        return tx_refuse(tx, FAULT_USER, 409, "The list %lld is being imported at this moment. Wait for its end.",
                         (long long)list);
    b->import_id = tx_next_id(tx, ID_JOB);
    struct q_remote_import_insert in = {b->account, b->import_id, b->connection_id, list, b->wish, REMOTE_IMPORT_READING,
                                        now,        now};
    return tx_ok(tx) && tx_run(tx, Q_REMOTE_IMPORT_INSERT, &in, NULL);
}

struct last_wish {
    int64_t account, connection_id, list;
    struct arena *arena;
    struct str wish;
};

static bool read_last(struct tx *tx, void *arg)
{
    struct last_wish *l = arg;
    struct r_remote_import_of_list row;
    struct q_remote_import_of_list in = {l->account, l->connection_id, l->list};
    l->wish = tx_first(tx, Q_REMOTE_IMPORT_OF_LIST, &in, &row) ? arena_str(l->arena, row.wish) : STR_NULL;
    return tx_ok(tx);
}

/* A wish that names only the list means the last one again. */
static bool says_what(struct json_value wish)
{
    return json_get(wish, "object").type == JSON_STRING || json_get(wish, "soql").type == JSON_STRING ||
           json_get(wish, "list_view").type == JSON_STRING || json_get(wish, "mapping").type == JSON_OBJECT;
}

static bool prepare(struct salesforce *s, struct arena *a, struct json_value wish, struct beginning *b, struct fault *f)
{
    struct connection c;
    struct sf_config config;
    struct sf_wish *w = ARENA_NEW(a, struct sf_wish);
    struct json_value list = json_get(wish, "contact_list_id"), name = json_get(wish, "list_name");
    if (!connection_get(s->house->store, NULL, a, b->account, b->connection_id, &c, f) ||
        !sf_config_read(a, c.settings, STR_NULL, &config, f))
        return false;
    if (list.type == JSON_INT) b->list = list.integer;
    if ((list.type != JSON_INT && list.type != JSON_MISSING && list.type != JSON_NULL) || b->list < 0)
        return fault_user(f, 400, "contact_list_id must be a number.");
    if (name.type == JSON_STRING && name.string.len > 255) return fault_user(f, 400, "list_name takes 255 bytes at most.");
    struct last_wish last = {b->account, b->connection_id, b->list, a, STR_NULL};
    if (b->list && !says_what(wish) && !store_read(s->house->store, read_last, &last, f)) return false;
    if (last.wish.ptr) {
        b->wish = last.wish;
        return true;
    }
    if (!sf_wish_read(a, &config, wish, w, f)) return false;
    b->wish = json_value_text(a, wish);
    b->name = name.type == JSON_STRING && name.string.len
                  ? arena_str(a, name.string)
                  : str_of(arena_printf(a, "%.*s: %.*s", STR_ARG(c.label), STR_ARG(w->object)));
    return true;
}

bool sf_import_begin(void *ctx, int64_t account, int64_t connection_id, struct json_value wish, int64_t *import_id,
                     struct fault *f)
{
    struct salesforce *s = ctx;
    struct arena *a = arena_create(1 << 14);
    struct beginning b = {.account = account, .connection_id = connection_id};
    bool ok = prepare(s, a, wish, &b, f) && store_write(s->house->store, begin, &b, f);
    arena_destroy(&a);
    if (!ok) return false;
    *import_id = b.import_id;
    jobs_wake(s->house->jobs, SF_SOURCE_IMPORTS);
    return true;
}
