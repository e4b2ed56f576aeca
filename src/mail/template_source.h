/* template_source.h: what a template version is made of, as it is stored: one JSON text with its assets pinned by digest, so
 * that a version never changes. */
#pragma once
#include "mail/template.h"

struct template_asset {
    struct str name, media_type, digest /* 64 hexadecimal digits */;
};
struct template_source {
    struct str html, front, back, font_family;
    int n_pages;
    bool is_full_html, is_double_sided, is_strict;
    const struct template_asset *assets;
    int n_assets;
    const struct str *missing, *remote; /* named, but not there; not ours */
    int n_missing, n_remote;
};
struct str template_source_write(struct arena *a, const struct template_source *s);
bool template_source_read(struct arena *a, struct str json, struct template_source *out, struct fault *f);
/* files/assets/xx/DIGEST below the data folder. */
struct mail;
char *asset_path(const struct mail *m, struct arena *a, struct str digest_hex);
/* Finds the assets that the texts name; in a unit. */
struct tx;
bool template_source_pin(struct tx *tx, int64_t account, struct template_source *s);
