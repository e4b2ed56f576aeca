"""postalytics.py: a Postalytics account, as far as our connector asks it: who am I, campaigns, events, send, contacts, webhooks (one for a campaign, whose
number is the campaign's); Basic authorization with the key as user name; 3 requests a second and 180 a minute when `limited`. `python3 postalytics.py --port 0`."""
import base64, http.client, json, re, time, urllib.parse
import scripted

KEY = "AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE"


class Postalytics(scripted.Peer):
    def __init__(self, port=0, limited=False):
        super().__init__(port)
        self.key, self.limited, self.times = KEY, limited, []
        self.pieces, self.too_fast = [], 0
        self.has_pages = True  # else it gives the newest events, whichever page is asked for
        self.campaigns = [{"campaign_id": 60323, "drop_id": 71238, "name": "Spring", "endpoint": "spring", "is_live_mode": 1}]
        self.events = []
        self.hooks = {}  # campaign: its one webhook
        self.lists = {}  # number: {"name", "contacts": [a contact as the list has it]}
        self.details = {}  # contacts of no list

    def state(self):
        return {"pieces": self.pieces, "too_fast": self.too_fast, "events": self.events, "hooks": self.hooks}

    def refuse(self, status, message, headers=None):
        return status, {"error": {"message": message, "status_code": status}}, headers or {}

    def is_too_fast(self):
        now = time.monotonic()
        self.times = [t for t in self.times if now - t < 60]
        if self.limited and (sum(now - t < 1 for t in self.times) >= 3 or len(self.times) >= 180):
            self.too_fast += 1
            return True
        self.times.append(now)
        return False

    def happen(self, data_id, name, date, **more):
        self.events.insert(0, {"event_name": name, "event_date": date, "data_id": data_id, "contact_id": data_id, "drop_id": 71238, "metadata": "", **more})

    def post(self, data_id, code, date, **more):
        """What its webhook posts of an event: (status, body) of the answer; None: nobody wants it."""
        hook = self.hooks.get(71238)
        return hook and self.post_raw(hook["url"], json.dumps(self.body(data_id, code, date, **more)))

    def body(self, data_id, code, date, **more):
        to = {"name": "Ada Lovelace", "company": "", "address": "12 St James Square", "city": "Sacramento", "state": "CA", "zip": "95814", "errorCode": "", "wasUpdated": False}
        return {"mailId": 1, "eventDate": date, "expectedDeliveryDate": None, "eventType": code, "status": 0, "statusDescription": "", "retryAttempts": 0, "to": to, "from": {},
                "piece": {}, "meta": {"dataId": data_id, "dropId": 71238}, **more}

    def post_raw(self, url, text):
        at = urllib.parse.urlsplit(url)
        line = http.client.HTTPConnection(at.hostname, at.port, timeout=30)
        line.request("POST", at.path, text, {"Content-Type": "application/json"})
        answer = line.getresponse()
        return answer.status, answer.read().decode()

    def webhooks(self, method, number, body):
        if method == "GET":
            return 200, list(self.hooks.values()), {}
        if method == "POST" and isinstance(body, dict):
            self.hooks[int(body["campaign_id"])] = {"campaign_id": int(body["campaign_id"]), "url": body["url"], "is_subscribed": body["is_subscribed"]}
            return 200, {"created_date": "2026-05-04T10:31:00Z"}, {}
        if method == "DELETE" and self.hooks.pop(number, None):
            return 200, {"deleted_date": "2026-05-04T10:31:00Z"}, {}
        return self.refuse(404, "There is no such webhook.")

    def contacts(self, number, query):
        asked = {k: int(v) for k, v in (p.split("=") for p in query.split("&") if "=" in p)}
        start, limit = max(asked.get("start", 1), 1), asked.get("limit", 100)
        rows = self.lists[number]["contacts"][start - 1:start + limit]  # inclusive, as the live one is believed to be
        return (200, rows, {}) if rows else (404, "No contacts received", {})

    def send(self, endpoint, body):
        if endpoint != "spring":
            return self.refuse(404, "There is no such endpoint.")
        for name in ("first_name", "last_name", "address_street", "address_city", "address_state", "address_zip"):
            if not (isinstance(body, dict) and body.get(name)):
                return self.refuse(400, f"{name} is required.")
        with self.lock:
            self.pieces.append(body)
        return 200, {"send_date": "2026-05-04T10:31:00Z", "contact_id": 9000 + len(self.pieces)}, {}

    def answer(self, method, path, query, headers, body):
        if headers.get("Authorization") != "Basic " + base64.b64encode(f"{self.key}:".encode()).decode():
            return self.refuse(401, f"Invalid API key {headers.get('Authorization')}. User authentication failed")
        if self.is_too_fast():
            return self.refuse(429, "Too many requests", {"Retry-After": "1"})
        if path == "/api/v1/account/me":
            return 200, [{"account_id": 7, "username": "spring"}], {}
        if path == "/api/v1/campaigns":
            return 200, self.campaigns, {}
        if found := re.fullmatch(r"/api/v1/webhooks(?:/(\d+))?", path):
            return self.webhooks(method, int(found.group(1) or 0), body)
        if path == "/api/v1/contacts":
            return 200, [{"contact_list_id": n, "name": l["name"], "count": len(l["contacts"]), "created_date": "2026-05-04T10:31:00Z"} for n, l in self.lists.items()], {}
        if found := re.fullmatch(r"/api/v1/contacts/details/(\d+)", path):
            here = self.details.get(int(found.group(1)))
            return (200, here, {}) if here else self.refuse(404, "There is no such contact.")
        if (found := re.fullmatch(r"/api/v1/contacts/(\d+)", path)) and int(found.group(1)) in self.lists:
            return self.contacts(int(found.group(1)), query)
        if path == "/api/v1/templates":
            return 200, [{"template_id": 3, "name": "Postcard"}], {}
        found = re.fullmatch(r"/api/v1/campaigns/(\d+)/events(/\d+)?", path)
        if found and any(str(c["drop_id"]) == found.group(1) for c in self.campaigns):
            page = int(dict(p.split("=") for p in query.split("&") if "=" in p).get("PageNumber", 1)) if self.has_pages else 1
            rows = [e for e in self.events if str(e["drop_id"]) == found.group(1) and (not found.group(2) or str(e["data_id"]) == found.group(2)[1:])]
            return 200, rows[100 * (page - 1):100 * page], {}
        found = re.fullmatch(r"/api/v1/send/([^/]+)", path)
        if found and method == "POST":
            return self.send(found.group(1), body)
        return self.refuse(404, f"There is nothing at {path}.")


if __name__ == "__main__":
    scripted.main(Postalytics)
