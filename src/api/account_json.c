/* account_json.c: see account_json.h. */
#include "api/account_json.h"

#define TEXT(name, alias)                                                                                                      \
    {                                                                                                                          \
#name, alias, BODY_TEXT, false, offsetof(struct account, name)                                                         \
    }
const struct body_field account_body_fields[ACCOUNT_BODY_FIELDS] = {
    [ACCOUNT_username] = {"username", NULL, BODY_TEXT, true, offsetof(struct account, username)},
    [ACCOUNT_first_name] = TEXT(first_name, NULL),
    [ACCOUNT_last_name] = TEXT(last_name, NULL),
    [ACCOUNT_email_address] = TEXT(email_address, "email"),
    [ACCOUNT_company] = TEXT(company, NULL),
    [ACCOUNT_phone] = TEXT(phone, NULL),
    [ACCOUNT_address_street] = TEXT(address_street, "address"),
    [ACCOUNT_address_city] = TEXT(address_city, "city"),
    [ACCOUNT_address_state] = TEXT(address_state, "state"),
    [ACCOUNT_address_zip] = TEXT(address_zip, "zip"),
    [ACCOUNT_N_TEXTS] = TEXT(password, NULL),
};
#undef TEXT

void account_json(struct json_out *j, const struct account *a)
{
    json_int(j, "account_id", a->account_id);
#define X(name) json_str(j, #name, a->name);
    ACCOUNT_TEXTS(X)
#undef X
    json_time(j, "created_date", a->created_at);
}

void account_object(struct json_out *j, const struct account *a)
{
    json_object(j, NULL);
    account_json(j, a);
    reply_int(j, "parent_id", a->parent_id);
    json_end(j);
}

void account_made_json(void *made, struct buf *out, bool is_kept)
{
    const struct account_made *m = made;
    struct json_out j = json_out_begin(out);
    json_object(&j, NULL);
    json_int(&j, "account_id", m->account.account_id);
    if (is_kept)
        json_null(&j, "api_key");
    else
        json_strz(&j, "api_key", m->key);
    json_time(&j, "created_date", m->account.created_at);
    json_end(&j);
    json_out_end(&j);
}
