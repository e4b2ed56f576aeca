"""Another house of the same kind is watched: by webhooks that are made there, with polling as the net below them, and its contacts are followed, so that
links work for mail that we did not send. The other house is a played Postalytics, then a second Pennypost. `postalytics_watch.py PROGRAM`"""
import json, os, pathlib, sys, time
sys.path.insert(0, str(pathlib.Path(__file__).parent / "peers"))
import gate, house, peer, postalytics
from ends import LOOSE, PERSON, furnish, until

here = None
front = gate.Gate(lambda: here.port)  # our public address
sink = gate.Gate()
SLOW = {"watch.slow_pause": "600", "watch.contacts_pause": "1", "job.retry_first": "1", "public.base": front.address}
here = h = house.House(settings={**LOOSE, **SLOW})
house.check(h.start(), "the server starts")
account, campaign = furnish(h, "watcher", live=False)
remote = postalytics.Postalytics().start()
crm = peer.Peer("highlevel")
crm.script(contacts=[{"firstName": "Ada", "email": "ada@example.com"}, {"firstName": "Bob", "email": "bob@example.com"}, {"firstName": "Eve", "email": "eve@example.com"}])


def person(n, who, **more):
    return {"contact_id": n, "contact_list_id": 31, "first_name": who, "last_name": "Doe", "address_street": "350 5th Ave", "address_city": "New York", "address_state": "NY", "address_zip": "10118",
            "email_address": f"{who.lower()}@example.com", **more}


remote.lists[31] = {"name": "Customers", "contacts": [person(800 + n, "Ada" if n == 12 else f"P{n}", row=n + 1) for n in range(250)]}
remote.lists[32] = {"name": "None", "contacts": []}
remote.details[5900] = {"Id": 5900, "FirstName": "Bob", "LastName": "Doe", "EmailId": "bob@example.com", "City": "New York"}


def connect(label, address, key, **settings):
    status, made = h.ask("POST", "/v1/connections", {"kind": "postalytics", "label": label, "settings": {"environment": address, "rate": "off", **settings}, "secrets": {"api_key": key}})
    house.check(status == 200, f"{label} is connected: {status} {made if status != 200 else ''}")
    return made["connection_id"]


def look(id):
    return h.ask("GET", f"/v1/connections/{id}")[1]


def events(id, more=""):
    return h.rows(f"SELECT code, subject_id, detail FROM event WHERE source = 4 AND source_id = {id} {more} ORDER BY event_id")


def now(back=0):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - back))


def tags(email):
    return next((c["tags"] for c in crm.state()["contacts"].values() if c.get("email") == email), None)


# ---- a webhook is made there ----
theirs = connect("Played", remote.address, postalytics.KEY, watch="webhooks", contacts="31")
until("a webhook is made there, to our public address", lambda: front.address in remote.hooks.get(71238, {}).get("url", ""))
until("the connection says so", lambda: "1 of 1 campaigns are posted here" in (look(theirs)["status"] or {}).get("webhooks", ""))
house.check([d["is_posted"] for d in h.ask("GET", f"/v1/connections/{theirs}/drops")[1]] == [True], "and its campaigns")
url = remote.hooks[71238]["url"]
house.check(url.rsplit("-", 1)[1] not in (h.dir / "server.log").read_text() and url.rsplit("-", 1)[1].encode() not in h.database_bytes(), "its token is in no log and not in the open in the database")

# ---- its contacts have a list here ----
until("a list here follows one there, page by page", lambda: h.rows("SELECT count(*) FROM contact") == [[250]])
lists = h.ask("GET", f"/v1/connections/{theirs}/lists")[1]
house.check([(l["list_id"], l["name"], l["contacts"]) for l in lists] == [(31, "Customers", 250)], f"and is shown; one that is not named is not read: {lists}")
imports = h.rows("SELECT count(*) FROM intake")
remote.lists[31]["contacts"][3]["first_name"] = "Changed"
remote.lists[31]["contacts"].append(person(2000, "New"))
h.ask("PATCH", f"/v1/connections/{theirs}", {"label": "Again"})
until("what has changed there changes here, what is new is added, nothing is doubled", lambda: h.rows("SELECT count(*), sum(CASE WHEN first_name = 'Changed' THEN 1 ELSE 0 END) FROM contact") == [[251, 1]])
done = h.rows("SELECT count(*) FROM intake")
asked = len([r for r in remote.requests if r["path"] == "/api/v1/contacts"])
h.ask("PATCH", f"/v1/connections/{theirs}", {"label": "Once more"})
until("a list that is as it was", lambda: len([r for r in remote.requests if r["path"] == "/api/v1/contacts"]) > asked)
time.sleep(1)
house.check(h.rows("SELECT count(*) FROM intake") == done and done[0][0] == imports[0][0] + 1, f"makes no import: {imports} {done}")

# ---- events are posted, and links work on them ----
status, made = h.ask("POST", "/v1/connections", {"kind": "highlevel", "label": "HL", "settings": {"location_id": "loc_1", "base_url": crm.url}, "secrets": {"token": "pit-demo-token"}})
h.ask("POST", "/v1/subscriptions", {"source": "connection", "source_id": theirs, "connection_id": made["connection_id"]})
status, sub = h.ask("POST", "/v1/subscriptions", {"source": "connection", "source_id": theirs, "url": sink.address + "/told"})
house.check(status == 200, f"a plain webhook may be told of a connection's events: {status} {sub}")
polls = len([r for r in remote.requests if r["path"].endswith("/events")])
status = remote.post(812, 11, now())
house.check(status[0] == 200, f"an event is posted: {status}")
until("it is told at once", lambda: [e[:2] for e in events(theirs)] == [[11, 812]], 10)
house.check(len([r for r in remote.requests if r["path"].endswith("/events")]) == polls, "and nobody had to ask")
detail = json.loads(events(theirs)[0][2])
house.check(detail["person"]["email_address"] == "ada@example.com" and detail["drop_name"] == "Spring", f"with the address from the list: {detail}")
until("HighLevel finds the person by it", lambda: tags("ada@example.com") == ["postalytics event: mailed"])
until("the webhook is told", lambda: len(sink.seen) == 1)
body = json.loads(sink.seen[0][1])
house.check(body["eventType"] == 11 and body["meta"]["dataId"] == 812 and body["meta"]["dropId"] == 71238 and body["meta"]["connectionId"] == theirs and body["to"]["name"] == "Ada Lovelace",
            f"with a body like any other: {body}")
status = remote.post(5900, 11, now())
until("a person of no list is asked for", lambda: tags("bob@example.com") == ["postalytics event: mailed"])
status = remote.post(5901, 11, now())
until("one whom nobody knows is told of without an address", lambda: [e[1] for e in events(theirs)] == [812, 5900, 5901])
remote.will({"status": 500, "path": "/details/5902", "times": 2})
remote.details[5902] = {"Id": 5902, "EmailId": "eve@example.com"}
remote.post(5902, 11, now())
until("one who cannot be asked for just now is waited for", lambda: tags("eve@example.com") == ["postalytics event: mailed"])

# ---- the same event in both ways, and many times ----
at = now()
for _ in range(3):
    remote.post(812, 4, at)
remote.happen(812, "In Transit", at)
remote.happen(812, "In Local Area", at)
h.ask("PATCH", f"/v1/connections/{theirs}", {"label": "And again"})
until("polling finds what no webhook told", lambda: [e[0] for e in events(theirs, "AND subject_id = 812")] == [11, 4, 5])
time.sleep(1)
house.check(len(events(theirs, "AND code = 4")) == 1, "and what was told is told once")

# ---- killed after the answer ----
status = remote.post(813, 11, now())
h.kill()
house.check(status[0] == 200 and h.start(), "the server is killed after it has said yes")
until("and tells it", lambda: len(events(theirs, "AND subject_id = 813")) == 1)

# ---- bodies that are none ----
count = len(events(theirs))
good = remote.body(814, 11, now())
WRONG = (
    ("<html><body>Bad Gateway</body></html>", 400, "no whole JSON document"),
    (json.dumps(good)[:90], 400, "no whole JSON document"),
    ("", 400, "no whole JSON document"),
    ("[]", 400, "as a JSON object"),
    ("{}", 400, "eventType is missing"),
    (json.dumps({**good, "eventType": 99}), 400, "eventType is missing"),
    (json.dumps({**good, "eventType": {"a": 1}}), 400, "eventType is missing"),
    (json.dumps({**good, "eventDate": "yesterday"}), 400, "eventDate is missing"),
    (json.dumps({**good, "meta": 7}), 400, "dropId and dataId"),
    (json.dumps({**good, "meta": {"dropId": 71238}}), 400, "dropId and dataId"),
    (json.dumps({**good, "meta": {"dropId": 5, "dataId": 814}}), 404, "Mail drop 5 is none"),
    (json.dumps({**good, "to": []}), 200, ""),
)
for text, want, says in WRONG:
    status, answer = remote.post_raw(url, text)
    refused = look(theirs)["requests"]["last_refusal"] or ""
    house.check(status == want and (want == 200 or says in answer and says in refused), f"{text[:40]!r}: {status} {answer[:100]}; shown: {refused[:100]}")
until("of them all only the one that could be read is told", lambda: len(events(theirs)) == count + 1)
status, answer = remote.post_raw(url[:-3] + "abc", json.dumps(good))
house.check(status == 404, f"another token is no address: {status}")

# ---- looked after ----
remote.hooks.clear()
h.ask("PATCH", f"/v1/connections/{theirs}", {"label": "Looked after"})
until("a webhook that was removed there is made again", lambda: remote.hooks.get(71238, {}).get("url") == url)
house.check(h.ask("POST", f"/v1/connections/{theirs}/hook")[0] == 200, "a new token is made by hand")
h.ask("PATCH", f"/v1/connections/{theirs}", {"label": "Looked after"})
until("and the webhook follows it", lambda: remote.hooks.get(71238, {}).get("url") not in (None, url))
house.check(remote.post_raw(url, json.dumps(good))[0] == 404, "the old address is shut")
h.ask("PATCH", f"/v1/connections/{theirs}", {"settings": {"watch": "on"}})
until("it is taken away when they are not wanted", lambda: not remote.hooks)
h.ask("PATCH", f"/v1/connections/{theirs}", {"settings": {"watch": "webhooks"}})
until("made again when they are", lambda: remote.hooks)
house.check(h.ask("DELETE", f"/v1/connections/{theirs}")[0] == 200, "the connection is deleted")
until("and its webhook with it, also when it was only just made", lambda: not remote.hooks, 20)
house.check(h.rows("SELECT count(*) FROM contact_list WHERE deleted_at IS NULL") == [[1]] and h.rows("SELECT count(*) FROM mirror_list") == [[0]], "the list here stays")

# ---- where there can be none ----
other = postalytics.Postalytics().start()
other.hooks[71238] = {"campaign_id": 71238, "url": "https://hook.make.example/abc", "is_subscribed": 1}
taken = connect("Taken", other.address, postalytics.KEY, watch="webhooks")
until("a campaign's one webhook that is somebody else's is left alone", lambda: "somebody else's" in (look(taken)["status"] or {}).get("webhooks", ""))
house.check(other.hooks[71238]["url"] == "https://hook.make.example/abc", "as it is")
page = h.ask("GET", "/connections", raw=True)[1].decode()
house.check("somebody else" in page and "Mailed" in page and "not kept any more" not in page, "the page of connections says both, and what was told")
other.happen(700, "Mailed", now())
until("and its events are polled", lambda: [e[:2] for e in events(taken)] == [[11, 700]])
h.ask("DELETE", f"/v1/connections/{taken}")
house.check(other.hooks[71238]["url"] == "https://hook.make.example/abc", "also when the connection goes")
for step, says in (({"status": 403, "path": "/webhooks", "times": 99}, "does not show its webhooks"), ({"status": 403, "path": "/webhooks", "method": "POST", "times": 99}, "takes no webhook")):
    bare = postalytics.Postalytics().start()
    bare.will(step)
    refuses = connect("Refuses", bare.address, postalytics.KEY, watch="webhooks")
    until(f"a house that refuses: {says}", lambda: says in (look(refuses)["status"] or {}).get("webhooks", ""))
    bare.happen(701, "Mailed", now())
    until("is polled", lambda: len(events(refuses)) == 1)
    h.ask("DELETE", f"/v1/connections/{refuses}")

# ---- where one campaign takes none, and where none does ----
for status, n_asked, n_posted, says in ((409, [2], 1, "campaign 5 takes no webhook. Postalytics answered 409"), (501, [1], 0, "it takes no webhook")):
    mixed = postalytics.Postalytics().start()
    mixed.campaigns = [{**mixed.campaigns[0], "drop_id": 5, "name": "Odd"}] + mixed.campaigns
    plain, posted = mixed.webhooks, []
    def webhooks(method, number, body):
        if method == "POST":
            posted.append(int(body["campaign_id"]))
            if status == 501 or int(body["campaign_id"]) == 5:
                return mixed.refuse(status, "no")
        return plain(method, number, body)
    mixed.webhooks = webhooks
    odd = connect(f"Odd {status}", mixed.address, postalytics.KEY, watch="webhooks")
    until(f"a webhook is answered with {status}", lambda: (look(odd)["status"] or {}).get("webhooks"))
    said = look(odd)["status"]["webhooks"]
    house.check(f"{n_posted} of 2 campaigns" in said and says in said and [len(posted)] == n_asked, f"the campaigns behind it are {'' if n_posted else 'not '}asked: {posted} {said}")
    mixed.happen(703, "Mailed", now())
    until("and its events are polled", lambda: len(events(odd)) == 1)
    h.ask("DELETE", f"/v1/connections/{odd}")

# ---- a second Pennypost ----
second = house.House(settings={**LOOSE})
house.check(second.start(), "a second Pennypost starts")
their_account, their_campaign = furnish(second, "second", live=True)
their_drop, their_endpoint = their_campaign("Theirs")
list_id = second.ask("POST", "/api/v1/lists", {"name": "Friends"})[1]["contact_list_id"]
for n in range(3):
    second.ask("POST", "/api/v1/contacts", {**PERSON, "contact_list_id": list_id, "first_name": f"friend{n}", "email_address": f"friend{n}@example.com"})
pair = connect("Second", f"http://127.0.0.1:{second.port}", second.key, watch="webhooks", contacts="all")
until("a webhook is made there", lambda: [w["url"].startswith(front.address) for w in second.ask("GET", "/api/v1/webhooks")[1]] == [True])
second.ask("POST", "/api/v1/webhooks", {"campaign_id": their_drop, "url": sink.address + "/own"})
until("its list is here", lambda: h.rows("SELECT count(*) FROM contact WHERE first_name LIKE 'friend%'") == [[3]])
h.ask("POST", "/v1/subscriptions", {"source": "connection", "source_id": pair, "url": sink.address + "/pair"})
shop = second.dir / "shop"
shop.mkdir(mode=0o755)
if os.getuid() == 0:
    os.chown(shop, house.NOBODY, house.NOBODY)
second.cli("printer", "put", "shop", "folder", str(shop)), second.cli("printer", "grant", "shop", str(their_account))
second.ask("POST", f"/api/v1/send/{their_endpoint}", {**PERSON, "first_name": "stranger", "email_address": "stranger@example.com"})
until("what happens there is posted here", lambda: [e[0] for e in events(pair)] == [0])
detail = json.loads(events(pair)[0][2])
house.check(detail["person"]["email_address"] == "stranger@example.com" and detail["drop_name"] == "Theirs", f"with the person, who is of no list there: {detail}")
until("and told on", lambda: [json.loads(b)["meta"]["dropId"] for p, b, _ in sink.seen if p == "/pair"] == [their_drop])
front.is_shut = True
second.ask("POST", f"/api/v1/send/{their_endpoint}", {**PERSON, "first_name": "unheard"})
until("an event whose webhook was lost", lambda: any(s == 503 for _, _, s in front.seen))
h.ask("PATCH", f"/v1/connections/{pair}", {"label": "Second look"})
until("is found by polling", lambda: len(events(pair)) == 2)
front.is_shut = False
time.sleep(6)
house.check(len(events(pair)) == 2, "and told once, also when its webhook comes after all")
house.check(h.ask("DELETE", f"/v1/connections/{pair}")[0] == 200, "the connection is deleted")
house.check([w["url"] for w in second.ask("GET", "/api/v1/webhooks")[1]] == [sink.address + "/own"], "our webhook there goes with it, and no other")

# ---- without a public address ----
h.stop()
del h.settings["public.base"]
h.change(f"INSERT INTO mirror_post (account_id, connection_id, post_id, due_at, body) VALUES ({account}, {pair}, 1, 1, '{{}}')")
h.start()
until("what was posted for a connection that is gone is removed", lambda: h.rows("SELECT count(*) FROM mirror_post") == [[0]])
private = connect("Private", remote.address, postalytics.KEY, watch="webhooks")
until("a server without a public address polls, and says why", lambda: "public.base" in (look(private)["status"] or {}).get("webhooks", ""))
remote.happen(702, "Printed", now())
until("what happens", lambda: [e[:2] for e in events(private, "AND subject_id = 702")] == [[10, 702]])

log = (h.dir / "server.log").read_text()
house.check(postalytics.KEY not in log and second.key not in log, "no key in the log")
crm.stop()
second.stop()
house.check(h.stop() == 0, "the server ends well")
house.check(not [l for l in h.warnings() if "Sanitizer" in l or "ASSERT" in l], "and without a complaint")
house.done()
