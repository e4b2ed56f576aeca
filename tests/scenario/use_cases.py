"""What people use this for, played end to end: an e-mail timed by the mail's delivery, the next step of an automation, a text message to a sales rep
when somebody reaches the goal URL, at HighLevel and at Salesforce; a birthday card, a welcome, an onboarding and many at once at Kizen. The peers play
the CRMs with what their owners have set up in them (peers/automation.py); the clock is stepped. `use_cases.py build/src/app/pennypost`."""
import base64
from house import *
sys.path.insert(0, str(pathlib.Path(__file__).parent / "peers"))
import kizen
from peer import Peer

DAY = 86400000
AGENT = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}
CAMPAIGN = {"CreditTypeId": 22, "PostageType": 0, "StartingUrl": "https://shop.example/start", "GoalUrl": "https://shop.example/thanks", "SenderName": "Penny Lane",
            "SenderAddress1": "1 Penny Lane", "SenderCity": "Springfield", "SenderState": "IL", "SenderZip": "62701"}
SALES_REP = "+12125550100"
TAG = "tag postalytics event: "


class Kept(House):
    """Its address stands in the CRMs' automations, so it keeps its port over its restarts."""

    def flags(self):
        return [f"127.0.0.1:{self.port}" if flag == "127.0.0.1:0" else flag for flag in super().flags()]


def wait(what, fact, seconds=60):
    until = time.time() + seconds
    while time.time() < until:
        if got := fact():
            return got
        time.sleep(0.1)
    check(False, what + " (waited in vain)")
    return None


def ask(method, path, body=None, want=200, **more):
    status, got = h.ask(method, path, body, **more)
    if status != want:
        check(False, f"{method} {path}: {status} {got}")
    return got


def step_to(ms):
    h.stop()
    check(h.start(env={"PENNYPOST_CLOCK_MS": str(ms)}), time.strftime("it is %Y-%m-%d %H:%M", time.gmtime(ms / 1000)))


def campaign(name):
    made = wait("the template is compiled", lambda: (a := h.ask("POST", "/api/v1/campaigns", {**CAMPAIGN, "DirectMailName": name, "TemplateFrontId": template}))[0] == 200 and a[1])
    return made["drop_id"], made["endpoint"]


def pieces(drop):
    """First names of whom a piece was made for, in order."""
    return [json.loads(r)[0] for r, in h.rows(f"SELECT recipient FROM piece WHERE piece_id / 8192 IN (SELECT batch_id FROM batch WHERE drop_id = {drop}) ORDER BY piece_id")]


def printed(names):
    """{first name: (tracking code, personal URL's code)} of those that lie in packages."""
    rows = [r for path in h.data.glob("batches/*/*/manifest.csv") for r in manifest(path.parent)]
    got = {json.loads(h.rows(f"SELECT recipient FROM piece WHERE piece_id = {r['piece_id']}")[0][0])[0]: (ask("GET", f"/v1/pieces/{r['piece_id']}")["tracking_code"], r["purl"].rsplit("/", 1)[1])
           for r in rows}
    return got if set(names) <= set(got) else None


def scan(who, op, phase, facility):
    """The USPS has seen these people's cards."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    rows = [{"imbTrackingCode": cards[name][0], "scanDatetime": at, "scanEventCode": op, "mailPhase": phase, "scanFacilityZip": facility, "handlingEventType": "A"} for name in who]
    kept = ask("POST", "/v1/usps/iv", {"msgGrpId": "1", "events": rows})
    wait("scans are read", lambda: ask("GET", f"/v1/scans/{kept['scan_file_id']}")["state"] == "done")


def visit(name, is_at_goal):
    code = cards[name][1]
    conn = http.client.HTTPConnection("127.0.0.1", h.port, timeout=20)
    conn.request("GET", f"/p/{code}", headers=AGENT)
    where = conn.getresponse().getheader("Location", "")
    conn.close()
    if is_at_goal:
        h.ask("POST", f"/t/{code}", json.dumps({"visit": where.rsplit("-", 1)[-1], "url": "https://shop.example/thanks"}), headers=AGENT, key="", raw=True)


def done_at(crm, what):
    return [e for e in crm.state()["automations"]["done"] if e["what"] == what]


def told_of(crm, what, n=1):
    """What the CRM's automations did of this kind, once it is so many; no more come."""
    got = wait(f"{n} {what}", lambda: len(done_at(crm, what)) >= n and done_at(crm, what)) or []
    check(len(got) == n, f"{n} {what}, no more: {len(got)}")
    return got


highlevel, salesforce = Peer("highlevel"), Peer("salesforce")
h = Kept(settings={"mail.test_gather_ms": "300", "outgoing.allow": "127.0.0.0/8", "outgoing.http": "on", "outgoing.ports": "all", "purl.per_minute": "1000000"})
try:
    check(h.start(), "the server starts")
    account = h.make_account("use cases")
    for side in ("front", "back"):
        ask("PUT", f"/v1/assets/{side}.png", (ROOT / f"share/demo/image-{side}.png").read_bytes(), headers={"Content-Type": "image/png"})
    template = ask("POST", "/api/v1/templates", {"name": "pictures", "size": "2", "is_full_html": False, "is_proofed": True, "front": "asset:front.png", "back": "asset:back.png"})["template_id"]
    card, card_endpoint = campaign("Spring card")
    second, second_endpoint = campaign("Second card")

    # ---- two people in each CRM; what their owners have set up there ----
    ADDRESS = {"address1": "350 5th Ave", "city": "New York", "state": "NY", "postalCode": "10118"}
    ada, bob = highlevel.script(contacts=[{"firstName": name, "lastName": "Doe", "email": f"{name.lower()}@example.com", **ADDRESS} for name in ("Ada", "Bob")])["made"]
    connection = ask("POST", "/v1/connections", {"kind": "highlevel", "label": "HighLevel", "secrets": {"token": "pit-demo-token"}, "settings": {
        "location_id": "loc_1", "base_url": highlevel.url, "hook_endpoint": card_endpoint, "hook_fields": "endpoint=customData.campaign"}})["connection_id"]
    ask("POST", "/v1/subscriptions", {"name": "tags", "source": "drop", "source_id": card, "connection_id": connection,
                                      "events": ["MailPieceCreated", "Mailed", "InTransit", "ProcessedForDelivery", "pURLOpened", "pURLCompleted"]})
    highlevel_hook = f"http://127.0.0.1:{h.port}" + ask("POST", f"/v1/connections/{connection}/hook")["path"]
    highlevel.script(automations=[
        {"on": TAG + "processedfordelivery", "steps": [{"wait_days": 2}, {"email": "{email}", "text": "{firstName}, did our card arrive?"}]},
        {"on": TAG + "purlopened", "steps": [{"call": highlevel_hook, "body": {"contact_id": "{id}", "first_name": "{firstName}", "last_name": "{lastName}", "address1": "{address1}",
            "city": "{city}", "state": "{state}", "postal_code": "{postalCode}", "customData": {"campaign": second_endpoint}}}]},
        {"on": TAG + "purlcompleted", "steps": [{"sms": SALES_REP, "text": "{firstName} {lastName} has ordered"}]}])

    STREET = {"MailingStreet": "350 5th Ave", "MailingCity": "New York", "MailingState": "NY", "MailingPostalCode": "10118"}
    ids = salesforce.script(records={"Contact": [{"FirstName": "Ann", "LastName": "Ray", "Email": "ann@example.com", **STREET}],
        "Lead": [{"FirstName": "Leo", "LastName": "Ray", "Email": "leo@example.com", "Company": "Acme", "Street": "350 5th Ave", "City": "New York", "State": "NY", "PostalCode": "10118"}]})["ids"]
    connection = ask("POST", "/v1/connections", {"kind": "salesforce", "label": "Salesforce", "secrets": {"client_secret": "secret"},
                                                 "settings": {"flow": "client_credentials", "login_url": salesforce.url, "client_id": "3MVG9"}})["connection_id"]
    ask("POST", "/v1/subscriptions", {"name": "at once", "source": "drop", "source_id": card, "connection_id": connection, "events": ["MailPieceCreated", "InTransit", "pURLOpened", "pURLCompleted"]})
    ask("POST", "/v1/subscriptions", {"name": "two days later", "source": "drop", "source_id": card, "connection_id": connection, "events": ["ProcessedForDelivery"], "delay_s": 2 * DAY // 1000})
    salesforce_hook = f"http://127.0.0.1:{h.port}" + ask("POST", f"/v1/connections/{connection}/hook")["path"]
    FIELD = f"Postalytics_Mail_Drop_{card}_Event_Status__c"
    salesforce.script(automations=[
        {"on": FIELD + " = ProcessedForDelivery", "steps": [{"email": "{Email}", "text": "{FirstName}, did our card arrive?"}]},
        {"on": FIELD + " = pURLOpened", "steps": [{"call": salesforce_hook, "body": {"endpoint": second_endpoint, "record_id": "{Id}", "FirstName": "{FirstName}", "LastName": "{LastName}",
            "Street": "{Street}", "City": "{City}", "State": "{State}", "PostalCode": "{PostalCode}"}}]},
        {"on": FIELD + " = pURLCompleted", "steps": [{"sms": SALES_REP, "text": "{FirstName} {LastName} has ordered"}]}])

    # ---- the card: sent by both CRMs, travelling, one of two people's delivered ----
    for cid, name in ((ada, "Ada"), (bob, "Bob")):
        ask("POST", highlevel_hook[highlevel_hook.index("/v1/"):], {"contact_id": cid, "first_name": name, "last_name": "Doe", **ADDRESS}, key="")
    for record, name in ((ids["Contact"][0], "Ann"), (ids["Lead"][0], "Leo")):
        ask("POST", salesforce_hook[salesforce_hook.index("/v1/"):], {"endpoint": card_endpoint, "record_id": record, "FirstName": name, "LastName": "Ray", "Street": "350 5th Ave",
                                                                    "City": "New York", "State": "NY", "PostalCode": "10118"}, key="")
    cards = wait("four cards are printed", lambda: printed(("Ada", "Bob", "Ann", "Leo"))) or {}

    def field_of(kind):
        return next(iter(salesforce.state()["records"][kind].values())).get(FIELD)

    scan(("Ada", "Bob", "Ann", "Leo"), "881", "Phase 1a - Origin Primary Processing", "62701")
    wait("all are on their way", lambda: field_of("Contact") == field_of("Lead") == "InTransit" and all("postalytics event: intransit" in c["tags"] for c in highlevel.state()["contacts"].values()))
    before = int(time.time() * 1000)
    scan(("Ada", "Ann"), "919", "Phase 3c - Destination Sequenced Carrier Sortation", "10118")
    wait("HighLevel has the tag", lambda: "postalytics event: processedfordelivery" in highlevel.state()["contacts"][ada]["tags"])
    check(highlevel.state()["automations"]["waiting"] == 1, "a workflow waits at HighLevel, of her whose card is there")

    # ---- triggering the next step: a visit ends in the second card ----
    for name in ("Bob", "Leo"):
        visit(name, is_at_goal=False)
    check(pieces(card) == ["Ada", "Bob", "Ann", "Leo"], f"of the first card each has one: {pieces(card)}")
    for crm, name in ((highlevel, "HighLevel"), (salesforce, "Salesforce")):
        calls = told_of(crm, "call")
        answered = wait("it is answered", lambda: [e for e in done_at(crm, "call") if "status" in e]) or [{}]
        check(answered[0].get("status") == 200 and json.loads(answered[0]["answer"]) == {"accepted": 1}, f"{name}, triggering the next step in an automation: its call sends the second card: {answered}")
    wait("the second card is on its way to both", lambda: sorted(pieces(second)) == ["Bob", "Leo"])
    ref = dict((json.loads(r)[0], s) for r, s in h.rows(f"SELECT recipient, source_ref FROM piece WHERE piece_id / 8192 IN (SELECT batch_id FROM batch WHERE drop_id = {second})"))
    check(bob in ref.get("Bob", "") and ids["Lead"][0] in ref.get("Leo", ""), f"and knows whose it is there: {ref}")

    # ---- a text message to a sales rep when the goal URL is completed ----
    check(done_at(highlevel, "sms") == done_at(salesforce, "sms") == [], "who only looked makes nobody's telephone ring")
    for name in ("Bob", "Leo"):
        visit(name, is_at_goal=True)
    for crm, name, whom in ((highlevel, "HighLevel", "Bob Doe"), (salesforce, "Salesforce", "Leo Ray")):
        sms = told_of(crm, "sms")
        check([(e["to"], e["text"]) for e in sms] == [(SALES_REP, whom + " has ordered")], f"{name}, a text message to a sales rep when the goal URL is completed: {sms}")

    # ---- an e-mail timed by the mail's delivery: two days after the scan, in the CRM or here ----
    highlevel.script(pass_days=1)
    check(done_at(highlevel, "email") == [], "a day later HighLevel has written to nobody")
    highlevel.script(pass_days=1)
    check([(e["to"], e["text"]) for e in told_of(highlevel, "email")] == [("ada@example.com", "Ada, did our card arrive?")], "HighLevel, an e-mail based on the timing of the mail delivery")
    step_to(before + 2 * DAY - 600000)
    time.sleep(1.5)
    check(field_of("Contact") == "InTransit" and done_at(salesforce, "email") == [], f"ten minutes before the two days are over Salesforce knows nothing of it: {field_of('Contact')}")
    step_to(before + 2 * DAY + 120000)
    mail = told_of(salesforce, "email")
    check([(e["to"], e["text"]) for e in mail] == [("ann@example.com", "Ann, did our card arrive?")], f"Salesforce, an e-mail based on the timing of the mail delivery: {mail}")
    check(field_of("Lead") == "pURLCompleted" and len(done_at(salesforce, "call")) == len(done_at(highlevel, "call")) == 1, "and nothing was begun twice")

    # ---- Kizen: its automations send the mail ----
    crm = kizen.Kizen().start()
    connection = ask("POST", "/v1/connections", {"kind": "kizen", "settings": {"user_id": kizen.USER, "business_id": kizen.BUSINESS, "address": crm.address, "fields": "var_field_1=birthday"},
                                                 "secrets": {"api_key": kizen.KEY}})["connection_id"]
    drops = {name: campaign(name) for name in ("Birthday", "Welcome", "Onboarding 1", "Onboarding 2", "Everybody")}

    def send(name):
        return {"call": f"http://127.0.0.1:{h.port}/v1/actions/send-campaign-mail", "headers": {"Authorization": "Basic " + base64.b64encode((h.key + ":").encode()).decode()},
                "body": {"endpoint": drops[name][1], "connection_id": connection, "contact_id": "{contact_id}"}}

    crm.automations.script({"automations": [{"on": "birthday", "steps": [send("Birthday")]}, {"on": "came to the event", "steps": [send("Welcome")]}, {"on": "spring mailing", "steps": [send("Everybody")]},
                                            {"on": "became a customer", "steps": [send("Onboarding 1"), {"wait_days": 7}, send("Onboarding 2")]}]})
    people = [crm.add(first_name=f"P{n}", last_name="Kay", street_address_1=f"{n + 1} Main Street", city="Springfield", state="IL", zipcode="62704", birthday="1990-05-04") for n in range(20)]
    nowhere = crm.add(first_name="No", last_name="Address")

    def answers(n):
        return wait(f"{n} answers", lambda: len(all_ := [e for e in crm.automations.state()["done"] if "status" in e]) >= n and all_) or []

    crm.happened("birthday", people[0])
    answered = answers(1)
    check(pieces(drops["Birthday"][0]) == ["P0"] and "send-date" in json.loads(answered[0]["answer"]), f"Kizen, a one-time birthday card to a contact: {answered}")
    crm.happened("came to the event", people[1])
    answers(2)
    check(pieces(drops["Welcome"][0]) == ["P1"], "Kizen, follow-up mail after an event")
    crm.happened("became a customer", people[2])
    answers(3)
    check(pieces(drops["Onboarding 1"][0]) == ["P2"] and pieces(drops["Onboarding 2"][0]) == [], "Kizen, an onboarding: the first card")
    crm.automations.script({"pass_days": 7})
    answers(4)
    check(pieces(drops["Onboarding 2"][0]) == ["P2"], "and a week later the second")
    for person in people + [nowhere]:
        crm.happened("spring mailing", person)
    last = answers(25)[4:]
    check(sorted(pieces(drops["Everybody"][0])) == sorted(f"P{n}" for n in range(20)), f"Kizen, mail at scale by an automation: everybody has one card: {pieces(drops['Everybody'][0])}")
    failed = [e for e in last if e["status"] != 200]
    check(len(failed) == 1 and failed[0]["status"] == 400 and "street_address_1" in failed[0]["answer"], f"who has no address is a failed step with its reason: {failed}")
    check(h.stop() == 0 and not h.warnings(), f"the server ends well: {h.warnings()[:3]}")
finally:
    if h.server:
        h.stop()
    highlevel.stop(), salesforce.stop()
done()
