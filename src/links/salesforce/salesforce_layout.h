/* salesforce_layout.h: Metadata SOAP: bodies that ask for a page layout and send it back with one item more. Pure. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"

#define SF_SECTION "Postalytics"
/* "Contact-Contact Layout", special letters as Metadata wants them. ns STR_NULL: none. */
struct str sf_layout_full_name(struct arena *a, struct str object, struct str ns, struct str layout);
/* Bodies; the access token goes in where SF_SESSION stands when they are sent. */
#define SF_SESSION "%SESSION%"
struct str sf_layout_read_body(struct arena *a, struct str full_name);
struct str sf_layout_update_body(struct arena *a, struct str layout);
/* The layout inside an answer to readMetadata, byte for byte: what lies between <records …> and </records>. False with a fault: not what was
 * expected (FAULT_USER 400), or nothing that can be read (FAULT_REMOTE: perhaps next time); *out STR_NULL: there is no such layout. */
bool sf_layout_take(struct str body, struct str *out, struct fault *f);
/* The layout with the field in our section, all else byte for byte; *out is `layout` itself when the field stands on it already. */
bool sf_layout_add(struct arena *a, struct str layout, struct str field, struct str *out, struct fault *f);
bool sf_layout_update_read(struct str body, struct fault *f);
