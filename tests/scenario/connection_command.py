"""`pennypost connection` with the real program and a scripted HighLevel: every verb, secrets from a file and from standard input and never anywhere else."""
from house import *
sys.path.insert(0, str(pathlib.Path(__file__).parent / "peers"))
from peer import Peer

SECRET = "pit-demo-token"
peer = Peer("highlevel")
h = House(settings={"outgoing.allow": "127.0.0.0/8", "outgoing.http": "on", "outgoing.ports": "all"})
check(h.start(), "the server starts")
account = str(h.make_account())
said = []


def run_it(*words, stdin=None, code=0, has=""):
    done_ = h.cli("connection", *words, "--account", account, stdin=stdin)
    said.append(done_.stdout + done_.stderr)
    check(done_.returncode == code and has in done_.stdout + done_.stderr, f"{' '.join(words)}: {done_.returncode} {(done_.stdout + done_.stderr).strip()[:200]}")
    return done_.stdout


secrets = h.dir / "secrets.txt"
secrets.write_text(f"# from its settings page\n\ntoken = @{h.dir}/token.txt\n")
(h.dir / "token.txt").write_text(SECRET + "\n")
short = run_it("kinds", has="highlevel: HighLevel")
check("operations  get_contact list_contacts" in short and "contactId" not in short and "salesforce: Salesforce" in short, "kinds has operations by name only")
one = run_it("kinds", "highlevel", has="secret    token: ")
check("\n  operation bulk_tags: Add tags to many contacts, or remove them: type is add or remove\n            type* contacts* tags*\n            locationId removeAllTags\n" in one, "one kind has the inputs of its operations, the required first")
check("  operation create_contact: Make a contact\n            locationId (and any other)\n" in one and "            path*\n            method query headers body\n" in one, "and says where any other is taken")
check("Salesforce" not in one and "kizen" not in one, "of that kind alone")
many = run_it("kinds", "postalytics", has="            contact_id* contact_list_id*\n            first_name ")
check("country var_field_1 … var_field_35\n" in many, "what stands in path and body is said once, and 35 fields are no line of 35 words")
told = json.loads(run_it("kinds", "kizen", "--json"))
check(told["name"] == "kizen" and {"name": "contact_id", "in": "path", "is_required": True} in told["operations"][0]["inputs"], f"as JSON it is that kind alone: {str(told)[:120]}")
run_it("kinds", "abacus", code=3, has='there is no kind "abacus"; it is one of: highlevel, salesforce, kizen, postalytics')
run_it("kinds", "kizen", "highlevel", code=2, has='"highlevel" is too much')
run_it("list")
run_it("add", "abacus", code=3, has="kind must be one of: ")
run_it("add", "highlevel", "base_url=" + peer.url, code=3, has="settings.location_id is required.")
run_it("add", "highlevel", "location_id=loc_1", "base_url=" + peer.url, "--secrets", "-", stdin='{"token":"pit-wrong"}', code=3)
check(json.loads(run_it("list", "--json")) == [], "what was refused is not kept")
run_it("add", "highlevel", "label=Sales", "location_id=loc_1", "base_url=" + peer.url, "--secrets", str(secrets), has="It works.")
one = json.loads(run_it("list", "--json"))[0]
number = str(one["connection_id"])
check(one["settings"] == {"location_id": "loc_1", "base_url": peer.url} and one["secrets"]["token"] is True, f"it is as it was said: {one['settings']}")
DAY = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
row = run_it("list", has="Sales  open, 0 waiting, 0 given up")
check(re.search(rf"given up  tried {DAY}: works\n", row) is not None, f"the list says that it works: {row}")
run_it("show", number, has="secret    token is set")
run_it("test", number, has="It works.")
run_it("set", number, "label=Sales West", "tag=Mail: {code}", has="Sales West")
run_it("set", number, "tag=", has="Sales West")
check("tag" not in json.loads(run_it("show", number, "--json"))["settings"], "NAME= takes a setting away")
run_it("set", number, "base_url=http://127.0.0.1:9", code=3, has="secrets must be said again: secrets.token")
run_it("set", number, "--secrets", "-", stdin="token=pit-wrong\n", code=3)
run_it("test", number, has="It works.")
# ---- what came of the newest trial is kept ----
peer.script(rules=[{"on": "GET .*", "do": "500", "body": {"message": f"I know {SECRET} well"}, "times": 4}])
refusal = run_it("test", number, code=1, has="It does not work: ").removeprefix("It does not work: ").strip()
check(re.search(rf"  tried     {DAY}  It does not work: {re.escape(refusal)}\n", run_it("show", number)) is not None, f"a failed trial is shown: {refusal}")
check(re.search(rf"  tried {DAY}: does not work: {re.escape(refusal)}\n", run_it("list")) is not None, "in the list too")
run_it("set", number, "label=Sales West", has="It does not work: ")  # code 0: a label is no reason to try it
run_it("set", number, "tag=A {code}", code=1, has="It does not work: ")
run_it("set", number, "tag=B {code}", "--untested", has="tried     not since it was saved")
peer.script(rules=[])
run_it("set", number, "tag=", has="It works.")
made = run_it("call", number, "create_contact", "firstName=Ada", "tags:=[\"A\",\"b\"]", has='"firstName":"Ada"')
run_it("call", number, "list_contacts", "-", stdin='{"limit": 5}', has='"firstName":"Ada"')
run_it("call", number, "get_contact", "contactId=none", code=1)
run_it("call", number, "nothing", code=3, has="has no operation")
run_it("call", number, "call", "path=//elsewhere", code=3, has="path must begin with one slash")
run_it("subscribe", number, "events=Mailed,InTransit", "delay=3d", "name=late", has="subscription 1000000")
subscription = h.ask("GET", "/v1/subscriptions")[1][0]
check(subscription["delay_s"] == 259200 and set(subscription["events"]) == {"Mailed", "InTransit"} and subscription["connection_id"] == one["connection_id"], f"it is told so: {subscription}")
run_it("subscribe", number, "delay=61d", code=3, has="delay_s must be a number from 0 to 5184000 (60 days).")
# ---- what it is told of, seen and ended ----
late = str(subscription["subscription_id"])
run_it("add", "highlevel", "label=East", "location_id=loc_1", "base_url=" + peer.url, "--secrets", str(secrets))
east = str(json.loads(run_it("list", "--json"))[1]["connection_id"])
run_it("subscriptions", east, has=f"It is told of nothing: pennypost connection subscribe {east} --account ")
rest = run_it("subscribe", number, "events=Mailed").split()[1]
other = run_it("subscribe", east, "delay=90s").split()[1]
address = str(h.ask("POST", "/v1/subscriptions", {"url": peer.url + "/told", "source_id": 0})[1]["subscription_id"])
h.ask("PATCH", f"/v1/subscriptions/{rest}", {"is_enabled": False})
rows = run_it("subscriptions", number).splitlines()
check(rows == [f"{rest:>10}  all mail drops    Mailed  at once  switched off", f"{late:>10}  all mail drops    InTransit,Mailed  after 3d  (late)"], f"its own, newest first: {rows}")
check("after 90s" in run_it("subscriptions", east), "another's are its own")
check([s["subscription_id"] for s in json.loads(run_it("subscriptions", number, "--json"))] == [int(rest), int(late)], "as JSON")
run_it("subscriptions", "999", code=3, has="There is no connection 999.")
run_it("subscriptions", "x", code=3, has="connection_id must be a number from 1")
run_it("unsubscribe", number, code=2, has="a word is missing")
run_it("unsubscribe", number, other, code=3, has=f"subscription {other} is not told to connection {number}, but to connection {east}")
run_it("unsubscribe", number, address, code=3, has=f"subscription {address} is not told to connection {number}, but to the address {peer.url}/told")
run_it("unsubscribe", number, "4711", code=3, has="There is no ")
run_it("unsubscribe", number, rest, has="done")
check(len(run_it("subscriptions", number).splitlines()) == 1 and "after 90s" in run_it("subscriptions", east), "that one is ended, and no other")
run_it("remove", east, has="done")
h.ask("DELETE", f"/v1/subscriptions/{address}")
hook = run_it("hook", number, has="It is shown this once.").splitlines()[0]
check(re.fullmatch(rf"/v1/hooks/highlevel/{account}-{number}-[2-9a-z]{{26}}", hook) is not None, f"an address for its requests: {hook[:-20]}…")
check(h.ask("POST", hook, {}, key="")[0] == 400 and h.ask("POST", hook[:-1], {}, key="")[0] == 404, "which is open, and its like is not")
# ---- what others say is no command to the terminal, and no row of ours ----
WILD = "\x1b[2J\x1b]0;owned\x07\x7f\x9b2J\n  secret    client_secret is set"
campaign = {"DirectMailName": "card", "TemplateFrontId": h.make_card(), "CreditTypeId": 22, "PostageType": 0, "SenderName": "Sender", "SenderAddress1": "1 Penny Lane",
            "SenderCity": "Springfield", "SenderState": "IL", "SenderZip": "62701"}
until = time.time() + 60
while (made := h.ask("POST", "/api/v1/campaigns", campaign))[0] == 409 and time.time() < until:  # its template is still compiled
    time.sleep(0.1)
run_it("set", number, f"hook_endpoint={made[1]['endpoint']}")
status, answer = h.ask("POST", hook, {"contact_id": "c1", "first_name": "Ada", "last_name": "Doe", "address1": "350 5th Ave", "city": "New York", "state": "NY", "postal_code": "\x1b[2J\n\x1b]0;owned\x07"}, key="")
told = json.loads(run_it("show", number, "--json"))["requests"]["last_refusal"]
check(status == 400 and told and "owned" in told and not set(told) & set("\x1b\x07\x7f\x9b\n"), f"a refusal quotes it in one line, without them: {status} {told!r}")
run_it("set", number, "description=" + "a\tb\nc")
peer.script(rules=[{"on": "GET .*", "do": "500", "body": {"message": WILD}, "times": 4}])
for words, code in ((("test", number), 1), (("call", number, "get_contact", "contactId=none"), 1), (("show", number), 0), (("list",), 0)):
    shown = run_it(*words, code=code, has="owned")
    check(not set(said[-1]) & set("\x1b\x07\x7f\x9b") and "\n  secret    client_secret is set" not in said[-1], f"{words[0]}: {said[-1]!r}")
check("\\u001b" in run_it("call", number, "get_contact", "contactId=none", "--json", code=1), "as JSON it is as it came")
peer.script(rules=[])
run_it("test", number, has="It works.")
run_it("unhook", number, has="done")
check(h.ask("POST", hook, {}, key="")[0] == 404, "and shut")
status, page = h.ask("GET", "/connections", raw=True)
check(status == 200 and b"Sales West" in page and b"HighLevel" in page and b"Waiting for the first" in page, "the page shows it")
run_it("remove", number, has="done")
run_it("show", number, code=3, has=f"There is no connection {number}.")
check(h.ask("GET", "/v1/subscriptions")[1] == [] and h.ask("GET", "/v1/destinations")[1] == [], "with what was told to it")
check(h.stop() == 0, "the server ends cleanly")
log = (h.dir / "server.log").read_text()
for secret in (SECRET, "pit-wrong", hook.rsplit("-", 1)[1]):
    check(secret not in log, "no secret is in the log")
    check(secret.encode() not in h.database_bytes(), "nor in the database as it is")
check(not any(SECRET in text or "pit-wrong" in text for text in said), "nor was one shown")
check(not h.warnings(), f"no warning: {h.warnings()[:3]}")
peer.stop()
done()
