/* columns.c: the table behind columns.h. Spellings are those of list editors, CRM exports and the services we are compatible
 * with; keys as text_title_key() writes them. */
#include "press/columns.h"
#include "base/text.h"

static const struct {
    const char *key;
    int field;
} spellings[] = {
    {"first_name", FIELD_FIRST_NAME},
    {"first", FIELD_FIRST_NAME},
    {"firstname", FIELD_FIRST_NAME},
    {"fname", FIELD_FIRST_NAME},
    {"given_name", FIELD_FIRST_NAME},
    {"last_name", FIELD_LAST_NAME},
    {"last", FIELD_LAST_NAME},
    {"lastname", FIELD_LAST_NAME},
    {"lname", FIELD_LAST_NAME},
    {"surname", FIELD_LAST_NAME},
    {"family_name", FIELD_LAST_NAME},
    {"company", FIELD_COMPANY},
    {"company_name", FIELD_COMPANY},
    {"organization", FIELD_COMPANY},
    {"organisation", FIELD_COMPANY},
    {"business_name", FIELD_COMPANY},
    {"address_street", FIELD_ADDRESS_STREET},
    {"street", FIELD_ADDRESS_STREET},
    {"street_address", FIELD_ADDRESS_STREET},
    {"address", FIELD_ADDRESS_STREET},
    {"address1", FIELD_ADDRESS_STREET},
    {"address_1", FIELD_ADDRESS_STREET},
    {"address_line_1", FIELD_ADDRESS_STREET},
    {"address_line1", FIELD_ADDRESS_STREET},
    {"street_1", FIELD_ADDRESS_STREET},
    {"street1", FIELD_ADDRESS_STREET},
    {"mailing_street", FIELD_ADDRESS_STREET},
    {"mailing_address", FIELD_ADDRESS_STREET},
    {"address_street2", FIELD_ADDRESS_STREET2},
    {"address_street_2", FIELD_ADDRESS_STREET2},
    {"street2", FIELD_ADDRESS_STREET2},
    {"street_2", FIELD_ADDRESS_STREET2},
    {"address2", FIELD_ADDRESS_STREET2},
    {"address_2", FIELD_ADDRESS_STREET2},
    {"address_line_2", FIELD_ADDRESS_STREET2},
    {"address_line2", FIELD_ADDRESS_STREET2},
    {"apartment", FIELD_ADDRESS_STREET2},
    {"apt", FIELD_ADDRESS_STREET2},
    {"suite", FIELD_ADDRESS_STREET2},
    {"unit", FIELD_ADDRESS_STREET2},
    {"address_city", FIELD_ADDRESS_CITY},
    {"city", FIELD_ADDRESS_CITY},
    {"town", FIELD_ADDRESS_CITY},
    {"mailing_city", FIELD_ADDRESS_CITY},
    {"address_state", FIELD_ADDRESS_STATE},
    {"state", FIELD_ADDRESS_STATE},
    {"province", FIELD_ADDRESS_STATE},
    {"region", FIELD_ADDRESS_STATE},
    {"state_province", FIELD_ADDRESS_STATE},
    {"state/province", FIELD_ADDRESS_STATE},
    {"mailing_state", FIELD_ADDRESS_STATE},
    {"address_zip", FIELD_ADDRESS_ZIP},
    {"zip", FIELD_ADDRESS_ZIP},
    {"zip_code", FIELD_ADDRESS_ZIP},
    {"zipcode", FIELD_ADDRESS_ZIP},
    {"postal_code", FIELD_ADDRESS_ZIP},
    {"postalcode", FIELD_ADDRESS_ZIP},
    {"postcode", FIELD_ADDRESS_ZIP},
    {"zip/postal_code", FIELD_ADDRESS_ZIP},
    {"mailing_zip", FIELD_ADDRESS_ZIP},
    {"country", FIELD_COUNTRY},
    {"address_country", FIELD_COUNTRY},
    {"country_code", FIELD_COUNTRY},
    {"email_address", FIELD_EMAIL_ADDRESS},
    {"email", FIELD_EMAIL_ADDRESS},
    {"e_mail", FIELD_EMAIL_ADDRESS},
    {"phone", FIELD_PHONE},
    {"phone_number", FIELD_PHONE},
    {"telephone", FIELD_PHONE},
    {"mobile_phone", FIELD_MOBILE_PHONE},
    {"mobile", FIELD_MOBILE_PHONE},
    {"cell", FIELD_MOBILE_PHONE},
    {"cell_phone", FIELD_MOBILE_PHONE},
    {"occupation", FIELD_OCCUPATION},
    {"job_title", FIELD_OCCUPATION},
    {"website", FIELD_WEBSITE},
    {"web_site", FIELD_WEBSITE},
    {"url", FIELD_WEBSITE},
};

/* "var_field_7", "variable_data_7", "var_7"; -1 when it is none of these. */
static int numbered_field(struct str key)
{
    static const char *const prefixes[] = {"var_field_", "variable_data_", "variable_field_", "var_field", "var_"};
    int64_t n;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        struct str prefix = str_of(prefixes[i]);
        if (!str_starts(key, prefix)) continue;
        struct str digits = {key.ptr + prefix.len, key.len - prefix.len};
        if (str_to_int64(digits, &n) && n >= 1 && n <= FIELD_KNOWN - FIELD_VAR_1) return FIELD_VAR_1 + (int)n - 1;
    }
    return -1;
}

int columns_match(struct str header)
{
    struct arena *a = arena_create(512);
    struct str key = text_title_key(a, header);
    int found = numbered_field(key);
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings && found < 0; i++)
        if (str_eq(key, str_of(spellings[i].key))) found = spellings[i].field;
    arena_destroy(&a);
    return found;
}
