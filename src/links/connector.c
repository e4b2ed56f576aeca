/* connector.c: finding things in the tables. */
#include "links/connector.h"

const struct connector *connector_find(const struct connector *const *all, int n, struct str name)
{
    for (int i = 0; i < n; i++)
        if (str_eq(str_of(all[i]->name), name)) return all[i];
    return NULL;
}

const struct connector *connector_of(const struct connector *const *all, int n, int number)
{
    for (int i = 0; i < n; i++)
        if (all[i]->number == number) return all[i];
    return NULL;
}

const struct connector_operation *connector_operation_find(const struct connector *c, struct str name)
{
    for (int i = 0; i < c->n_operations; i++)
        if (str_eq(str_of(c->operations[i].name), name)) return &c->operations[i];
    return NULL;
}

struct str connector_setting_get(const struct connector *c, struct json_value settings, const char *name)
{
    struct json_value v = json_get(settings, name);
    if (v.type == JSON_STRING) return v.string;
    for (int i = 0; i < c->n_settings; i++)
        if (strcmp(c->settings[i].name, name) == 0) return str_of(c->settings[i].fallback);
    return STR_NULL;
}
