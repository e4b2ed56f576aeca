/* stid.h: the service type identifiers we know (specs: postal §1.5), one table. */
#pragma once
#include <stdbool.h>
enum mail_class { MAIL_FIRST_CLASS = 0, MAIL_STANDARD = 1 }; /* the wire's PostageType */
struct stid_def {
    int stid;
    enum mail_class mail_class;
    bool full_service, has_iv_mtr;
    const char *what;
};
const struct stid_def *stid_find(int stid); /* NULL: unknown */
int stid_default(enum mail_class c);        /* 310, 311 */
bool stid_returns(int stid);                /* Return Service Requested, Temp-Return too: the piece comes back */
