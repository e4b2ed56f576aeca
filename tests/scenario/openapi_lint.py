"""The document that the real program serves is a valid OpenAPI 3.0 document, by the OpenAPI initiative's own JSON schema and by rules of sense; and the
lint is seen to find what is wrong. `openapi_lint.py build/src/app/pennypost`."""
import copy, json, pathlib, urllib.request
import house, openapi

SCHEMA = json.loads((pathlib.Path(__file__).parent / "openapi-3.0.schema.json").read_text())


def spoil(root, how):
    bad = copy.deepcopy(root)
    how(bad)
    return openapi.lint(bad, SCHEMA)


h = house.House()
house.check(h.start(), "the server starts")
with urllib.request.urlopen(f"http://127.0.0.1:{h.port}/openapi.yaml", timeout=60) as answer:
    house.check(answer.headers["Content-Type"].startswith("application/yaml"), "it is served as YAML, without a key")
    doc = openapi.Document(answer.read())
found = openapi.lint(doc.root, SCHEMA)
house.check(found == [], f"the document is clean: {found[:5]}")
house.check(len(doc.root["paths"]) > 50, "it describes the whole API")

try:
    openapi.Document("a: 1\nb:\n  c: 1\n  c: 2\n")
    house.check(False, "a key that stands twice is taken")
except ValueError:
    house.check(True, "a key that stands twice is refused")

first = next(iter(doc.root["paths"]))
send = "/api/v1/send/{endpoint}"
for name, how in {
    "a word that OpenAPI does not know": lambda r: r["paths"][send]["post"].update(requestbody={}),
    "an operation without answers": lambda r: r["paths"][send]["post"].pop("responses"),
    "a parameter that is not declared": lambda r: r["paths"][send]["post"].pop("parameters"),
    "a schema that is nowhere": lambda r: r["components"]["schemas"].pop("Recipient"),
    "a schema that nobody uses": lambda r: r["components"]["schemas"].update(Spare={"type": "object"}),
    "an operation named twice": lambda r: r["paths"][send]["post"].update(operationId=r["paths"][first]["get"]["operationId"]),
    "one path under two names": lambda r: r["paths"].update({"/api/v1/send/{other}": {"get": {**r["paths"][send]["post"], "operationId": "other"}}}),
    "a security scheme that is nowhere": lambda r: r["security"].append({"oauth": []}),
}.items():
    house.check(spoil(doc.root, how) != [], f"the lint finds {name}")

judged = [("GET", "/api/v1/flow", None, 200, "application/json", []), ("GET", "/api/v1/flow", None, 200, "application/json", {}),
          ("GET", "/api/v1/flow", None, 200, "text/plain", []), ("GET", "/api/v1/flow", None, 201, "application/json", []),
          ("GET", "/api/v1/flow", None, 404, "application/json", {"error": {"message": "m", "status_code": 404}}),
          ("GET", "/api/v1/flow", None, 404, "application/json", {"error": "m"}),
          ("PUT", "/v1/assets/a", None, 200, "application/json", {"name": "a", "updated_date": "2026-01-01T00:00:00Z"}),
          ("PUT", "/v1/assets/a", None, 200, "application/json", {"name": "a", "updated_date": "today"}),
          ("PUT", "/v1/assets/a", None, 200, "application/json", {"name": "a", "updated_date": "2026-01-01T00:00:00Z", "more": 1}),
          ("POST", "/v1/lists", {"Name": 7}, 200, "application/json", {"contact_list_id": 1, "created_date": "2026-01-01T00:00:00Z"}),
          ("POST", "/v1/lists", {}, 200, "application/json", {"contact_list_id": 1, "created_date": "2026-01-01T00:00:00Z"})]
wanted = [True, False, False, False, True, False, True, False, False, True, False]
for row, is_right in zip(judged, wanted):
    house.check((doc.judge(*row) == []) == is_right, f"the judge {'takes' if is_right else 'refuses'} {row[0]} {row[1]} {row[3]} {row[5]}")
house.check(h.stop() == 0, "the server stops")
house.done()
