/* acs_private.h: the fields of an ACS record, for acs.c and acs_layout.c. */
#pragma once
#include "postal/acs.h"
#include "postal/scan_private.h"

/* The first five are those of scan_private.h, which know a barcode. Names are folded (scan_fold). */
#define ACS_FIELD_LIST(X)                                                                                                      \
    X(TRACKING, "imbtrackingcode trackingcode")                                                                                \
    X(IMB, "imb imbcode intelligentmailbarcode")                                                                               \
    X(MID, "mailerid acsmailerid imbmid mid")                                                                                  \
    X(SERIAL, "serialnumber imbserialnumber keylinesequenceserialnumber keyline")                                              \
    X(STID, "stid imbstid servicetypeid")                                                                                      \
    X(LETTER, "deliverabilitycode")                                                                                            \
    X(NAME, "newname name coaname")                                                                                            \
    X(STREET, "newaddress newdeliveryaddress newstreet")                                                                       \
    X(CITY, "newcity newcityname")                                                                                             \
    X(STATE, "newstate newstatecode")                                                                                          \
    X(ZIP, "newzip newzipcode newzip5")                                                                                        \
    X(ZIP4, "newzip4 newplus4 newzipplus4")                                                                                    \
    X(DATE, "fulfillmentdate noticedate date")
enum acs_field {
#define X(ident, names) ACS_FIELD_##ident,
    ACS_FIELD_LIST(X)
#undef X
        ACS_FIELDS
};
int acs_field_of(struct str name); /* -1: none */
/* False: *why says which column is missing. */
bool acs_fields_suffice(const bool has[ACS_FIELDS], const char **why);

struct acs_values {
    struct str v[ACS_FIELDS];
};
/* The fields of one fixed record. False: it is shorter than the layout. */
bool acs_layout_cut(const struct acs_layout *l, struct str record, struct acs_values *out);
