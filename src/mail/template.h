/* template.h: templates, their versions, and assets. A version is compiled by the press in the background (a due source). */
#pragma once
#include "press/creative.h"
#include "store/store.h"

enum template_state { TEMPLATE_DRAFT = 0, TEMPLATE_PUBLISHING = 1, TEMPLATE_PUBLISHED = 2, TEMPLATE_REFUSED = 3 };
struct template_row {
    int64_t template_id, version, created_at;
    struct str name, html, front, back, font_family;
    int size, n_pages;
    bool is_full_html, is_proofed, is_double_sided, is_strict;
    enum template_state state;
    struct str report; /* JSON; STR_NULL while publishing */
};
struct mail;
/* 400: name, size, html/front/back missing or too long. Returns when stored; the compile is due at once. */
bool template_create(struct mail *m, int64_t account, struct template_row *t, struct fault *f);
/* PATCH. What is named of `to` changes, at once; a named creative becomes a new version, which is compiled and takes the place of the old one for
 * campaigns made from then on (those that are there keep theirs). The size stays (400). `to` gets the newest version and its state. */
struct template_named {
    bool name, html, front, back, font_family, size, n_pages, is_full_html, is_proofed, is_double_sided, is_strict;
};
bool template_patch(struct mail *m, int64_t account, struct template_row *to, const struct template_named *named,
                    struct fault *f);
/* Calls fn once, from any thread, when the newest version has left Publishing or `timeout_ms` has passed. */
void template_when_compiled(struct mail *m, int64_t account, int64_t template_id, int timeout_ms, void (*fn)(void *arg),
                            void *arg);
bool template_get(struct store *s, struct arena *a, int64_t account, int64_t id, struct template_row *out, struct fault *f);
int template_all(struct store *s, struct arena *a, int64_t account, struct template_row **out, struct fault *f);
bool template_delete(struct store *s, int64_t account, int64_t id, struct fault *f); /* 409 while a campaign uses it */
/* The creative of a stored version, with its assets read; STR/bytes from the arena. */
bool template_creative(struct mail *m, struct arena *a, int64_t account, int64_t template_id, int64_t version,
                       struct creative *out, struct fault *f);

struct asset {
    struct str name, media_type;
    int64_t bytes, created_at;
};
/* Type by content (JPEG, PNG, SVG, TTF/OTF/WOFF2, CSS by name), 400/413/415 otherwise. Takes the file by rename. */
bool asset_put(struct mail *m, int64_t account, struct str name, const char *path, struct fault *f);
int asset_all(struct store *s, struct arena *a, int64_t account, struct asset **out, struct fault *f);
bool asset_delete(struct mail *m, int64_t account, struct str name, struct fault *f);
