"""Salesforce, played by a scripted peer: contacts and leads come in, a smart send and a drip are told back into fields, in order, while the peer fails
at scripted moments and the server is killed. Layouts keep every byte but the new item; what cannot be is said where its owner looks."""
import datetime, threading
from house import *
from salesforce_org import Peer, field, private_key, public_key, wait

MID = 901234567
AGENT = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}
STREET = {"MailingStreet": "350 5th Ave\r\nSuite 2", "MailingCity": "New York", "MailingState": "NY", "MailingPostalCode": "10118", "MailingCountry": "US"}
CAMPAIGN = {"CreditTypeId": 22, "PostageType": 0, "SenderName": "Sender", "SenderAddress1": "1 Penny Lane", "SenderCity": "Springfield", "SenderState": "IL", "SenderZip": "62701",
            "StartingUrl": "https://shop.example/start", "GoalUrl": "https://shop.example/thanks"}


def steps(values):
    """Without what was written again because its answer was lost."""
    return [v for i, v in enumerate(values) if i == 0 or values[i - 1] != v]


def iso(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def scan(piece, at, op, phase, zip5):
    return {"imbTrackingCode": piece["tracking_code"], "scanDatetime": iso(at), "scanEventCode": str(op), "mailPhase": phase, "scanFacilityZip": zip5, "handlingEventType": "A"}


def push(scans):
    status, kept = house.ask("POST", "/v1/usps/iv", json.dumps({"msgGrpId": "1", "events": scans}).encode(), headers={"Content-Type": "application/json"})
    check(status == 200, "scans are kept")
    wait("scans are read", lambda: house.ask("GET", f"/v1/scans/{kept['scan_file_id']}")[1]["state"] == "done")


def visit(code, goal=False):
    conn = http.client.HTTPConnection("127.0.0.1", house.port, timeout=30)
    conn.request("GET", f"/p/{code}", headers=AGENT)
    where = (answer := conn.getresponse()).getheader("Location", "")
    answer.read(), conn.close()
    check(answer.status == 302, f"a visit ({answer.status})")
    if goal:
        house.ask("POST", f"/t/{code}", json.dumps({"visit": where.rsplit("-", 1)[1], "url": "https://shop.example/thanks"}), headers=AGENT, key="", raw=True)


def connection():
    return house.ask("GET", f"/v1/connections/{conn_id}")[1]


def status_of(kind):
    return (connection().get("status") or {}).get(kind) or {}


def do_import(**wish):
    status, made = house.ask("POST", f"/v1/connections/{conn_id}/imports", wish)
    if not check(status == 202, f"an import begins: {made}"):
        return made
    return wait("the import ends", lambda: (a := house.ask("GET", f"/v1/connections/{conn_id}/imports/{made['import_id']}")[1])["state"] in ("done", "failed") and a)


def packages(known):
    return [p for p in (house.data / "batches").glob("*/*") if (p / "SHA256SUMS").exists() and p not in known]


def log_of(word):
    found, before = [], 0
    while True:
        page = house.ask("GET", "/v1/outbox/log?limit=100" + (f"&before={before}" if before else ""))[1]
        found += [e for e in page if e["answer"] and word in e["answer"]]
        if len(page) < 100:
            return found
        before = page[-1]["log_id"]


peer = Peer()
key = private_key()
peer.script(public_key=public_key(key), page=3)
people = [{"FirstName": f"Ann{n}", "LastName": "O'Hara", "Email": f"ann{n}@example.com", "Title": "VP", "Account": {"Name": "Acme"}, **STREET} for n in range(7)]
ids = peer.script(records={"Contact": people, "Lead": [
    {"FirstName": "Lee", "LastName": "Lead", "Email": "lee@example.com", "Company": "Leads Ltd", "Street": "350 5th Ave", "City": "New York", "State": "NY", "PostalCode": "10118", "Country": "US"},
    {"FirstName": "Bad", "LastName": "Lead", "Email": "bad@example.com", "Company": "No address"}]})["ids"]
contacts, leads = ids["Contact"], ids["Lead"]
layouts_were = peer.state()["layouts"]

house = House(settings={"mail.test_gather_ms": "1500", "mail.recall_minutes": "0", "outgoing.allow": "127.0.0.0/8", "outgoing.http": "on", "outgoing.ports": "all", "purl.per_minute": "1000000"})
check(house.start(), "the server starts")
account = house.make_account()
house.cli("account", "mailer-id", str(account), str(MID))

# ---- connecting ----
SETTINGS = {"flow": "jwt", "login_url": peer.url, "client_id": "3MVG9", "username": "ann@example.com"}
other = private_key()
status, refused = house.ask("POST", "/v1/connections", {"kind": "salesforce", "label": "wrong", "settings": SETTINGS, "secrets": {"private_key": other}})
check(status == 400 and "authorisation" in json.dumps(refused), f"another key is refused with words: {refused}")
status, made = house.ask("POST", "/v1/connections", {"kind": "salesforce", "label": "Acme", "settings": {**SETTINGS, "repeat_visits": "blank"}, "secrets": {"private_key": key}})
check(status == 200, f"the connection is saved: {made}")
conn_id = made.get("connection_id")
check("PRIVATE KEY" not in json.dumps(connection()) and "00D!token" not in json.dumps(connection()), "no secret is shown")

# ---- importing, with paging; again changes nothing but what changed ----
got = do_import(object="Contact", list_name="People", soql="SELECT Id FROM Contact WHERE Title = 'VP'", mapping={"var_field_1": "Title"})
check((got["records"], got["records_read"], got["inserted"], got["refused"]) == (7, 7, 7, 0), f"contacts came page by page: {got}")
people_list = got["contact_list_id"]
row = house.ask("GET", f"/api/v1/contacts/{people_list}?start=1&limit=1")[1][0]
check((row["address_street"], row["address_street2"], row["company"], row["var_field_1"]) == ("350 5th Ave", "Suite 2", "Acme", "VP"), f"mapped: {row}")
peer.script(records={"Contact": [{**people[0], "Id": contacts[0], "FirstName": "Anna"}]})
got = do_import(contact_list_id=people_list)
check((got["inserted"], got["updated"]) == (0, 1), f"read again: one has changed: {got}")
got = do_import(list_view="00B000000000001AAA", list_name="View")
check(got["inserted"] == 7, f"by a list view: {got}")
got = do_import(object="Lead", list_name="Leads")
check((got["inserted"], got["refused"]) == (1, 1), f"leads; one has no address: {got}")
for wish, word in (({"soql": "DROP TABLE x"}, "soql"), ({"object": "Account"}, "Account"), ({"list_view": "x'"}, "list_view"), ({"mapping": {"a": "b c"}}, "mapping")):
    status, refused = house.ask("POST", f"/v1/connections/{conn_id}/imports", wish)
    check(status == 400 and word in json.dumps(refused), f"refused: {wish} {refused}")
peer.script(fail=[{"on": "GET .*/query", "kind": "html"}, {"on": "GET .*/query", "kind": "truncate"}])
check(do_import(contact_list_id=people_list)["state"] == "done", "HTML and a truncated page are got over")
peer.script(fail=[{"on": "GET .*/query", "status": 400, "body": [{"errorCode": "MALFORMED_QUERY", "message": "unexpected token"}]}])
got = do_import(contact_list_id=people_list)
check(got["state"] == "failed" and "MALFORMED_QUERY" in got["last_error"], f"a query that is refused is said: {got}")

# ---- a smart send to the list: its field is made before anything happens ----
template = house.make_card()
CAMPAIGN["TemplateFrontId"] = template
NO = {"status": 400, "body": [{"errorCode": "INVALID_TYPE", "message": "no such object"}]}  # what the count of fields left comes to does not count
peer.script(fail=[{"on": "POST .*CustomField", "kind": "after"}, {"on": "POST .*Soap", "status": 503, "body": ""}, {"on": "GET .*EntityLimit", **NO}])
send = wait("the smart send is made", lambda: (a := house.ask("POST", "/api/v1/campaigns", {**CAMPAIGN, "DirectMailName": "send", "CampaignType": 0, "ContactListId": people_list}))[0] == 200 and a[1])
drop = send["drop_id"]
wait("its field is there on both objects", lambda: {f"{o}.{field(drop)}" for o in ("Contact", "Lead")} <= set(peer.state()["permissions"]), 120)
wait("the connection says so", lambda: status_of("Contact").get("state") == "ready" and status_of("Lead").get("state") == "ready", 120)
check(status_of("Contact").get("custom_fields_left") == 489, f"custom fields that are left: {status_of('Contact')}")
for kind in ("Contact", "Lead"):
    now, was = peer.state()["layouts"][kind][f"{kind} Layout"], layouts_were[kind][f"{kind} Layout"]
    new = re.search(r"<layoutSections><customLabel>true.*?<label>Postalytics</label>.*?</layoutSections>", now, re.S)
    check(new and field(drop) in new.group(0) and now.replace(new.group(0), "") == was, f"{kind}: the layout is as it was but for the new section")

# ---- events, while the peer fails and the server is killed ----
known = set()
wait("pieces are made", lambda: packages(known), 180)
wait("MailPieceCreated stands in all fields", lambda: all(peer.values(c, drop) == ["MailPieceCreated"] for c in contacts), 120)
batches = [r for r in peer.state()["requests"] if "composite" in r[1]]
check(max(len(json.loads(r[2])["records"]) for r in batches) > 1, f"several records go in one request: {[len(json.loads(r[2])['records']) for r in batches]}")
pieces = [p for b in house.ask("GET", "/v1/batches")[1] for p in house.ask("GET", f"/v1/batches/{b['batch_id']}/pieces")[1]]
by_name = {p["recipient"]["email_address"]: p for p in pieces}
order = [by_name[f"ann{n}@example.com"] for n in range(7)]
base = int(time.time() * 1000)
peer.script(revoke=True, fail=[{"on": "PATCH .*composite", "status": 500, "body": ""}])
push([scan(p, base + 1000, 881, "Phase 1a - Origin Primary Processing", "62701") for p in order])
time.sleep(1)
house.kill()
peer.script(fail=[{"on": "PATCH .*composite", "kind": "after"}])
check(house.start(), "after kill -9")
wait("Mailed and InTransit, in order", lambda: all(steps(peer.values(c, drop)) == ["MailPieceCreated", "Mailed", "InTransit"] for c in contacts), 240) or print({c: peer.values(c, drop) for c in contacts})
peer.script(fail=[{"on": "PATCH .*composite", "kind": "html"}, {"on": "PATCH .*composite", "kind": "truncate"}, {"on": "PATCH .*composite", "status": 200, "body": {"not": "a list"}}])
push([scan(order[0], base + 3000, 919, "Phase 3c - Destination Sequenced Carrier Sortation", "10118"), scan(order[1], base + 2000, 893, "Phase 2b - Destination SCF Processing", "10018")])
wait("through HTML, a truncated body and a wrong shape", lambda: peer.values(contacts[0], drop)[-1:] == ["ProcessedForDelivery"] and peer.values(contacts[1], drop)[-1:] == ["InLocalArea"], 240)

# ---- visits stay; a second one blanks first; mail does not come over it ----
piece_code = {}
for p in packages(known):
    for m in manifest(p):
        piece_code[m["imb_tracking"]] = m["purl"].rsplit("/", 1)[1]
code = piece_code.get(order[1]["tracking_code"]) or next(iter(piece_code.values()))
whose = next((i for i, p in enumerate(order) if piece_code.get(p["tracking_code"]) == code), None)
if check(whose is not None, "a personal URL of a known piece"):
    target = contacts[whose]
    visit(code)
    wait("pURLOpened", lambda: peer.values(target, drop)[-1:] == ["pURLOpened"], 60)
    visit(code)
    wait("a second visit: blank, then the code", lambda: peer.values(target, drop)[-3:] == ["pURLOpened", None, "pURLOpened"], 60)
    visit(code, goal=True)
    wait("pURLCompleted", lambda: peer.values(target, drop)[-1:] == ["pURLCompleted"], 60)
    n = len(peer.values(target, drop))
    push([scan(order[whose], base + 9000, 919, "Phase 3c - Destination Sequenced Carrier Sortation", "10118")])
    time.sleep(3)
    check(len(peer.values(target, drop)) == n, f"a mail code does not come over a visit: {peer.values(target, drop)[-3:]}")

# ---- records that are gone, locked, hidden ----
peer.script(delete=[contacts[2]], lock=[contacts[3]], hide=[f"Contact.{field(drop)}"])
push([scan(order[n], base + 9000 + n, 893, "Phase 2b - Destination SCF Processing", "10018") for n in (2, 3, 4)])
wait("a field that was hidden is made visible again", lambda: peer.values(contacts[4], drop)[-1:] == ["InLocalArea"], 120)
wait("a deleted record is said on its delivery", lambda: any(contacts[2] in e["answer"] for e in log_of("deleted or merged")), 60)
peer.script(unlock=[contacts[3]])
wait("a locked one comes later", lambda: peer.values(contacts[3], drop)[-1:] == ["InLocalArea"], 120)

# ---- a drip that is synced back; records are found by id, by e-mail, by nothing, by too much ----
drip = wait("the drip is made", lambda: (a := house.ask("POST", "/api/v1/campaigns", {**CAMPAIGN, "DirectMailName": "drip"}))[0] == 200 and a[1])
status, subscription = house.ask("POST", "/v1/subscriptions", {"source": "drop", "source_id": drip["drop_id"], "connection_id": conn_id, "name": "back"})
check(status in (200, 201), f"the drip is synced: {subscription}")
peer.script(records={"Contact": [{"FirstName": "Twin", "LastName": "A", "Email": "twin@example.com"}, {"FirstName": "Twin", "LastName": "B", "Email": "TWIN@example.com"}]})
hook = house.ask("POST", f"/v1/connections/{conn_id}/hook")[1]
PERSON = {"endpoint": drip["endpoint"], "first_name": "Q", "last_name": "Q", "address_street": "350 5th Ave", "address_city": "New York", "address_state": "NY", "address_zip": "10118"}
path = hook["path"]
status, said = house.ask("POST", path, {**PERSON, "record_id": leads[0]}, key="")
check(status == 200 and said == {"accepted": 1}, f"a flow's callout: {said}")
for email in ("ann6@example.com", "twin@example.com", "nobody'@example.com"):
    status, _ = house.ask("POST", path, {**PERSON, "email_address": email}, key="")
    check(status == 200, f"a callout for {email} ({status})")
wait("a lead by its id", lambda: peer.values(leads[0], drip["drop_id"]) == ["MailPieceCreated"], 120)
wait("a contact by its e-mail address", lambda: peer.values(contacts[6], drip["drop_id"]) == ["MailPieceCreated"], 120)
wait("several matches are held and shown", lambda: log_of("2 records have the e-mail address twin@example.com"), 60)
wait("no match is said", lambda: log_of("No record in Salesforce has the e-mail address nobody'@example.com"), 60)

# ---- outbound messages: acknowledged when durable, once ----
NOTE = """<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>
<notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>00D000000000001EAA</OrganizationId><ActionId>04k1</ActionId>
<Notification><Id>04l000000000001</Id><sObject xsi:type="sf:Contact" xmlns:sf="urn:s" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><sf:Id>%s</sf:Id>
<sf:FirstName>Out</sf:FirstName><sf:LastName>Bound</sf:LastName><sf:MailingStreet>350 5th Ave</sf:MailingStreet><sf:MailingCity>New York</sf:MailingCity><sf:MailingState>NY</sf:MailingState>
<sf:MailingPostalCode>10118</sf:MailingPostalCode></sObject></Notification></notifications></soapenv:Body></soapenv:Envelope>""" % contacts[5]
house.ask("PATCH", f"/v1/connections/{conn_id}", {"settings": {"endpoint": drip["endpoint"]}})
before = house.rows("select count(*) from piece")[0][0]
for _ in range(2):
    status, said = house.ask("POST", path, NOTE.encode(), key="", headers={"Content-Type": "text/xml"}, raw=True)
    check(status == 200 and b"<Ack>true</Ack>" in said, f"an outbound message is acknowledged ({status})")
check(house.rows("select count(*) from piece")[0][0] == before + 1, "one that comes again makes no second piece")
status, said = house.ask("POST", path, b'<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>', key="", headers={"Content-Type": "text/xml"}, raw=True)
check(status == 400 and b"document type" in said, f"an XML bomb is refused ({status})")

# ---- layouts: renamed, missing for leads only, and the setting that lifts it ----
peer.script(layouts={"Lead": {"Lead layout": "<fullName>Lead-Lead layout</fullName>"}})
second = wait("another drip", lambda: (a := house.ask("POST", "/api/v1/campaigns", {**CAMPAIGN, "DirectMailName": "second"}))[0] == 200 and a[1])
house.ask("POST", "/v1/subscriptions", {"source": "drop", "source_id": second["drop_id"], "connection_id": conn_id, "name": "back"})
wait("a missing layout is said", lambda: status_of("Lead").get("state") == "layout_missing" and "exactly \"Lead Layout\"" in status_of("Lead")["message"], 60)
check(status_of("Contact").get("state") == "ready", "contacts go on")
for record in (leads[0], contacts[5]):
    house.ask("POST", path, {**PERSON, "endpoint": second["endpoint"], "record_id": record}, key="")
wait("the contact's field is written", lambda: peer.values(contacts[5], second["drop_id"]) == ["MailPieceCreated"], 120)
wait("the lead's waits, and says why", lambda: log_of("no page layout named exactly"), 60)
check(peer.values(leads[0], second["drop_id"]) == [], "nothing is written to the lead")
due = lambda: house.rows(f"select object from remote_field where connection_id = {conn_id} and due_at is not null")
check(due() == [["Lead"]], f"the lead's field is to be looked at again: {due()}")
house.ask("PATCH", f"/v1/connections/{conn_id}", {"settings": {"objects": "Contact"}})
wait("a field of an object that is no longer written to is not looked at any more", lambda: due() == [], 30)
house.ask("PATCH", f"/v1/connections/{conn_id}", {"settings": {"require_layout": "no", "objects": None}})
wait("a connection that is saved looks at its fields at once", lambda: status_of("Lead").get("state") == "ready", 30)

# ---- the day's requests are used up; then the authorisation is taken back ----
peer.script(fail=[{"on": "PATCH .*composite", "status": 403, "body": [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "ConcurrentRequests (Concurrent API Requests) Limit exceeded."}]}])
house.ask("POST", path, {**PERSON, "endpoint": second["endpoint"], "record_id": contacts[4]}, key="")
wait("the destination rests", lambda: any(d["last_error"] and "REQUEST_LIMIT_EXCEEDED" in d["last_error"] for d in house.ask("GET", "/v1/destinations")[1]), 90)
check(connection().get("status", {}).get("api_requests", {}).get("of") == 100000, f"requests of the day are shown: {connection().get('status', {}).get('api_requests')}")

# ---- sync off: the field stays, nothing more comes ----
house.ask("DELETE", f"/v1/subscriptions/{subscription['subscription_id']}")
n = len(peer.state()["history"])
check(f"Contact.{field(drip['drop_id'])}" in peer.state()["fields"], "the field stays")

peer.script(revoke=True, refuse_tokens=True)
status, said = house.ask("POST", f"/v1/connections/{conn_id}/operations/limits", {})
check(status == 409 and "Authorise it again" in json.dumps(said), f"a revoked authorisation is said: {said}")
house.stop()
text = (house.dir / "server.log").read_text(errors="replace") + house.database_bytes().decode("latin-1")
check("00D!token" not in text and "PRIVATE KEY" not in text, "no secret lies in the log or open in the database")
peer.process.kill()
check(not [w for w in house.warnings() if "Sanitizer" in w or "ASSERT" in w], f"no crash {house.warnings()[:3]}")
done()
