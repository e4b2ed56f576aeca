/* coverage.h: which characters the fonts in the cage (and the creative's own) can draw. Chromium draws empty boxes without a
 * word, so every value is looked at first. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"
struct coverage;
struct coverage *coverage_create(void);
void coverage_destroy(struct coverage **c);
bool coverage_add_font(struct coverage *c, struct str bytes);                   /* false: not a font */
bool coverage_add_folder(struct coverage *c, const char *dir, struct fault *f); /* all .ttf .otf .ttc below it */
/* False: *missing is the first code point that no font has, or that a font has but needs what we do not print (emoji,
 * right-to-left …: drawn by Chromium, so admitted). */
bool coverage_has(const struct coverage *c, struct str utf8, int32_t *missing);
