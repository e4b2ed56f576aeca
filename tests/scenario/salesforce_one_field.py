"""One field for all mail drops of a connection to Salesforce: two drips write it in turn, the younger piece counts, one custom field is used; a drop whose
field was made before keeps its own, and what the organisation refuses for want of custom fields is said with the way out."""
from salesforce_org import *

SHARED = "Postalytics_Mail_Event_Status__c"
CAMPAIGN = {"CreditTypeId": 22, "PostageType": 0, "SenderName": "Sender", "SenderAddress1": "1 Penny Lane", "SenderCity": "Springfield", "SenderState": "IL", "SenderZip": "62701"}
PERSON = {"first_name": "Ann", "last_name": "Doe", "address_street": "350 5th Ave", "address_city": "New York", "address_state": "NY", "address_zip": "10118"}

peer, key = Peer(), private_key()
record = peer.script(public_key=public_key(key), records={"Contact": [{"FirstName": "Ann", "LastName": "Doe", "Email": "ann@example.com"}]})["ids"]["Contact"][0]
house = House(settings={"mail.test_gather_ms": "300", "mail.recall_minutes": "0", "outgoing.allow": "127.0.0.0/8", "outgoing.http": "on", "outgoing.ports": "all", "job.retry_first": "1", "connector.young": "1000"})
check(house.start(), "the server starts")
house.make_account()
settings = {"flow": "jwt", "login_url": peer.url, "client_id": "3MVG9", "username": "ann@example.com", "objects": "Contact"}
secrets = {"private_key": key}
status, refused = house.ask("POST", "/v1/connections", {"kind": "salesforce", "label": "Acme", "settings": {**settings, "status_field": "two"}, "secrets": secrets})
check(status == 400 and "status_field must be drop or one" in json.dumps(refused), f"another word is refused: {refused}")
conn_id = house.ask("POST", "/v1/connections", {"kind": "salesforce", "label": "Acme", "settings": settings, "secrets": secrets})[1]["connection_id"]
path = house.ask("POST", f"/v1/connections/{conn_id}/hook")[1]["path"]
template = house.make_card()


def drip(name):
    made = wait("the drip is made", lambda: (a := house.ask("POST", "/api/v1/campaigns", {**CAMPAIGN, "TemplateFrontId": template, "DirectMailName": name}))[0] == 200 and a[1])
    house.ask("POST", "/v1/subscriptions", {"source": "drop", "source_id": made["drop_id"], "connection_id": conn_id, "name": "back"})
    return made


def status_of():
    return (house.ask("GET", f"/v1/connections/{conn_id}")[1].get("status") or {}).get("Contact") or {}


def is_ready(made):
    return wait(f"the field of drop {made['drop_id']} is ready", lambda: (s := status_of()).get("drop_id") == made["drop_id"] and s["state"] == "ready" and s, 60) or status_of()


def send(made):
    status, said = house.ask("POST", path, {**PERSON, "endpoint": made["endpoint"], "record_id": record}, key="")
    check(status == 200, f"a piece is asked for ({status} {said})")


def written():
    return [(h[2], h[3]) for h in peer.state()["history"]]


own = drip("own")
check(is_ready(own).get("field") == field(own["drop_id"]), "a field of its own")
house.ask("PATCH", f"/v1/connections/{conn_id}", {"settings": {"status_field": "one"}})
first, second = drip("first"), drip("second")
for made in (first, second):
    wait("its field is ready", lambda: house.rows(f"select remote_name, state from remote_field where drop_id = {made['drop_id']}") == [[SHARED, 1]], 60)
check(status_of().get("field") == SHARED, f"the connection names it: {status_of()}")
check(sorted(peer.state()["fields"]) == sorted([f"Contact.{field(own['drop_id'])}", f"Contact.{SHARED}"]), f"two fields in all: {sorted(peer.state()['fields'])}")
check(peer.state()["fields"][f"Contact.{SHARED}"]["label"] == "Postalytics Mail Event Status", "its label")
check(peer.state()["layouts"]["Contact"]["Contact Layout"].count(SHARED) == 1, "it stands on the layout once")
send(first)
wait("the first drop writes it", lambda: written() == [(SHARED, "MailPieceCreated")], 90) or print(written())
send(second)
wait("the second drop writes the same", lambda: written() == [(SHARED, "MailPieceCreated")] * 2, 90) or print(written())
check([r[0] for r in house.rows("select drop_id from remote_value")] == [0], "its value is known once for all drops")
send(own)
wait("a drop whose field was made before keeps it", lambda: written()[-1] == (field(own["drop_id"]), "MailPieceCreated"), 90) or print(written())

# ---- what makes a field is answered wrongly: it is said, and made all the same ----
BOMB = '<!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]><soapenv:Envelope xmlns:soapenv="e">&b;</soapenv:Envelope>'
for name, on, how in (
        ("a page", "GET .*tooling/query", {"kind": "html"}),
        ("another shape", "GET .*tooling/query", {"status": 200, "body": {"not": "records"}}),
        ("a cut line", "POST .*CustomField", {"kind": "reset"}),
        ("a truncated body", "POST .*Soap", {"kind": "truncate"}),
        ("XML that breaks off", "POST .*Soap", {"status": 200, "body": "<soapenv:Envelope xmlns:soapenv='e'><soapenv:Body><readMeta"}),
        ("an XML bomb", "POST .*Soap", {"status": 200, "body": BOMB}),
        ("a token that is over", "POST .*FieldPermissions", {"status": 401, "body": [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]})):
    peer.script(fail=[{"on": on, **how}])
    made = drip(name)
    check(is_ready(made).get("field") == SHARED, f"{name}: its field is ready all the same")
    check(peer.state()["fails"] == [], f"{name}: was hit")

# ---- the authorisation is taken back: the delivery says so and waits; saved again, it goes on ----
peer.script(revoke=True, refuse_tokens=True)
before = len(written())
send(first)
parked = wait("the destination rests", lambda: next((d for d in house.ask("GET", "/v1/destinations")[1] if d["state"] == "paused"), None), 60) or {}
check("Authorise" in (parked.get("last_error") or "") and parked.get("waiting") == 1, f"and says what to do: {parked}")
peer.script(refuse_tokens=False)
status, saved = house.ask("PATCH", f"/v1/connections/{conn_id}", {"secrets": secrets})
check(status == 200, f"it is saved again ({status} {saved})")
wait("what waited is written", lambda: len(written()) == before + 1, 60)

# ---- no custom fields are left ----
house.ask("PATCH", f"/v1/connections/{conn_id}", {"settings": {"status_field": "drop"}})
peer.script(fail=[{"on": "POST .*CustomField", "status": 400, "body": [{"errorCode": "LIMIT_EXCEEDED", "message": "too many custom fields"}]}])
drip("full")
got = wait("it is said", lambda: (s := status_of()).get("state") == "failed" and s, 60) or status_of()
check("status_field to one" in (got.get("message") or ""), f"with the way out: {got}")
house.stop()
peer.process.kill()
check(not house.warnings(), f"no warning {house.warnings()[:3]}")
done()
