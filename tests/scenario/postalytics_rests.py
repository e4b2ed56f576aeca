"""A played Postalytics that prints, and hangs, or says how long it wants to be left alone: how many pieces of a batch become unknown, and how long the others
wait. `postalytics_rests.py PROGRAM`"""
import pathlib, sys, time
sys.path.insert(0, str(pathlib.Path(__file__).parent / "peers"))
import house, postalytics
from ends import LOOSE, PERSON, furnish, until

# Two silent tries fill a turn, as with what is set when nothing is said (10 s, 20 s).
h = house.House(settings={**LOOSE, "postalytics.try": "700", "printer.turn": "1", "printer.rest": "90"})
house.check(h.start(), "the server starts")
account, campaign = furnish(h, "rests", live=True)
remote = postalytics.Postalytics().start()
status, made = h.ask("POST", "/v1/connections", {"kind": "postalytics", "settings": {"environment": remote.address, "rate": "off"}, "secrets": {"api_key": postalytics.KEY}})
theirs = made["connection_id"]
HANGS = {"path": "/send/", "delay_ms": 2000, "reset": True, "times": 99}


def print_there(title, people):
    drop, ours = campaign(title)
    h.ask("PUT", f"/v1/drops/{drop}/printer", {"connection_id": theirs, "endpoint": "spring"})
    for who in people:
        h.ask("POST", f"/api/v1/send/{ours}", {**PERSON, "first_name": who})
    return drop


def at_once(drop):
    """Somebody does not want to wait for the end of a rest."""
    h.ask("PUT", f"/v1/drops/{drop}/printer", {"connection_id": theirs, "endpoint": "spring"})


def rest_s(drop):
    return (h.rows(f"SELECT due_at FROM batch WHERE drop_id = {drop}")[0][0] or 0) / 1000 - time.time()


def state(drop):
    return [b["state"] for b in h.ask("GET", f"/v1/batches?drop_id={drop}")[1]]


def sends():
    return [r["body"]["first_name"] for r in remote.requests if "/send/" in r["path"]]


def until_rests(what, n):
    until(what, lambda: len(sends()) >= n and state(drop) == ["ready"] and rest_s(drop) > 5, 40)
    time.sleep(2.5)
    house.check(len(sends()) == n and len(sends()) == len(set(sends())), f"and then nothing is sent: {sends()}")


# ---- a house that hangs ----
remote.will(dict(HANGS))
drop = print_there("Hangs", [f"a{n}" for n in range(12)])
until_rests("after three pieces of which nobody knows the batch rests, though a turn ended between them", 3)
at_once(drop)
until_rests("it is tried with one more, not with three", 4)
h.stop()
h.start()
at_once(drop)
until_rests("also after a new start", 5)
remote.script.clear()
remote.will({"path": "/send/", "delay_ms": 0}, dict(HANGS))
at_once(drop)
until_rests("with a piece that is made it begins anew: three more", 9)
remote.script.clear()
at_once(drop)
until("all others are made", lambda: state(drop) == ["unknown"], 20)
house.check(len(sends()) == 12 and h.rows("SELECT state, count(*) FROM remote_piece GROUP BY state ORDER BY state") == [[2, 4], [3, 8]], f"each sent once: {sends()}")

# ---- how long it wants to be left alone ----
for status, seconds, least, most in ((503, 120, 100, 120), (503, 31536000, 3500, 3600), (503, 10 ** 30, 30, 180), (500, 31536000, 3500, 3600), (429, 9223372036854775807, 3500, 3600)):
    remote.requests.clear()
    remote.script.clear()
    remote.will({"status": status, "path": "/send/", "headers": {"Retry-After": str(seconds)}})
    drop = print_there(f"Waits {status} {seconds}", ["b1", "b2"])
    until(f"{status} with Retry-After: {seconds}", lambda: len(sends()) == 1 and state(drop) == ["ready"], 20)
    time.sleep(0.5)
    house.check(len(sends()) == 1 and least <= rest_s(drop) <= most, f"rests the batch for {rest_s(drop):.0f} s: {sends()}")
    h.ask("DELETE", f"/v1/drops/{drop}/pieces")

remote.shutdown()
house.check(h.stop() == 0, "a clean end")
house.done()
