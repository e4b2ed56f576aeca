/* asset_import.h: the importer of remote assets: what a creative names on other machines is fetched once, before its version is compiled, kept
 * by digest like every asset, and pinned in the version's source under its address. Nothing is fetched while printing. */
#pragma once
#include "jobs/due.h"
#include "mail/mail.h"

/* Called by the compile with its lease held. True at once when the version names nothing remote (any more). FAULT_USER: an address could not be
 * fetched, named with the reason. What the fetched style sheets name is fetched too, but only Chromium knows whether it is needed: what
 * fails there is left out, and the compile refuses it by name when it is asked for. */
bool assets_import(struct mail *m, struct due_item version, struct fault *f);
