/* stid.c: the table of service type identifiers (the USPS table in effect since 2024-01-21, the rows this server can use). The
 * account's settings look one up when a mailing is set up; an unknown one is refused there. Static; any thread. */
#include "postal/stid.h"
#include <stddef.h>
#include <string.h>

static const struct stid_def defs[] = {
    /* stid, class, full-service, IV-MTR, what */
    {310, MAIL_FIRST_CLASS, false, true, "First-Class, basic, no address correction"},
    {270, MAIL_FIRST_CLASS, true, true, "First-Class, full-service, no address correction"},
    {311, MAIL_STANDARD, false, true, "Marketing Mail, basic, no address correction"},
    {271, MAIL_STANDARD, true, true, "Marketing Mail, full-service, no address correction"},
    {300, MAIL_FIRST_CLASS, false, false, "First-Class, basic, no address correction, no scans"},
    {260, MAIL_FIRST_CLASS, true, false, "First-Class, full-service, no address correction, no scans"},
    {301, MAIL_STANDARD, false, false, "Marketing Mail, basic, no address correction, no scans"},
    {261, MAIL_STANDARD, true, false, "Marketing Mail, full-service, no address correction, no scans"},
    {40, MAIL_FIRST_CLASS, false, true, "First-Class, basic, manual corrections"},
    {42, MAIL_STANDARD, false, true, "Marketing Mail, basic, manual corrections"},
    {220, MAIL_FIRST_CLASS, false, true, "First-Class, basic, Address Service Requested, option 1"},
    {314, MAIL_FIRST_CLASS, true, true, "First-Class, full-service, Address Service Requested, option 1"},
    {142, MAIL_STANDARD, false, true, "Marketing Mail, basic, Address Service Requested, option 1"},
    {143, MAIL_STANDARD, true, true, "Marketing Mail, full-service, Address Service Requested, option 1"},
    {140, MAIL_FIRST_CLASS, false, true, "First-Class, basic, Address Service Requested, option 2"},
    {141, MAIL_FIRST_CLASS, true, true, "First-Class, full-service, Address Service Requested, option 2"},
    {585, MAIL_STANDARD, false, true, "Marketing Mail, basic, Address Service Requested, option 2"},
    {548, MAIL_STANDARD, true, true, "Marketing Mail, full-service, Address Service Requested, option 2"},
    {502, MAIL_FIRST_CLASS, false, true, "First-Class, basic, Change Service Requested, option 1"},
    {514, MAIL_FIRST_CLASS, true, true, "First-Class, full-service, Change Service Requested, option 1"},
    {242, MAIL_STANDARD, false, true, "Marketing Mail, basic, Change Service Requested, option 1"},
    {243, MAIL_STANDARD, true, true, "Marketing Mail, full-service, Change Service Requested, option 1"},
    {240, MAIL_FIRST_CLASS, false, true, "First-Class, basic, Change Service Requested, option 2"},
    {241, MAIL_FIRST_CLASS, true, true, "First-Class, full-service, Change Service Requested, option 2"},
    {586, MAIL_STANDARD, false, true, "Marketing Mail, basic, Change Service Requested, option 2"},
    {231, MAIL_STANDARD, true, true, "Marketing Mail, full-service, Change Service Requested, option 2"},
    {340, MAIL_FIRST_CLASS, false, true, "First-Class, basic, Return Service Requested, option 2"},
    {342, MAIL_FIRST_CLASS, true, true, "First-Class, full-service, Return Service Requested, option 2"},
    {262, MAIL_STANDARD, false, true, "Marketing Mail, basic, Return Service Requested, option 2"},
    {587, MAIL_STANDARD, true, true, "Marketing Mail, full-service, Return Service Requested, option 2"},
    {344, MAIL_FIRST_CLASS, false, true, "First-Class, basic, Temp-Return Service Requested, option 2"},
    {222, MAIL_FIRST_CLASS, true, true, "First-Class, full-service, Temp-Return Service Requested, option 2"},
};

const struct stid_def *stid_find(int stid)
{
    for (size_t i = 0; i < sizeof defs / sizeof *defs; i++)
        if (defs[i].stid == stid) return &defs[i];
    return NULL;
}

int stid_default(enum mail_class c) { return c == MAIL_STANDARD ? 311 : 310; }

bool stid_returns(int stid)
{
    const struct stid_def *d = stid_find(stid);
    return d && strstr(d->what, "Return Service Requested");
}
