"""Every module of Make's and Ibexa Connect's Postalytics app: what it would send, as it would send it (numbers out of mapped fields are text, all
requests carry its headers), and what its fields need from the answer. `make_modules.py build/src/app/pennypost`."""
import base64, hashlib, hmac, http.server, json, threading, time
import house

house.needs_cage()

h = house.House(settings={"outgoing.allow": "127.0.0.0/8", "outgoing.http": "on", "outgoing.ports": "all"})
house.check(h.start(), "the server starts")
account = h.make_account("make")
house.check(h.cli("account", "mailer-id", str(account), "901234567").returncode == 0, "the account can go live")
MAKE = {"Accept": "application/json, text/plain, */*", "User-Agent": "Make/production", "Connection": "keep-alive"}


def module(method, path, body=None, want=200):
    status, got = h.ask(method, path, body, headers=MAKE, timeout=120)
    house.check(status == want, f"{method} {path}: {status}" + ("" if status == want else f" {got}"))
    return got


def has(row, *names):
    return isinstance(row, dict) and all(n in row for n in names)


# ---- the connection: the key in the user's name, tested by asking who it is ----
me = module("GET", "/api/v1/account/me")
house.check(len(me) == 1 and me[0]["account_id"] == account and has(me[0], "username", "email_address"), "the connection knows its account")
status, refused = h.ask("GET", "/api/v1/account/me", key="00000000-0000-0000-0000-000000000000", headers=MAKE)
house.check(status == 401 and refused["error"]["status_code"] == 401, "a wrong key is a 401, which Make maps to its own error")

# ---- accounts ----
one = module("GET", f"/api/v1/account/{account}")
house.check(has(one, "account_id", "username", "created_date", "parent_id"), "Get an Account")

# ---- contacts ----
contact_list = str(module("POST", "/api/v1/lists", {"name": "Make"})["contact_list_id"])
PERSON = {"first_name": "Ada", "last_name": "Lovelace", "address_street": "12 St James Square", "address_city": "Sacramento", "address_state": "CA", "address_zip": "95814"}
made = module("POST", "/api/v1/contacts", {"contact_list_id": contact_list, **PERSON, "company": None, "var_field_1": "7", "address_street2": "-"})
house.check(has(made, "created_date"), "Create a Contact")
contact = str(made["contact_id"])
lists = module("GET", "/api/v1/contacts")
house.check([str(l["contact_list_id"]) for l in lists] == [contact_list], "the lists to select from")
house.check(has(module("PUT", f"/api/v1/contacts/{contact}", {"contact_list_id": contact_list, "contact_id": contact, **PERSON, "first_name": "Augusta"}), "updated_date"),
            "Update a Contact")
row = module("GET", f"/api/v1/contacts/{contact_list}?start=1&limit=100")[0]
house.check(row["first_name"] == "Augusta" and row["var_field_1"] is None and row["address_street2"] is None, "what Update does not set is null")
for n in range(3):
    module("POST", "/api/v1/contacts", {"contact_list_id": contact_list, **PERSON, "first_name": f"n{n}"})
pages = [module("GET", f"/api/v1/contacts/{contact_list}?start={start}&limit=2") for start in (1, 3, 5)]
house.check([[r["row"] for r in p] for p in pages] == [[1, 2], [3, 4], []], "List Contacts and Watch Contacts: pages in order of creation, an empty one at the end")
house.check(has(module("DELETE", f"/api/v1/contacts/{contact}?contact_list_id={contact_list}"), "deleted_date"), "Delete a Contact")
module("DELETE", f"/api/v1/contacts/{contact}", want=404)

# ---- templates ----
HTML = "<h1>Hello {{first_name}}</h1><p style='break-before:page'>See you soon</p>"
made = module("POST", "/api/v1/templates", {"name": "Make", "html": HTML, "size": "2"})
template = str(made["template_id"])
for _ in range(120):
    rows = module("GET", f"/api/v1/templates/{template}")
    if rows[0]["state"] != "publishing":
        break
    time.sleep(0.5)
house.check(has(made, "created_date") and rows[0]["html"] == HTML and rows[0]["size"] == "2" and rows[0]["is_full_html"], "Create and Get a Template")
house.check(rows[0]["state"] == "published", f"it is compiled, without is_proofed: {rows[0]['report']}")
house.check([str(t["template_id"]) for t in module("GET", "/api/v1/templates")] == [template], "List Templates")
spare = module("POST", "/api/v1/templates", {"name": "spare", "html": HTML, "size": 2})["template_id"]
house.check(has(module("DELETE", f"/api/v1/templates/{spare}"), "deleted_date"), "Delete a Template")

# ---- a campaign, which the app cannot make, and a send ----
SENDER = {"SenderName": "Penny Lane", "SenderAddress1": "1 Penny Lane", "SenderCity": "Springfield", "SenderState": "IL", "SenderZip": "62701"}
CAMPAIGN = {"DirectMailName": "Make", "TemplateFrontId": template, "CreditTypeId": 22, "PostageType": 0, **SENDER}
campaign = module("POST", "/api/v1/campaigns", CAMPAIGN)
drop = str(campaign["drop_id"])


# ---- Watch Campaign Events: Make's address, which answers as Make's does ----
class Receiver(http.server.BaseHTTPRequestHandler):
    came = []

    def do_POST(self):
        self.came.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "8")
        self.end_headers()
        self.wfile.write(b"Accepted")

    def log_message(self, *words):
        pass


def is_signed(secret, head, body):
    head = {k.lower(): v for k, v in head.items()}
    text = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + body
    mac = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), text, hashlib.sha256).digest()
    return "v1," + base64.b64encode(mac).decode() in head["webhook-signature"].split()


receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=receiver.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{receiver.server_port}/hook"
hook = module("POST", "/api/v1/webhooks", {"campaign_name": "Watch", "campaign_id": drop, "url": url, "is_subscribed": 1})
house.check(has(hook, "created_date", "id") and hook["secret"].startswith("whsec_"), "Watch Campaign Events is attached")
house.check(module("GET", f"/api/v1/webhooks/{hook['id']}")["url"] == url, "to the address that Make gave")

sent = module("POST", f"/api/v1/send/{campaign['endpoint']}", {**PERSON, "email_address": "ada@example.com", "var_field_2": "two"})
house.check(has(sent, "send_date", "send-date"), "Send a Mailpiece")

# ---- campaigns ----
rows = module("GET", f"/api/v1/campaigns/{drop}")
house.check(len(rows) == 1 and rows[0]["drop_id"] == int(drop) and rows[0]["audience"] == 1, "Get a Campaign, by its drop")
house.check(module("GET", f"/api/v1/campaigns/{campaign['campaign_id']}")[0]["drop_id"] == int(drop), "and by its own number")
house.check([r["drop_id"] for r in module("GET", "/api/v1/campaigns")] == [int(drop)], "List Campaigns")
for _ in range(600):
    if Receiver.came:
        break
    time.sleep(0.1)
house.check(len(Receiver.came) == 1, "the piece was made: one event came")
head, body = Receiver.came[0]
event = json.loads(body)
house.check(event["eventType"] == 0 and event["meta"]["dropId"] == int(drop) and event["meta"]["dataId"] == sent["contact_id"] and event["to"]["name"] == "Ada Lovelace",
            f"Watch Campaign Events: {event['eventType']}, {event['meta']}")
house.check(event["meta"]["fields"] == {"var_field_2": "two"} and has(event, "id", "created_date", "eventDate", "from", "piece", "retryAttempts"), "with everything a receiver reads")
house.check(is_signed(hook["secret"], head, body) and not is_signed(hook["secret"], head, body + b" "), "signed with the secret that was shown")
rows = module("GET", f"/api/v1/campaigns/{drop}/events/{sent['contact_id']}?PageNumber=1&PageSize=100")
house.check([(r["event_name"], r["data_id"], r["first_name"], r["var_field_2"], r["metadata"]) for r in rows] == [("Mail Piece Created", sent["contact_id"], "Ada", "two", "")], "Search Events")
house.check(module("GET", f"/api/v1/campaigns/{drop}/events/{int(sent['contact_id']) + 1}") == [], "of that contact alone")
house.check(module("GET", f"/api/v1/campaigns/{drop}")[0]["created"] == 1, "and the campaign's number is true")
for want in (1, 0):
    toggled = module("PUT", f"/api/v1/campaigns/{drop}", {})
    house.check(toggled["is_live_mode"] == want and module("GET", f"/api/v1/campaigns/{drop}")[0]["is_live_mode"] == want,
                f"Toggle Campaign Mail Status: {'live' if want else 'test'}")


# ---- detach, with the id that attach got ----
house.check(has(module("DELETE", f"/api/v1/webhooks/{hook['id']}"), "deleted_date"), "and detached")
module("DELETE", f"/api/v1/webhooks/{hook['id']}", want=404)
again = module("POST", "/api/v1/webhooks", {"campaign_id": int(drop), "is_enabled": 1, "url": url})
house.check(module("DELETE", f"/api/v1/webhooks/{drop}")["id"] == again["id"], "another client detaches by the drop's number")

# ---- Make an API Call: a path relative to /api, any method ----
house.check(len(module("GET", "/api/v1/templates")) == 1, "an API call")
module("PATCH", f"/api/v1/campaigns/{drop}", {"name": "Renamed"})
house.check(module("GET", f"/api/v1/campaigns/{drop}")[0]["name"] == "Renamed", "a partial entry update")
status, _ = h.ask("PATCH", "/api/v1/templates", {}, headers=MAKE)
house.check(status == 405, "a method that the path has not is a 405")

house.check(has(module("DELETE", f"/api/v1/campaigns/{campaign['campaign_id']}"), "deleted_date"), "Delete a Campaign")
module("GET", f"/api/v1/campaigns/{drop}", want=404)

# ---- Create an Account, Delete an Account: the caller's own sub-accounts ----
if h.document.operation("POST", "/api/v1/account"):
    sub = module("POST", "/api/v1/account", {"username": "sub@example.com", "password": "Very-Long-Pass-7", "first_name": "Sub", "last_name": "Account"})
    house.check(has(sub, "account_id", "api_key", "created_date"), "Create an Account")
    house.check(h.ask("GET", "/api/v1/account/me", key=sub["api_key"], headers=MAKE)[0] == 200, "its key is good")
    house.check(module("GET", f"/api/v1/account/{sub['account_id']}")["parent_id"] == account, "Get an Account of one's own")
    house.check(has(module("DELETE", f"/api/v1/account/{sub['account_id']}"), "account_id", "deleted_date"), "Delete an Account")
    module("DELETE", f"/api/v1/account/{account}", want=400)

house.check(h.stop() == 0, "the server stops")
receiver.shutdown()
house.check(h.warnings() == [], f"nothing was warned of: {h.warnings()[:3]}")
house.done()
