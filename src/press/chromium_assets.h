/* chromium_assets.h: the assets of the document at hand, by the address Chromium asks for; and what was asked for in vain.
 * Used by chromium.c.
 *
 * A creative may say "asset:logo.png". Chromium fetches no fonts over a scheme it does not know, so such addresses are rewritten
 * to our invented origin on the way in, inside tags and style sheets only, and named as the creative names them on the way out. */
#pragma once
#include "press/chromium.h"

#define CHROMIUM_ORIGIN "https://creative.invalid/"

struct chromium_assets;
struct chromium_assets *chromium_assets_create(void);
void chromium_assets_destroy(struct chromium_assets **s);
/* Another document: nothing is missing yet. `all` stays the caller's. */
void chromium_assets_set(struct chromium_assets *s, const struct chromium_asset *all, int n);
/* `all` is about to go; what was missing stays known. */
void chromium_assets_forget(struct chromium_assets *s);
struct str chromium_assets_rewrite(const struct chromium_assets *s, struct arena *a, struct str html);
/* How the creative names an address that Chromium asked for. */
struct str chromium_assets_name(const struct chromium_assets *s, struct arena *a, struct str url);
/* Parameters of Fetch.fulfillRequest; false: not there, noted as missing. */
bool chromium_assets_answer(struct chromium_assets *s, struct buf *params, struct str request, struct str url);
int chromium_assets_missing(const struct chromium_assets *s, const struct str **addresses);

void chromium_answer(struct buf *params, struct str request, struct str media_type, struct str bytes);
void chromium_refuse(struct buf *params, struct str request, const char *reason);
