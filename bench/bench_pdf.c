/* bench_pdf.c: image-only postcards (6x9, two pages, one 1850 x 1250 picture shared by a file) through the writer on one core: pieces
 * a second, bytes a piece, peak memory. bench_pdf [PIECES [FILE]]: default 20000 pieces in temporary files of 5000; FILE is kept,
 * and written anew for each 5000. */
#include "base/durable.h"
#include "press/overlay.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define FONTS "/usr/share/fonts/truetype/noto/"
#define BARS  "AADTFFDFTDADTAADAATFDTDDAAADDTDTTDAFADADDDTFFFDDTTTADFAAADFTDAADA"
enum { PER_FILE = 5000, NAMES = 16 };

static const char *const first[NAMES] = {"MARIA",  "JOHN", "AGNIESZKA", "WILLIAM", "CHLOE",  "TRINH",  "OLUWASEUN", "PETER",
                                         "HANNAH", "LUIS", "SOFIA",     "GEORGE",  "INGRID", "DMITRI", "AISHA",     "ROBERT"};
static const char *const last[NAMES] = {"GARCIA",    "SMITH",  "KOWALSKA", "VAN DER BERG", "O'NEILL", "NGUYEN",
                                        "ADEYEMI",   "MILLER", "SCHMIDT",  "ALVAREZ",      "ROSSI",   "WASHINGTON",
                                        "LINDQVIST", "IVANOV", "KHAN",     "JONES"};
static const char *const city[NAMES] = {"BALTIMORE MD", "AUSTIN TX",  "CHICAGO IL", "BOISE ID",    "MIAMI FL",   "SAN JOSE CA",
                                        "DENVER CO",    "SEATTLE WA", "ATLANTA GA", "PORTLAND OR", "PHOENIX AZ", "BOSTON MA",
                                        "OMAHA NE",     "FARGO ND",   "TULSA OK",   "NEWARK NJ"};

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(bool is_done, const struct fault *f)
{
    if (is_done) return;
    fprintf(stderr, "%s\n", f->text);
    exit(1);
}

static int picture(struct pdf *p)
{
    struct buf pixels = BUF_INIT;
    int w = 1850, h = 1250;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            for (int c = 0; c < 3; c++) buf_add_byte(&pixels, (char)((x / 8 + y / 8 * (c + 1)) & 255));
    int image = pdf_image_raw(p, buf_str(&pixels), w, h, 3);
    buf_finish(&pixels);
    return image;
}

static void add_piece(struct pdf *p, struct overlay *o, const struct pdf_background *bg, int i, struct buf *ops)
{
    static const struct pdf_boxes boxes = {666, 450, 9};
    char name[80], street[80], place[80], note[32];
    struct fault f = {0};
    snprintf(name, sizeof name, "%s %s", first[i % NAMES], last[i / NAMES % NAMES]);
    snprintf(street, sizeof street, "%d N %s AVE APT %d", 1 + i * 7 % 9999, last[i * 5 % NAMES], 1 + i % 40);
    snprintf(place, sizeof place, "%s  %05d-%04d", city[i * 3 % NAMES], 10000 + i * 17 % 89999, i % 9999);
    snprintf(note, sizeof note, "1042-%d", i + 1);
    struct str lines[] = {str_of(name), STR("ACCOUNTS PAYABLE"), str_of(street), str_of(place)};
    struct overlay_piece piece = {.lines = lines, .n_lines = 4, .bars = STR(BARS), .note = str_of(note)};
    for (int page = 0; page < 2; page++) {
        buf_clear(ops);
        must(overlay_ops(o, &piece, page, ops, &f), &f);
        pdf_page(p, &boxes, bg, buf_str(ops));
    }
}

static int64_t one_file(int fd, int from, int n, const struct overlay_spec *spec, double *at_picture)
{
    struct arena *a = arena_create(4096);
    struct fault f = {0};
    struct buf ops = BUF_INIT;
    struct pdf *p = pdf_create(fd);
    double begun = now(CLOCK_PROCESS_CPUTIME_ID);
    struct pdf_background bg = {.image = picture(p)};
    *at_picture += now(CLOCK_PROCESS_CPUTIME_ID) - begun;
    struct overlay *o = overlay_create(p, spec, a, &f);
    must(o != NULL, &f);
    for (int i = 0; i < n; i++) add_piece(p, o, &bg, from + i, &ops);
    must(pdf_finish(p, &f), &f);
    int64_t bytes = pdf_bytes(p);
    pdf_destroy(&p);
    buf_finish(&ops);
    arena_destroy(&a);
    return bytes;
}

int main(int argc, char **argv)
{
    static const struct str from[] = {STR("Pennypost"), STR("1 Stamp Street"), STR("Baltimore MD 21201")};
    static const struct str stamp[] = {STR("FIRST-CLASS MAIL"), STR("U.S. POSTAGE PAID"), STR("PENNYPOST")};
    struct buf regular = BUF_INIT, bold = BUF_INIT;
    struct fault f = {0};
    int pieces = argc > 1 ? atoi(argv[1]) : 20000, fd;
    must(file_read(FONTS "NotoSans-Regular.ttf", 1 << 26, &regular, &f), &f);
    must(file_read(FONTS "NotoSans-Bold.ttf", 1 << 26, &bold, &f), &f);
    struct overlay_spec spec = {press_geometry(SIZE_6X9), from, stamp, 3, 3, true, buf_str(&regular), buf_str(&bold)};
    double at_picture = 0, wall = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    int64_t bytes = 0;
    for (int at = 0; at < pieces; at += PER_FILE) {
        FILE *tmp = argc > 2 ? NULL : tmpfile();
        fd = tmp ? fileno(tmp) : open(argv[2], O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
        if (fd < 0) return perror("bench_pdf"), 1;
        bytes += one_file(fd, at, pieces - at < PER_FILE ? pieces - at : PER_FILE, &spec, &at_picture);
        tmp ? fclose(tmp) : close(fd);
    }
    wall = now(CLOCK_MONOTONIC) - wall, cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    printf("%d pieces of 2 pages: %.0f pieces/s by CPU (%.0f without the picture), %.0f by wall clock; %.0f bytes a piece; "
           "peak %ld MB\n",
           pieces, pieces / cpu, pieces / (cpu - at_picture), pieces / wall, (double)bytes / pieces, use.ru_maxrss / 1024);
    buf_finish(&regular), buf_finish(&bold);
    return 0;
}
