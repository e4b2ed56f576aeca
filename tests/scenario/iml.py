"""iml.py: a small interpreter of what clients/make/ is written in: {{…}} with paths, functions, text, numbers and + - = in it, and a module's requests,
pages and output. Whatever it does not know is an error."""
import base64, json, re

TOKEN = re.compile(r"\s*(?:(\d+)|'([^']*)'|([A-Za-z_][\w]*(?:\.[A-Za-z_]\w*)*)|(.))")
FUNCTIONS = {
    "omit": lambda d, *names: {k: v for k, v in d.items() if k not in names},
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "length": lambda v: len(v or []),
    "first": lambda v: v[0] if v else None,
    "last": lambda v: v[-1] if v else None,
    "min": min,
    "toCollection": lambda rows, key, value: {r[key]: r[value] for r in rows or []},
}


class Expression:
    def __init__(self, text, scope):
        self.tokens = [m.groups() for m in TOKEN.finditer(text.strip())]
        self.at, self.scope = 0, scope

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else (None,) * 4

    def next(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def value(self):
        left = self.sum()
        if self.peek()[3] == "=":
            self.next()
            return left == self.sum()
        return left

    def sum(self):
        left = self.one()
        while self.peek()[3] in ("+", "-"):
            sign, right = self.next()[3], self.one()
            left = left - right if sign == "-" else left + right
        return left

    def one(self):
        number, text, name, sign = self.next()
        if number is not None:
            return int(number)
        if text is not None:
            return text
        if name is None:
            raise SyntaxError(f"iml: {sign}")
        if self.peek()[3] != "(":
            return self.path(name.split("."), self.scope)
        self.next()
        args = [] if self.peek()[3] == ")" else [self.value()]
        while self.peek()[3] == ",":
            self.next()
            args.append(self.value())
        if self.next()[3] != ")":
            raise SyntaxError("iml: no )")
        out = FUNCTIONS[name](*args)
        if self.peek()[3] == ".":
            self.next()
            out = self.path(self.next()[2].split("."), out)
        return out

    @staticmethod
    def path(words, at):
        if at is not None and isinstance(at, dict) and "parameters" in at and words[0] not in at:
            raise NameError(f"iml: {words[0]} is nothing here")
        for word in words:
            at = at.get(word) if isinstance(at, dict) else None
        return at


def whole(expression, scope):
    e = Expression(expression, scope)
    out = e.value()
    if e.at != len(e.tokens):
        raise SyntaxError(f"iml: {expression}")
    return out


def fill(node, scope):
    """A value alone in {{}} keeps its type; inside text it becomes text."""
    if isinstance(node, dict):
        return {k: fill(v, scope) for k, v in node.items()}
    if isinstance(node, list):
        return [fill(v, scope) for v in node]
    if not isinstance(node, str):
        return node
    alone = re.fullmatch(r"\{\{((?:(?!\}\}).)*)\}\}", node)
    if alone:
        return whole(alone[1], scope)
    return re.sub(r"\{\{(.*?)\}\}", lambda m: "" if (v := whole(m[1], scope)) is None else str(v), node)


class App:
    """send(method, url, headers, body) -> (status, headers, value); the address is absolute."""

    def __init__(self, folder, send):
        self.folder, self.send = folder, send
        self.manifest = json.loads((folder / "makecomapp.json").read_text())
        self.base = self.read(self.manifest["generalCodeFiles"]["base"])
        self.connection = None

    def read(self, path):
        return json.loads((self.folder / path).read_text())

    def code(self, kind, name, what):
        return self.read(self.manifest["components"][kind][name]["codeFiles"][what])

    def ask(self, request, scope, base):
        scope = {"connection": self.connection, **scope}
        url = fill(request["url"], scope)
        headers = {k: str(v) for k, v in {**fill((base or {}).get("headers", {}), scope), **(fill(request.get("headers", {}), scope) or {})}.items()}
        qs = {k: v for k, v in (fill(request.get("qs", {}), scope) or {}).items() if v is not None}
        if base:
            url = fill(base["baseUrl"], scope) + url
        if qs:
            url += "?" + "&".join(f"{k}={v}" for k, v in qs.items())
        method = fill(request.get("method", "GET"), scope)
        status, got_headers, body = self.send(method, url, headers, fill(request["body"], scope) if "body" in request else None)
        answer = {**scope, "statusCode": status, "headers": got_headers, "body": body}
        if status >= 400:
            error = (request.get("response", {}).get("error") or (base or {})["response"]["error"])
            raise Refused(error.get(str(status), error).get("type", "RuntimeError"), fill(error.get(str(status), error)["message"], answer))
        return answer

    def connect(self, parameters):
        answer = self.ask(self.code("connection", "pennypost", "communication"), {"parameters": parameters}, None)
        self.connection = parameters
        return fill(self.code("connection", "pennypost", "communication")["response"]["metadata"]["value"], answer)

    def outputs(self, request, parameters):
        """Of all pages, at most parameters.limit."""
        response, out, page = request["response"], [], 1
        scope = {"parameters": parameters, "pagination": {"page": 1}}
        limit = fill(response.get("limit"), scope)
        while True:
            answer = self.ask(request, scope, self.base)
            if "iterate" not in response:
                return fill(response["output"], answer)
            out += [fill(response["output"], {**answer, "item": item}) for item in fill(response["iterate"], answer)]
            more = request.get("pagination")
            if (limit and len(out) >= limit) or not more or not fill(more["condition"], answer):
                return out[:limit] if limit else out
            page += 1
            scope["pagination"] = {"page": page}
            request = {**request, "qs": {**request["qs"], **fill(more["qs"], {**answer, "pagination": {"page": page}})}}

    def run(self, name, parameters):
        return self.outputs(self.code("module", name, "communication"), parameters)

    def options(self, rpc):
        return self.outputs(self.code("rpc", rpc, "communication"), {})


class Refused(Exception):
    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind
