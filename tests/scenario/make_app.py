"""The app definition in clients/make/, replayed: each of its modules, lists of options, attach and detach is interpreted and its request sent to the real
program. `make_app.py build/src/app/pennypost`."""
import http.client, json, re, threading, http.server, time, urllib.parse
import house, iml

house.needs_cage()

FOLDER = house.ROOT / "clients" / "make"
h = house.House(settings={"outgoing.allow": "127.0.0.0/8", "outgoing.http": "on", "outgoing.ports": "all"})
house.check(h.start(), "the server starts")
account = h.make_account("make app")
house.check(h.cli("account", "mailer-id", str(account), "901234567").returncode == 0, "the account can go live")
asked = []


def send(method, url, headers, body):
    """As Make does: JSON, and the answer parsed when it is JSON. The exchange is judged by the server's own document."""
    at = urllib.parse.urlsplit(url)
    conn = http.client.HTTPConnection(at.hostname, at.port, timeout=120)
    data = None if body is None else body if isinstance(body, str) else json.dumps(body)
    path = at.path + ("?" + at.query if at.query else "")
    asked.append((method, at.path))
    conn.request(method, path, data, {**headers, **({"Content-Type": "application/json"} if data else {})})
    answer = conn.getresponse()
    got = answer.read()
    if (answer.getheader("Content-Type") or "").startswith("application/json"):
        got = json.loads(got)
        h.judge(method, path, data, answer, got)
    return answer.status, dict(answer.getheaders()), got


def refused(name, parameters):
    try:
        app.run(name, parameters)
    except iml.Refused as e:
        return e
    return None


# ---- the definition itself ----
app = iml.App(FOLDER, send)
parts = app.manifest["components"]
files = [f for kind in parts.values() for part in kind.values() for f in part["codeFiles"].values()] + list(app.manifest["generalCodeFiles"].values())
there = {str(p.relative_to(FOLDER)) for p in FOLDER.rglob("*") if p.is_file()} - {"makecomapp.json"}
house.check(set(files) == there, f"the manifest names every file: {set(files) ^ there}")
grouped = [m for g in app.read(app.manifest["generalCodeFiles"]["groups"]) for m in g["modules"]]
house.check(sorted(grouped) == sorted(parts["module"]), "every module stands in a group")
options = {o for f in files if f.endswith("params.iml.json") for o in re.findall(r"rpc://(\w+)", (FOLDER / f).read_text())}
house.check(options == set(parts["rpc"]), "every list of options is there, and used")
house.check("http" not in json.dumps(app.base), "no address is built in")

# ---- the connection ----
SERVER = f"http://127.0.0.1:{h.port}"
house.check(app.connect({"url": SERVER, "apiKey": h.key}) == "make app", "the connection shows whose it is")
good = app.connection
try:
    app.connect({"url": SERVER, "apiKey": "00000000-0000-0000-0000-000000000000"})
    house.check(False, "a wrong key connects")
except iml.Refused as e:
    house.check("[401] Invalid API key" in str(e), f"a wrong key is refused: {e}")
app.connection = {**good, "apiKey": "wrong"}
e = refused("listCampaigns", {"limit": 1})
house.check(e is not None and e.kind == "InvalidAccessTokenError", "a key that was revoked later has its own error")
app.connection = good

# ---- every module ----
PERSON = {"first_name": "Ada", "last_name": "Lovelace", "address_street": "12 St James Square", "address_city": "Sacramento", "address_state": "CA", "address_zip": "95814"}
made_list = h.ask("POST", "/api/v1/lists", {"name": "People"})[1]["contact_list_id"]
house.check(app.options("listContactLists") == [{"label": "People", "value": made_list}], "contact lists to choose from")
house.check(app.run("getAccount", {"account_id": account})["username"] == "make app", "Get an Account")
contact = app.run("createContact", {"contact_list_id": str(made_list), **PERSON, "var_field_1": "seven"})["contact_id"]
house.check("updated_date" in app.run("updateContact", {"contact_list_id": made_list, "contact_id": contact, **PERSON, "first_name": "Augusta"}), "Create and Update a Contact")
bulk = "First Name,Last Name,Street,City,State,ZIP\n" + "".join(f"n{i},B,{i} Main Street,Springfield,IL,62701\n" for i in range(1, 250))
started = h.ask("POST", f"/v1/lists/{made_list}/imports", bulk, headers={"Content-Type": "text/csv"})[1]
for _ in range(600):
    state = h.ask("GET", f"/v1/imports/{started['import_id']}")[1]
    if state["state"] not in ("kept", "working", "running"):
        break
    time.sleep(0.1)
everyone = app.run("listContacts", {"contact_list_id": made_list, "limit": 1000})
house.check([r["row"] for r in everyone] == list(range(1, 251)), f"List Contacts walks all pages ({len(everyone)} rows, import {state['state']})")
house.check(len(app.run("listContacts", {"contact_list_id": made_list, "limit": 120})) == 120, "and stops at the limit")
house.check(len(app.run("watchContacts", {"contact_list_id": made_list, "limit": 2})) == 2, "Watch Contacts")
house.check("deleted_date" in app.run("deleteContact", {"contact_list_id": made_list, "contact_id": contact}), "Delete a Contact")
e = refused("deleteContact", {"contact_list_id": made_list, "contact_id": contact})
house.check(e is not None and str(e) == f"[404] There is no contact {contact}.", f"an error is the server's sentence: {e}")

HTML = "<h1>Hello {{first_name}}</h1><p style='break-before:page'>See you soon</p>"
template = app.run("createTemplate", {"name": "Card", "html": HTML, "size": "2"})["template_id"]
for _ in range(120):
    shown = app.run("getTemplate", {"template_id": template})
    if shown["state"] != "publishing":
        break
    time.sleep(0.5)
house.check(shown["html"] == HTML and shown["state"] == "published", "Create and Get a Template")
house.check([t["template_id"] for t in app.run("listTemplates", {"limit": 10})] == [template], "List Templates")
spare = app.run("createTemplate", {"name": "spare", "html": HTML, "size": "2"})["template_id"]
house.check([t["template_id"] for t in app.run("listTemplates", {"limit": 1})] == [template], "no more than the limit")
house.check({o["value"] for o in app.options("listTemplates")} == {template, spare}, "templates to choose from")
house.check("deleted_date" in app.run("deleteTemplate", {"template_id": spare}), "Delete a Template")

SENDER = {"SenderName": "Penny Lane", "SenderAddress1": "1 Penny Lane", "SenderCity": "Springfield", "SenderState": "IL", "SenderZip": "62701"}
body = {"DirectMailName": "Welcome", "TemplateFrontId": template, "CreditTypeId": 22, "PostageType": 0, **SENDER}
campaign = app.run("makeApiCall", {"url": "v1/campaigns", "method": "POST", "headers": [], "qs": [], "body": json.dumps(body)})
house.check(campaign["statusCode"] == 200 and "drop_id" in campaign["body"], "Make an API Call")
campaign = campaign["body"]
drop = campaign["drop_id"]
house.check(app.options("listDrops") == [{"label": f"Welcome: Welcome ({drop})", "value": drop}], "campaigns to choose from")
house.check(app.options("listEndpoints")[0]["value"] == campaign["endpoint"], "endpoints to choose from")
sent = app.run("sendMailpiece", {"endpoint": campaign["endpoint"], **PERSON, "var_field_1": "x"})
house.check("send_date" in sent, "Send a Mailpiece")
e = refused("sendMailpiece", {"endpoint": campaign["endpoint"], **PERSON, "last_name": ""})
house.check(e is not None and e.kind == "DataError" and str(e) == "[400] last_name is required.", f"what is missing is named: {e}")
house.check(app.run("getCampaign", {"drop_id": drop})["drop_id"] == drop, "Get a Campaign")
house.check([c["drop_id"] for c in app.run("listCampaigns", {"limit": 5})] == [drop], "List Campaigns")
house.check(app.run("searchEvents", {"campaign_id": drop, "contact_id": sent["contact_id"], "limit": 10}) == [], "Search Events")
house.check(app.run("toggleCampaign", {"campaign_id": drop})["is_live_mode"] == 1 and app.run("toggleCampaign", {"campaign_id": drop})["is_live_mode"] == 0, "Toggle Campaign Mail Status")


# ---- Watch Campaign Events ----
class Receiver(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words):
        pass


receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
url = f"http://127.0.0.1:{receiver.server_port}/hook"
attach, detach = app.code("webhook", "campaignEvents", "attach"), app.code("webhook", "campaignEvents", "detach")
answer = app.ask(attach, {"parameters": {"name": "Watch", "campaign_id": drop}, "webhook": {"url": url}}, app.base)
hook = iml.fill(attach["response"]["data"], answer)
house.check(hook["externalHookId"] >= 1000000000 and h.ask("GET", f"/api/v1/webhooks/{hook['externalHookId']}")[1]["url"] == url, "attach: the webhook is there, its number kept")
app.ask(detach, {"parameters": {}, "webhook": {"url": url, **hook}}, app.base)
house.check(h.ask("GET", "/api/v1/webhooks")[1] == [], "detach: it is gone")
receiver.server_close()

house.check("deleted_date" in app.run("deleteCampaign", {"campaign_id": campaign["campaign_id"]}), "Delete a Campaign")
has_accounts = h.document.operation("POST", "/api/v1/account") is not None
if has_accounts:
    sub = app.run("createAccount", {"username": "sub@example.com", "password": "Very-Long-Pass-7", "first_name": "Sub", "last_name": "Account"})
    house.check("api_key" in sub and "deleted_date" in app.run("deleteAccount", {"account_id": sub["account_id"]}), "Create and Delete an Account")

run = {(m, re.sub(r"/[0-9A-F-]{36}|/\d+", "/…", p)) for m, p in asked}
for name, part in parts["module"].items():
    if "communication" in part["codeFiles"] and name != "makeApiCall" and (has_accounts or name not in ("createAccount", "deleteAccount")):
        c = app.code("module", name, "communication")
        house.check((c["method"], "/api" + re.sub(r"/\{\{.*?\}\}", "/…", c["url"])) in run, f"{name} was replayed")
house.check(h.stop() == 0, "the server stops")
house.check(h.warnings() == [], f"nothing was warned of: {h.warnings()[:3]}")
house.done()
