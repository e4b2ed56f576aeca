"""openapi.py: the server's own /openapi.yaml as a judge of what it answers, and a lint of the document. House.ask() hands every exchange of a
documented path to Document.judge(); what comes back are sentences, one for each difference.

An answer must have what its schema says and nothing else. A request that was taken (2xx) must be one that the document allows; names count as
the server reads them: any case, with or without underscores, and the short names of addresses."""
import re, yaml

METHODS = ("get", "post", "put", "patch", "delete")
SHORT = {"address": "addressstreet", "address1": "addressstreet", "street": "addressstreet", "city": "addresscity", "state": "addressstate", "zip": "addresszip",
         "source_id": "campaignid", "isenabled": "issubscribed"}


def plain(name):
    name = re.sub(r"[_\- ]", "", name).lower()
    return SHORT.get(name, name)


class Strict(yaml.SafeLoader):
    """A key that stands twice is an error, not the last one's."""

    def construct_mapping(self, node, deep=False):
        keys = [k.value for k, _ in node.value]
        twice = {k for k in keys if keys.count(k) > 1}
        if twice:
            raise ValueError(f"line {node.start_mark.line + 1}: {sorted(twice)} stands twice")
        return super().construct_mapping(node, deep)


class Document:
    def __init__(self, text):
        self.root = yaml.load(text, Strict)
        self.paths = [(re.compile("^" + re.sub(r"\\{.*?\\}", "[^/]+", re.escape(p)) + "/?$"), p, ops) for p, ops in self.root["paths"].items()]
        self.paths.sort(key=lambda row: row[1].count("{"))  # literal segments win

    def ref(self, node):
        while "$ref" in node:
            at = self.root
            for word in node["$ref"][2:].split("/"):
                at = at[word]
            node = at
        return node

    def operation(self, method, path):
        for pattern, _, ops in self.paths:
            if pattern.match(path) and method.lower() in ops:
                return ops[method.lower()]
        return None

    # ---- values ----

    def differs(self, value, schema, at, is_request=False):
        schema = self.ref(schema)
        if "anyOf" in schema:
            return [] if any(not self.differs(value, s, at) for s in schema["anyOf"]) else [f"{at}: {value!r} is none of what it may be"]
        kind = schema.get("type")
        if kind is None or (value is None and schema.get("nullable")):
            return []
        is_kind = {"object": lambda v: isinstance(v, dict), "array": lambda v: isinstance(v, list), "string": lambda v: isinstance(v, str),
                   "integer": lambda v: isinstance(v, int) and not isinstance(v, bool), "boolean": lambda v: isinstance(v, bool),
                   "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool)}[kind]
        if not is_kind(value):
            return [f"{at}: {value!r} is no {kind}"]
        if "enum" in schema and value not in schema["enum"]:
            return [f"{at}: {value!r} is not in {schema['enum']}"]
        if schema.get("format") == "date-time" and not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value):
            return [f"{at}: {value!r} is no time"]
        if kind == "array":
            return [d for i, v in enumerate(value) for d in self.differs(v, schema["items"], f"{at}[{i}]")]
        return self.object_differs(value, schema, at, is_request) if kind == "object" else []

    def object_differs(self, value, schema, at, is_request):
        known, out = schema["properties"], []
        name_of = plain if is_request else str
        given = {name_of(k): v for k, v in value.items()}
        out += [f"{at}: {n} is missing" for n in schema.get("required", []) if name_of(n) not in given]
        names = {name_of(n): s for n, s in known.items()}
        for name, v in given.items():
            if name in names:
                out += self.differs(v, names[name], f"{at}.{name}")
            elif not is_request:
                out.append(f"{at}: {name} is not in the document")
        return out

    # ---- an exchange ----

    def judge(self, method, path, sent, status, kind, got):
        """sent and got: JSON values, or None for what is not JSON."""
        op = self.operation(method, path.split("?")[0])
        if op is None:
            return []
        out, where = [], f"{method} {path}"
        answer = op["responses"].get(str(status))
        if answer is None and status < 400:
            return [f"{where}: status {status} is not in the document"]
        content = self.ref(answer or op["responses"]["default"]).get("content")
        if content is None:
            if got is not None:
                out.append(f"{where}: an answer {status} has no body in the document")
        elif (kind or "").split(";")[0] not in content:
            out.append(f"{where}: {kind} is not in the document for {status}")
        elif "application/json" in content:
            out += self.differs(got, content["application/json"]["schema"], where + " answers")
        wanted = op.get("requestBody", {}).get("content", {}).get("application/json")
        if wanted and status < 400 and isinstance(sent, dict):
            out += self.differs(sent, wanted["schema"], where + " was sent", is_request=True)
        return out


# ---- lint ----

def refs(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for v in node.values():
            yield from refs(v)
    elif isinstance(node, list):
        for v in node:
            yield from refs(v)


def lint_operation(path, method, op, seen):
    name = f"{method} {path}"
    declared = {p["name"] for p in op.get("parameters", []) if p.get("in") == "path"}
    if declared != set(re.findall(r"\{(.*?)\}", path)):
        yield f"{name}: the path's parameters are not those that are declared"
    if op["operationId"] in seen:
        yield f"{name}: {op['operationId']} is used twice"
    seen.add(op["operationId"])
    if method in ("get", "delete") and "requestBody" in op:
        yield f"{name}: has a body"
    if not op.get("summary"):
        yield f"{name}: has no summary"
    if "default" not in op["responses"]:
        yield f"{name}: says nothing of errors"


def lint(root, schema):
    """Sentences; `schema` is the OpenAPI initiative's own JSON schema of 3.0 documents."""
    import jsonschema
    checker = jsonschema.Draft4Validator(schema)
    out = [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in checker.iter_errors(root)]
    if out:
        return out
    seen, shapes = set(), {}
    for path, ops in root["paths"].items():
        shape = re.sub(r"\{.*?\}", "{}", path)
        if shape in shapes:
            out.append(f"{path} and {shapes[shape]} are one path")
        shapes[shape] = path
        for method in METHODS:
            if method in ops:
                out += lint_operation(path, method, ops[method], seen)
    for kind in ("schemas", "parameters", "responses"):
        there = {f"#/components/{kind}/{n}" for n in root["components"][kind]}
        used = {r for r in refs(root) if r.startswith(f"#/components/{kind}/")}
        out += [f"{r} is nowhere" for r in sorted(used - there)] + [f"{r} is not used" for r in sorted(there - used)]
    schemes = root["components"]["securitySchemes"]
    for requirement in root.get("security", []):
        out += [f"security: {n} is nowhere" for n in requirement if n not in schemes]
    return out
