/* bench_scan_parse.c: what a scan costs to read, on one core: delimited rows of 25 columns and JSON objects of the same fields, and each
 * again as gzip. Beside it, over the same bytes: finding the line ends with memchr, inflate alone, and for JSON the bare parse of each
 * object (base/json). Then what a scan means (track_emits). bench_scan_parse [ROWS]: default 100000 rows. Nanoseconds a row of CPU time,
 * best of three. */
#include "base/buf.h"
#include "base/json.h"
#include "postal/status.h"
#include "postal/track.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <zlib.h>

#define NOW INT64_C(1781481600000) /* 2026-06-15 */
enum { PIECE = 65536, ROUNDS = 3 };

static const char *const names[] = {"edocJobId",
                                    "edocMailingGroupId",
                                    "edocSubmitterCrid",
                                    "handlingEventType",
                                    "idTag",
                                    "imb",
                                    "imbMid",
                                    "imbRoutingCode",
                                    "imbSerialNumber",
                                    "imbStid",
                                    "imbTrackingCode",
                                    "ldeDeliveryMode",
                                    "machineId",
                                    "machineName",
                                    "mailClassDescription",
                                    "mailPhase",
                                    "mailShapeDescription",
                                    "predictedDeliveryDate",
                                    "routingCodeImbMatchingPortion",
                                    "scanDatetime",
                                    "scanEventCode",
                                    "scanFacilityCity",
                                    "scanFacilityName",
                                    "scanFacilityState",
                                    "scanFacilityZip"};
enum { N_NAMES = sizeof names / sizeof *names };

static double cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The values of one row, in the order of the names. */
static void row_values(int i, char v[N_NAMES][64])
{
    static const char *const ops[] = {"891", "893", "918", "919"};
    static const char *const phases[] = {"Phase 1 - Origin Processing", "Phase 2a - Destination MMP Processing",
                                         "Phase 3c - Destination Sequenced Carrier Sortation",
                                         "Phase 3c - Destination Sequenced Carrier Sortation"};
    static const char *const cities[] = {"TAMPA", "CHICAGO", "LOS ANGELES", "SAINT LOUIS"};
    static const char *const zips[] = {"33605", "60607", "90052", "63155"};
    int serial = (int)((unsigned)i * 2654435761u % 1000000);
    memset(v, 0, N_NAMES * sizeof *v);
    snprintf(v[0], 64, "%08d", i / 5000), snprintf(v[1], 64, "%d", 12345 + i / 9000), strcpy(v[2], "12345678"),
        strcpy(v[3], "A");
    strcpy(v[6], "901052658"), strcpy(v[7], "33573680167"), snprintf(v[8], 64, "%06d", serial), strcpy(v[9], "271");
    snprintf(v[10], 64, "00271901052658%06d", serial), snprintf(v[12], 64, "%03d", i % 90),
        snprintf(v[13], 64, "DBCS-%03d", i % 90);
    strcpy(v[14], "First-Class Mail"), strcpy(v[15], phases[i % 4]), strcpy(v[16], "Letter"), strcpy(v[17], "2026-06-03");
    strcpy(v[18], "33573680167");
    snprintf(v[19], 64, "2026-05-%02dT%02d:%02d:%02d", 1 + i % 28, i / 3 % 24, i / 7 % 60, i % 60), strcpy(v[20], ops[i % 4]);
    strcpy(v[21], cities[i % 4]), snprintf(v[22], 64, "%s P&DC", cities[i % 4]), strcpy(v[23], "FL"),
        strcpy(v[24], zips[i % 4]);
}

static void make(struct buf *delimited, struct buf *json, int rows)
{
    char v[N_NAMES][64];
    for (int c = 0; c < N_NAMES; c++) buf_addf(delimited, "%s%s", c ? "," : "", names[c]);
    buf_addz(delimited, "\n");
    buf_addz(json, "{\"msgGrpId\":\"1\",\"events\":[");
    for (int i = 0; i < rows; i++) {
        row_values(i, v);
        buf_addz(json, i ? "," : "");
        for (int c = 0; c < N_NAMES; c++) {
            buf_addf(delimited, "%s%s", c ? "," : "", v[c]);
            buf_addf(json, "%s\"%s\":\"%s\"", c ? "," : "{", names[c], v[c]);
        }
        buf_addz(delimited, "\n");
        buf_addz(json, "}");
    }
    buf_addz(json, "]}");
}

static struct buf zip(struct str s)
{
    struct buf out = BUF_INIT;
    z_stream z = {0};
    if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) exit(1);
    z.next_in = (Bytef *)(uintptr_t)s.ptr, z.avail_in = (uInt)s.len;
    z.next_out = (Bytef *)buf_reserve(&out, s.len), z.avail_out = (uInt)s.len;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END) exit(1);
    out.len = z.total_out;
    deflateEnd(&z);
    return out;
}

struct count {
    int good, refused;
    struct scan *kept; /* of one round */
};
static bool on_row(void *ctx, const struct scan_row *row)
{
    struct count *c = ctx;
    if (row->reason == SCAN_FINE)
        c->kept[c->good++] = row->scan;
    else
        c->refused++;
    return true;
}

static double read_ns(struct str s, int rows, struct scan *kept)
{
    double best = 1e30;
    for (int round = 0; round < ROUNDS; round++) {
        struct count c = {0, 0, kept};
        double began = cpu_ns();
        struct scan_reader *r = scan_reader_create(NOW, on_row, &c);
        for (size_t i = 0; i < s.len; i += PIECE)
            scan_reader_feed(r, str_make(s.ptr + i, s.len - i < PIECE ? s.len - i : PIECE));
        scan_reader_end(r);
        scan_reader_destroy(&r);
        double took = cpu_ns() - began;
        if (c.good != rows || c.refused) {
            fprintf(stderr, "%d rows of %d were read, %d refused\n", c.good, rows, c.refused);
            exit(1);
        }
        if (took < best) best = took;
    }
    return best / rows;
}

static double memchr_ns(struct str s, int rows, char what)
{
    double best = 1e30;
    size_t found = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double began = cpu_ns();
        for (const char *p = s.ptr, *end = s.ptr + s.len; (p = memchr(p, what, (size_t)(end - p))); p++) found++;
        double took = cpu_ns() - began;
        if (took < best) best = took;
    }
    if (found < (size_t)rows) exit(1);
    return best / rows;
}

static double inflate_ns(struct str s, int rows)
{
    static char window[PIECE];
    double began = cpu_ns();
    z_stream z = {0};
    if (inflateInit2(&z, 15 + 16) != Z_OK) exit(1);
    z.next_in = (Bytef *)(uintptr_t)s.ptr, z.avail_in = (uInt)s.len;
    int result;
    do {
        z.next_out = (Bytef *)window, z.avail_out = PIECE;
        result = inflate(&z, Z_NO_FLUSH);
    } while (result == Z_OK);
    inflateEnd(&z);
    return (cpu_ns() - began) / rows;
}

/* The objects one by one, cut at "},{". */
static double json_ns(struct str s, int rows)
{
    struct json_parser *p = json_parser_create();
    struct json_value root;
    const char *at = memchr(s.ptr, '[', s.len), *end = s.ptr + s.len;
    double began = cpu_ns();
    while (at + 1 < end && at[1] == '{') {
        const char *close = memchr(at, '}', (size_t)(end - at));
        if (!json_parse(p, str_make(at + 1, (size_t)(close - at)), &root, NULL)) exit(1);
        at = close + 1;
    }
    double took = cpu_ns() - began;
    json_parser_destroy(&p);
    return took / rows;
}

static double track_ns(const struct scan *scans, int rows)
{
    static const struct track_piece piece = {336, 606, 271, false};
    static const struct track_seen seen[3] = {
        {NOW - 20 * 86400000LL, 33605, STATUS_BIT(STATUS_MAILED) | STATUS_BIT(STATUS_IN_TRANSIT)},
        {NOW - 19 * 86400000LL, 60607, STATUS_BIT(STATUS_IN_LOCAL_AREA)},
        {NOW - 18 * 86400000LL, 60607, 0}};
    unsigned all = 0;
    double began = cpu_ns();
    for (int i = 0; i < rows; i++) all |= track_emits(op_table_default(), &scans[i], &piece, seen, 3);
    double took = cpu_ns() - began;
    return all ? took / rows : 0;
}

int main(int argc, char **argv)
{
    int rows = argc > 1 ? atoi(argv[1]) : 100000;
    struct buf delimited = BUF_INIT, json = BUF_INIT;
    struct scan *kept = calloc((size_t)rows, sizeof *kept);
    if (rows < 1 || !kept) return 2;
    make(&delimited, &json, rows);
    buf_reserve(&json, JSON_PADDING);
    struct buf delimited_gz = zip(buf_str(&delimited)), json_gz = zip(buf_str(&json));
    printf("%d rows; %zu bytes a delimited row of %d columns, %zu a JSON object; a record takes %zu bytes\n", rows,
           delimited.len / (size_t)rows, (int)N_NAMES, json.len / (size_t)rows, sizeof(struct scan));
    printf("delimited        %7.0f ns a row   (memchr over the same bytes %.0f)\n", read_ns(buf_str(&delimited), rows, kept),
           memchr_ns(buf_str(&delimited), rows, '\n'));
    printf("delimited, gzip  %7.0f ns a row   (inflate alone %.0f)\n", read_ns(buf_str(&delimited_gz), rows, kept),
           inflate_ns(buf_str(&delimited_gz), rows));
    printf("JSON             %7.0f ns a row   (memchr %.0f, bare parse of each object %.0f)\n",
           read_ns(buf_str(&json), rows, kept), memchr_ns(buf_str(&json), rows, '}'), json_ns(buf_str(&json), rows));
    printf("JSON, gzip       %7.0f ns a row   (inflate alone %.0f)\n", read_ns(buf_str(&json_gz), rows, kept),
           inflate_ns(buf_str(&json_gz), rows));
    printf("its meaning      %7.0f ns a scan\n", track_ns(kept, rows));
    buf_finish(&delimited), buf_finish(&json), buf_finish(&delimited_gz), buf_finish(&json_gz);
    free(kept);
    return 0;
}
