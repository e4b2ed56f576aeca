/* op_table.c: the operation table: read from CSV, compiled to an array with a cell for each operation, phase and evidence. Made at
 * start-up, or at first use (the built-in one); read by any thread. An unusable table is a fault that names line and column. */
#include "postal/track.h"
#include "postal/op_codes.h"
#include "postal/scan_private.h"
#include "postal/status.h"
#include "base/csv.h"
#include "base/durable.h"
#include "base/log.h"
#include <pthread.h>
#include <stdlib.h>

#define OPS       1000
#define EVIDENCES 4
#define UNDECIDED UINT16_MAX
#define MAX_BYTES (1 << 20)

struct op_table {
    uint16_t emits[OPS][SCAN_PHASES][EVIDENCES];
};

/* One line of the file, parsed. */
struct rule {
    bool op[OPS], phase[SCAN_PHASES];
    unsigned needs, emits;
};
struct reading {
    struct op_table *table;
    struct rule rule;
    struct fault *f;
    bool is_bad, has_header;
};

static bool complain(struct reading *r, const struct csv_row *row, const char *column, struct str word, const char *what)
{
    r->is_bad = true;
    return fault_user(r->f, 400, "line %lld, column %s: \"%s\" %s", (long long)row->line, column, scan_quote(word).text, what);
}

static bool op_number(struct str s, int *out)
{
    int64_t v;
    if (s.len == 0 || s.len > 3 || !str_to_int64(s, &v) || v < 0) return false;
    *out = (int)v;
    return true;
}

static bool op_word(struct rule *rule, struct str word)
{
    struct str to, from = str_cut(word, '-', &to);
    int first = 0, last = OPS - 1;
    if (!str_eq(word, STR("*"))) {
        if (!op_number(from, &first)) return false;
        last = first;
        if (to.ptr && (!op_number(to, &last) || last < first)) return false;
    }
    for (int op = first; op <= last; op++) rule->op[op] = true;
    return true;
}

static bool phase_word(struct rule *rule, struct str word)
{
    bool is_any = str_eq(word, STR("*")), is_known = is_any;
    for (int i = 0; i < SCAN_PHASES; i++)
        if (is_any || str_eq(word, str_of(scan_phase_key(i)))) rule->phase[i] = is_known = true;
    return is_known;
}

static bool needs_word(struct rule *rule, struct str word)
{
    bool is_return = str_eq(word, STR("return")), is_tag = str_eq(word, STR("id_tag"));
    rule->needs |= is_return ? OP_EVIDENCE_RETURN : is_tag ? OP_EVIDENCE_ID_TAG : 0u;
    return is_return || is_tag;
}

static bool status_word(struct rule *rule, struct str word)
{
    if (str_eq(word, STR("none"))) return true;
    const struct status_def *d = status_by_name(word);
    bool is_scan = d && (d->code == STATUS_IN_TRANSIT || d->code == STATUS_IN_LOCAL_AREA || d->code == STATUS_PROCESSED ||
                         d->code == STATUS_REROUTED || d->code == STATUS_RETURNED);
    if (is_scan) rule->emits |= STATUS_BIT(d->code);
    return is_scan;
}

static const struct {
    const char *name, *wrong;
    bool (*take)(struct rule *rule, struct str word);
    bool may_be_empty;
} columns[] = {
    {"op", "is not an operation code 000 to 999, a range of them, or *", op_word, false},
    {"phase", "is not a phase (0 1 1a 1b 2 2a 2b 2c 3a 3b 3c 4c pars fpars misc foreign none) or *", phase_word, false},
    {"needs", "is neither return nor id_tag", needs_word, true},
    {"status", "is not a status that a scan can cause, or none", status_word, false},
};
#define N_COLUMNS (sizeof columns / sizeof *columns)

static bool rule_parse(struct reading *r, const struct csv_row *row)
{
    r->rule = (struct rule){0};
    for (size_t i = 0; i < N_COLUMNS; i++) {
        struct str rest = i < row->n ? str_trim(row->fields[i]) : STR("");
        if (rest.len == 0 && !columns[i].may_be_empty) return complain(r, row, columns[i].name, rest, "must say something");
        while (rest.ptr && rest.len > 0) {
            struct str word = str_cut(rest, ' ', &rest);
            if (word.len && !columns[i].take(&r->rule, word)) return complain(r, row, columns[i].name, word, columns[i].wrong);
        }
    }
    return true;
}

/* Fills the cells that no line above has decided. False: there is none. */
static bool rule_apply(struct op_table *t, const struct rule *rule)
{
    bool is_reached = false;
    for (int op = 0; op < OPS; op++) {
        if (!rule->op[op]) continue;
        for (int phase = 0; phase < SCAN_PHASES; phase++) {
            if (!rule->phase[phase]) continue;
            for (unsigned e = 0; e < EVIDENCES; e++) {
                if ((e & rule->needs) != rule->needs || t->emits[op][phase][e] != UNDECIDED) continue;
                t->emits[op][phase][e] = (uint16_t)rule->emits;
                is_reached = true;
            }
        }
    }
    return is_reached;
}

static bool header_check(struct reading *r, const struct csv_row *row)
{
    for (size_t i = 0; i < N_COLUMNS; i++)
        if (i >= row->n || !str_eq_nocase(row->fields[i], str_of(columns[i].name)))
            return complain(r, row, columns[i].name, i < row->n ? row->fields[i] : STR(""),
                            "stands where its name should: the columns are op,phase,needs,status,source");
    r->has_header = true;
    return true;
}

static bool on_row(void *ctx, const struct csv_row *row)
{
    struct reading *r = ctx;
    if (row->bad) {
        r->is_bad = true;
        return fault_user(r->f, 400, "line %lld %s", (long long)row->line, row->bad);
    }
    if (row->n > 0 && row->fields[0].len > 0 && row->fields[0].ptr[0] == '#') return true;
    if (!r->has_header) return header_check(r, row);
    if (!rule_parse(r, row)) return false;
    if (rule_apply(r->table, &r->rule)) return true;
    return complain(r, row, "op", row->fields[0], "is decided by the lines above in every case: this line says nothing");
}

struct op_table *op_table_read(struct str csv, struct fault *f)
{
    struct reading r = {.table = malloc(sizeof(struct op_table)), .f = f};
    ASSERT(r.table);
    memset(r.table, 0xFF, sizeof *r.table);
    struct csv_reader *reader = csv_reader_create(on_row, &r);
    csv_reader_resume(reader, ',', 1, 0); /* the texts hold semicolons */
    if (csv_reader_feed(reader, csv)) csv_reader_end(reader);
    csv_reader_destroy(&reader);
    if (!r.is_bad && !r.has_header) {
        r.is_bad = true;
        fault_user(f, 400, "line 1: the operation table is empty; its columns are op,phase,needs,status,source");
    }
    if (r.is_bad) op_table_destroy(&r.table);
    return r.table;
}

struct op_table *op_table_load(const char *path, struct fault *f)
{
    struct buf b = BUF_INIT;
    struct fault inner = {0};
    struct op_table *t = NULL;
    if (!file_read(path, MAX_BYTES, &b, f)) {
        buf_finish(&b);
        return NULL;
    }
    t = op_table_read(buf_str(&b), &inner);
    if (!t) fault_operator(f, "%s, %s", path, inner.text);
    buf_finish(&b);
    return t;
}

void op_table_destroy(struct op_table **t)
{
    if (!t) return;
    free(*t);
    *t = NULL;
}

static struct op_table *built_in;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void built_in_make(void)
{
    struct fault f = {0};
    built_in = op_table_read(STR(OP_CODES_CSV), &f);
    if (!built_in) log_error("postal", "share/op_codes.csv: %s", f.text);
    ASSERT(built_in);
}

const struct op_table *op_table_default(void)
{
    pthread_once(&once, built_in_make);
    return built_in;
}

unsigned op_table_get(const struct op_table *t, int op_code, enum scan_phase phase, unsigned evidence)
{
    if (op_code < 0 || op_code >= OPS || phase >= SCAN_PHASES) return 0;
    uint16_t emits = t->emits[op_code][phase][evidence & (EVIDENCES - 1)];
    return emits == UNDECIDED ? 0 : emits;
}
