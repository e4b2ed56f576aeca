"""Remote assets through the real program: a template that names a style sheet and pictures of another machine is compiled by a real Chromium, which
has no network; the other machine is then gone, and the piece is printed all the same. `remote.py build/src/app/pennypost`."""
import http.server, pathlib, shutil, threading, time
import house

house.needs_cage()

PNG = (pathlib.Path(house.ROOT) / "docs" / "piece.png").read_bytes()
FILES = {"/css/site?a=1&b=2": ("text/css", b"h1 { background: url('../img/deep.png') }"), "/img/a%20b.png": ("image/png", PNG), "/img/deep.png": ("image/png", PNG)}


class Other(http.server.BaseHTTPRequestHandler):
    asked = []

    def do_GET(self):
        self.asked.append(self.path)
        kind, body = FILES.get(self.path, ("text/plain", b""))
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


def make(h, html):
    status, made = h.ask("POST", "/api/v1/templates", {"name": "remote", "size": 2, "is_full_html": True, "html": html})
    for _ in range(120):
        if made.get("state") != "publishing":
            break
        time.sleep(1)
        made = h.ask("GET", f"/api/v1/templates/{made['template_id']}")[1][0]
    return made


def settled(h):
    states = []
    for _ in range(120):
        states = [b["state"] for b in h.ask("GET", "/v1/batches?limit=100")[1]]
        if states and all(s in ("ready", "failed", "cancelled") for s in states):
            break
        time.sleep(1)
    return states


def main():
    other = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other)
    threading.Thread(target=other.serve_forever, daemon=True).start()
    h = house.House(settings={"outgoing.allow": "127.0.0.1/32", "outgoing.http": "on", "outgoing.ports": str(other.server_port)})
    try:
        h.start()
        h.make_account()
        at = f"http://127.0.0.1:{other.server_port}"
        html = (f"<html><head><link rel=stylesheet href='{at}/css/site?a=1&amp;b=2'><style>body{{margin:0}}</style></head><body>"
                f"<h1>Hi {{{{first_name}}}}</h1><img width=100 src='{at}/img/a%20b.png'><div style='page-break-before:always'>back</div></body></html>")
        good = make(h, html)
        house.check(good["state"] == "published", f"a template with remote assets is published: {good['state']} {good['report']}")
        house.check(sorted(Other.asked) == sorted(FILES), f"each was asked for once: {Other.asked}")
        bad = make(h, html.replace("a%20b.png", "gone.png"))
        house.check(bad["state"] == "refused" and f"{at}/img/gone.png cannot be fetched: 404 Not Found" in bad["report"]["reason"],
                    f"one that is not there is named: {bad['report']}")
        inside = make(h, "<html><body><img src='https://169.254.169.254/latest/meta-data'></body></html>")
        house.check(inside["state"] == "refused" and "cloud metadata" in inside["report"]["reason"], f"nothing inside is asked: {inside['report']}")
        Other.asked.clear()
        other.shutdown()
        other.server_close()
        shown = h.ask("GET", f"/api/v1/templates/{good['template_id']}")[1][0]
        house.check(shown["html"] == html, "the creative is shown as it was given")
        status, drop = h.ask("POST", "/api/v1/campaigns", {"DirectMailName": "remote", "TemplateFrontId": good["template_id"], "CreditTypeId": 22, "PostageType": 0,
                             "SenderName": "Sender", "SenderAddress1": "1 Penny Lane", "SenderCity": "Springfield", "SenderState": "IL", "SenderZip": "62701"})
        house.check(status == 200, f"a campaign takes it: {drop}")
        status, sent = h.ask("POST", f"/api/v1/send/{drop['endpoint']}", {"first_name": "Ada", "last_name": "Doe", "address_street": "1 Main Street",
                             "address_city": "Springfield", "address_state": "IL", "address_zip": "62704"})
        house.check(status == 200, f"a piece is sent: {sent}")
        house.check(settled(h) == ["ready"], f"its batch is printed with the other machine gone: {settled(h)}")
        house.check(not Other.asked, f"nothing was fetched: {Other.asked}")
        house.check(not h.warnings(), f"no warnings: {h.warnings()}")
    finally:
        h.stop()
        shutil.rmtree(h.dir, ignore_errors=True)


if __name__ == "__main__":
    main()
    house.done()
