"""automation.py: what the owner of a CRM sets up in it, played: a workflow that starts when something appears on a record and goes through its
steps. The peers have one set of them each; a script puts them in and lets days pass.

    {"on": "…", "steps": [{"wait_days": 2}, {"email": "{email}", "text": "Your card is here"}, {"sms": "+15550100", "text": "{FirstName} is at the goal"},
                          {"call": "http://…", "headers": {…}, "body": {"contact_id": "{id}"}}]}

`on` is the peer's own word for what appeared. {name} in a text is the record's value of that name. Steps without a wait happen at once; a call
is made beside, so that whoever brought the news is answered first. Everything that was done stands in `done`, in order."""
import json, re, threading, urllib.error, urllib.request


class Automations:
    def __init__(self):
        self.lock, self.rules, self.done, self.waiting, self.day = threading.Lock(), [], [], [], 0

    def happened(self, on, record):
        with self.lock:
            for rule in self.rules:
                if rule["on"] == on:
                    self.go_on(rule, 0, record)

    def pass_days(self, n):
        with self.lock:
            self.day += n
            due, self.waiting = [w for w in self.waiting if w["day"] <= self.day], [w for w in self.waiting if w["day"] > self.day]
            for w in due:
                self.go_on(w["rule"], w["step"], w["record"])

    def go_on(self, rule, at, record):
        for i, step in enumerate(rule["steps"][at:], at):
            if "wait_days" in step:
                self.waiting.append({"rule": rule, "step": i + 1, "record": dict(record), "day": self.day + step["wait_days"]})
                return
            self.do(rule, step, record)

    def do(self, rule, step, record):
        step = filled(step, record)
        kind = next(k for k in ("email", "sms", "call") if k in step)
        entry = {"what": kind, "to": step[kind], "on": rule["on"], "day": self.day, "text": step.get("text")}
        self.done.append(entry)
        if kind == "call":
            threading.Thread(target=self.call, args=(step, entry), daemon=True).start()

    def call(self, step, entry):
        status, answer = asked(step)
        with self.lock:
            entry.update(status=status, answer=answer)

    def state(self):
        with self.lock:
            return {"done": [dict(e) for e in self.done], "waiting": len(self.waiting), "day": self.day}

    def script(self, body):
        with self.lock:
            self.rules += body.get("automations", [])
        if body.get("pass_days"):
            self.pass_days(body["pass_days"])


def filled(value, record):
    if isinstance(value, dict):
        return {k: filled(v, record) for k, v in value.items()}
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda m: str(record.get(m.group(1)) or ""), value)
    return value


def asked(step):
    """(status, text); 0: nobody answered."""
    ask = urllib.request.Request(step["call"], json.dumps(step["body"]).encode(), {"Content-Type": "application/json", **step.get("headers", {})}, method="POST")
    try:
        with urllib.request.urlopen(ask, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()
    except OSError as failure:
        return 0, str(failure)
