"""jsforce as the judge: it does its operations against our scripted peer, and then our connector does the same work; the requests of both are
compared (method, path, body). `salesforce_jsforce.py PROGRAM cache=build`; needs node and npm, part of ./test --all."""
import urllib.parse, urllib.request, xml.etree.ElementTree as ET
from house import *

HERE = ROOT / "tests" / "scenario" / "jsforce"
PEER = ROOT / "tests/scenario/peers/salesforce.py"
SKIPPED = 77


def modules():
    place = pathlib.Path(TOOLS.get("cache", "build")).resolve() / "jsforce"
    if not (place / "node_modules" / "jsforce" / "package.json").exists():
        for program in ("node", "npm"):
            if not shutil.which(program):
                print(f"there is no {program}")
                sys.exit(SKIPPED)
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / "package.json", place)
        tried = run("npm", "install", "--prefix", str(place), "--no-audit", "--no-fund", "--ignore-scripts", timeout=550)
        if tried.returncode:
            print("npm has no registry here: " + tried.stderr[-300:])
            sys.exit(SKIPPED if run("npm", "ping", timeout=60).returncode else 1)
    return str(place / "node_modules")


def talk(url, path, body=None):
    with urllib.request.urlopen(urllib.request.Request(url + path, json.dumps(body).encode() if body is not None else None, method="POST" if body is not None else "GET"), timeout=30) as a:
        return json.load(a)


def start_peer(*more):
    process = subprocess.Popen([sys.executable, str(PEER), *more], stdout=subprocess.PIPE, text=True)
    url = process.stdout.readline().split()[-1]
    ids = talk(url, "/_script", {"layouts": {"Contact": {"Contact Layout": "<fullName>Contact-Contact Layout</fullName><layoutSections><label>A</label><layoutColumns></layoutColumns><style>OneColumn</style></layoutSections>"}},
        "records": {"Contact": [{"FirstName": f"A{n}", "LastName": "X", "Email": f"ann{n}@example.com"} for n in range(3)]}})["ids"]["Contact"]
    return process, url, ids


def canon(text):
    """A SOAP call without its session: tags and texts in order."""
    root = ET.fromstring(text)
    for s in root.iter("{http://soap.sforce.com/2006/04/metadata}sessionId"):
        s.text = ""
    return [(e.tag, (e.text or "").strip(), sorted(e.attrib.items())) for e in root.iter()]


def plain(requests):
    """What was asked, by what it is: comparable forms."""
    out = {}
    for method, path, body in requests:
        place = path.split("?")[0]
        if "/Soap/" in place:
            form = canon(body)
            out.setdefault((method, place, form[5][0] if len(form) > 5 else ""), []).append(form)
        else:
            out.setdefault((method, place), []).append(json.loads(body) if body else urllib.parse.parse_qs(path.partition("?")[2]))
    return out


# ---- jsforce ----
theirs_process, theirs, ids = start_peer("--any-token")
house = House(settings={"mail.test_gather_ms": "500", "outgoing.allow": "127.0.0.0/8", "outgoing.http": "on", "outgoing.ports": "all"})
check(house.start(), "the server starts")
house.make_account()
template = house.make_card()
campaign = {"DirectMailName": "drip", "TemplateFrontId": template, "CreditTypeId": 22, "PostageType": 0, "SenderName": "Sender", "SenderAddress1": "1 Penny Lane",
            "SenderCity": "Springfield", "SenderState": "IL", "SenderZip": "62701"}
for _ in range(300):
    status, drip = house.ask("POST", "/api/v1/campaigns", campaign)
    if status == 200:
        break
    time.sleep(0.2)
drop = drip["drop_id"]
field = f"Postalytics_Mail_Drop_{drop}_Event_Status__c"
ask = {"modules": modules(), "peer": theirs, "record": ids[0], "other": ids[1], "field": field, "drop": drop, "value": "MailPieceCreated"}
ran = run("node", str(HERE / "work.js"), json.dumps(ask), timeout=120)
got = json.loads(ran.stdout or "{}")
want = {"query": 1, "all": 3, "describe": True, "field": True, "again": "DUPLICATE_DEVELOPER_NAME", "hidden": "INVALID_FIELD", "permission": True, "rows": [True, True], "one": True,
        "read": "MailPieceCreated", "layout": "Contact-Contact Layout", "updated": True, "limit": 100000, "refreshed": True, "own": "00D000000000001EAA"}
check(got == want, f"jsforce does its work against the peer: {got or ran.stderr[-500:]}")
sent_by_jsforce = plain(talk(theirs, "/_state")["requests"])
theirs_process.kill()

# ---- the connector ----
ours_process, ours, ids = start_peer()
status, made = house.ask("POST", "/v1/connections", {"kind": "salesforce", "label": "x", "settings": {"flow": "client_credentials", "login_url": ours, "client_id": "3MVG9", "objects": "Contact"},
                                                    "secrets": {"client_secret": "secret"}})
check(status == 200, f"the connection: {made}")
house.ask("POST", "/v1/subscriptions", {"source": "drop", "source_id": drop, "connection_id": made["connection_id"], "name": "back"})
hook = house.ask("POST", f"/v1/connections/{made['connection_id']}/hook")[1]["path"]
person = {"endpoint": drip["endpoint"], "first_name": "Q", "last_name": "Q", "address_street": "350 5th Ave", "address_city": "New York", "address_state": "NY", "address_zip": "10118"}
house.ask("POST", hook, {"records": [{**person, "record_id": ids[0]}, {**person, "record_id": ids[1]}]}, key="")
house.ask("POST", hook, {**person, "email_address": "ann2@example.com"}, key="")
for _ in range(600):
    if len({h[1] for h in talk(ours, "/_state")["history"]}) == 3:
        break
    time.sleep(0.2)
sent_by_us = plain(talk(ours, "/_state")["requests"])
ours_process.kill()
house.stop()


def data(path):
    return "/services/data/v62.0" + path


def rows(bodies):
    return {json.dumps({**r, "id": r.get("id") or r.get("Id")}, sort_keys=True) for b in bodies for r in b["records"]}


def shape(bodies):
    return {tuple(sorted(b)) for b in bodies}


SOAP = "/services/Soap/m/62.0"
READ = ("POST", SOAP, "{http://soap.sforce.com/2006/04/metadata}readMetadata")
for place in (("POST", data("/tooling/sobjects/CustomField")), ("POST", data("/sobjects/FieldPermissions")), READ):
    check(sent_by_us.get(place) and sent_by_us[place][0] == sent_by_jsforce.get(place, [None])[0], f"{place[1:]} is asked as jsforce asks it: {sent_by_us.get(place)} {sent_by_jsforce.get(place)}")
place = ("PATCH", data("/composite/sobjects"))
check(shape(sent_by_us[place]) == shape(sent_by_jsforce[place]) and rows(sent_by_jsforce[place]) <= rows(sent_by_us[place]), f"collections are the same: {sent_by_us[place]} {sent_by_jsforce[place]}")
place = ("GET", data("/query"))
check(all(list(q) == ["q"] for q in sent_by_us[place] + sent_by_jsforce[place]), "queries are asked the same way")
tokens = ("POST", "/services/oauth2/token")
check(tokens in sent_by_us and tokens in sent_by_jsforce, "tokens come from the same place")
update = ("POST", SOAP, "{http://soap.sforce.com/2006/04/metadata}updateMetadata")
check(sent_by_us[update][0][:8] == sent_by_jsforce[update][0][:8], f"the layout goes back in the same envelope: {sent_by_us[update][0][:8]} {sent_by_jsforce[update][0][:8]}")
done()
