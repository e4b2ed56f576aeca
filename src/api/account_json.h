/* account_json.h: how an account is written, for itself and for the operator. */
#pragma once
#include "account/account.h"
#include "api/api_private.h"

/* The fields of an account, without the braces. */
void account_json(struct json_out *j, const struct account *a);
