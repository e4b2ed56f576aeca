/* contact_row.c: between a contact and its row. Called by contacts, imports and the expansion of smart sends. Pure. */
#include "mail/contact_row.h"
#include "base/log.h"

/* The known fields that have a column of their own: once for all rows that carry them. */
/* clang-format off */
#define COLUMNS(X)                                                                                                             \
    X(first_name, FIRST_NAME) X(last_name, LAST_NAME) X(company, COMPANY)                                                      \
    X(address_street, ADDRESS_STREET) X(address_street2, ADDRESS_STREET2) X(address_city, ADDRESS_CITY)                        \
    X(address_state, ADDRESS_STATE) X(address_zip, ADDRESS_ZIP) X(country, COUNTRY)                                            \
    X(email_address, EMAIL_ADDRESS) X(phone, PHONE) X(mobile_phone, MOBILE_PHONE) X(occupation, OCCUPATION) X(website, WEBSITE)
/* clang-format on */
#define BIND(column, field) .column = v[FIELD_##field],
#define READ(column, field) [FIELD_##field] = r->column,

struct str contact_row_vars(struct arena *a, const struct str *values, int n)
{
    while (n > CONTACT_COLUMNS && !values[n - 1].ptr) n--;
    if (n <= CONTACT_COLUMNS) return STR_NULL;
    return recipient_write(a, values + CONTACT_COLUMNS, n - CONTACT_COLUMNS, STR_NULL);
}

struct q_contact_insert contact_row_insert(int64_t account, const struct contact *c, struct str vars)
{
    const struct str *v = c->values;
    return (struct q_contact_insert){.contact_id = c->contact_id,
                                     .account_id = account,
                                     .contact_list_id = c->contact_list_id,
                                     .vars = vars,
                                     .address_status = c->address_status,
                                     .created_at = c->created_at,
                                     .updated_at = c->updated_at,
                                     COLUMNS(BIND)};
}

struct q_contact_put contact_row_put(int64_t account, const struct contact *c, struct str vars)
{
    const struct str *v = c->values;
    return (struct q_contact_put){.contact_id = c->contact_id,
                                  .account_id = account,
                                  .vars = vars,
                                  .address_status = c->address_status,
                                  .updated_at = c->updated_at,
                                  COLUMNS(BIND)};
}

bool contact_row_read(struct json_parser *p, struct arena *a, const struct r_contact_find *r, struct contact *out,
                      struct fault *f)
{
    const struct str columns[CONTACT_COLUMNS] = {COLUMNS(READ)};
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
