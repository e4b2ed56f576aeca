/* contact_json.h: the two ways in which a contact is written. */
#pragma once
#include "api/api_private.h"
#include "mail/contact.h"

/* In a page of a list; row counts from 1. */
void contact_json(struct json_out *j, const struct contact_list *list, const struct contact *c, int64_t row);
/* By itself, with the names of contacts/details. */
void contact_details_json(struct json_out *j, const struct contact *c);
