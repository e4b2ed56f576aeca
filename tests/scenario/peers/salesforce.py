#!/usr/bin/env python3
"""A Salesforce organisation, played: as much of it as our connector speaks to, with its manners (a new field is visible to nobody until it has
permissions; a collection is answered row by row; SOAP for layouts). Runs alone:

    python3 tests/scenario/peers/salesforce.py --port 0

prints "listening on http://127.0.0.1:PORT". GET /_state shows everything; POST /_script changes it:

    {"public_key": PEM}                of the app's certificate (openssl x509 -in salesforce.crt -pubkey -noout): assertions are checked against it with openssl
    {"records": {"Contact": [{…}]}}    records are put in (an Id is made when it is missing)
    {"delete": [id], "convert": [id]}  a record was deleted, a lead converted
    {"revoke": true}                   all access tokens are over;  "refuse_tokens": true: none is given any more
    {"layouts": {"Contact": {"Contact Layout": "<fullName>…"}}}   replaces an object's layouts
    {"hide": ["Contact.X__c"]}         takes a field's permissions away
    {"used": n, "page": n}             of the day's requests; records of a page of a query
    {"automations": […]}               workflow rules (automation.py); one starts when a field comes to a value: {"on": "X__c = Mailed", …}
    {"pass_days": 2}                   for those that wait
    {"fail": [{"on": "PATCH .*composite", "times": 2, "status": 503, "body": …, "kind": "html|reset|truncate|hang", "delay_ms": n}]}"""
import argparse, automation, base64, json, os, re, socket, struct, subprocess, tempfile, threading, time, urllib.parse
import xml.etree.ElementTree as ET
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

META = "http://soap.sforce.com/2006/04/metadata"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
USER, PROFILE, ORG, PERMISSIONS = "005000000000001AAA", "00e000000000001AAA", "00D000000000001EAA", "0PS000000000001AAA"
LAYOUT = """<fullName>{object}-{name}</fullName><excludeButtons>Submit</excludeButtons>
        <layoutSections>
            <customLabel>false</customLabel><detailHeading>true</detailHeading>
            <label>Address &amp; &#39;more&#39;</label><!-- made by hand -->
            <layoutColumns><layoutItems><behavior>Required</behavior><field>Name</field></layoutItems></layoutColumns><layoutColumns/>
            <style>TwoColumnsTopToBottom</style>
        </layoutSections><aThingOfTomorrow with="a &gt; b">	kept </aThingOfTomorrow><showEmailCheckbox>false</showEmailCheckbox>"""


class Refused(Exception):
    def __init__(self, status, code, message):
        self.status, self.code, self.message = status, code, message


class Org:
    def __init__(self):
        self.lock = threading.RLock()
        self.automations = automation.Automations()
        self.records = {"Contact": {}, "Lead": {}}
        self.prefixes = {"Contact": "003", "Lead": "00Q"}
        self.fields = {}         # "Contact.X__c" → what it was made of
        self.permissions = set() # fields that the user sees
        self.layouts = {o: {f"{o} Layout": LAYOUT.format(object=o, name=f"{o} Layout")} for o in ("Contact", "Lead")}
        self.views = {"00B000000000001AAA": "SELECT Name, toLabel(Title) FROM Contact USING SCOPE everything WHERE MailingState = 'NY' ORDER BY Name"}
        self.tokens, self.public_key, self.refuses, self.refresh = set(), None, False, "refresh-1"
        self.history, self.requests, self.fails, self.cursors = [], [], [], {}
        self.used, self.most, self.page, self.n_ids, self.left = 10, 100000, 2000, 100, 490
        self.n_tokens = 0

    def new_id(self, kind):
        self.n_ids += 1
        return f"{self.prefixes.get(kind, 'a0X')}{self.n_ids:012d}AAA"

    def find(self, kind, record_id):
        for key, record in self.records.get(kind, {}).items():
            if key[:15] == record_id[:15]:
                return record
        return None


org = Org()

# ---- SOQL: SELECT … FROM … [USING SCOPE x] [WHERE a = b AND c IN (…)] [ORDER BY …] ----

TOKEN = re.compile(r"\s*(?:('(?:\\.|[^'\\])*')|([\w.]+)|(.))")


def literal(token):
    if token.startswith("'"):
        return re.sub(r"\\(.)", lambda m: {"n": "\n", "r": "\r"}.get(m.group(1), m.group(1)), token[1:-1])
    return {"true": True, "false": False, "null": None}.get(token.lower(), int(token) if token.isdigit() else token)


def parse_soql(text):
    m = re.match(r"(?is)\s*SELECT\s+(.*?)\s+FROM\s+(\w+)(?:\s+USING\s+SCOPE\s+\w+)?(?:\s+WHERE\s+(.*?))?(?:\s+ORDER\s+BY\s+[\w, .]+)?(?:\s+LIMIT\s+\d+)?\s*$", text)
    if not m:
        raise Refused(400, "MALFORMED_QUERY", "unexpected token")
    tests, tokens = [], [t.group(1) or t.group(2) or t.group(3) for t in TOKEN.finditer(m.group(3) or "") if t.group(0).strip()]
    while tokens:
        field, op = tokens.pop(0), tokens.pop(0)
        if op.upper() == "IN":
            values = []
            assert tokens.pop(0) == "("
            while (t := tokens.pop(0)) != ")":
                if t != ",":
                    values.append(literal(t))
        elif op == "=":
            values = [literal(tokens.pop(0))]
        else:
            raise Refused(400, "MALFORMED_QUERY", f"unexpected token: '{op}'")
        tests.append((field, values))
        if tokens and tokens.pop(0).upper() != "AND":
            raise Refused(400, "MALFORMED_QUERY", "unexpected token")
    return [f.strip() for f in m.group(1).split(",")], m.group(2), tests


def value_of(record, path):
    for part in path.split("."):
        record = record.get(part) if isinstance(record, dict) else None
    return record


def fits(record, tests):
    def key(v):
        return v.lower() if isinstance(v, str) else v
    return all(key(value_of(record, f)) in [key(v) for v in values] for f, values in tests)


def rows_of(kind, tooling):
    if tooling and kind == "CustomField":
        return [{"Id": "00N1", "DeveloperName": n.split(".")[1][:-3], "TableEnumOrId": n.split(".")[0]} for n in org.fields]
    if tooling and kind == "ProfileLayout":
        return [{"ProfileId": PROFILE, "TableEnumOrId": o, "LayoutId": "00h1", "Layout": {"Name": n, "NamespacePrefix": None}} for o, all_ in org.layouts.items() for n in all_]
    if tooling and kind == "EntityLimit":
        return [{"EntityDefinition": {"QualifiedApiName": o}, "Type": "CustomFields", "Max": 500, "Remaining": org.left - sum(f.startswith(o + ".") for f in org.fields)} for o in org.records]
    if kind == "User":
        return [{"Id": USER, "ProfileId": PROFILE}]
    if kind == "PermissionSet":
        return [{"Id": PERMISSIONS, "IsOwnedByProfile": True, "ProfileId": PROFILE}]
    if kind in org.records:
        return [r for r in org.records[kind].values() if not r.get("_deleted")]
    raise Refused(400, "INVALID_TYPE", f"sObject type '{kind}' is not supported.")


def project(record, kind, fields):
    out = {"attributes": {"type": kind, "url": f"/services/data/v62.0/sobjects/{kind}/{record.get('Id', '')}"}}
    for f in fields:
        name = f.split(".")[0]
        out[name] = record.get(name)
    return out


def query(text, tooling):
    fields, kind, tests = parse_soql(text)
    rows = [project(r, kind, fields) for r in rows_of(kind, tooling) if fits(r, tests)]
    return page(rows, 0)


def page(rows, at):
    part = rows[at:at + org.page]
    out = {"totalSize": len(rows), "done": at + org.page >= len(rows), "records": part}
    if not out["done"]:
        cursor = f"01g{len(org.cursors):012d}"
        org.cursors[cursor] = rows
        out["nextRecordsUrl"] = f"/services/data/v62.0/query/{cursor}-{at + org.page}"
    return out

# ---- records ----


def check_fields(kind, names):
    for name in names:
        full = f"{kind}.{name}"
        if name.endswith("__c") and (full not in org.fields or full not in org.permissions):
            raise Refused(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {kind}")


def update(kind, record_id, values):
    record = org.find(kind, record_id)
    if record is None:
        raise Refused(404, "NOT_FOUND", "The requested resource does not exist")
    if record.get("_deleted"):
        raise Refused(400, "ENTITY_IS_DELETED", "entity is deleted")
    if record.get("IsConverted"):
        raise Refused(400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    if record.get("_locked"):
        raise Refused(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
    for name, value in values.items():
        was = record.get(name)
        record[name] = value
        if value != was:
            org.automations.happened(f"{name} = {value}", record)
        org.history.append([kind, record["Id"], name, value])


def collection(body):
    records = body["records"]
    if len(records) > 200 or "allOrNone" not in body:
        raise Refused(400, "INVALID_INPUT", "at most 200 records")
    ids = [(r.get("id") or r.get("Id"))[:15] for r in records]
    if len(set(ids)) != len(ids):
        raise Refused(400, "DUPLICATE_VALUE", "duplicate id in one request")
    for r in records:
        check_fields(r["attributes"]["type"], [k for k in r if k not in ("attributes", "id", "Id")])
    out = []
    for r in records:
        record_id = r.get("id") or r.get("Id")
        try:
            update(r["attributes"]["type"], record_id, {k: v for k, v in r.items() if k not in ("attributes", "id", "Id")})
            out.append({"id": record_id, "success": True, "errors": []})
        except Refused as e:
            out.append({"success": False, "errors": [{"statusCode": "INVALID_CROSS_REFERENCE_KEY" if e.code == "NOT_FOUND" else e.code, "message": e.message, "fields": []}]})
    return out

# ---- tokens ----


def verified(assertion):
    head, body, signature = assertion.split(".")
    pad = lambda s: base64.urlsafe_b64decode(s + "=" * (-len(s) % 4))
    with tempfile.TemporaryDirectory() as d:
        for name, data in (("k.pem", org.public_key.encode()), ("s", pad(signature)), ("t", f"{head}.{body}".encode())):
            with open(os.path.join(d, name), "wb") as f:
                f.write(data)
        ok = subprocess.run(["openssl", "dgst", "-sha256", "-verify", f"{d}/k.pem", "-signature", f"{d}/s", f"{d}/t"], capture_output=True).returncode == 0
    claims = json.loads(pad(body))
    return ok and json.loads(pad(head)) == {"alg": "RS256"} and claims["exp"] - time.time() <= 181 and claims["sub"] and claims


def token(form, base):
    grant = form.get("grant_type")
    if org.refuses:
        raise Refused(400, "invalid_grant", "expired access/refresh token")
    if grant.endswith("jwt-bearer"):
        if not org.public_key or not verified(form["assertion"]):
            raise Refused(400, "invalid_grant", "invalid assertion")
    elif grant == "refresh_token":
        if form["refresh_token"] != org.refresh:
            raise Refused(400, "invalid_grant", "expired access/refresh token")
    elif grant != "client_credentials" or not form.get("client_secret"):
        raise Refused(400, "invalid_client", "invalid client credentials")
    org.n_tokens += 1
    made = f"00D!token-{org.n_tokens}"
    org.tokens.add(made)
    out = {"access_token": made, "instance_url": base, "id": f"{base}/id/{ORG}/{USER}", "token_type": "Bearer", "issued_at": str(int(time.time() * 1000)), "signature": "x"}
    if grant == "refresh_token":
        org.refresh = out["refresh_token"] = f"refresh-{org.n_tokens + 1}"
    return out

# ---- Metadata ----


def envelope(inside):
    return (f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns="{META}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
            f"<soapenv:Body>{inside}</soapenv:Body></soapenv:Envelope>").encode()


def find_layout(full_name):
    kind, name = urllib.parse.unquote(full_name).split("-", 1)
    return kind, name


def soap(text):
    root = ET.fromstring(text)
    session = root.find(f".//{{{META}}}sessionId")
    if session is None or session.text not in org.tokens:
        return 500, envelope(f'<soapenv:Fault><faultcode xmlns:sf="{META}">sf:INVALID_SESSION_ID</faultcode><faultstring>Invalid Session ID found in SessionHeader</faultstring></soapenv:Fault>')
    call = root.find(f"{{{SOAP}}}Body")[0]
    if call.tag == f"{{{META}}}readMetadata":
        kind, name = find_layout(call.find(f"{{{META}}}fullNames").text)
        layout = org.layouts.get(kind, {}).get(name)
        inside = f'<records xsi:type="Layout">{layout}</records>' if layout else '<records xsi:nil="true"/>'
        return 200, envelope(f"<readMetadataResponse><result>{inside}</result></readMetadataResponse>")
    if call.tag == f"{{{META}}}updateMetadata":
        full_name = call.find(f"{{{META}}}metadata/{{{META}}}fullName").text
        kind, name = find_layout(full_name)
        raw = re.search(rb"<metadata[^>]*>(.*)</metadata>", text, re.S).group(1).decode()
        org.layouts[kind][name] = raw
        return 200, envelope(f"<updateMetadataResponse><result><fullName>{full_name}</fullName><success>true</success></result></updateMetadataResponse>")
    return 500, envelope("<soapenv:Fault><faultcode>x</faultcode><faultstring>No operation available</faultstring></soapenv:Fault>")

# ---- the server ----


def answer_rest(method, path, params, body):
    m = re.fullmatch(r"/services/data/v\d+\.0(/.*)", path)
    rest = m.group(1) if m else path
    if method == "GET" and rest in ("/query", "/tooling/query"):
        return 200, query(params["q"], rest.startswith("/tooling"))
    if m2 := re.fullmatch(r"/query/(\w+)-(\d+)", rest):
        if m2.group(1) not in org.cursors:
            raise Refused(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return 200, page(org.cursors[m2.group(1)], int(m2.group(2)))
    if rest == "/limits":
        return 200, {"DailyApiRequests": {"Max": org.most, "Remaining": org.most - org.used}}
    if method == "PATCH" and rest == "/composite/sobjects":
        return 200, collection(body)
    if method == "POST" and rest == "/tooling/sobjects/CustomField":
        name, made = body["FullName"], body["Metadata"]
        if len(name.split(".")[1][:-3]) > 40 or len(made["label"]) > 40:
            raise Refused(400, "STRING_TOO_LONG", "name too long")
        if name in org.fields:
            raise Refused(400, "DUPLICATE_DEVELOPER_NAME", f"There is already a field named {name} on {name.split('.')[0]}.")
        org.fields[name] = made
        return 201, {"id": "00N000000000001", "success": True, "errors": [], "warnings": [], "infos": []}
    if method == "POST" and rest == "/sobjects/FieldPermissions":
        if body["ParentId"] != PERMISSIONS or body["Field"] not in org.fields:
            raise Refused(400, "INVALID_CROSS_REFERENCE_KEY", "no such parent or field")
        if body["Field"] in org.permissions:
            raise Refused(400, "DUPLICATE_VALUE", "duplicate value found")
        org.permissions.add(body["Field"])
        return 201, {"id": "01k000000000001", "success": True, "errors": []}
    if m2 := re.fullmatch(r"/sobjects/(\w+)/describe/?", rest):
        kind = m2.group(1)
        names = ["Id", "FirstName", "LastName", "Email"] + [f.split(".")[1] for f in org.permissions if f.startswith(kind + ".")]
        return 200, {"name": kind, "keyPrefix": org.prefixes.get(kind), "fields": [{"name": n, "label": n, "type": "string", "length": 255, "updateable": True} for n in names]}
    if m2 := re.fullmatch(r"/sobjects/(\w+)/listviews/(\w+)/describe", rest):
        if m2.group(2) not in org.views:
            raise Refused(404, "NOT_FOUND", "The requested resource does not exist")
        return 200, {"id": m2.group(2), "query": org.views[m2.group(2)], "columns": []}
    if m2 := re.fullmatch(r"/sobjects/(\w+)/(\w+)", rest):
        kind, record_id = m2.groups()
        record = org.find(kind, record_id)
        if method == "PATCH":
            check_fields(kind, body)
            update(kind, record_id, body)
            return 204, None
        if record is None or record.get("_deleted"):
            raise Refused(404, "NOT_FOUND", "The requested resource does not exist")
        names = params.get("fields", "").split(",") if params.get("fields") else [k for k in record if not k.startswith("_")]
        return 200, project(record, kind, names)
    raise Refused(404, "NOT_FOUND", f"The requested resource does not exist: {method} {rest}")


def script(body):
    for kind, records in body.get("records", {}).items():
        org.records.setdefault(kind, {})
        for r in records:
            r.setdefault("Id", org.new_id(kind))
            org.records[kind][r["Id"]] = r
    for all_ in org.records.values():
        for r in all_.values():
            r.update({"_deleted": True} if r["Id"] in body.get("delete", []) else {})
            r.update({"IsConverted": True} if r["Id"] in body.get("convert", []) else {})
            r.update({"_locked": True} if r["Id"] in body.get("lock", []) else {})
            r.update({"_locked": False} if r["Id"] in body.get("unlock", []) else {})
            r.setdefault("IsConverted", False)
    if body.get("revoke"):
        org.tokens.clear()
    org.refuses = body.get("refuse_tokens", org.refuses)
    org.public_key = body.get("public_key", org.public_key)
    org.layouts.update(body.get("layouts", {}))
    org.permissions -= set(body.get("hide", []))
    org.used, org.page = body.get("used", org.used), body.get("page", org.page)
    org.fails += body.get("fail", [])
    org.automations.script(body)
    if body.get("forget"):
        org.fails.clear()
    if body.get("lose_queries"):  # their locators are known no more
        org.cursors.clear()
    return {"ids": {k: list(v) for k, v in org.records.items()}}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *a):
        pass

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            out = b""
            while n := int(self.rfile.readline(), 16):
                out += self.rfile.read(n)
                self.rfile.readline()
            self.rfile.readline()
            return out
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def reply(self, status, data, kind="application/json;charset=UTF-8", cut=False):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data) + (500 if cut else 0)))
        self.send_header("Sforce-Limit-Info", f"api-usage={org.used}/{org.most}")
        self.end_headers()
        self.wfile.write(data)
        if cut:
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True

    def scripted(self, line):
        """True: it was answered, or not answered, as the script says."""
        with org.lock:
            fail = next((f for f in org.fails if re.search(f["on"], line)), None)
            if fail is None:
                return False
            fail["times"] = fail.get("times", 1) - 1
            if fail["times"] <= 0:
                org.fails.remove(fail)
        time.sleep(fail.get("delay_ms", 0) / 1000)
        kind = fail.get("kind", "status")
        if kind == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
        elif kind == "html":
            self.reply(fail.get("status", 200), b"<html><body>Down for maintenance</body></html>", "text/html")
        elif kind == "truncate":
            self.reply(200, b'[{"id":"003', cut=True)
        elif kind == "after":  # it is done, and the answer is lost
            return "after"
        elif kind == "delay":
            return False
        else:
            body = fail.get("body", [{"errorCode": "SERVER_UNAVAILABLE", "message": "busy"}])
            self.reply(fail.get("status", 503), body.encode() if isinstance(body, str) else json.dumps(body).encode())
        return True

    def handle_one(self, method):
        url = urllib.parse.urlsplit(self.path)
        params = dict(urllib.parse.parse_qsl(url.query))
        text = self.body()
        if url.path.startswith("/_"):
            with org.lock:
                state = {k: v for k, v in vars(org).items() if k not in ("lock", "cursors", "permissions", "tokens", "automations")}
                out = script(json.loads(text)) if method == "POST" else {**state, "automations": org.automations.state(), "permissions": sorted(org.permissions), "tokens": sorted(org.tokens)}
                data = json.dumps(out).encode()
            return self.reply(200, data)
        line = f"{method} {self.path}"
        with org.lock:
            org.requests.append([method, self.path, text.decode(errors="replace") if "oauth2" not in self.path else ""])
            org.used += 1
        done = self.scripted(line)
        if done is True:
            return
        status, data, kind = self.work(method, url.path, params, text)
        if done == "after":
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return self.connection.close()
        self.reply(status, data, kind)

    def work(self, method, path, params, text):
        kind = "application/json;charset=UTF-8"
        with org.lock:
            try:
                if path == "/services/oauth2/token":
                    return 200, json.dumps(token(dict(urllib.parse.parse_qsl(text.decode())), f"http://{self.headers['Host']}")).encode(), kind
                if path.startswith("/services/Soap/m/"):
                    return *soap(text), "text/xml;charset=UTF-8"
                if self.headers.get("Authorization", "").removeprefix("Bearer ") not in org.tokens:
                    raise Refused(401, "INVALID_SESSION_ID", "Session expired or invalid")
                status, out = answer_rest(method, path, params, json.loads(text) if text else None)
                return status, b"" if out is None else json.dumps(out).encode(), kind
            except Refused as e:
                oauth = "oauth2" in path
                out = {"error": e.code, "error_description": e.message} if oauth else [{"message": e.message, "errorCode": e.code}]
                return e.status, json.dumps(out).encode(), kind
            except (KeyError, ValueError, AssertionError, IndexError, TypeError, AttributeError, ET.ParseError) as e:
                return 400, json.dumps([{"message": f"{type(e).__name__}: {e}", "errorCode": "JSON_PARSER_ERROR"}]).encode(), kind

    def do_GET(self): self.handle_one("GET")
    def do_POST(self): self.handle_one("POST")
    def do_PATCH(self): self.handle_one("PATCH")
    def do_PUT(self): self.handle_one("PUT")
    def do_DELETE(self): self.handle_one("DELETE")


if __name__ == "__main__":
    args = argparse.ArgumentParser()
    args.add_argument("--port", type=int, default=0)
    args.add_argument("--any-token", action="store_true", help="the token \"t\" is good (for clients that bring one)")
    args = args.parse_args()
    if args.any_token:
        org.tokens.add("t")
    server = ThreadingHTTPServer(("127.0.0.1", args.port), Handler)
    server.daemon_threads = True
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
