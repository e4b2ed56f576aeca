"""Kizen against the real server: the action with a contact that comes along and one that is read from a played Kizen, through this house and
through a played Postalytics; what is tried again and what is not; what is kept of it; the command; and the two scripts of clients/kizen, run as
Kizen runs them. `kizen.py build/src/app/pennypost`."""
import base64, http.client, json, pathlib, shutil, subprocess, sys, time
sys.path.insert(0, str(pathlib.Path(__file__).parent / "peers"))
import house, kizen, postalytics

LOOSE = {"outgoing.allow": "127.0.0.0/8", "outgoing.http": "on", "outgoing.ports": "all", "action.retry_first": "50"}
h = house.House(settings=LOOSE)
house.check(h.start(), "the server starts")
account = h.make_account("kizen")
crm, remote = kizen.Kizen().start(), postalytics.Postalytics().start()
CONTACT = {"first_name": "Ada", "last_name": "Lovelace", "street_address_1": "12 St James Square", "street_address_2": " ", "city": "Sacramento", "state": "CA",
           "zipcode": "95814", "email": "ada@example.com", "phone_mobile": "+1 555 0100", "phone_home": "+1 555 0101"}
ada = crm.add(**{**CONTACT, "state": {"id": "x", "name": "California"}, "birthday": "1815-12-10", "nickname": None})
bare = crm.add(first_name="No", last_name="Address")

template = h.make_card()
SENDER = {"SenderName": "Penny Lane", "SenderAddress1": "1 Penny Lane", "SenderCity": "Springfield", "SenderState": "IL", "SenderZip": "62701"}
campaign = h.ask("POST", "/api/v1/campaigns", {"DirectMailName": "Birthday", "TemplateFrontId": template, "CreditTypeId": 22, "PostageType": 0, **SENDER})[1]
endpoint = campaign["endpoint"]
ACTION = "/v1/actions/send-campaign-mail"


def pieces():
    return [json.loads(r[0]) for r in h.rows("SELECT recipient FROM piece ORDER BY piece_id")]


def act(want, text, says=None, **body):
    status, got = h.ask("POST", ACTION, {"endpoint": endpoint, **body}, timeout=120)
    said = got.get("error", {}).get("message", "") if isinstance(got, dict) else ""
    house.check(status == want and (says is None or says in said), f"{text}: {status} {said}")
    return got


# ---- a contact that comes along ----
got = act(200, "a contact that comes along is sent", contact=CONTACT)
house.check(got["outcome"] == "sent" and got["tries"] == 1 and got["send_date"] == got["send-date"], f"at once, with a send date: {got}")
row = pieces()[-1]
house.check(row[:11] == ["Ada", "Lovelace", None, "12 St James Square", None, "Sacramento", "CA", "95814", None, "ada@example.com", "+1 555 0101"] and row[11] == "+1 555 0100",
            f"ten fields, a blank one left out: {row}")
act(200, "the same again is another piece: nothing is deduplicated", contact=CONTACT)
house.check(len(pieces()) == 2, "two calls are two pieces")
got = act(400, "a contact without an address is refused", "street_address_1, city, state, zipcode", contact={"first_name": "A", "last_name": "B"})
house.check(got["error"]["missing_fields"] == ["street_address_1", "city", "state", "zipcode"] and got["error"]["code"] == "missing_fields", "with its fields' names")
act(404, "a campaign that is not there", endpoint="nowhere", contact=CONTACT)
for wrong, says in (({}, "contact itself"), ({"contact": []}, "object"), ({"contact": "Ada"}, "object"), ({"contact_id": ada}, "connection_id"), ({"contact": CONTACT, "connection_id": "x"}, "connection_id")):
    act(400, f"a body of the wrong shape, {json.dumps(wrong)[:40]}", says, **wrong)
for name, raw in (("nothing", b""), ("a page", b"<html><body>x</body></html>"), ("an XML bomb", b'<!DOCTYPE l [<!ENTITY a "lol">]><x>&a;</x>'), ("JSON that breaks off", b'{"endpoint": "x", "contact": {'),
                  ("a list", b"[1]"), ("not UTF-8", b'{"endpoint": "\xff"}'), ("nested without an end", b"[" * 500)):
    status, got = h.ask("POST", ACTION, raw, headers={"Content-Type": "application/json"})
    house.check(status == 400 and got["error"]["message"], f"a body that cannot be read, {name}: {status} {got}")
house.check(len(pieces()) == 2, "none of them made a piece")

# ---- connections ----
status, theirs = h.ask("POST", "/v1/connections", {"kind": "postalytics", "label": "Their account", "settings": {"environment": remote.address, "rate": "off"}, "secrets": {"api_key": postalytics.KEY}})
house.check(status == 200, f"a connection to Postalytics is tried when it is saved: {status} {theirs}")
theirs = theirs["connection_id"]
status, refused = h.ask("POST", "/v1/connections", {"kind": "postalytics", "settings": {"environment": remote.address}, "secrets": {"api_key": "revoked"}})
house.check(status == 400 and "API key" in refused["error"]["message"] and "revoked" not in json.dumps(refused), f"a revoked key is refused with what to do: {refused}")
SETTINGS = {"user_id": kizen.USER, "business_id": kizen.BUSINESS, "address": crm.address, "fields": "var_field_1=birthday, var_field_2=nickname"}
status, made = h.ask("POST", "/v1/connections", {"kind": "kizen", "settings": SETTINGS, "secrets": {"api_key": kizen.KEY}})
house.check(status == 200 and kizen.KEY not in json.dumps(made), f"a connection to Kizen: {status} {made}")
link = made["connection_id"]
for wrong, says in (({"fields": "var_field_36=x"}, "var_field_36"), ({"fields": "birthday"}, "var_field_1="), ({"address": "kizen"}, "address"), ({"send_through": "x"}, "send_through")):
    status, got = h.ask("POST", "/v1/connections", {"kind": "kizen", "settings": {**SETTINGS, **wrong}, "secrets": {"api_key": kizen.KEY}})
    house.check(status == 400 and says in got["error"]["message"], f"a wrong setting is named: {got}")

# ---- a contact that is read ----
got = act(200, "a contact that Kizen has is read and sent", connection_id=link, contact_id=ada)
row = pieces()[-1]
house.check(row[6] == "California" and row[14] == "1815-12-10" and len(row) == 15, f"choices by their names, birthday as var_field_1, what is empty not at all: {row}")
act(400, "one without an address", "street_address_1", connection_id=link, contact_id=bare)
act(404, "one that Kizen does not have", "archived or deleted", connection_id=link, contact_id="22222222-2222-2222-2222-222222222222")
crm.will({"status": 429, "headers": {"Retry-After": "0"}}, {"status": 503})
got = act(200, "Kizen busy twice is asked again", connection_id=link, contact_id=ada)
house.check(got["tries"] == 3, f"in the same call: {got['tries']} tries")
crm.will({"html": True})
act(502, "a page instead of JSON", "JSON", connection_id=link, contact_id=ada)
crm.will({"status": 200, "body": '<!DOCTYPE l [<!ENTITY a "lol">]><x>&a;</x>'})
act(502, "an XML bomb", "JSON", connection_id=link, contact_id=ada)
crm.will({"status": 200, "body": [1, 2]})
act(502, "another shape", "no contact", connection_id=link, contact_id=ada)
for other in (bare, 7):
    crm.will({"status": 200, "body": {"id": other, "first_name": "Bob"}})
    act(502, f"another contact, {other!r}", "another one", connection_id=link, contact_id=ada)
crm.will({"status": 200, "body": {**crm.record(ada), "id": ada.upper()}})
act(200, "an id in capitals is the same", connection_id=link, contact_id=ada)
crm.will({"truncate": True})
act(200, "an answer that breaks off is asked for again", connection_id=link, contact_id=ada)
crm.will({"status": 401, "body": {"detail": f"Invalid token {kizen.KEY}"}})
got = act(502, "revoked keys", "refused the connection's keys", connection_id=link, contact_id=ada)
house.check(kizen.KEY not in json.dumps(got), "and the key is not in the answer")

# ---- through a Postalytics connection ----
status, _ = h.ask("PATCH", f"/v1/connections/{link}", {"settings": {"send_through": str(theirs)}})
house.check(status == 200, "the connection sends through the other one from now on")


def through(want, text, says=None, tries=None, made=0, **more):
    before, here = len(remote.pieces), len(pieces())
    got = act(want, text, says, endpoint="spring", connection_id=link, contact_id=ada, **more)
    house.check(len(remote.pieces) - before == made and len(pieces()) == here, f"… {made} pieces there, none here")
    if tries:
        n = got["tries"] if "tries" in got else got["error"]["tries"]
        house.check(n == tries, f"… after {n} tries, {tries} wanted")
    return got


through(200, "it is sent there", made=1, tries=1)
house.check(remote.pieces[-1]["var_field_1"] == "1815-12-10" and remote.pieces[-1]["address_state"] == "California", f"with its fields: {remote.pieces[-1]}")
for status in (408, 425, 429, 500, 502, 503, 504):
    remote.will({"status": status, "path": "/send/"})
    through(200, f"{status} is transient", made=1, tries=2)
for status in (400, 403, 404, 405, 501):
    remote.will({"status": status, "path": "/send/", "body": {"error": {"message": "as the script says", "status_code": status}}})
    through(502, f"{status} is final", "as the script says", tries=1)
remote.will({"status": 401, "path": "/send/", "body": {"error": {"message": f"no {postalytics.KEY}"}}})
got = through(502, "a revoked key there", "Save the connection again", tries=1)
house.check(postalytics.KEY not in json.dumps(got), "and the key is not in the answer")
remote.will({"status": 503, "path": "/send/", "times": 4})
got = through(502, "what stays transient has failed after four tries", tries=4)
house.check(got["error"]["code"] == "unavailable" and got["error"]["last_status"] == 503, f"… {got}")
remote.will({"html": True, "path": "/send/"})
through(502, "a page instead of a send date is not repeated", "not known", tries=1)
remote.will({"truncate": True, "path": "/send/"})
through(502, "an answer that breaks off is not repeated", "not known", tries=1, made=1)
remote.will({"reset": True, "act": True, "path": "/send/"})
through(502, "silence after the request is not repeated", "not known", tries=1, made=1)
log = h.ask("GET", "/v1/actions?limit=100")[1]
house.check(log[0]["outcome"] == "unexpected_response" and set(log[0]) == {"action_id", "created_date", "action", "connection_id", "contact_id", "endpoint", "outcome", "last_status", "tries", "took_ms"},
            f"of an action outcome, status, tries and time are kept: {log[0]}")
house.check("send_date" not in json.dumps(log) and "Lovelace" not in json.dumps(log), "and nothing of the answer or of the person")

# ---- too many at once ----
import threading
h.stop()
h.start(env={"PENNYPOST_ACTION_THREADS": "1", "PENNYPOST_ACTION_QUEUE": "1"})
remote.will({"path": "/send/", "delay_ms": 1500, "times": 2})
crowd = [threading.Thread(target=h.ask, args=("POST", ACTION, {"endpoint": "spring", "connection_id": link, "contact_id": ada}), kwargs={"timeout": 60}) for _ in range(2)]
for one in crowd:
    one.start()
    time.sleep(0.3)
got = act(503, "one more than may wait is answered at once", "Nothing was sent", contact=CONTACT)
house.check(got["error"]["code"] == "not_sent" and got["error"]["tries"] == 0 and got["error"]["last_status"] is None, f"with its code: {got}")
last = h.ask("GET", "/v1/actions?limit=1")[1][0]
house.check(last["outcome"] == "not_sent" and last["endpoint"] == endpoint and last["tries"] == 0, f"and can be seen afterwards: {last}")
for one in crowd:
    one.join()
h.stop()
h.start()

# ---- the command ----
h.ask("PATCH", f"/v1/connections/{link}", {"settings": {"send_through": None}})
done = h.cli("contacts", "send", endpoint, str(link), ada, "--account", str(account))
house.check(done.returncode == 0 and "sent" in done.stdout, f"contacts send: {done.returncode} {done.stdout}{done.stderr}")
path = h.dir / "contact.json"
path.write_text(json.dumps({"first_name": "A"}))
done = h.cli("contacts", "send", endpoint, str(path), "--account", str(account))
house.check(done.returncode == 1 and "street_address_1" in done.stderr, f"one that is not sent shows the sentence and exits 1: {done.returncode} {done.stderr}")

# ---- every module of the Postalytics app by its name ----
status, got = h.ask("POST", f"/v1/connections/{theirs}/operations/list-templates", {})
house.check(status == 200 and got["body"] == [{"template_id": 3, "name": "Postcard"}], f"list-templates: {got}")
status, got = h.ask("POST", f"/v1/connections/{theirs}/operations/call", {"path": "/v1/templates", "method": "GET"})
house.check(status == 200 and got["status"] == 200 and len(got["body"]) == 1, f"the free call: {got}")
for wrong in ({"path": "https://example.com/v1"}, {"path": "//example.com/v1"}, {"path": "/v1/../../x"}, {"path": "/v1/%2e%2e/x"}, {"path": "/v1", "headers": {"Authorization": "Basic x"}}, {}):
    status, got = h.ask("POST", f"/v1/connections/{theirs}/operations/call", wrong)
    house.check(status == 400, f"the free call refuses {json.dumps(wrong)}: {status}")

# ---- clients/kizen, as Kizen runs it ----
CLIENT = house.ROOT / "clients" / "kizen" / "src"


class Outputs:
    def log(self, *words):
        pass


def step(**inputs):
    outputs = Outputs()
    space = {"inputs": inputs, "outputs": outputs, "secrets": {"pennypost__server": f"http://127.0.0.1:{h.port}/", "pennypost__api_key": h.key}}
    source = CLIENT / "automationSteps" / "sendCampaignMail" / "script.py"
    try:
        exec(compile(source.read_text(), str(source), "exec"), space)
        return outputs.outcome
    except Exception as failure:
        return str(failure)


try:
    import requests
    before = len(pieces())
    house.check(step(endpoint=endpoint, **CONTACT) == "sent" and len(pieces()) == before + 1, "the automation step sends a piece")
    house.check(step(endpoint=endpoint, connection_id=str(link), contact_id=ada) == "sent", "and with a contact that the server reads")
    house.check("street_address_1" in step(endpoint=endpoint, first_name="A"), "and fails with the server's sentence")
except ImportError:
    print("skipped: Python has no requests here")
config = json.loads((CLIENT / "automationSteps" / "sendCampaignMail" / "config.json").read_text())
house.check({i["name"] for i in config["inputs"]} >= set(CONTACT) | {"endpoint"} and config["action_type"], "its form has every field")

PLAY = """
const fs = require('fs'), [file, base, auth, config, entity] = process.argv.slice(2), toasts = [];
const self = { config: JSON.parse(config), entityId: entity, showToast: (t, o) => toasts.push([t, o.variant, o.autohide ?? null]), getServiceUrl: (name, path) => base + path,
  postWithErrors: async (url, body) => { const r = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: auth }, body: JSON.stringify(body) });
    const data = await r.json(); return r.ok ? [data, null] : [null, { response: { data } }]; } };
const run = Object.getPrototypeOf(async function () {}).constructor(fs.readFileSync(file, 'utf8'));
run.call(self).then(() => console.log(JSON.stringify(toasts)));
"""


def click(contact, config):
    play = h.dir / "play.js"
    play.write_text(PLAY)
    auth = "Basic " + base64.b64encode(f"{h.key}:".encode()).decode()
    done = house.run("node", str(play), str(CLIENT / "actions" / "sendCampaignMail" / "script.js"), f"http://127.0.0.1:{h.port}", auth, json.dumps(config), contact, timeout=120)
    return json.loads(done.stdout) if done.returncode == 0 and done.stdout else done.stderr


if shutil.which("node"):
    config = {"endpoint": endpoint, "connection_id": str(link)}
    toasts = click(ada, config)
    house.check(toasts == [["The mail is on its way.", "success", None]], f"the record action: {toasts}")
    toasts = click(bare, config)
    house.check(toasts[0][1:] == ["failure", False] and "street_address_1" in toasts[0][0], f"its failure stays, with the sentence: {toasts}")
    toasts = click(ada, {})
    house.check(toasts[0][1] == "failure", f"without configuration it says so: {toasts}")
else:
    print("skipped: no node here")

log = (h.dir / "server.log").read_text()
house.check(kizen.KEY not in log and postalytics.KEY not in log, "no secret in the log")
house.check(kizen.KEY.encode() not in h.database_bytes() and postalytics.KEY.encode() not in h.database_bytes(), "nor in the database")
house.check(h.stop() == 0 and not h.warnings(), f"the server ends well: {h.warnings()[:3]}")
house.done()
