"""HighLevel's own client as the judge (npm, @gohighlevel/api-client): it does its operations against our scripted HighLevel, then our connector does the
same against a fresh one, by its operations and by telling of a piece; the requests of both are compared: method, path, query, body, and the headers that
the API reads. `highlevel_sdk.py PROGRAM cache=build`; needs node and npm, part of ./test --all."""
import urllib.parse
from house import *
sys.path.insert(0, str(pathlib.Path(__file__).parent / "peers"))
from peer import Peer

HERE = ROOT / "tests" / "scenario" / "highlevel_sdk"
SKIPPED = 77
VERSION = "2021-07-28"
ADA, WHEN = {"contactId": "{contact}"}, "2026-06-23T03:30:00+01:00"
TAGS = {"tags": ["Postalytics Event: Mailed"]}
WORK = [  # in the order of work.js: the connector's operation and its inputs
    ("create_contact", {"firstName": "Ada", "email": "ada@example.com", "tags": ["Lead"]}),
    ("upsert_contact", {"firstName": "Ada", "lastName": "Doe", "email": "ada@example.com", "source": "Pennypost"}),
    ("find_contact", {"email": "ada@example.com"}), ("get_contact", ADA), ("update_contact", {**ADA, "city": "New York"}), ("list_contacts", {"limit": 1}),
    ("search_contacts", {"pageLimit": 20}), ("add_tags", {**ADA, **TAGS}), ("remove_tags", {**ADA, **TAGS}), ("add_note", {**ADA, "body": "Mailed: Spring card"}),
    ("list_notes", ADA), ("get_note", {**ADA, "id": "{note}"}), ("update_note", {**ADA, "id": "{note}", "body": "Mailed"}), ("delete_note", {**ADA, "id": "{note}"}),
    ("list_workflows", {}), ("add_to_workflow", {**ADA, "workflowId": "wf_1", "eventStartTime": WHEN}), ("leave_workflow", {**ADA, "workflowId": "wf_1", "eventStartTime": WHEN}),
    ("create_tag", {"name": "Postalytics Event: Mailed"}), ("list_tags", {}), ("refused", {"contactId": "nobody"}), ("delete_contact", ADA)]


def modules():
    place = pathlib.Path(TOOLS.get("cache", "build")).resolve() / "highlevel_sdk"
    if not (place / "node_modules" / "@gohighlevel" / "api-client" / "package.json").exists():
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


def fresh_peer():
    peer = Peer("highlevel")
    peer.script(keep_requests=True, refresh="rt-first")
    return peer


def plain(request):
    """What the API reads of a request."""
    form = "x-www-form-urlencoded" in request["headers"].get("Content-Type", "")
    body = request["body"]
    sent = dict(urllib.parse.parse_qsl(body)) if form else json.loads(body) if body else None
    return request["method"], request["path"], dict(urllib.parse.parse_qsl(request["query"])), sent


def without_body(request):
    return request[0], request[1], request[2]


def headers(request):
    head = {k.lower(): v for k, v in request["headers"].items()}
    kind = head.get("content-type", "").split(";")[0] if request["body"] else None
    return head.get("version"), head.get("authorization"), kind


def shape(value):
    return {k: type(v).__name__ for k, v in value.items()} if isinstance(value, dict) else value


theirs, ours = fresh_peer(), fresh_peer()
h = House(settings={"mail.test_gather_ms": "300", "outgoing.allow": "127.0.0.0/8", "outgoing.http": "on", "outgoing.ports": "all"})
try:
    # ---- their client ----
    ask = {"modules": modules(), "peer": theirs.url, "token": "pit-demo-token", "refresh": "rt-first", "version": VERSION}
    ran = run("node", str(HERE / "work.js"), json.dumps(ask), timeout=120)
    answers = json.loads(ran.stdout or "{}")
    check(len(answers) == len(WORK) + 1, f"HighLevel's client does its work against the peer: {len(answers)} operations {ran.stderr[-500:]}")
    refused = {name: a for name, a in answers.items() if "refused" in a}
    check(list(refused) == ["refused"] and refused["refused"]["refused"] == 404, f"and is refused what is not there, nothing else: {refused}")
    shapes = {"create_contact": ["contact"], "upsert_contact": ["new", "contact"], "find_contact": ["contact"], "list_contacts": ["contacts"], "add_tags": ["tags"], "add_note": ["note"],
              "list_notes": ["notes"], "list_workflows": ["workflows"], "create_tag": ["tag"], "list_tags": ["tags"], "renewed": ["access_token", "refresh_token", "expires_in"]}
    missing = {name: answers.get(name) for name, keys in shapes.items() if not all(k in answers.get(name, {}) for k in keys)}
    check(not missing, f"it gets what its types promise: {missing}")
    by_them = [r for r in theirs.state()["requests"]]

    # ---- our connector's operations ----
    check(h.start(), "the server starts")
    h.make_account()
    status, made = h.ask("POST", "/v1/connections", {"kind": "highlevel", "label": "HL", "settings": {"location_id": "loc_1", "base_url": ours.url, "create_contacts": "yes"},
                                                     "secrets": {"token": "pit-demo-token"}})
    check(status == 200, f"the connection: {made}")
    connection, known, by_us = made["connection_id"], {}, []
    n = len(ours.state()["requests"])
    for operation, inputs in WORK:
        inputs = {k: v.format(**known) if isinstance(v, str) else v for k, v in inputs.items()}
        status, got = h.ask("POST", f"/v1/connections/{connection}/operations/{'get_contact' if operation == 'refused' else operation}", inputs)
        check(status == 200 and got["is_done"] == (operation != "refused"), f"{operation}: {status} {got.get('sentence') or ''}")
        known.setdefault("contact", ((got.get("body") or {}).get("contact") or {}).get("id"))
        if operation == "add_note":
            known["note"] = got["body"]["note"]["id"]
        by_us += ours.state()["requests"][n:]
        n = len(ours.state()["requests"])
    tokens = [plain(r) for r in by_them if r["path"] == "/oauth/token"]
    by_them = [r for r in by_them if r["path"] != "/oauth/token"]
    check(len(by_us) == len(by_them) == len(WORK), f"one request each: {len(by_us)} and {len(by_them)}")
    for (operation, _), mine, its in zip(WORK, by_us, by_them):
        check(plain(mine) == plain(its), f"{operation} is asked as HighLevel's client asks it: {plain(mine)}" + ("" if plain(mine) == plain(its) else f", theirs {plain(its)}"))
        check(headers(mine) == headers(its) == (VERSION, "Bearer pit-demo-token", headers(its)[2]), f"with its headers: {headers(mine)[::2]} {headers(its)[::2]}")

    # ---- our connector tells of a piece of somebody who is not there ----
    template = h.make_card()
    campaign = {"DirectMailName": "drip", "TemplateFrontId": template, "CreditTypeId": 22, "PostageType": 0, "SenderName": "Sender", "SenderAddress1": "1 Penny Lane",
                "SenderCity": "Springfield", "SenderState": "IL", "SenderZip": "62701"}
    for _ in range(300):
        status, drip = h.ask("POST", "/api/v1/campaigns", campaign)
        if status == 200:
            break
        time.sleep(0.2)
    h.ask("POST", "/v1/subscriptions", {"name": "tags", "source": "drop", "source_id": drip["drop_id"], "connection_id": connection, "events": ["MailPieceCreated"]})
    h.ask("POST", f"/api/v1/send/{drip['endpoint']}", {"first_name": "Eve", "last_name": "Doe", "email_address": "eve@example.com", "address_street": "350 5th Ave", "address_city": "New York",
                                                     "address_state": "NY", "address_zip": "10118"})
    for _ in range(300):
        if len(told := ours.state()["requests"][n:]) >= 4:
            break
        time.sleep(0.2)
    eve = next((c["id"] for c in ours.state()["contacts"].values() if c.get("email") == "eve@example.com"), "")
    like = {operation: plain(r) for (operation, _), r in zip(WORK, by_them)}
    for operation, request in zip(("find_contact", "upsert_contact", "add_tags", "add_note"), told):
        mine, its = plain(request), like[operation]
        same_place = (mine[0], mine[1].replace(eve, "ID")) == (its[0], its[1].replace(answers["create_contact"]["contact"]["id"], "ID")) and set(mine[2]) == set(its[2])
        check(same_place and set((shape(its[3]) or {}).items()) <= set((shape(mine[3]) or {}).items()), f"told of a piece, {operation}: {mine}")
        check(headers(request) == (VERSION, "Bearer pit-demo-token", "application/json" if request["body"] else None), f"with its headers: {headers(request)[::2]}")
    check(len(told) == 4, f"in four requests: {[without_body(plain(r)) for r in told]}")

    # ---- a token is renewed ----
    status, made = h.ask("POST", "/v1/connections", {"kind": "highlevel", "label": "OAuth", "settings": {"location_id": "loc_1", "base_url": ours.url, "client_id": "app"},
                                                     "secrets": {"client_secret": "app-secret", "refresh_token": "rt-first"}})
    check(status == 200, f"a connection by OAuth: {made}")
    mine = [plain(r) for r in ours.state()["requests"] if r["path"] == "/oauth/token"]
    check(len(mine) == 1 and mine == tokens, f"a token is renewed as HighLevel's client renews it: {[(m[0], m[1], sorted(m[3])) for m in mine + tokens]}")
    check(not h.warnings(), f"no warnings: {h.warnings()[:3]}")
finally:
    if h.server:
        h.stop()
    theirs.stop(), ours.stop()
done()
