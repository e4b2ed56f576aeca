/* cmd_contacts.c: `pennypost contacts import LIST FILE.csv --account ID [--key FIELD]`, exit 1 when rows were refused; and `contacts send`
 * (cmd_contacts_send.c). */
#include "app/commands.h"
#include "app/import_watch.h"
#include "app/options.h"
#include <stdio.h>

#define FORM                                                                                                                   \
    "pennypost contacts import LIST FILE.csv --account ID [--key FIELD]   (LIST is the list's number; with --key "             \
    "email_address a row "                                                                                                     \
    "updates the contact that has its e-mail address)"

static void forms(FILE *to) { fputs(FORM "\n" CONTACTS_SEND_FORM "\n", to); }

/* NULL: everything is there. */
static const char *missing(const struct options *o)
{
    if (o->n_rest < 1) return "say what to do";
    if (!str_eq(str_of(o->rest[0]), STR("import"))) return "the things to do are import and send";
    if (o->n_rest < 2) return "LIST and FILE.csv are missing";
    int64_t list;
    if (!str_to_int64(str_of(o->rest[1]), &list) || list < 1) return "LIST is no number";
    if (o->n_rest < 3) return "FILE.csv is missing";
    if (o->n_rest > 3) return "there is a word too many behind FILE.csv";
    if (!o->account) return "--account ID is missing";
    return NULL;
}

int cmd_contacts(int argc, char **argv)
{
    struct options o;
    struct fault f = {0};
    int64_t list = 0;
    if (!options_read(&o, argc, argv, TAKES_NODE | TAKES_JSON | TAKES_ACCOUNT | TAKES_KEY, forms)) return EXIT_USAGE;
    if (o.n_rest && str_eq(str_of(o.rest[0]), STR("send")))
        return options_take(&o, "contacts send", TAKES_NODE | TAKES_JSON | TAKES_ACCOUNT) ? cmd_contacts_send(&o) : EXIT_USAGE;
    const char *what = missing(&o);
    if (what) return fprintf(stderr, "pennypost contacts: %s: %s\n", what, FORM), EXIT_USAGE;
    str_to_int64(str_of(o.rest[1]), &list);
    struct remote *r = remote_open(o.account, false, &f);
    struct import_outcome out = {0};
    bool ok = r && import_and_watch(r, list, o.rest[2], o.key, o.json, &out, &f);
    remote_close(&r);
    if (!ok) return fprintf(stderr, "pennypost contacts: %s\n", f.text), EXIT_CANNOT;
    printf(
        o.json
            ? "{\"import_id\":%lld,\"rows\":%lld,\"used\":%lld,\"inserted\":%lld,\"updated\":%lld,\"unchanged\":%lld,"
              "\"repeated\":%lld,"
              "\"refused\":%lld}\n"
            : "import %lld: %lld rows, %lld contacts (%lld new, %lld updated, %lld unchanged, %lld repeated), %lld refused\n",
        (long long)out.import_id, (long long)out.rows, (long long)out.used, (long long)out.inserted, (long long)out.updated,
        (long long)out.unchanged, (long long)out.repeated, (long long)out.refused);
    return out.refused ? EXIT_REFUSED : EXIT_DONE;
}
