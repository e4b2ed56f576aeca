/* contact_row.c: between a contact and its row. Called by contacts, imports and the expansion of smart sends. Pure. */
#include "mail/contact_row.h"
#include "base/log.h"

struct str contact_row_vars(struct arena *a, const struct str *values, int n)
{
    while (n > CONTACT_COLUMNS && !values[n - 1].ptr) n--;
    if (n <= CONTACT_COLUMNS) return STR_NULL;
    return recipient_write(a, values + CONTACT_COLUMNS, n - CONTACT_COLUMNS, STR_NULL);
}

struct q_contact_insert contact_row_insert(int64_t account, const struct contact *c, struct str vars)
{
    const struct str *v = c->values;
    return (struct q_contact_insert){
        .contact_id = c->contact_id,
        .account_id = account,
        .contact_list_id = c->contact_list_id,
        .first_name = v[FIELD_FIRST_NAME],
        .last_name = v[FIELD_LAST_NAME],
        .company = v[FIELD_COMPANY],
        .address_street = v[FIELD_ADDRESS_STREET],
        .address_street2 = v[FIELD_ADDRESS_STREET2],
        .address_city = v[FIELD_ADDRESS_CITY],
        .address_state = v[FIELD_ADDRESS_STATE],
        .address_zip = v[FIELD_ADDRESS_ZIP],
        .country = v[FIELD_COUNTRY],
        .email_address = v[FIELD_EMAIL_ADDRESS],
        .phone = v[FIELD_PHONE],
        .mobile_phone = v[FIELD_MOBILE_PHONE],
        .occupation = v[FIELD_OCCUPATION],
        .website = v[FIELD_WEBSITE],
        .vars = vars,
        .address_status = c->address_status,
        .created_at = c->created_at,
        .updated_at = c->updated_at,
    };
}

struct q_contact_put contact_row_put(int64_t account, const struct contact *c, struct str vars)
{
    const struct str *v = c->values;
    return (struct q_contact_put){
        .contact_id = c->contact_id,
        .account_id = account,
        .first_name = v[FIELD_FIRST_NAME],
        .last_name = v[FIELD_LAST_NAME],
        .company = v[FIELD_COMPANY],
        .address_street = v[FIELD_ADDRESS_STREET],
        .address_street2 = v[FIELD_ADDRESS_STREET2],
        .address_city = v[FIELD_ADDRESS_CITY],
        .address_state = v[FIELD_ADDRESS_STATE],
        .address_zip = v[FIELD_ADDRESS_ZIP],
        .country = v[FIELD_COUNTRY],
        .email_address = v[FIELD_EMAIL_ADDRESS],
        .phone = v[FIELD_PHONE],
        .mobile_phone = v[FIELD_MOBILE_PHONE],
        .occupation = v[FIELD_OCCUPATION],
        .website = v[FIELD_WEBSITE],
        .vars = vars,
        .address_status = c->address_status,
        .updated_at = c->updated_at,
    };
}

bool contact_row_read(struct json_parser *p, struct arena *a, const struct r_contact_page *r, struct contact *out,
                      struct fault *f)
{
    const struct str columns[CONTACT_COLUMNS] = {
        [FIELD_FIRST_NAME] = r->first_name,
        [FIELD_LAST_NAME] = r->last_name,
        [FIELD_COMPANY] = r->company,
        [FIELD_ADDRESS_STREET] = r->address_street,
        [FIELD_ADDRESS_STREET2] = r->address_street2,
        [FIELD_ADDRESS_CITY] = r->address_city,
        [FIELD_ADDRESS_STATE] = r->address_state,
        [FIELD_ADDRESS_ZIP] = r->address_zip,
        [FIELD_COUNTRY] = r->country,
        [FIELD_EMAIL_ADDRESS] = r->email_address,
        [FIELD_PHONE] = r->phone,
        [FIELD_MOBILE_PHONE] = r->mobile_phone,
        [FIELD_OCCUPATION] = r->occupation,
        [FIELD_WEBSITE] = r->website,
    };
    struct recipient vars;
    if (!recipient_read(p, a, r->vars, &vars, f)) return false;
    int n_vars = vars.n_values, max = CONTACT_VALUES_MAX - CONTACT_COLUMNS;
    if (n_vars > max) return fault_ours(f, "The stored contact %lld has more than %d values.", (long long)r->contact_id, max);
    *out = (struct contact){
        .contact_id = r->contact_id,
        .contact_list_id = r->contact_list_id,
        .created_at = r->created_at,
        .updated_at = r->updated_at,
        .address_status = (int)r->address_status,
        .n_values = n_vars > FIELD_KNOWN - CONTACT_COLUMNS ? CONTACT_COLUMNS + n_vars : FIELD_KNOWN,
    };
    for (int i = 0; i < CONTACT_COLUMNS; i++) out->values[i] = arena_str(a, columns[i]);
    if (n_vars) memcpy(out->values + CONTACT_COLUMNS, vars.values, sizeof *vars.values * (size_t)n_vars);
    return true;
}
