"""Events that send mail: a visit, a contact that is new, a status sends a piece of another campaign, with the person's fields and the
subscription's; at once or later; once, also over a crash; a circle of campaigns ends and is seen; no paper comes of tests.
`mailing.py build/src/app/pennypost`."""
import json, time
import house

h = house.House(settings={"mail.test_gather_ms": "200", "outgoing.allow": "127.0.0.0/8", "outgoing.http": "on", "outgoing.ports": "all"})
house.check(h.start(), "the server starts")
account = h.make_account("mailing")
template = h.make_card()
SENDER = {"SenderName": "Penny Lane", "SenderAddress1": "1 Penny Lane", "SenderCity": "Springfield", "SenderState": "IL", "SenderZip": "62701"}
PERSON = {"first_name": "Ada", "last_name": "Lovelace", "address_street": "12 St James Square", "address_city": "Sacramento", "address_state": "CA", "address_zip": "95814", "var_field_2": "7"}


def campaign(name, **more):
    made = h.ask("POST", "/api/v1/campaigns", {"DirectMailName": name, "TemplateFrontId": template, "CreditTypeId": 22, "PostageType": 0, **SENDER, **more})[1]
    return made["drop_id"], made["endpoint"]


def until(what, fact, seconds=40):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if fact():
            break
        time.sleep(0.2)
    return house.check(fact(), what)


def pieces(drop):
    return [json.loads(r[0]) for r in h.rows(f"SELECT recipient FROM piece WHERE piece_id / 8192 IN (SELECT batch_id FROM batch WHERE drop_id = {drop}) ORDER BY piece_id")]


def subscribe(want=200, says=None, **body):
    status, got = h.ask("POST", "/v1/subscriptions", body)
    said = got.get("error", {}).get("message", "")
    house.check(status == want and (says is None or says in said), f"subscribe {json.dumps(body)[:90]}: {status} {said}")
    return got


first, first_endpoint = campaign("First", StartingUrl="https://example.com/hello")
follow, follow_endpoint = campaign("Follow-up")

# ---- a visit sends a follow-up ----
made = subscribe(source_id=first, events=["pURLOpened"], send={"endpoint": follow_endpoint, "values": {"var_field_1": "Thank you for looking", "var_field_2": ""}})
house.check(made["send"]["endpoint"] == follow_endpoint and made["url"] is None and made["settings"] == {}, f"it is shown as what it is: {made}")
sent = h.ask("POST", f"/api/v1/send/{first_endpoint}", PERSON)[1]
until("the first piece is in the post, as a test", lambda: h.rows(f"SELECT count(*) FROM event WHERE source_id = {first} AND code = 0")[0][0] == 1)
package = next(h.data.glob("batches/**/manifest.csv")).parent
purl = house.manifest(package)[0]["purl"].rsplit("/", 1)[1]
status = h.ask("GET", f"/p/{purl}", key="", headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}, raw=True)[0]
house.check(status in (302, 303), f"the person visits: {status}")
until("a visit sends a piece of the follow-up", lambda: len(pieces(follow)) == 1)
row = pieces(follow)[0]
house.check(row[0] == "Ada" and row[14] == "Thank you for looking" and len(row) == 15, f"to the same person, with the subscription's values: {row}")
until("the delivery is written down", lambda: any(a["result"] == "delivered" for a in h.ask("GET", "/v1/outbox/log")[1]))
house.check(h.rows(f"SELECT source_ref FROM piece WHERE piece_id / 8192 IN (SELECT batch_id FROM batch WHERE drop_id = {follow})")[0][0] == "hops=1;", "it knows that it came of an event")
until("and so do its events", lambda: h.rows(f"SELECT hops FROM event WHERE source_id = {follow} AND code = 0") == [[1]])

# ---- a contact that is new, after a while ----
people = h.ask("POST", "/api/v1/lists", {"name": "New"})[1]["contact_list_id"]
welcome, welcome_endpoint = campaign("Welcome")
subscribe(source="list", source_id=people, events=["contact.created"], delay_s=3, send={"endpoint": welcome_endpoint})
subscribe(source="list", source_id=people, events=["contact.created"], send={"endpoint": welcome_endpoint, "values": {"var_field_1": "at once"}})
h.ask("POST", "/api/v1/contacts", {"contact_list_id": people, **PERSON, "first_name": "Grace"})
until("a new contact gets a piece at once", lambda: len(pieces(welcome)) == 1, 3)
house.check(pieces(welcome)[0][14] == "at once", "of the subscription without a delay")
until("and one after the delay", lambda: len(pieces(welcome)) == 2)
house.check(all(p[0] == "Grace" for p in pieces(welcome)), "both for her")

# ---- what cannot be said ----
subscribe(400, "send.endpoint", send={})
subscribe(400, "no field", send={"endpoint": "x", "values": {"shoe_size": "44"}})
subscribe(400, "one of url", send={"endpoint": "x"}, url="http://127.0.0.1/")
subscribe(400, "send takes", send={"endpoint": "x", "campaign": 1})
subscribe(400, "must be an object", send="x")
subscribe(400, "5184000", send={"endpoint": "x"}, delay_s=60 * 86400 + 1)
subscribe(404, "no campaign with the endpoint", send={"endpoint": "nowhere"})
subscribe(200, send={"endpoint": follow_endpoint}, delay_s=60 * 86400, events=["ReturnedToSender"])
house.check(h.ask("GET", "/api/v1/webhooks")[1] == [], "the hosted service's webhooks do not show them")
status, got = h.ask("PATCH", f"/v1/subscriptions/{made['subscription_id']}", {"url": "http://127.0.0.1/"})
house.check(status == 400, f"a sending subscription gets no url: {got}")
status, got = h.ask("PATCH", f"/v1/subscriptions/{made['subscription_id']}", {"send": {"endpoint": welcome_endpoint}, "is_enabled": False})
house.check(status == 200 and got["send"] == {"endpoint": welcome_endpoint}, f"but another campaign: {got}")

# ---- a campaign that is not there is given up with its sentence ----
gone, gone_endpoint = campaign("Gone")
lost = subscribe(source="list", source_id=people, events=["contact.updated"], send={"endpoint": gone_endpoint})
house.check(h.ask("DELETE", f"/api/v1/campaigns/{gone}")[0] == 200, "a campaign that a subscription sends is deleted")
contact = h.ask("GET", f"/api/v1/contacts/{people}")[1][0]["contact_id"]
h.ask("PUT", f"/api/v1/contacts/{contact}", {"contact_list_id": people, "contact_id": contact, **PERSON})
until("a campaign that is not there is given up, with the reason", lambda: any(f'no campaign with the endpoint "{gone_endpoint}"' in (d["last_error"] or "") for d in h.ask("GET", "/v1/outbox?state=given_up")[1]))

# ---- a circle ----
a, a_endpoint = campaign("Circle A")
b, b_endpoint = campaign("Circle B")
subscribe(source_id=a, events=["MailPieceCreated"], send={"endpoint": b_endpoint})
subscribe(source_id=b, events=["MailPieceCreated"], send={"endpoint": a_endpoint})
h.ask("POST", f"/api/v1/send/{a_endpoint}", PERSON)
until("two campaigns that send each other stop", lambda: any("circle" in (d["last_error"] or "") for d in h.ask("GET", "/v1/outbox?state=given_up")[1]), 120)
house.check(len(pieces(a)) + len(pieces(b)) == 5, f"after four links: {len(pieces(a))} + {len(pieces(b))} pieces")
hops = sorted(r[0] for r in h.rows(f"SELECT hops FROM event WHERE code = 0 AND source_id IN ({a}, {b})"))
house.check(hops == list(range(5)), f"each event one link further: {hops}")

# ---- no paper of tests ----
h.cli("account", "mailer-id", str(account), "901234567")
live, live_endpoint = campaign("Live")
house.check(h.ask("PUT", f"/api/v1/campaigns/{live}", {"is_live_mode": 1})[0] == 200, "a campaign goes live")
tested, tested_endpoint = campaign("Tested")
subscribe(source_id=tested, events=["MailPieceCreated"], send={"endpoint": live_endpoint})
h.ask("POST", f"/api/v1/send/{tested_endpoint}", PERSON)
until("a test event sends no real mail, and says so", lambda: any("no paper comes of tests" in (d["last_error"] or "") for d in h.ask("GET", "/v1/outbox?state=given_up")[1]))
house.check(pieces(live) == [], "no piece")

# ---- once, whatever happens: killed when results are about to be, and have just been, written down ----
for point in ("outbox.results.before", "outbox.results.after"):
    many, many_endpoint = campaign("Many " + point)
    crowd = h.ask("POST", "/api/v1/lists", {"name": point})[1]["contact_list_id"]
    subscribe(source="list", source_id=crowd, events=["contact.created"], delay_s=6, send={"endpoint": many_endpoint})
    for n in range(20):
        h.ask("POST", "/api/v1/contacts", {"contact_list_id": crowd, **PERSON, "first_name": f"n{n}"})
    h.stop()
    h.start(env={"PENNYPOST_FAILPOINT": point})
    died = h.has_died(20)
    h.kill()
    h.start()
    until(f"{point} ({'killed' if died else 'NOT killed'}): every contact has a piece", lambda: len(pieces(many)) >= 20)
    time.sleep(1)
    names = sorted(p[0] for p in pieces(many))
    house.check(died and len(names) == len(set(names)) == 20, f"and one: {len(names)}")
house.check(h.stop() == 0, "the server ends well")
house.check(not [w for w in h.warnings() if "outbox" not in w], f"without a word: {h.warnings()[:3]}")
house.done()
