"""HighLevel's own description of its API judges what we send: prism (npm) as a stand-in for it, and between us and the scripted HighLevel. The vendor's file lies in
../shared/data/highlevel; without it, or without npm, this is skipped. Part of ./test --all.   highlevel_prism.py PROGRAM [cache=DIR]"""
from house import *
sys.path.insert(0, str(pathlib.Path(__file__).parent / "peers"))
from peer import Peer

SKIPPED, PRISM = 77, "@stoplight/prism-cli@5.16.0"
SPECS = pathlib.Path(SHARED or ROOT.parent / "shared" / "data") / "highlevel" / "apps"
C = {"contactId": "abc123"}
CONTACTS = {  # operation: (inputs, expected status); not list_contacts and bulk_tags: the vendor's examples of their answers break its own schema, so prism answers 500
    "get_contact": (C, 200), "find_contact": ({"email": "ada+x@example.com", "number": "+12125550100"}, 200),
    "search_contacts": ({"pageLimit": 20}, 200),
    "create_contact": ({"firstName": "Ada", "lastName": "Doe", "email": "ada@example.com", "tags": ["a", "b"], "customFields": [{"id": "f1", "field_value": "x"}]}, 201),
    "upsert_contact": ({"firstName": "Ada", "phone": "+12125550100", "dnd": False}, 200), "update_contact": ({**C, "city": "Sacramento"}, 200), "delete_contact": (C, 200),
    "add_tags": ({**C, "tags": ["Postalytics Event: Mailed"]}, 201), "remove_tags": ({**C, "tags": ["Postalytics Event: Mailed"]}, 200),
    "add_note": ({**C, "body": "Mailed: Spring card"}, 201), "list_notes": (C, 200), "get_note": ({**C, "id": "n1"}, 200), "update_note": ({**C, "id": "n1", "body": "x", "pinned": True}, 200),
    "delete_note": ({**C, "id": "n1"}, 200), "add_to_workflow": ({**C, "workflowId": "w1", "eventStartTime": "2026-06-23T03:30:00+01:00"}, 200),
    "leave_workflow": ({**C, "workflowId": "w1"}, 200), "call": ({"method": "GET", "path": "/contacts/abc123"}, 200)}
OTHERS = {"workflows": {"list_workflows": ({}, 200)}, "locations": {"list_tags": ({}, 200), "create_tag": ({"name": "Postalytics Event: Mailed"}, 200)}}
prisms = []


def skip(why):
    print("skipped: " + why, flush=True)
    sys.exit(SKIPPED)


def install():
    place = pathlib.Path(TOOLS["cache"]).resolve() / "prism" if "cache" in TOOLS else pathlib.Path(tempfile.mkdtemp(prefix="pennypost-prism-"))
    program = place / "node_modules" / ".bin" / "prism"
    if not program.exists():
        place.mkdir(parents=True, exist_ok=True)
        tried = run("npm", "i", "--prefix", str(place), "--no-audit", "--no-fund", "--ignore-scripts", PRISM, timeout=500)
        if tried.returncode:
            skip("npm has no registry here: " + (tried.stdout + tried.stderr).strip()[-300:])
    return str(program)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(program, mode, spec, *more):
    port = free_port()
    log = open(h.dir / f"prism-{len(prisms)}.log", "w")
    prisms.append(subprocess.Popen([program, mode, "-h", "127.0.0.1", "-p", str(port), "--errors", str(SPECS / f"{spec}.json"), *more], stdout=log, stderr=log))
    for _ in range(240):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return f"http://127.0.0.1:{port}"
        except OSError:
            time.sleep(0.5)
    check(False, f"prism {mode} {spec} did not start")
    done()


def connect(url):
    status, made = h.ask("POST", "/v1/connections", {"kind": "highlevel", "label": url, "settings": {"location_id": "loc_1", "base_url": url, "create_contacts": "yes"},
                                                     "secrets": {"token": "pit-demo-token"}}, timeout=90)
    check(status == 200, f"connected: {made}")
    return made["connection_id"]


def operate(connection, operations):
    n = 0
    for name, (inputs, want) in operations.items():
        status, got = h.ask("POST", f"/v1/connections/{connection}/operations/{name}", inputs, timeout=90)
        if status != 200:
            check(False, f"{name}: {got}")
            continue
        said = next((v for k, v in got["headers"].items() if k.lower() == "sl-violations"), "")
        errors = [v for v in json.loads(said or "[]") if v["severity"] == "Error"]
        n += check(got["status"] == want and got["is_done"] and not errors, f"{name}: {got['status']} {got['sentence'] or ''} {errors or ''}")
    return n


if not SPECS.exists():
    skip("there is no " + str(SPECS))
if not shutil.which("npm") or not shutil.which("node"):
    skip("there is no npm")
program = install()
h = House(settings={"mail.test_gather_ms": "300", "outgoing.allow": "127.0.0.0/8", "outgoing.http": "on", "outgoing.ports": "all"})
peer = Peer("highlevel")
try:
    check(h.start(), "the server starts")
    h.make_account()

    # ---- in place of HighLevel ----
    n = operate(connect(start(program, "mock", "contacts")), CONTACTS)
    for spec, operations in OTHERS.items():
        n += operate(connect(start(program, "mock", spec)), operations)
    check(n >= 12, f"{n} operations are as the vendor describes them")

    # ---- between us and the scripted one: both are judged ----
    url = start(program, "proxy", "contacts", peer.url)
    ada, = peer.script(contacts=[{"firstName": "Ada", "email": "ada@example.com"}])["made"]
    connection = connect(url)
    operate(connection, {"get_contact": ({"contactId": ada}, 200), "list_contacts": ({"limit": 20, "query": "Ada"}, 200), "find_contact": ({"email": "ada@example.com"}, 200),
                         "add_tags": ({"contactId": ada, "tags": ["x"]}, 201), "remove_tags": ({"contactId": ada, "tags": ["x"]}, 200), "add_note": ({"contactId": ada, "body": "x"}, 201),
                         "list_notes": ({"contactId": ada}, 200), "update_contact": ({"contactId": ada, "city": "Sacramento"}, 200),
                         "upsert_contact": ({"email": "ada@example.com", "firstName": "Ada"}, 200), "add_to_workflow": ({"contactId": ada, "workflowId": "wf_1"}, 200)})
    template = h.make_card()
    for _ in range(240):
        status, drip = h.ask("POST", "/api/v1/campaigns", {"DirectMailName": "Spring card", "TemplateFrontId": template, "CreditTypeId": 22, "PostageType": 0, "SenderName": "Sender",
                                                           "SenderAddress1": "1 Penny Lane", "SenderCity": "Springfield", "SenderState": "IL", "SenderZip": "62701"})
        if status == 200:
            break
        time.sleep(0.5)
    status, sub = h.ask("POST", "/v1/subscriptions", {"name": "tags", "source": "drop", "source_id": drip["drop_id"], "connection_id": connection, "events": ["MailPieceCreated"]})
    check(status == 200, f"subscribed: {sub}")
    for email in ("ada@example.com", "new@example.com"):
        h.ask("POST", f"/api/v1/send/{drip['endpoint']}", {"first_name": "Ada", "last_name": "Doe", "address_street": "350 5th Ave", "address_city": "New York", "address_state": "NY",
                                                           "address_zip": "10118", "email_address": email})
    for _ in range(240):
        if len(noted := [e for e in peer.state()["log"] if e["what"] == "note" and "Spring card" in e["body"]]) >= 2:
            break
        time.sleep(0.5)
    check(len(noted) == 2, f"the link's own requests pass too: {noted}")
    log = h.ask("GET", "/v1/outbox/log")[1]
    check(len(log) >= 2 and all(row["result"] == "delivered" for row in log), f"at the first attempt: {[(r['result'], r.get('answer')) for r in log]}")
    check(not h.warnings(), f"no warnings {h.warnings()[:3]}")
finally:
    h.stop()
    peer.stop()
    for p in prisms:
        p.kill()
        p.wait()
done()
