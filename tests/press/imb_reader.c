/* imb_reader.c: see imb_reader.h. A row of pixels that crosses all trackers shows 65 dark runs of equal distance; from there each
 * bar is followed up and down. */
#include "imb_reader.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DPI   600.0
#define PX(p) ((p)*DPI / 72.0)
enum { BARS = 65, DARK = 128, MOST_RUNS = 4096 };

struct picture {
    int width, height;
    uint8_t *grey;
};

static bool read_pgm(FILE *in, struct picture *p)
{
    int most;
    if (fscanf(in, "P5 %d %d %d", &p->width, &p->height, &most) != 3 || most != 255 || fgetc(in) == EOF) return false;
    size_t n = (size_t)p->width * (size_t)p->height;
    p->grey = malloc(n);
    return p->grey && fread(p->grey, 1, n, in) == n;
}

static bool rasterise(const char *path, int page, double x, double y, double w, double h, struct picture *p)
{
    char command[1200];
    if (strchr(path, '\'')) return false;
    snprintf(command, sizeof command, "pdftoppm -r 600 -gray -f %d -l %d -x %d -y %d -W %d -H %d -singlefile '%s'", page, page,
             (int)PX(x), (int)PX(y), (int)PX(w), (int)PX(h), path);
    FILE *in = popen(command, "r");
    if (!in) return false;
    bool is_read = read_pgm(in, p);
    return pclose(in) == 0 && is_read;
}

static bool is_dark(const struct picture *p, int x, int y) { return p->grey[(size_t)y * (size_t)p->width + (size_t)x] < DARK; }

struct run {
    int from, to;
};

static int runs_of(const struct picture *p, int y, struct run *runs)
{
    int n = 0;
    for (int x = 0; x < p->width && n < MOST_RUNS; x++) {
        if (!is_dark(p, x, y)) continue;
        runs[n].from = x;
        while (x < p->width && is_dark(p, x, y)) x++;
        runs[n++].to = x;
    }
    return n;
}

/* Bars are 0.015 to 0.025 in wide and 1/24 to 1/20 in apart (USPS-B-3200). */
static bool are_bars(const struct run *r)
{
    for (int i = 0; i < BARS; i++) {
        int w = r[i].to - r[i].from;
        if (w < 0.013 * DPI || w > 0.027 * DPI) return false;
        if (i == 0) continue;
        int pitch = r[i].from - r[i - 1].from;
        if (pitch < DPI / 24.5 || pitch > DPI / 19.5) return false;
    }
    double length = r[BARS - 1].from - r[0].from, pitch = length / (BARS - 1);
    for (int i = 0; i < BARS; i++) {
        double off = r[i].from - r[0].from - pitch * i;
        if (off < -2 || off > 2) return false;
    }
    return true;
}

static bool find_bars_in_row(const struct picture *p, int y, struct run found[BARS])
{
    static struct run runs[MOST_RUNS];
    int n = runs_of(p, y, runs);
    for (int i = 0; i + BARS <= n; i++) {
        if (!are_bars(runs + i)) continue;
        memcpy(found, runs + i, BARS * sizeof *found);
        return true;
    }
    return false;
}

static int reach(const struct picture *p, int x, int y, int step)
{
    int n = 0;
    while (y >= 0 && y < p->height && is_dark(p, x, y)) y += step, n++;
    return n;
}

static void read_letters(const struct picture *p, const struct run *runs, int y, char bars[66])
{
    /* Trackers reach 0.024 in from their middle, ascenders and descenders 0.0725. */
    int most = (int)(0.048 * DPI);
    for (int i = 0; i < BARS; i++) {
        int x = (runs[i].from + runs[i].to) / 2;
        bool is_up = reach(p, x, y, -1) > most, is_down = reach(p, x, y, 1) > most;
        bars[i] = is_up ? (is_down ? 'F' : 'A') : (is_down ? 'D' : 'T');
    }
    bars[BARS] = '\0';
}

static bool read_picture(const struct picture *p, char bars[66], double *bar_x, double *bar_y)
{
    struct run runs[BARS];
    int first = 0, last;
    while (first < p->height && !find_bars_in_row(p, first, runs)) first++;
    if (first == p->height) return false;
    for (last = first; last + 1 < p->height && find_bars_in_row(p, last + 1, runs);) last++;
    int middle = (first + last) / 2;
    find_bars_in_row(p, middle, runs);
    read_letters(p, runs, middle, bars);
    *bar_x = runs[0].from * 72.0 / DPI, *bar_y = (first + last + 1) / 2.0 * 72.0 / DPI;
    return true;
}

bool imb_read(const char *pdf_path, int page, double x, double y, double w, double h, char bars[66], double *bar_x,
              double *bar_y)
{
    struct picture p = {0};
    double at_x, at_y;
    bool is_found = rasterise(pdf_path, page, x, y, w, h, &p) && read_picture(&p, bars, &at_x, &at_y);
    free(p.grey);
    if (!is_found) return false;
    if (bar_x) *bar_x = x + at_x;
    if (bar_y) *bar_y = y + at_y;
    return true;
}
