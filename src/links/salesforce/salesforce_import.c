/* salesforce_import.c: records into a list. A query is read page by page into a file; each page is on the disk before the row says that it is, so a
 * crash goes on where it was. The whole file becomes an import by the list's key, the record's id: reading again renews (mail/intake.h). */
#include "links/call.h"
#include "links/imports.h"
#include "links/salesforce/salesforce_private.h"
#include "base/csv.h"
#include "base/durable.h"
#include "base/limits.h"
#include "base/log.h"
#include "mail/intake.h"
#include "net/url.h"
#include "queries.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LEASE_MS = 300000, ATTEMPTS_MAX = 8 };

/* ---- reading pages ---- */

struct reading {
    struct salesforce *sf;
    struct arena *arena, *page;
    struct json_parser *parser;
    int64_t account;
    struct remote_import row;
    struct connection connection;
    struct sf_config config;
    struct sf_wish wish;
    const char *path; /* of the file */
    bool is_over, is_for_now;
    struct fault *fault;
};

static bool call(struct reading *g, struct str path, struct str *body)
{
    struct connector_answer answer;
    struct fetch_ask ask = {.method = "GET", .url = path};
    if (!connector_call(g->sf->house, &g->sf->connector, &g->connection, &ask, g->page, &answer, g->fault)) {
        g->is_for_now = g->fault->whose != FAULT_USER;
        return false;
    }
    *body = answer.body;
    if (answer.result == LINK_OK) return true;
    g->is_for_now = answer.result == LINK_RETRY_LATER || answer.result == LINK_PAUSE_DESTINATION;
    struct sf_error e;
    sf_error_read(answer.body, &e);
    if (strcmp(e.code, "INVALID_QUERY_LOCATOR") == 0 && g->row.place.ptr) { /* it waited too long: from the beginning */
        g->row.place = STR_NULL;
        g->row.at_byte = g->row.n_rows = 0;
        g->is_for_now = true;
    }
    return fault_user(g->fault, 400, "%s", answer.sentence);
}

static bool strange(struct reading *g)
{
    g->is_for_now = true;
    return fault_remote(g->fault, "Salesforce's answer has not the shape of an answer to a query.");
}

static struct str encoded(struct arena *a, struct str s)
{
    struct buf b = BUF_INIT;
    url_encode(&b, s);
    struct str out = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return out;
}

/* The view's own query says what is in it; only our columns are read of that. */
static bool view_query(struct reading *g)
{
    struct str body;
    struct json_value root;
    const char *rest =
        arena_printf(g->page, "/sobjects/%.*s/listviews/%.*s/describe", STR_ARG(g->wish.object), STR_ARG(g->wish.list_view));
    if (!call(g, sf_path(g->page, &g->config, rest), &body)) return false;
    if (!json_parse(g->parser, json_padded(g->page, body), &root, NULL) || json_get(root, "query").type != JSON_STRING)
        return strange(g);
    g->wish.soql = arena_str(g->arena, json_get(root, "query").string);
    return true;
}

static bool first_path(struct reading *g, struct str *path)
{
    struct str *fields = ARENA_ARRAY(g->page, struct str, SF_COLUMNS_MAX);
    if (g->wish.list_view.ptr && !view_query(g)) return false;
    for (int i = 0; i < g->wish.n_columns; i++) fields[i] = g->wish.columns[i].field;
    struct str soql = sf_import_query(g->page, g->wish.soql, fields, g->wish.n_columns, g->fault);
    if (!soql.ptr) return false;
    *path = sf_path(g->page, &g->config, arena_printf(g->page, "/query?q=%.*s", STR_ARG(encoded(g->page, soql))));
    return true;
}

static struct str line_of(struct arena *a, struct str text, char which)
{
    struct str rest, first = str_trim(str_cut(text, '\n', &rest));
    if (which == '1') return first;
    struct buf b = BUF_INIT;
    while (rest.ptr) {
        struct str line = str_trim(str_cut(rest, '\n', &rest));
        if (line.len) buf_addf(&b, "%s%.*s", b.len ? ", " : "", STR_ARG(line));
    }
    struct str out = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return out;
}

/* "Account.Name", "MailingStreet#1". */
static struct str cell(struct arena *a, struct json_value record, struct str field)
{
    struct str line, path = str_cut(field, '#', &line);
    struct json_value v = record;
    for (struct str rest = path; rest.ptr;) v = json_get(v, arena_str(a, str_cut(rest, '.', &rest)).ptr);
    if (v.type == JSON_MISSING || v.type == JSON_NULL || v.type == JSON_OBJECT || v.type == JSON_ARRAY) return STR("");
    if (v.type != JSON_STRING) return sf_json_text(a, v);
    return line.len ? line_of(a, v.string, *line.ptr) : v.string;
}

static void add_header(const struct reading *g, struct buf *b)
{
    csv_add_field(b, STR(SF_KEY_COLUMN), true, false);
    for (int i = 0; i < g->wish.n_columns; i++) csv_add_field(b, g->wish.columns[i].name, false, false);
    buf_addz(b, "\r\n");
}

static bool add_rows(struct reading *g, struct json_value records, struct buf *b)
{
    struct json_iter it = {0};
    struct json_value record;
    while (json_next(records, &it, NULL, &record)) {
        struct json_value id = json_get(record, "Id");
        if (id.type != JSON_STRING || !sf_id_is(id.string)) return false;
        csv_add_field(b, id.string, true, false);
        for (int i = 0; i < g->wish.n_columns; i++)
            csv_add_field(b, cell(g->page, record, g->wish.columns[i].field), false, false);
        buf_addz(b, "\r\n");
        g->row.n_rows++;
    }
    return true;
}

/* Behind what the row says is there: a page that a crash left half written is cut off. */
static bool append(struct reading *g, struct str text)
{
    int fd = open(g->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0) return fault_errno(g->fault, "%s cannot be opened", g->path);
    bool ok = ftruncate(fd, g->row.at_byte) == 0 && lseek(fd, g->row.at_byte, SEEK_SET) >= 0;
    if (!ok) fault_errno(g->fault, "%s cannot be written", g->path);
    ok = ok && fd_write_all(fd, text, g->fault);
    if (ok && fsync(fd) != 0) ok = fault_errno(g->fault, "%s cannot be made durable", g->path);
    close(fd);
    if (ok) g->row.at_byte += (int64_t)text.len;
    return ok;
}

static bool next_place(struct reading *g, struct json_value root)
{
    struct json_value next = json_get(root, "nextRecordsUrl"), done = json_get(root, "done"), all = json_get(root, "totalSize");
    if (all.type == JSON_INT && !g->row.place.ptr) g->row.n_all = all.integer;
    g->is_over = done.type == JSON_BOOL && done.boolean;
    if (g->is_over) return true;
    if (next.type != JSON_STRING || !str_starts(next.string, STR("/services/data/"))) return strange(g);
    g->row.place = arena_str(g->arena, next.string);
    return true;
}

static bool read_page(struct reading *g)
{
    struct str path = g->row.place, body;
    struct json_value root;
    struct buf b = BUF_INIT;
    bool is_first = !path.ptr;
    if (is_first && !first_path(g, &path)) return false;
    if (!call(g, path, &body)) return false;
    if (!json_parse(g->parser, json_padded(g->page, body), &root, NULL) || json_get(root, "records").type != JSON_ARRAY)
        return strange(g);
    if (is_first) add_header(g, &b);
    bool ok = add_rows(g, json_get(root, "records"), &b) || strange(g);
    ok = ok && append(g, buf_str(&b)) && next_place(g, root);
    buf_finish(&b);
    return ok;
}

/* ---- the row ---- */

static struct q_remote_import_move row_of(const struct reading *g, int64_t due_at)
{
    const struct remote_import *r = &g->row;
    return (struct q_remote_import_move){
        .account_id = g->account,
        .import_id = r->import_id,
        .state = r->state,
        .n_rows = r->n_rows,
        .n_all = r->n_all < 0 ? DB_NULL : r->n_all,
        .at_byte = r->at_byte,
        .place = r->place,
        .last_error = r->last_error,
        .due_at = due_at,
        .attempt = r->attempt,
    };
}

static bool keep(struct tx *tx, void *arg)
{
    const struct reading *g = arg;
    const struct remote_import *r = &g->row;
    int64_t now = tx_now(tx);
    bool is_failed = r->state == REMOTE_IMPORT_FAILED;
    struct q_remote_import_move in = row_of(g, is_failed ? DB_NULL : r->attempt ? retry_due(now, (int)r->attempt) : now);
    struct q_remote_import_claim claim = {g->account, r->import_id, store_node(tx_store(tx)), now + LEASE_MS, now};
    if (!tx_run(tx, Q_REMOTE_IMPORT_MOVE, &in, NULL)) return false;
    if (r->attempt || is_failed)
        return tx_run(tx, Q_REMOTE_IMPORT_REST, &(struct q_remote_import_rest){g->account, r->import_id}, NULL);
    return tx_run(tx, Q_REMOTE_IMPORT_CLAIM, &claim, NULL) && sf_usage_note(g->sf, tx, g->account, r->connection_id);
}

static bool claim(struct tx *tx, void *arg)
{
    const struct due_item *item = arg;
    int64_t changed = 0, now = tx_now(tx);
    struct q_remote_import_claim in = {item->account_id, item->id, store_node(tx_store(tx)), now + LEASE_MS, now};
    return tx_run(tx, Q_REMOTE_IMPORT_CLAIM, &in, &changed) &&
           (changed == 1 || tx_refuse(tx, FAULT_REMOTE, 0, "somebody else reads this import"));
}

static bool rest(struct tx *tx, void *arg)
{
    const struct due_item *item = arg;
    return tx_run(tx, Q_REMOTE_IMPORT_REST, &(struct q_remote_import_rest){item->account_id, item->id}, NULL);
}

/* Rides along with the intake's own unit: the file is an intake and the row says so, or neither. */
struct handing {
    struct rider rider; /* must be first */
    const struct reading *g;
    const struct intake *intake;
};

static bool ride_along(struct rider *r, struct tx *tx) { return (void)r, tx_ok(tx); }

static bool hand_over(struct rider *r, struct tx *tx)
{
    const struct handing *h = (const struct handing *)r;
    struct q_remote_import_move last = row_of(h->g, tx_now(tx));
    struct q_remote_import_handed in = {h->g->account, h->g->row.import_id, REMOTE_IMPORT_HANDED, h->intake->intake_id};
    return tx_run(tx, Q_REMOTE_IMPORT_MOVE, &last, NULL) && tx_run(tx, Q_REMOTE_IMPORT_HANDED, &in, NULL);
}

static bool as_intake(struct reading *g)
{
    struct intake in;
    struct handing h = {.rider = {.before = ride_along, .after = hand_over}, .g = g, .intake = &in};
    store_ride(&h.rider);
    bool ok = intake_keep(g->sf->house->mail, g->account, g->row.contact_list_id, g->path, STR(SF_KEY_COLUMN), &in, g->fault);
    store_ride(NULL);
    g->is_for_now = !ok && g->fault->whose != FAULT_USER;
    return ok;
}

/* ---- the source ---- */

static bool read_all(struct reading *g)
{
    while (!g->is_over) {
        if (jobs_stopping(g->sf->house->jobs)) return true;
        arena_reset(g->page);
        if (!read_page(g)) return false;
        g->row.attempt = 0;
        g->row.last_error = STR_NULL;
        if (!g->is_over && !store_write(g->sf->house->store, keep, g, g->fault)) return false;
    }
    return as_intake(g);
}

static bool open_reading(struct reading *g, int64_t import_id)
{
    const struct link_house *h = g->sf->house;
    struct json_value root;
    if (!remote_import_get(h->store, g->arena, g->account, import_id, &g->row, g->fault) ||
        !connection_get(h->store, h->seal, g->arena, g->account, g->row.connection_id, &g->connection, g->fault) ||
        !sf_config_read(g->arena, g->connection.settings, g->connection.secrets, &g->config, g->fault) ||
        !json_parse(g->parser, json_padded(g->arena, g->row.wish), &root, g->fault) ||
        !sf_wish_read(g->arena, &g->config, root, &g->wish, g->fault))
        return false;
    const char *folder = arena_printf(g->arena, "%s/files/imports", g->sf->data_dir);
    g->path = arena_printf(g->arena, "%s/%lld.csv", folder, (long long)import_id);
    if (!make_dirs(folder, 0750, g->fault)) return false;
    struct stat st;
    if (g->row.at_byte &&
        (stat(g->path, &st) != 0 || st.st_size < g->row.at_byte)) { /* a crash has taken it away: from the beginning */
        g->row.place = STR_NULL;
        g->row.at_byte = g->row.n_rows = 0;
    }
    return true;
}

static void failed(struct reading *g)
{
    struct fault f;
    g->row.attempt++;
    g->row.last_error = arena_str(g->arena, str_of(g->fault->text));
    if (!g->is_for_now || g->row.attempt > ATTEMPTS_MAX) g->row.state = REMOTE_IMPORT_FAILED;
    if (g->row.state == REMOTE_IMPORT_FAILED) unlink(g->path ? g->path : "");
    if (!store_write(g->sf->house->store, keep, g, &f))
        log_warning("salesforce", "An import could not be read: %s", g->fault->text);
}

static void run(void *ctx, struct due_item item)
{
    struct salesforce *s = ctx;
    struct fault f = {0};
    if (!store_write(s->house->store, claim, &item, &f)) return;
    struct reading g = {
        .sf = s, .arena = arena_create(1 << 14), .page = arena_create(1 << 20), .account = item.account_id, .fault = &f};
    g.parser = json_parser_create();
    g.row.import_id = item.id;
    bool is_known = open_reading(&g, item.id) || g.row.contact_list_id != 0;
    if (f.whose ? is_known : !read_all(&g))
        failed(&g);
    else if (!g.is_over && !store_write(s->house->store, rest, &item, &f)) /* the server stops */
        log_warning("salesforce", "An import's lease could not be given back: %s", f.text);
    json_parser_destroy(&g.parser);
    arena_destroy(&g.page);
    arena_destroy(&g.arena);
}

static int find(void *ctx, struct tx *tx, int64_t now, struct due_item *items, int n, int64_t *next_due)
{
    struct r_remote_import_due row;
    int found = 0;
    (void)ctx;
    struct rows r = tx_rows(tx, Q_REMOTE_IMPORT_DUE, &(struct q_remote_import_due){now, n});
    while (found < n && rows_next(&r, &row)) {
        if (row.due_at > now) {
            *next_due = row.due_at;
            break;
        }
        items[found++] = (struct due_item){row.account_id, row.import_id, 0};
    }
    rows_end(&r);
    return found;
}

void sf_imports_source_add(struct salesforce *s)
{
    jobs_add(s->house->jobs,
             &(struct due_source){.name = SF_SOURCE_IMPORTS, .n_threads = 2, .find = find, .run = run, .ctx = s});
}
