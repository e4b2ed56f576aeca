/* sample.c: see sample.h. Temporary files lie in a folder of the process's own below $TMPDIR and are removed at exit. */
#include "sample.h"
#include "base/durable.h"
#include "base/settings.h"
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FONTS "/usr/share/fonts/truetype/noto/"

static struct str font(struct buf *kept, const char *path)
{
    struct fault f;
    if (kept->len == 0 && !file_read(path, 64 << 20, kept, &f)) fprintf(stderr, "%s\n", f.text), abort();
    return buf_str(kept);
}

struct str sample_font_regular(void)
{
    static struct buf kept;
    return font(&kept, FONTS "NotoSans-Regular.ttf");
}

struct str sample_font_bold(void)
{
    static struct buf kept;
    return font(&kept, FONTS "NotoSans-Bold.ttf");
}

static char folder[256];
static void remove_folder(void) { remove_tree(folder, NULL); }

const char *sample_path(const char *name)
{
    static char paths[8][400];
    static int next;
    if (!folder[0]) {
        const char *tmp = getenv("TMPDIR");
        snprintf(folder, sizeof folder, "%s/pennypost-press-XXXXXX", tmp ? tmp : "/tmp");
        if (!mkdtemp(folder)) abort();
        atexit(remove_folder);
    }
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

struct pdf *sample_create(const char *path, int *fd)
{
    *fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (*fd < 0) abort();
    return pdf_create(*fd);
}

void sample_finish(struct pdf **p, int fd)
{
    struct fault f;
    if (!pdf_finish(*p, &f)) fprintf(stderr, "%s\n", f.text), abort();
    pdf_destroy(p);
    close(fd);
}

void sample_pixels(struct buf *out, int width, int height, int channels)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < channels; c++)
                buf_add_byte(out, (char)(128 + (x * 97 / width) + (y * 30 / height) * (c + 1) % 100));
}

int sample_run(struct buf *out, const char *fmt, ...)
{
    struct buf command = BUF_INIT;
    char text[2000], chunk[4096];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    buf_addf(&command, "(%s) 2>&1", text);
    FILE *pipe = popen(command.data, "r");
    if (!pipe) abort();
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, pipe)) > 0;)
        if (out) buf_add(out, chunk, n);
    buf_finish(&command);
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void assert_quiet(const char *what, const char *fmt, const char *path)
{
    struct buf out = BUF_INIT;
    char command[600];
    snprintf(command, sizeof command, fmt, path);
    int status = sample_run(&out, "%s", command);
    bool complains = memmem(out.data ? out.data : "", out.len, "WARNING", 7) ||
                     memmem(out.data ? out.data : "", out.len, "Error", 5) ||
                     memmem(out.data ? out.data : "", out.len, "****", 4);
    if (status != 0 || complains)
        fprintf(stderr, "%s on %s: status %d\n%.*s\n", what, path, status, STR_ARG(buf_str(&out))), abort();
    buf_finish(&out);
}

void sample_assert_sound(const char *path)
{
    assert_quiet("qpdf", "qpdf --check %s", path);
    assert_quiet("Ghostscript", "gs -q -dBATCH -dNOPAUSE -sDEVICE=nullpage %s", path);
}

static const struct str lines[] = {STR("JOS\xC3\x89 \xC5\x81UKASIEWICZ"),
                                   STR("OFFICE OF FIFTH EFFORTS"),
                                   STR("ATTN ACCOUNTS PAYABLE"),
                                   STR("SUITE 1200"),
                                   STR("12345 N MARTIN LUTHER KING JR BLVD"),
                                   STR("WINSTON SALEM NC  27101-1234")};
static const struct str return_lines[] = {STR("Pennypost Test Post Office"), STR("1 Stamp Street"), STR("Baltimore MD 21201")};
static const struct str indicia[] = {STR("FIRST-CLASS MAIL"), STR("U.S. POSTAGE PAID"), STR("PENNYPOST")};

static struct overlay *overlay_of(struct pdf *p, const struct sample_spec *s, struct arena *a)
{
    struct fault f;
    struct overlay_spec spec = {.g = press_geometry(s->size),
                                .return_lines = return_lines,
                                .n_return = 3,
                                .indicia_lines = indicia,
                                .n_indicia = 3,
                                .specimen = s->specimen,
                                .font_regular = sample_font_regular(),
                                .font_bold = sample_font_bold()};
    struct overlay *o = overlay_create(p, &spec, a, &f);
    if (!o) fprintf(stderr, "%s\n", f.text), abort();
    return o;
}

static void add_piece(struct pdf *p, struct overlay *o, const struct sample_spec *s, const struct pdf_background *bg, int i)
{
    const struct press_geometry *g = press_geometry(s->size);
    struct pdf_boxes boxes = {g->width, g->height, g->bleed};
    char note[32];
    snprintf(note, sizeof note, "1042-%d", i + 1);
    struct overlay_piece piece = {
        .lines = lines + 6 - s->n_lines, .n_lines = s->n_lines, .bars = STR(SAMPLE_BARS), .note = str_of(note)};
    for (int page = 0; page < (g->sides ? g->sides : 1); page++) {
        struct buf ops = BUF_INIT;
        struct fault f;
        if (!overlay_ops(o, &piece, page, &ops, &f)) fprintf(stderr, "%s\n", f.text), abort();
        pdf_page(p, &boxes, bg, buf_str(&ops));
        buf_finish(&ops);
    }
}

void sample_pieces(const char *path, const struct sample_spec *s)
{
    int fd;
    struct arena *a = arena_create(4096);
    struct pdf *p = sample_create(path, &fd);
    struct pdf_background bg = {0};
    if (s->picture) {
        struct buf pixels = BUF_INIT;
        sample_pixels(&pixels, 300, 200, 3);
        bg.image = pdf_image_raw(p, buf_str(&pixels), 300, 200, 3);
        buf_finish(&pixels);
    }
    struct overlay *o = overlay_of(p, s, a);
    for (int i = 0; i < s->pieces; i++) add_piece(p, o, s, &bg, i);
    sample_finish(&p, fd);
    arena_destroy(&a);
}
