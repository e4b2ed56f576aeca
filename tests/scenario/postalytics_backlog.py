"""A watched Postalytics with more events than one look reads: each look goes on where the one before ended, also while new ones come, over a new start, and where
the list has become shorter; a house that knows no pages is not asked for ever; a server that stops does not read to the end. `postalytics_backlog.py PROGRAM`"""
import pathlib, re, sys, time
sys.path.insert(0, str(pathlib.Path(__file__).parent / "peers"))
import house, postalytics
from ends import LOOSE, until

h = house.House(settings={**LOOSE, "job.retry_first": "1", "watch.pages": "1"})
house.check(h.start(), "the server starts")
h.make_account()


def watch(remote):
    status, made = h.ask("POST", "/v1/connections", {"kind": "postalytics", "settings": {"environment": remote.address, "rate": "off", "watch": "on"}, "secrets": {"api_key": postalytics.KEY}})
    house.check(status == 200, f"watched: {status}")
    until("it was looked at", lambda: pages(remote))
    return made["connection_id"]


def pages(remote):
    """Of its events, as they were asked for."""
    return [int(re.search(r"PageNumber=(\d+)", r["query"]).group(1)) for r in list(remote.requests) if r["path"].endswith("/events")]


def happen(remote, first, n):
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 2))
    with remote.lock:
        remote.events = [{"event_name": "Mailed", "event_date": at, "data_id": k, "contact_id": k, "drop_id": 71238, "metadata": ""} for k in range(first, first + n)][::-1] + remote.events


def told(connection, first, n):
    return h.rows(f"SELECT count(*), count(DISTINCT subject_id) FROM event WHERE source = 4 AND source_id = {connection} AND subject_id >= {first} AND subject_id < {first + n}")[0]


def partial(connection):
    return h.rows(f"SELECT is_partial FROM mirror_drop WHERE connection_id = {connection}")[0][0]


# ---- more pages than one look reads ----
remote = postalytics.Postalytics().start()
mine = watch(remote)
happen(remote, 10000, 2450)
until("a look ends at its most, and says where", lambda: partial(mine) >= 6, 30)
happen(remote, 20000, 130)
house.check(h.stop() == 0 and h.start(), "a new start, and new events meanwhile")
until("all are told: each look goes on where the one before ended", lambda: told(mine, 10000, 2450) == [2450, 2450], 90)
until("and those that came later", lambda: told(mine, 20000, 130) == [130, 130], 20)
until("the last look says that it is whole", lambda: partial(mine) == 0, 20)
asked = pages(remote)
house.check(max([asked.count(p) for p in set(asked) if p > 2] or [99]) <= 4, f"pages that are known are not read again and again: {asked}")
house.check("page 6 of the events of drop 71238" in (h.dir / "server.log").read_text(), "the log says that a look came to its most")
remote.requests.clear()
time.sleep(3)
house.check(set(pages(remote)) == {1}, f"from then on its first page is looked at: {pages(remote)}")

# ---- the list has become shorter: what has moved up is not passed over ----
happen(remote, 30000, 1500)
until("some looks later", lambda: partial(mine) >= 6, 30)
with remote.lock:
    remote.events = [e for e in remote.events if not 31000 <= e["data_id"] < 31350]  # told by then
until("all that are left are told", lambda: told(mine, 30000, 1000)[1] == 1000, 60)

short = postalytics.Postalytics().start()
plain = short.answer


def answer(method, path, query, headers, body):
    status, rows, more = plain(method, path, query, headers, body)
    return short.refuse(404, "No events received") if path.endswith("/events") and rows == [] and "PageNumber=1&" not in query else (status, rows, more)


short.answer = answer
third = watch(short)
happen(short, 40000, 1500)
until("where it is so short that the page is past its end", lambda: partial(third) >= 11, 40)
with short.lock:
    short.events = [e for e in short.events if not 40500 <= e["data_id"] < 41400]  # told by then, and the newest stay
until("all that are left are told too", lambda: told(third, 40000, 500)[1] == 500, 60)
until("and the look comes to an end", lambda: partial(third) == 0, 20)

# ---- a house that knows no pages ----
deaf = postalytics.Postalytics().start()
deaf.has_pages = False
theirs = watch(deaf)
deaf.will({"status": 500, "path": "/events", "times": 1})
happen(deaf, 50000, 150)
until("its newest hundred are told", lambda: told(theirs, 50050, 100) == [100, 100], 20)
until("and the look comes to an end", lambda: partial(theirs) == 0, 20)
deaf.requests.clear()
time.sleep(3)
house.check(set(pages(deaf)) == {1}, f"for good: {pages(deaf)}")
house.check("whichever page is asked for" in (h.dir / "server.log").read_text(), "the log says what cannot be had")

# ---- the server stops in the middle of a look ----
h.stop()
h.settings["watch.pages"] = "50"
h.start()
until("looked at again", lambda: pages(deaf))
remote.will({"path": "/events", "delay_ms": 400, "times": 999})
happen(remote, 60000, 4000)
count = len(pages(remote))
until("a look is under way", lambda: len(pages(remote)) > count + 3, 20)
began = time.monotonic()
house.check(h.stop() == 0 and time.monotonic() - began < 4, f"the server stops at once: {time.monotonic() - began:.1f} s")
remote.script.clear()
h.start()
until("and goes on where it stood", lambda: told(mine, 60000, 4000) == [4000, 4000], 60)
house.check("is stopping" not in str(h.ask("GET", f"/v1/connections/{mine}")[1]["status"]), "which is no failure of the connection")
house.check(h.stop() == 0, "a clean end")
house.done()
