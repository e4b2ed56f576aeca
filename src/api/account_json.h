/* account_json.h: accounts on the wire (specs: postalytics-api §2), for their owners and for the operator. */
#pragma once
#include "account/account.h"
#include "api/api_private.h"
#include "api/body.h"

void account_json(struct json_out *j, const struct account *a);
/* The same with parent_id, as an object. */
void account_object(struct json_out *j, const struct account *a);
/* The fields of an account in a body: ACCOUNT_TEXTS in their order, then password. Required is the user name alone. */
#define ACCOUNT_BODY_FIELDS (ACCOUNT_N_TEXTS + 1)
extern const struct body_field account_body_fields[ACCOUNT_BODY_FIELDS];

/* What was made: the key is shown in the first answer alone. */
struct account_made {
    struct account account;
    char key[37];
};
once_compose account_made_json;
