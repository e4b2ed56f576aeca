"""Watched events and gaps among them: a page that fails in the middle of a look, a kill there, and posts of a webhook that never came. Whatever is new above, what
was missed below is told too, each event once. `postalytics_gaps.py PROGRAM`"""
import pathlib, sys, threading, time
sys.path.insert(0, str(pathlib.Path(__file__).parent / "peers"))
import gate, house, postalytics
from ends import LOOSE, until

here = None
front = gate.Gate(lambda: here.port)
here = h = house.House(settings={**LOOSE, "job.retry_first": "1", "watch.slow_pause": "3", "watch.pages": "4", "public.base": front.address})
house.check(h.start(), "the server starts")
h.make_account()


def now(back=0):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - back))


def watch(remote, way):
    status, made = h.ask("POST", "/v1/connections", {"kind": "postalytics", "settings": {"environment": remote.address, "rate": "off", "watch": way}, "secrets": {"api_key": postalytics.KEY}})
    house.check(status == 200, f"watched, {way}: {status}")
    until("it was looked at", lambda: any("/events" in r["path"] for r in remote.requests))
    return made["connection_id"]


def happen(remote, first, n):
    with remote.lock:
        remote.events = [{"event_name": "Mailed", "event_date": now(2), "data_id": k, "contact_id": k, "drop_id": 71238, "metadata": ""} for k in range(first, first + n)][::-1] + remote.events


def told(connection, first, n):
    return h.rows(f"select count(*), count(distinct subject_id) from event where source = 4 and source_id = {connection} and subject_id >= {first} and subject_id < {first + n}")[0]


def breaks(remote, page, act):
    """The next request for that page ends badly, once."""
    plain, state = remote.answer, {"left": 1}

    def answer(method, path, query, headers, body):
        if "/events" in path and f"PageNumber={page}&" in query + "&" and state["left"]:
            state["left"] = 0
            act()
            return remote.refuse(500, "no")
        return plain(method, path, query, headers, body)
    remote.answer = answer
    return state


# ---- one campaign cannot be read, another has no events yet: the one behind them is told all the same ----
remote = postalytics.Postalytics().start()
remote.campaigns = [{**remote.campaigns[0], "drop_id": n, "name": str(n)} for n in (7, 8)] + remote.campaigns
remote.will({"path": "/campaigns/7/events", "status": 500, "times": 999}, {"path": "/campaigns/8/events", "status": 404, "times": 999})
mine = watch(remote, "on")
happen(remote, 500, 3)
until("the third campaign's events are told", lambda: told(mine, 500, 3) == [3, 3], 20)
until("and the connection says which cannot be read", lambda: "mail drop 7 there cannot be read" in str(h.ask("GET", f"/v1/connections/{mine}")[1]), 10)
house.check("mail drop 8" not in str(h.ask("GET", f"/v1/connections/{mine}")[1]), "a 404 is an empty list")
house.check(h.ask("DELETE", f"/v1/connections/{mine}")[0] == 200, "that one is over")

# ---- a page fails, and single events come after it ----
remote = postalytics.Postalytics().start()
mine = watch(remote, "on")
hit = breaks(remote, 3, lambda: None)
happen(remote, 1000, 280)
until("the third page failed", lambda: not hit["left"], 30)
for i in range(3):
    happen(remote, 3000 + i, 1)
    time.sleep(1)
until("all 280 are told, those below the page that failed too", lambda: told(mine, 1000, 280) == [280, 280], 40)
until("and those that came later", lambda: told(mine, 3000, 3) == [3, 3], 20)

# ---- killed between two pages ----
hit = breaks(remote, 2, lambda: (threading.Thread(target=h.kill).start(), time.sleep(1)))
happen(remote, 4000, 230)
house.check(h.has_died(30), "killed while the second page was asked for")
house.check(h.start(), "starts again")
until("all 230 are told, once each", lambda: told(mine, 4000, 230) == [230, 230], 60)

# ---- more than is read at one look ----
happen(remote, 10000, 950)
until("all 950 are told: a look goes on where the one before ended", lambda: told(mine, 10000, 950) == [950, 950], 60)

# ---- posts that never came ----
posting = postalytics.Postalytics().start()
theirs = watch(posting, "webhooks")
until("a webhook is made there", lambda: posting.hooks.get(71238), 30)
happen(posting, 5000, 20)
for k in range(6000, 6130):  # more than a page, each by both ways
    at = now()
    posting.happen(k, "Mailed", at)
    posting.post(k, 11, at)
until("what was not posted is found below what was", lambda: told(theirs, 5000, 20) == [20, 20], 60)
until("what was posted is told once", lambda: told(theirs, 6000, 130) == [130, 130], 30)
house.check(h.stop() == 0, "a clean end")
house.done()
