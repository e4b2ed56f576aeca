# Send Campaign Mail, as a step of an automation. Kizen injects `inputs`, `outputs` and `secrets` (named <app>__<secret>).
#
# One request: the server maps the fields, tries again what fails for now, and answers when it is over. A step that is not sent raises, so that
# Kizen shows the sentence and does with the run what "action on failure" says. It is not repeated here: the request may have made a piece.

import requests

CONTACT = ["first_name", "last_name", "street_address_1", "street_address_2", "city", "state", "zipcode", "email", "phone_mobile", "phone_home"]
WAITS_S = 100  # the server gives up after 90 s


def value(name):
    found = inputs.get(name) if isinstance(inputs, dict) else getattr(inputs, name, None)
    return found if found is None else str(found).strip()


def wish():
    body = {"endpoint": value("endpoint")}
    if value("connection_id"):
        body["connection_id"] = value("connection_id")
    if value("contact_id"):
        body["contact_id"] = value("contact_id")
    contact = {name: value(name) for name in CONTACT if value(name)}
    # With a connection and a contact's id alone the server reads the contact itself.
    if contact or not (value("connection_id") and value("contact_id")):
        body["contact"] = contact
    return body


def sentence(response):
    try:
        return response.json()["error"]["message"]
    except (ValueError, KeyError, TypeError):
        return f"The mail server answered {response.status_code}. Look at the server's address in the app's secrets."


response = requests.post(
    secrets["pennypost__server"].rstrip("/") + "/v1/actions/send-campaign-mail",
    json=wish(),
    auth=(secrets["pennypost__api_key"], ""),
    timeout=WAITS_S,
    allow_redirects=False,
)
if not response.ok:
    raise Exception(sentence(response))
answer = response.json()
if not answer.get("send-date"):
    raise Exception("The mail server's answer has no send-date. Look whether the piece was made before sending it again.")
outputs.outcome = answer["outcome"]
outputs.log(f"sent after {answer['tries']} tries")
