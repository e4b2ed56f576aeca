/* contact_json.c: see contact_json.h. Columns of a list have names of its owner's choice, so they stand in an object of their own
 * and never beside ours. */
#include "api/contact_json.h"
#include "mail/contact_check.h"

/* As the hosted service writes them. */
static const int page_order[] = {
    FIELD_FIRST_NAME,   FIELD_LAST_NAME,     FIELD_COMPANY,       FIELD_PHONE,          FIELD_MOBILE_PHONE,
    FIELD_OCCUPATION,   FIELD_WEBSITE,       FIELD_EMAIL_ADDRESS, FIELD_ADDRESS_STREET, FIELD_ADDRESS_STREET2,
    FIELD_ADDRESS_CITY, FIELD_ADDRESS_STATE, FIELD_ADDRESS_ZIP,   FIELD_COUNTRY,
};

static const struct {
    const char *name;
    int field;
} details_order[] = {
    {"FirstName", FIELD_FIRST_NAME},     {"LastName", FIELD_LAST_NAME},
    {"Company", FIELD_COMPANY},          {"Address", FIELD_ADDRESS_STREET},
    {"Address2", FIELD_ADDRESS_STREET2}, {"City", FIELD_ADDRESS_CITY},
    {"State", FIELD_ADDRESS_STATE},      {"Zip", FIELD_ADDRESS_ZIP},
    {"EmailId", FIELD_EMAIL_ADDRESS},    {"Phone", FIELD_PHONE},
    {"Mobile", FIELD_MOBILE_PHONE},      {"Occupation", FIELD_OCCUPATION},
    {"Website", FIELD_WEBSITE},
};

static struct str value(const struct contact *c, int i) { return i < c->n_values ? c->values[i] : STR_NULL; }

static void columns_json(struct json_out *j, const struct contact_list *list, const struct contact *c)
{
    json_object(j, "columns");
    for (int i = 0; i < list->n_columns; i++) json_str(j, list->columns[i].ptr, value(c, FIELD_KNOWN + i));
    json_end(j);
}

void contact_json(struct json_out *j, const struct contact_list *list, const struct contact *c, int64_t row)
{
    json_object(j, NULL);
    json_int(j, "row", row);
    json_int(j, "contact_id", c->contact_id);
    json_int(j, "contact_list_id", c->contact_list_id);
    for (size_t i = 0; i < sizeof page_order / sizeof *page_order; i++)
        json_str(j, contact_field_name(page_order[i]), value(c, page_order[i]));
    json_time(j, "created_date", c->created_at);
    for (int i = FIELD_VAR_1; i < FIELD_KNOWN; i++) json_str(j, contact_field_name(i), value(c, i));
    if (list->n_columns) columns_json(j, list, c);
    json_end(j);
}

void contact_details_json(struct json_out *j, const struct contact *c)
{
    json_object(j, NULL);
    json_int(j, "Id", c->contact_id);
    json_int(j, "ContactListId", c->contact_list_id);
    for (size_t i = 0; i < sizeof details_order / sizeof *details_order; i++)
        json_str(j, details_order[i].name, value(c, details_order[i].field));
    json_int(j, "AddressStatusId", c->address_status);
    json_end(j);
}
