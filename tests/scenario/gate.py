"""gate.py: an address that does not change, in front of a server whose port does: what a reverse proxy is. It hands POST requests on, keeps what came,
and can be shut. Also a sink: without a server behind it answers 200 to everything."""
import http.client, http.server, threading


class Gate(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port_of=None):
        self.port_of, self.is_shut, self.seen = port_of, False, []
        super().__init__(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        gate, status, answer = self.server, 200, b"{}"
        if gate.is_shut:
            status, answer = 503, b"shut"
        elif gate.port_of:
            line = http.client.HTTPConnection("127.0.0.1", gate.port_of(), timeout=30)
            line.request("POST", self.path, body, {"Content-Type": self.headers.get("Content-Type", "application/json")})
            back = line.getresponse()
            status, answer = back.status, back.read()
        gate.seen.append((self.path, body.decode(errors="replace"), status))
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
