/* printing.h: what the tests of the hand-over share: live campaigns, a printer's folder, the events of a drop. */
#pragma once
#include "house.h"
#include "links/printers/folder.h"
#include "mail/printer.h"
#include "outbox/event.h"
#include "postal/status.h"

/* A live triggered drip of the house's account, which gets the mailer id 123456. */
struct drop printing_live(struct house *h);
/* Makes DIR/printer below the house and a printer "shop" there, granted to the account. Returns the folder's path. */
const char *printing_folder(struct house *h);
/* Settings of the played or the real printer as the API writes them. */
struct str printing_settings(struct house *h, const char *kind, const char *path);
/* Events of a drop with a code; -1 as piece: of any. */
int printing_events(struct house *h, int64_t account, int64_t drop_id, int code, int64_t piece_id, struct event *last);
int64_t printing_send(struct house *h, const struct drop *d, const char *first_name);
/* Waits until the row says so, a minute at most. */
#define printing_wait(condition)                                                                                               \
    do {                                                                                                                       \
        int64_t until_ = clock_mono_ms() + 60000;                                                                              \
        while (!(condition)) {                                                                                                 \
            if (clock_mono_ms() > until_) fail_msg("not within a minute: %s", #condition);                                     \
            usleep(5000);                                                                                                      \
        }                                                                                                                      \
    } while (0)
struct batch printing_batch(struct house *h, int64_t batch_id);
