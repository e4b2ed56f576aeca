"""kizen.py: Kizen's records API, as far as the action reads it: GET /api/records/client_client/{id} and its search, three headers that say who
asks, errors in Django REST framework's shapes. Its automations (automation.py) start by what the test says has happened to a contact.
`python3 kizen.py --port 0`."""
import uuid
import automation, scripted

KEY, USER, BUSINESS = "kizen-key-1", "user-1", "business-1"


class Kizen(scripted.Peer):
    def __init__(self, port=0):
        super().__init__(port)
        self.contacts = {}
        self.automations = automation.Automations()

    def state(self):
        return {"contacts": self.contacts, "automations": self.automations.state()}

    def happened(self, what, contact_id):
        self.automations.happened(what, {**self.contacts[contact_id], "contact_id": contact_id})

    def add(self, contact_id=None, **fields):
        contact_id = contact_id or str(uuid.uuid4())
        self.contacts[contact_id] = fields
        return contact_id

    def record(self, contact_id):
        fields = {str(uuid.uuid5(uuid.NAMESPACE_DNS, name)): {"id": str(uuid.uuid5(uuid.NAMESPACE_DNS, name)), "name": name,
                  "display_name": name.replace("_", " ").title(), "field_type": "text", "value": value}
                  for name, value in self.contacts[contact_id].items()}
        return {"id": contact_id, "name": "a contact", "fields": fields}

    def answer(self, method, path, query, headers, body):
        if (headers.get("X-API-KEY"), headers.get("X-USER-ID"), headers.get("X-BUSINESS-ID")) != (KEY, USER, BUSINESS):
            return 401, {"detail": f"Invalid token {headers.get('X-API-KEY')}."}, {}
        prefix = "/api/records/client_client/"
        if path == prefix + "search" and method == "POST":
            return 200, {"count": len(self.contacts), "next": None, "results": [self.record(c) for c in list(self.contacts)[:1]]}, {}
        if path.startswith(prefix) and method == "GET":
            contact_id = path[len(prefix):]
            if contact_id in self.contacts:
                return 200, self.record(contact_id), {}
        return 404, {"detail": "Not found."}, {}


def example(port):
    peer = Kizen(port)
    peer.add("11111111-1111-1111-1111-111111111111", first_name="Ada", last_name="Lovelace", street_address_1="12 St James Square", city="Sacramento",
             state="CA", zipcode="95814", email="ada@example.com", phone_mobile="+1 555 0100", birthday="1815-12-10")
    return peer


if __name__ == "__main__":
    scripted.main(example)
