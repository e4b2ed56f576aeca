/* handover.h: paper leaves this house here, at most once. The face of a printer (links/printers fills it, app hands the list to
 * mail_create), and what the operator decides.
 *
 *   a batch that is Ready and live is claimed (Ready → HandingOver, durably) before anything else happens
 *   the printer prepares; before the first line after which paper may come of it, it calls `leaving`, which is durable when it returns
 *   done → HandedOver, with the printer's job and one MailPieceCreated per piece
 *   nothing was printed, for sure → Ready again, by the retry ladder, with the reason
 *   nobody can tell → Unknown: shown, never tried again by itself; a person decides
 * After a crash a batch in HandingOver is never claimed again: when nothing was `leaving` it goes back to Ready, else the printer is
 * asked. Test batches have no printer: they are told of (MailPieceCreated) when they are Ready, and no paper leaves. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"

enum handover_result {
    HANDOVER_DONE,
    HANDOVER_NOT_PRINTED, /* for sure */
    HANDOVER_UNKNOWN,
    HANDOVER_PARTLY /* a printer that takes pieces one by one has some, and remembers which: the rest another time */
};
struct printer_def;
struct handover {
    /* for the printer */
    struct arena *arena;
    struct json_value settings; /* of its connection, as check let them in */
    const struct printer_def *printer;
    int64_t account, batch_id;
    int attempt;         /* from 1 up */
    const char *package; /* the finished folder */
    const char *name;    /* how it is called there; holds the batch's number, the same in every attempt */
    struct str job;      /* ask: what `leaving` was told */
    void *ctx;
    /* False: it must not go on (the lease is another's, or the database cannot say): HANDOVER_NOT_PRINTED. */
    bool (*leaving)(struct handover *h, struct str job, struct fault *f);
    /* by the printer */
    struct str done_job; /* its name for what it took, with HANDOVER_DONE; from the arena */
    int64_t again_at;    /* HANDOVER_PARTLY: when the rest is due; 0: by the retry ladder */
    struct fault why;    /* with all others; HANDOVER_PARTLY: "" when nothing was wrong */
};
struct printer_def {
    const char *name;                                           /* "folder": the word in settings' "kind" */
    bool (*check)(struct json_value settings, struct fault *f); /* FAULT_USER 400 names the setting */
    enum handover_result (*hand_over)(struct handover *h);
    enum handover_result (*ask)(struct handover *h); /* after `leaving` and a crash: what came of it? Changes nothing. */
    void *ctx;                                       /* the printer's own */
};

struct mail;
/* What a person says of a batch that is Unknown. 404, 409: it is not. */
bool handover_resolve(struct mail *m, int64_t account, int64_t batch_id, bool was_printed, struct fault *f);
