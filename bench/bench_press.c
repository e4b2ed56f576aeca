/* bench_press.c: pieces a second and core through one real, sealed press worker: image-only, and HTML through its caged Chromium in
 * documents of 200; 6x9, two pages, one full-bleed picture of about 1.3 MB. Beside them, from the same run: for pictures how fast
 * this core deflates text (level 1, what a page's operators cost at least), for HTML a warm Chromium that prints the same HTML as
 * one plain document of 200, without merging, checking or writing.
 *
 *   bench_press [PICTURE PIECES [HTML PIECES]]      default 20000 1000
 *
 * A core's seconds are those of the worker (pictures), of the worker and all processes of Chromium (HTML). */
#include "base/clock.h"
#include "base/durable.h"
#include "base/json_out.h"
#include "press/cdp.h"
#include "press/pdf.h"
#include "press/press.h"
#include <dirent.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { PER_FILE = 5000, PER_DOCUMENT = 200, WIDTH = 2775, HEIGHT = 1875, MAX_PROCESSES = 8192 };

/* One document's head, one recipient's body; the picture's address and the values are put in by the press, or by us for the plain one. */
#define HEAD                                                                                                                   \
    "<!doctype html><html><head><style>body{margin:0;font:16px/1.35 'Noto Sans'}.page{position:relative;width:9.25in;"         \
    "height:6.25in;overflow:hidden}.page+.page{break-before:page}.photo{background:url(%s) 0 0/9.25in 6.25in}"                 \
    ".card{position:absolute;left:.5in;top:.5in;width:4in;padding:.2in;background:#fffc;border-radius:.1in}"                   \
    "h1{margin:0;font-size:30px}</style></head>"
#define BODY                                                                                                                   \
    "<body><div class='page photo'><div class=card><h1>Hello %s</h1><p>The harbour opens again on Saturday, with lamps, "      \
    "music and bread for all of %s. Bring this card with you, %s, and the first loaf is ours.</div></div>"                     \
    "<div class='page photo'><div class=card><p>A word more: %s</div></div></body>"

static void must(bool is_done, const struct fault *f)
{
    if (is_done) return;
    fprintf(stderr, "%s\n", f->text);
    exit(1);
}

static double seconds(void) { return (double)clock_mono_ms() / 1000; }

static double own_cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- processes ---- */

struct seen {
    int pid, parent;
    int64_t ticks;
};

static int processes_read(struct seen *all)
{
    DIR *d = opendir("/proc");
    int n = 0;
    for (struct dirent *e; n < MAX_PROCESSES && (e = readdir(d));) {
        long t[4];
        char path[300];
        struct seen s = {.pid = atoi(e->d_name)};
        snprintf(path, sizeof path, "/proc/%d/stat", s.pid);
        FILE *in = s.pid > 0 ? fopen(path, "r") : NULL;
        if (!in) continue;
        if (fscanf(in, "%*d (%*[^)]) %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld %ld %ld", &s.parent, &t[0], &t[1],
                   &t[2], &t[3]) == 5)
            s.ticks = t[0] + t[1] + t[2] + t[3], all[n++] = s;
        fclose(in);
    }
    closedir(d);
    return n;
}

static int parent_of(const struct seen *all, int n, int pid)
{
    for (int i = 0; i < n; i++)
        if (all[i].pid == pid) return all[i].parent;
    return 0;
}

/* CPU seconds so far of all that descend from us. */
static double children_cpu(void)
{
    static struct seen all[MAX_PROCESSES];
    int n = processes_read(all);
    int64_t ticks = 0;
    for (int i = 0; i < n; i++) {
        int at = all[i].parent;
        while (at > 1 && at != getpid()) at = parent_of(all, n, at);
        if (at == getpid()) ticks += all[i].ticks;
    }
    return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

static pid_t worker_find(void)
{
    static struct seen all[MAX_PROCESSES];
    int n = processes_read(all);
    for (int i = 0; i < n; i++) {
        char path[64], text[256] = "";
        if (all[i].parent != getpid()) continue;
        snprintf(path, sizeof path, "/proc/%d/cmdline", all[i].pid);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t got = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
        if (fd >= 0) close(fd);
        if (got > 0 && memmem(text, (size_t)got, "press-worker", 12)) return all[i].pid;
    }
    return 0;
}

/* ---- the picture: noise on a gradient, made a JPEG by pdftoppm ---- */

static struct str picture_make(struct arena *a)
{
    struct buf pixels = BUF_INIT, pdf = BUF_INIT, jpeg = BUF_INIT;
    struct fault f = {0};
    unsigned noise = 1;
    for (int i = 0; i < WIDTH * HEIGHT * 3; i++) {
        noise = noise * 1103515245 + 12345;
        buf_add_byte(&pixels, (char)(i / 3 % WIDTH / 16 + i / 3 / WIDTH / 24 + (int)(noise >> 16 & 63)));
    }
    int fd = memfd_create("picture", MFD_CLOEXEC);
    struct pdf *p = pdf_create(fd);
    struct pdf_boxes boxes = {666, 450, 9};
    struct pdf_background bg = {.image = pdf_image_raw(p, buf_str(&pixels), WIDTH, HEIGHT, 3)};
    pdf_page(p, &boxes, &bg, STR(""));
    must(pdf_finish(p, &f), &f);
    size_t n = (size_t)pdf_bytes(p);
    pdf.len = (size_t)pread(fd, buf_reserve(&pdf, n), n, 0);
    pdf_destroy(&p);
    close(fd);
    const char *argv[] = {"pdftoppm", "-jpeg", "-r", "300", "-singlefile", "-", NULL};
    must(process_run(argv, buf_str(&pdf), &jpeg, 60000, &f), &f);
    struct str s = arena_str(a, buf_str(&jpeg));
    buf_finish(&pixels), buf_finish(&pdf), buf_finish(&jpeg);
    return s;
}

/* ---- jobs ---- */

static struct press_piece *pieces_make(struct arena *a, int n)
{
    struct press_piece *pieces = ARENA_ARRAY(a, struct press_piece, n);
    for (int i = 0; i < n; i++) {
        struct str *v = ARENA_ARRAY(a, struct str, FIELD_KNOWN), *lines = ARENA_ARRAY(a, struct str, 3);
        v[FIELD_FIRST_NAME] = str_of(arena_printf(a, "Given%d", i));
        v[FIELD_ADDRESS_CITY] = str_of(arena_printf(a, "Town %d", i % 97));
        v[FIELD_VAR_1] = str_of(arena_printf(a, "number %d is yours until the end of the month.", i));
        lines[0] = str_of(arena_printf(a, "GIVEN%d FAMILY%d", i, i));
        lines[1] = str_of(arena_printf(a, "%d N MAIN ST APT %d", 1 + i * 7 % 9999, 1 + i % 40)),
        lines[2] = STR("CHICAGO IL  60601");
        pieces[i] = (struct press_piece){.values = v,
                                         .lines = lines,
                                         .n_lines = 3,
                                         .bars = "AADTFFDFTDADTAADAATFDTDDAAADDTDTTDAFADADDDTFFFDDTTTADFAAADFTDAADA"};
    }
    return pieces;
}

struct look { /* what was seen while a job ran */
    double cpu;
    int64_t worker_mb, chromium_mb, bytes;
    pid_t worker;
    int64_t looked_ms;
};

/* The press asks ten times a second whether to stop: the moment to look. Chromium's seconds are gone when it has ended. */
static bool look(void *ctx)
{
    struct look *l = ctx;
    if (clock_mono_ms() - l->looked_ms < 100) return false;
    l->looked_ms = clock_mono_ms();
    double cpu = children_cpu();
    if (!l->worker) l->worker = worker_find();
    int64_t mb = l->worker ? process_group_pss_mb(l->worker) : 0;
    if (cpu > l->cpu) l->cpu = cpu;
    if (mb > l->worker_mb) l->worker_mb = mb;
    return false;
}

static void job_run(struct press *press, const struct creative *c, const struct press_piece *pieces, int n, struct look *l)
{
    static const struct str from[] = {STR("Pennypost"), STR("1 Stamp Street"), STR("Baltimore MD 21201")};
    struct arena *a = arena_create(1 << 20);
    struct fault f = {0};
    struct press_outcome o;
    FILE *file = tmpfile();
    struct press_job job = {.creative = c,
                            .pieces = pieces,
                            .n_pieces = n,
                            .return_lines = from,
                            .n_return = 3,
                            .out_fd = fileno(file),
                            .stop = look,
                            .ctx = l};
    must(press_run(press, &job, a, &o, &f), &f);
    if (o.n_printed != n) fprintf(stderr, "%d pieces were refused\n", o.n_refused), exit(1);
    l->looked_ms = 0, look(l);
    l->bytes += o.bytes;
    if (o.chromium_peak_mb > l->chromium_mb) l->chromium_mb = o.chromium_peak_mb;
    fclose(file);
    arena_destroy(&a);
}

/* ---- pictures ---- */

static struct str text_make(struct buf *b)
{
    for (int i = 0; b->len < 8u << 20; i++)
        buf_addf(b, "BT /F1 9 Tf 1 0 0 1 %d.%d %d Tm (N MAIN ST APT %d) Tj ET\n", i % 600, i % 10, i % 450, i * 7 % 9999);
    return buf_str(b);
}

/* MB a second. */
static double deflate_speed(void)
{
    struct buf b = BUF_INIT;
    struct str text = text_make(&b);
    struct libdeflate_compressor *z = libdeflate_alloc_compressor(1);
    size_t room = libdeflate_zlib_compress_bound(z, text.len);
    void *out = malloc(room);
    double begun = own_cpu();
    int rounds = 0;
    for (; rounds < 5 || own_cpu() - begun < 1; rounds++) libdeflate_zlib_compress(z, text.ptr, text.len, out, room);
    double speed = (double)text.len * rounds / 1e6 / (own_cpu() - begun);
    libdeflate_free_compressor(z);
    free(out);
    buf_finish(&b);
    return speed;
}

static void pictures(struct press *press, struct str jpeg, const struct press_piece *pieces, int n)
{
    struct creative c = {.kind = CREATIVE_IMAGES, .g = press_geometry(SIZE_6X9), .image = {jpeg, jpeg}, .n_image = 2};
    struct look warm = {0}, l = {0};
    job_run(press, &c, pieces, 1, &warm);
    double cpu = children_cpu(), machine = deflate_speed(), wall = seconds();
    for (int at = 0; at < n; at += PER_FILE) job_run(press, &c, pieces + at, n - at < PER_FILE ? n - at : PER_FILE, &l);
    wall = seconds() - wall, cpu = l.cpu - cpu;
    printf("pictures: %d pieces: %.0f pieces/s/core (%.0f by wall clock), %.0f bytes a piece; worker's peak %lld MB\n"
           "   this core deflates %.0f MB/s of text: a piece costs as much as %.1f kB of it\n",
           n, n / cpu, n / wall, (double)l.bytes / n, (long long)l.worker_mb, machine, machine * cpu / n * 1000);
}

/* ---- HTML ---- */

static struct str html_make(struct arena *a, const char *photo)
{
    return str_of(
        arena_printf(a, HEAD BODY "</html>", photo, "{{first_name}}", "{{address_city}}", "{{first_name}}", "{{var_field_1}}"));
}

static double html_pieces(struct press *press, struct str jpeg, const struct press_piece *pieces, int n, struct arena *a)
{
    struct chromium_asset photo = {STR("asset:photo.jpg"), STR("image/jpeg"), jpeg};
    struct creative c = {.kind = CREATIVE_HTML,
                         .owner = 1,
                         .g = press_geometry(SIZE_6X9),
                         .html = {html_make(a, "asset:photo.jpg")},
                         .n_html = 1,
                         .assets = &photo,
                         .n_assets = 1};
    struct look warm = {0}, l = {0};
    job_run(press, &c, pieces, 1, &warm);
    double cpu = children_cpu(), wall = seconds();
    job_run(press, &c, pieces, n, &l);
    wall = seconds() - wall, cpu = l.cpu - cpu;
    printf("HTML: %d pieces, %d a document: %.0f pieces/s/core (%.0f by wall clock), %.0f bytes a piece; worker's peak %lld "
           "MB, Chromium's "
           "%lld MB\n",
           n, PER_DOCUMENT, n / cpu, n / wall, (double)l.bytes / n, (long long)l.worker_mb, (long long)l.chromium_mb);
    return n / cpu;
}

struct plain {
    struct chromium_cage cage;
    struct cdp *cdp;
    char frame[80];
};

static struct json_value call(struct plain *p, const char *method, const char *key, struct str value, const char *key2,
                              struct str value2)
{
    struct buf b = BUF_INIT;
    struct json_value r;
    struct fault f = {0};
    struct json_out o = json_out_begin(&b);
    json_object(&o, NULL);
    if (key) json_str(&o, key, value);
    if (key2) json_str(&o, key2, value2);
    if (strcmp(method, "Target.attachToTarget") == 0) json_bool(&o, "flatten", true);
    if (strcmp(method, "Runtime.evaluate") == 0) json_bool(&o, "awaitPromise", true);
    if (strcmp(method, "Page.printToPDF") == 0)
        json_bool(&o, "printBackground", true), json_bool(&o, "preferCSSPageSize", true);
    json_end(&o);
    json_out_end(&o);
    must(cdp_call(p->cdp, method, buf_str(&b), &r, &f), &f);
    buf_finish(&b);
    return r;
}

static void plain_open(struct plain *p)
{
    struct fault f = {0};
    must(chromium_cage_start(&p->cage, &f), &f);
    p->cdp = cdp_create(p->cage.to_fd, p->cage.from_fd);
    struct json_value r = call(p, "Target.createTarget", "url", STR("about:blank"), NULL, STR_NULL);
    char id[80];
    snprintf(id, sizeof id, "%.*s", STR_ARG(json_get(r, "targetId").string));
    r = call(p, "Target.attachToTarget", "targetId", str_of(id), NULL, STR_NULL);
    cdp_set_session(p->cdp, json_get(r, "sessionId").string);
    r = call(p, "Page.getFrameTree", NULL, STR_NULL, NULL, STR_NULL);
    snprintf(p->frame, sizeof p->frame, "%.*s", STR_ARG(json_get(json_get(json_get(r, "frameTree"), "frame"), "id").string));
}

/* Bytes of the PDF. */
static size_t plain_print(struct plain *p, struct str html)
{
    static const char ready[] =
        "Promise.all([document.fonts.ready,new Promise(r=>{const i=new Image();i.onload=i.onerror=r;"
        "i.src=getComputedStyle(document.querySelector('.photo')).backgroundImage.slice(5,-2)})]).then(()=>0)";
    call(p, "Page.setDocumentContent", "frameId", str_of(p->frame), "html", html);
    call(p, "Runtime.evaluate", "expression", str_of(ready), NULL, STR_NULL);
    struct json_value r = call(p, "Page.printToPDF", "transferMode", STR("ReturnAsStream"), NULL, STR_NULL);
    char handle[80];
    snprintf(handle, sizeof handle, "%.*s", STR_ARG(json_get(r, "stream").string));
    size_t n = 0;
    for (bool is_end = false; !is_end;) {
        r = call(p, "IO.read", "handle", str_of(handle), NULL, STR_NULL);
        n += json_get(r, "data").string.len / 4 * 3;
        is_end = json_get(r, "eof").boolean;
    }
    return n;
}

static struct str plain_html(struct str jpeg, const struct press_piece *pieces, struct buf *b, struct arena *a)
{
    struct str page = STR("<style>@page{margin:0;size:9.25in 6.25in}body{position:relative;break-after:page}</style>");
    unsigned char *base64 = arena_alloc(a, jpeg.len * 4 / 3 + 8);
    EVP_EncodeBlock(base64, (const unsigned char *)jpeg.ptr, (int)jpeg.len);
    buf_addf(b, HEAD, arena_printf(a, "data:image/jpeg;base64,%s", (const char *)base64));
    buf_add_str(b, page);
    for (int i = 0; i < PER_DOCUMENT; i++) {
        const struct str *v = pieces[i].values;
        buf_addf(b, BODY, v[FIELD_FIRST_NAME].ptr, v[FIELD_ADDRESS_CITY].ptr, v[FIELD_FIRST_NAME].ptr, v[FIELD_VAR_1].ptr);
    }
    return buf_str(b);
}

static double plain_pieces(struct str jpeg, const struct press_piece *pieces, int n, struct arena *a)
{
    struct plain p = {0};
    struct buf b = BUF_INIT;
    struct str html = plain_html(jpeg, pieces, &b, a);
    plain_open(&p);
    size_t bytes = plain_print(&p, html); /* warm */
    double cpu = children_cpu(), wall = seconds();
    int done = 0;
    for (; done < n; done += PER_DOCUMENT) plain_print(&p, html);
    wall = seconds() - wall, cpu = children_cpu() - cpu;
    printf("   plain Chromium, warm, one document of %d: %.0f pieces/s/core (%.0f by wall clock), %.0f bytes a piece\n",
           PER_DOCUMENT, done / cpu, done / wall, (double)bytes / PER_DOCUMENT);
    cdp_destroy(&p.cdp);
    chromium_cage_stop(&p.cage);
    buf_finish(&b);
    return done / cpu;
}

int main(int argc, char **argv)
{
    int code, n_pictures = argc > 1 ? atoi(argv[1]) : 20000, n_html = argc > 2 ? atoi(argv[2]) : 1000;
    struct fault f = {0};
    if (press_worker_main(argc, argv, &code)) return code;
    signal(SIGPIPE, SIG_IGN);
    struct arena *a = arena_create(1 << 20);
    int most = n_pictures > n_html ? n_pictures : n_html;
    const struct press_piece *pieces = pieces_make(a, most > PER_DOCUMENT ? most : PER_DOCUMENT);
    struct str jpeg = picture_make(a);
    printf("6x9, two pages, one picture of %.2f MB\n", (double)jpeg.len / 1e6);
    struct press *press = press_create(1, &f);
    pictures(press, jpeg, pieces, n_pictures);
    if (chromium_is_available(&f)) {
        double ours = html_pieces(press, jpeg, pieces, n_html, a), plain = plain_pieces(jpeg, pieces, n_html, a);
        printf("   ours to plain: %.2f\n", ours / plain);
    } else {
        printf("HTML: %s\n", f.text);
    }
    press_destroy(&press);
    arena_destroy(&a);
    return 0;
}
