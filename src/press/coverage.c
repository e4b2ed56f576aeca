/* coverage.c: see coverage.h. One bit a code point, 139 kB; built once per process and read-only afterwards. */
#include "press/coverage.h"
#include "base/durable.h"
#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include <dirent.h>
#include <hb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define CODE_POINTS 0x110000
#define FONT_MAX    (64u << 20)
#define FACES_MAX   64 /* in one collection */
#define DEPTH_MAX   8

struct coverage {
    uint64_t bits[CODE_POINTS / 64];
};

static void admit(struct coverage *c, uint32_t cp) { c->bits[cp / 64] |= UINT64_C(1) << (cp % 64); }
static bool has(const struct coverage *c, int32_t cp) { return cp >= 0 && (c->bits[cp / 64] >> (cp % 64) & 1); }

struct coverage *coverage_create(void)
{
    struct coverage *c = calloc(1, sizeof *c);
    ASSERT(c);
    for (const char *space = " \t\n\r\f"; *space; space++) admit(c, (unsigned char)*space);
    return c;
}

void coverage_destroy(struct coverage **c)
{
    free(*c);
    *c = NULL;
}

/* Some fonts map control characters to an empty glyph; in a person's data they are rubbish all the same. */
static bool is_control(hb_codepoint_t cp) { return cp < 0x20 || (cp >= 0x7F && cp < 0xA0); }

static void add_face(struct coverage *c, hb_face_t *face)
{
    hb_set_t *set = hb_set_create();
    hb_face_collect_unicodes(face, set);
    for (hb_codepoint_t cp = HB_SET_VALUE_INVALID; hb_set_next(set, &cp) && cp < CODE_POINTS;)
        if (!is_control(cp)) admit(c, cp);
    hb_set_destroy(set);
}

bool coverage_add_font(struct coverage *c, struct str bytes)
{
    if (!bytes.len || bytes.len > FONT_MAX) return false;
    hb_blob_t *blob = hb_blob_create(bytes.ptr, (unsigned)bytes.len, HB_MEMORY_MODE_READONLY, NULL, NULL);
    unsigned n = hb_face_count(blob), glyphs = 0;
    for (unsigned i = 0; i < n && i < FACES_MAX; i++) {
        hb_face_t *face = hb_face_create(blob, i);
        glyphs += hb_face_get_glyph_count(face);
        add_face(c, face);
        hb_face_destroy(face);
    }
    hb_blob_destroy(blob);
    return glyphs > 0;
}

static bool is_font_name(struct str name)
{
    static const char *const ends[] = {".ttf", ".otf", ".ttc", ".otc"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (name.len > 4 && str_eq_nocase(str_make(name.ptr + name.len - 4, 4), str_of(ends[i]))) return true;
    return false;
}

static bool add_file(struct coverage *c, const char *path, struct fault *f)
{
    struct buf b = BUF_INIT;
    bool ok = file_read(path, FONT_MAX, &b, f);
    if (ok && !coverage_add_font(c, buf_str(&b))) log_warning("press", "%s is not a font", path);
    buf_finish(&b);
    return ok;
}

static bool add_below(struct coverage *c, const char *dir, int depth, struct fault *f)
{
    DIR *d = opendir(dir);
    if (!d) return fault_errno(f, "the folder of fonts %s cannot be read", dir);
    bool ok = true;
    for (struct dirent *e; ok && (e = readdir(d));) {
        char path[2048];
        struct stat st;
        if (e->d_name[0] == '.' || snprintf(path, sizeof path, "%s/%s", dir, e->d_name) >= (int)sizeof path) continue;
        if (stat(path, &st) != 0) continue;
        if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
            ok = add_below(c, path, depth + 1, f);
        else if (S_ISREG(st.st_mode) && is_font_name(str_of(e->d_name)))
            ok = add_file(c, path, f);
    }
    closedir(d);
    return ok;
}

bool coverage_add_folder(struct coverage *c, const char *dir, struct fault *f) { return add_below(c, dir, 0, f); }

static bool has_all(const struct coverage *c, struct str s, int32_t *missing)
{
    while (s.len) {
        int32_t cp = utf8_next(&s);
        if (has(c, cp)) continue;
        *missing = cp < 0 ? 0xFFFD : cp;
        return false;
    }
    return true;
}

bool coverage_has(const struct coverage *c, struct str utf8, int32_t *missing)
{
    int32_t cp = 0xFFFD;
    if (!utf8_is_valid(utf8, NULL)) {
        if (missing) *missing = cp;
        return false;
    }
    if (has_all(c, utf8, &cp)) return true;
    /* A mark that no font has may be part of a letter that one has. */
    struct arena *a = arena_create(utf8.len * 3 + 64);
    bool ok = has_all(c, text_nfc(a, utf8), &cp);
    arena_destroy(&a);
    if (!ok && missing) *missing = cp;
    return ok;
}
