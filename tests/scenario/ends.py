"""ends.py: what the scenarios of two ends have in common: a house that may speak to this machine, and an account with a campaign."""
import time
import house

LOOSE = {"outgoing.allow": "127.0.0.0/8", "outgoing.http": "on", "outgoing.ports": "all", "mail.recall_minutes": "0", "mail.gather_seconds": "1", "mail.test_gather_ms": "200",
         "printer.rest": "1", "watch.pause": "1"}
SENDER = {"SenderName": "Penny Lane", "SenderAddress1": "1 Penny Lane", "SenderCity": "Springfield", "SenderState": "IL", "SenderZip": "62701"}
PERSON = {"last_name": "Lovelace", "address_street": "12 St James Square", "address_city": "Sacramento", "address_state": "CA", "address_zip": "95814"}


def until(what, fact, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end and not fact():
        time.sleep(0.2)
    return house.check(fact(), what)


def furnish(h, name, live):
    """An account with a compiled template; a maker of campaigns."""
    account = h.make_account(name)
    if live:
        h.cli("account", "mailer-id", str(account), "901234567")
    template = h.make_card()

    def campaign(title):
        made = h.ask("POST", "/api/v1/campaigns", {"DirectMailName": title, "TemplateFrontId": template, "CreditTypeId": 22, "PostageType": 0, **SENDER})[1]
        if live:
            house.check(h.ask("PUT", f"/api/v1/campaigns/{made['drop_id']}", {"is_live_mode": 1})[0] == 200, f"{title} is live")
        return made["drop_id"], made["endpoint"]
    return account, campaign
