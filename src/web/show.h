/* show.h: how numbers, times and states read on the pages. One place, so that all pages speak alike. */
#pragma once
#include "mail/campaign.h"
#include "mail/intake.h"
#include "mail/piece.h"
#include "mail/template.h"
#include "press/press.h"
#include "web/view.h"

void show_count(struct view *v, const char *name, int64_t n); /* "12,443" */
void show_span(struct view *v, const char *name, int64_t ms); /* "3 days", "90 minutes"; "at once" for 0 */
void show_bytes(struct view *v, const char *name, int64_t n); /* "1.2 MB" */
/* An item with `iso` and `text`: "3 Mar 14:30", "3 Mar 2025 14:30" in another year; UTC. Nothing for DB_NULL and 0. */
void show_time(struct view *v, const char *name, int64_t ms);
void show_day(struct view *v, const char *name, int64_t ms); /* the same without the time of day */
const char *show_size(int size);                             /* "6x9 postcard" */
/* Item `forgotten_days` when the batch had a print file that is not kept any more: how long they are kept. */
void show_forgotten(struct view *v, const struct batch *b);
/* Items `state` with class, glyph, word: web/state.html. */
void show_state(struct view *v, const char *glyph, const char *tint, const char *word);
void show_batch_state(struct view *v, enum batch_state s);
void show_piece_state(struct view *v, const struct piece *p, enum batch_state of_batch);
void show_intake_state(struct view *v, const struct intake *in);
void show_template_state(struct view *v, enum template_state s);
void show_drop_state(struct view *v, enum drop_state s);
/* Item `reason`: why a piece was refused, as a sentence begins. */
void show_refusal(struct view *v, int refusal /* piece_refusal_text */);
/* First and last name, else company, else "No name". */
struct str show_name(struct arena *a, const struct str *values, int n_values);
/* What somebody else said, with a full stop, so that a sentence of ours can stand behind it; nothing stays nothing. */
struct str show_sentence(struct arena *a, struct str said);
