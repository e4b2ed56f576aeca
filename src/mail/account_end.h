/* account_end.h: what becomes of an account's mail when it is deleted. */
#pragma once
#include "base/fault.h"
#include <stdint.h>

struct mail;
struct tx;
/* Deletes the account's campaigns one by one, as campaign_delete does (what is not handed over is recalled there, what is stays for tracking),
 * then marks the account deleted, in a unit that finds no campaign left. After a crash between them the account is still there with fewer
 * campaigns, and is deleted by asking again. `also` (may be NULL) runs in that unit. 404. */
bool mail_account_end(struct mail *m, int64_t account, bool (*also)(struct tx *tx, int64_t account), struct fault *f);
