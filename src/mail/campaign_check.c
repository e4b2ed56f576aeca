/* campaign_check.c: what a new campaign must say (specs: postalytics-api §6). Pure. */
#include "mail/campaign_check.h"
#include "mail/mail_private.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "postal/address.h"
#include "postal/stid.h"

static const struct {
    int credit_type, size;
    bool is_first_class, is_standard;
} credits[] = {
    {21, SIZE_4X6, true, false},    {22, SIZE_6X9, true, false},  {23, SIZE_6X11, true, false},
    {24, SIZE_LETTER, true, false}, {28, SIZE_12X9, true, true},  {29, SIZE_6X18, true, true},
    {32, SIZE_6X9, false, true},    {33, SIZE_6X11, false, true}, {34, SIZE_LETTER, false, true},
};

bool campaign_credit_check(const struct drop *d, int size, struct fault *f)
{
    bool first = d->postage_type == MAIL_FIRST_CLASS;
    for (size_t i = 0; i < sizeof credits / sizeof *credits; i++) {
        if (credits[i].credit_type != d->credit_type) continue;
        if (credits[i].size != size)
            return fault_user(f, 400, "CreditTypeId %d is for another size than that of template %lld.", d->credit_type,
                              (long long)d->template_id);
        if (first ? credits[i].is_first_class : credits[i].is_standard) return true;
        return fault_user(f, 400, "CreditTypeId %d is not for PostageType %d (%s).", d->credit_type, d->postage_type,
                          first ? "first class" : "standard");
    }
    return fault_user(f, 400, "CreditTypeId %d is not known.", d->credit_type);
}

static bool optional_check(struct str *s, const char *field, struct fault *f)
{
    *s = s->ptr ? str_trim(*s) : *s;
    size_t most = (size_t)limit_get(LIMIT_NAME_MAX_CHARACTERS);
    if (utf8_length(*s) > most) return fault_user(f, 400, "%s is longer than %zu characters.", field, most);
    if (utf8_has_control(*s)) return fault_user(f, 400, "%s holds a control character.", field);
    return true;
}

static bool url_check(struct str s, const char *field, struct fault *f)
{
    if (str_is_empty(s)) return true;
    size_t most = (size_t)limit_get(LIMIT_URL_MAX_BYTES);
    if (s.len > most) return fault_user(f, 400, "%s is longer than %zu bytes.", field, most);
    if (utf8_has_control(s) || memchr(s.ptr, ' ', s.len))
        return fault_user(f, 400, "%s holds a blank or a control character.", field);
    if (str_starts(s, STR("http://")) || str_starts(s, STR("https://"))) return true;
    return fault_user(f, 400, "%s must begin with http:// or https://.", field);
}

static bool sender_check(struct drop *d, struct fault *f)
{
    char code[3];
    if (!name_check(&d->sender_name, "SenderName", f) || !name_check(&d->sender_address1, "SenderAddress1", f) ||
        !name_check(&d->sender_city, "SenderCity", f) || !name_check(&d->sender_state, "SenderState", f) ||
        !name_check(&d->sender_zip, "SenderZip", f) || !optional_check(&d->sender_address2, "SenderAddress2", f) ||
        !optional_check(&d->sender_country, "SenderCountry", f))
        return false;
    if (str_is_empty(d->sender_country)) d->sender_country = STR("US");
    if (!str_eq_nocase(d->sender_country, STR("US")) && !str_eq_nocase(d->sender_country, STR("USA")))
        return fault_user(f, 400, "SenderCountry \"%.*s\" is not US.", STR_ARG(d->sender_country));
    if (!address_state_code(d->sender_state, ADDRESS_US, code))
        return fault_user(f, 400, "SenderState \"%.*s\" is no state of the US.", STR_ARG(d->sender_state));
    if (!address_zip_is_valid(d->sender_zip, ADDRESS_US))
        return fault_user(f, 400, "SenderZip \"%.*s\" is no ZIP code.", STR_ARG(d->sender_zip));
    return true;
}

bool campaign_min_days_check(int64_t days, struct fault *f)
{
    return (days >= 0 && days <= 3650) || fault_user(f, 400, "MinDaysBetween must be a number of days from 0 to 3650.");
}

bool campaign_check(struct drop *d, struct fault *f)
{
    if (!name_check(&d->name, "DirectMailName", f)) return false;
    if (d->kind != CAMPAIGN_SMART_SEND && d->kind != CAMPAIGN_TRIGGERED)
        return fault_user(f, 400, "CampaignType %d is neither 0 (smart send) nor 1 (triggered).", (int)d->kind);
    if (!campaign_min_days_check(d->min_days_between, f)) return false;
    if (d->template_id <= 0) return fault_user(f, 400, "TemplateFrontId is required.");
    if (d->postage_type != MAIL_FIRST_CLASS && d->postage_type != MAIL_STANDARD)
        return fault_user(f, 400, "PostageType %d is neither 0 (first class) nor 1 (standard).", d->postage_type);
    if (d->kind == CAMPAIGN_SMART_SEND && (d->contact_list_id == DB_NULL || d->contact_list_id <= 0))
        return fault_user(f, 400, "ContactListId is required for a smart send.");
    return sender_check(d, f) && url_check(d->starting_url, "StartingUrl", f) && url_check(d->goal_url, "GoalUrl", f);
}
