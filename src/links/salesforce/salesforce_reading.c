/* salesforce_reading.c: one page of an import's query, from Salesforce onto the end of the import's file. Called by the job (salesforce_import.c), a
 * page at a time; what the row says of the file is changed when the page is on the disk. */
#include "links/salesforce/salesforce_reading.h"
#include "links/call.h"
#include "base/clock.h"
#include "base/durable.h"
#include "base/failpoint.h"
#include "base/limits.h"
#include "net/url.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define ALL_READ "all read" /* the place behind the last page */
enum { RESTARTS_MAX = 5 };

bool sf_reading_is_over(const struct sf_reading *g) { return g->row.place.ptr && str_eq(g->row.place, STR(ALL_READ)); }

/* Salesforce has lost the query, or we have lost the file. */
void sf_reading_restart(struct sf_reading *g)
{
    g->row.place = STR_NULL;
    g->row.at_byte = g->row.n_rows = 0;
    g->row.n_all = -1;
}

/* A query is kept there for a while only. An import that never gets to its end in that time ends here. */
static bool query_is_lost(struct sf_reading *g)
{
    sf_reading_restart(g);
    g->is_for_now = ++g->row.restarts <= RESTARTS_MAX;
    if (g->is_for_now)
        return fault_remote(g->fault, "Salesforce no longer knows the query (INVALID_QUERY_LOCATOR): it is read from its "
                                      "beginning again. No contact comes twice.");
    return fault_user(g->fault, 400,
                      "Salesforce forgot the query %d times before it was read to its end (INVALID_QUERY_LOCATOR). Import "
                      "fewer records at a time, by a WHERE in soql.",
                      RESTARTS_MAX + 1);
}

static bool used_up(struct sf_reading *g, int64_t until)
{
    g->is_for_now = true;
    g->pause_until = until;
    return fault_remote(
        g->fault,
        "The organisation has used nearly all of its API requests of the day: the import goes on when there is room.");
}

/* With a copy of the connection: what a renewal reads again lies in the page's arena, which is reset before the next page. */
static bool ask_for(struct sf_reading *g, struct fetch_ask *ask, struct connector_answer *answer)
{
    const struct link_house *h = g->sf->house;
    struct connection c = g->connection;
    struct fault f;
    bool ok = connector_call(h, &g->sf->connector, &c, ask, g->page, answer, g->fault);
    if (c.version != g->connection.version)
        (void)connection_get(h->store, h->seal, g->arena, g->account, c.connection_id, &g->connection,
                             &f); /* else the next call renews */
    return ok;
}

static bool call(struct sf_reading *g, struct str path, struct str *body)
{
    struct connector_answer answer;
    int64_t now = clock_now_ms(), until = sf_pace(g->sf, g->row.connection_id, now);
    if (until > now) return used_up(g, until);
    struct fetch_ask ask = {.method = "GET", .url = path};
    if (!ask_for(g, &ask, &answer)) {
        g->is_for_now = g->fault->whose != FAULT_USER;
        return false;
    }
    *body = answer.body;
    if (answer.result == LINK_OK) return true;
    if (answer.result == LINK_PAUSE_DESTINATION) return used_up(g, now + limit_get(LIMIT_SALESFORCE_FULL_PAUSE_S) * 1000);
    struct sf_error e;
    sf_error_read(answer.body, &e);
    if (strcmp(e.code, "INVALID_QUERY_LOCATOR") == 0 && g->row.place.ptr) return query_is_lost(g);
    g->is_for_now = answer.result == LINK_RETRY_LATER || answer.is_young;
    return fault_user(g->fault, 400, "%s", answer.sentence);
}

static bool strange(struct sf_reading *g)
{
    g->is_for_now = true;
    return fault_remote(g->fault, "Salesforce's answer has not the shape of an answer to a query.");
}

/* The view's own query says what is in it; only our columns are read of that. */
static bool view_query(struct sf_reading *g)
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

static bool first_path(struct sf_reading *g, struct str *path)
{
    struct str *fields = ARENA_ARRAY(g->page, struct str, SF_COLUMNS_MAX);
    if (g->wish.list_view.ptr && !view_query(g)) return false;
    for (int i = 0; i < g->wish.n_columns; i++) fields[i] = g->wish.columns[i].field;
    struct str soql = sf_import_query(g->page, g->wish.soql, fields, g->wish.n_columns, g->fault);
    if (!soql.ptr) return false;
    *path = sf_path(g->page, &g->config, arena_printf(g->page, "/query?q=%.*s", STR_ARG(url_encoded(g->page, soql))));
    return true;
}

/* Another node, or somebody who tidies, has taken it away since it was opened. */
static bool file_is_lost(struct sf_reading *g)
{
    sf_reading_restart(g);
    g->is_for_now = true;
    return fault_remote(g->fault, "The file of the pages that were read is gone: they are read from the beginning again. No "
                                  "contact comes twice.");
}

/* The file, at the end of what the row says is in it: a page that a crash left half written is cut off. -1 with a fault. */
static int open_at_end(struct sf_reading *g)
{
    struct stat st;
    int fd = open(g->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0) return fault_errno(g->fault, "%s cannot be opened", g->path), -1;
    bool ok = fstat(fd, &st) == 0;
    if (ok && st.st_size < g->row.at_byte) {
        close(fd);
        return file_is_lost(g), -1;
    }
    ok = ok && ftruncate(fd, g->row.at_byte) == 0 && lseek(fd, g->row.at_byte, SEEK_SET) >= 0;
    if (ok) return fd;
    fault_errno(g->fault, "%s cannot be written", g->path);
    close(fd);
    return -1;
}

static bool append(struct sf_reading *g, struct str text)
{
    if (g->row.at_byte + (int64_t)text.len > limit_get(LIMIT_HTTP_MAX_UPLOAD_BYTES))
        return fault_user(g->fault, 413,
                          "The records fill more than the %lld bytes that a list is imported from at once "
                          "(http.max_upload_bytes). Import fewer at a time, by a WHERE in soql.",
                          (long long)limit_get(LIMIT_HTTP_MAX_UPLOAD_BYTES));
    int fd = open_at_end(g);
    if (fd < 0) return false;
    bool ok = fd_write_all(fd, text, g->fault);
    if (ok && fsync(fd) != 0) ok = fault_errno(g->fault, "%s cannot be made durable", g->path);
    close(fd);
    return ok;
}

/* Where the page behind this one begins. One that leads to itself would be read for ever. */
static bool next_place(struct sf_reading *g, struct json_value root, struct str *place)
{
    struct json_value next = json_get(root, "nextRecordsUrl"), done = json_get(root, "done");
    if (done.type == JSON_BOOL && done.boolean) {
        *place = STR(ALL_READ);
        return true;
    }
    if (next.type != JSON_STRING || !str_starts(next.string, STR("/services/data/")) || str_eq(next.string, g->row.place))
        return strange(g);
    *place = arena_str(g->arena, next.string);
    return true;
}

/* A side that never comes to an end would be read until the disk is full. */
static bool is_in_bounds(struct sf_reading *g, int64_t n, struct str place)
{
    g->is_for_now = true;
    if (n == 0 && !str_eq(place, STR(ALL_READ)))
        return fault_remote(g->fault, "Salesforce gave a page without records, and said that more come.");
    if (g->row.n_all >= 0 && g->row.n_rows + n > g->row.n_all)
        return fault_remote(g->fault, "Salesforce said that there are %lld records, and gave more.", (long long)g->row.n_all);
    g->is_for_now = false;
    return true;
}

/* The row is changed when all of the page is on the disk, and by nothing less. */
static bool take_page(struct sf_reading *g, struct json_value root, struct buf *b)
{
    struct json_value all = json_get(root, "totalSize");
    struct str place;
    bool is_first = !g->row.place.ptr;
    if (is_first) sf_rows_header(&g->wish, b);
    int64_t n = sf_rows_add(g->page, &g->wish, json_get(root, "records"), b);
    if (n < 0 || !next_place(g, root, &place)) return n < 0 ? strange(g) : false;
    if (all.type == JSON_INT && is_first) g->row.n_all = all.integer;
    if (!is_in_bounds(g, n, place) || !append(g, buf_str(b))) return false;
    (void)FAILPOINT("salesforce.page.written");
    g->row.at_byte += (int64_t)b->len;
    g->row.n_rows += n;
    g->row.place = place;
    return true;
}

bool sf_reading_page(struct sf_reading *g)
{
    struct str path = g->row.place, body;
    struct json_value root;
    struct buf b = BUF_INIT;
    if (!path.ptr && !first_path(g, &path)) return false;
    if (!call(g, path, &body)) return false;
    if (!json_parse(g->parser, json_padded(g->page, body), &root, NULL) || json_get(root, "records").type != JSON_ARRAY)
        return strange(g);
    bool ok = take_page(g, root, &b);
    buf_finish(&b);
    return ok;
}
