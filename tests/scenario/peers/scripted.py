"""scripted.py: what scripted peers have in common: a small HTTP server on loopback, its state at GET /_state, what goes wrong at POST /_script.

A script is an array of steps, one for each request to come that its `path` (a part of it) and `method` fit; a request without a step is
answered as the service does. A step: {"status": 429, "headers": {…}, "body": …} answers so; {"html": true} answers 200 with a page;
{"truncate": true} breaks off in the middle of the true answer; {"reset": true} cuts the line before anything is said; {"delay_ms": n} comes
before whatever else; {"act": true} lets the service do what was asked before it goes wrong; {"times": n} stands for n such steps."""
import argparse, http.server, json, socket, struct, threading, time


class Peer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port=0):
        self.lock = threading.Lock()
        self.script, self.requests = [], []
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def state(self):
        return {}

    def answer(self, method, path, query, headers, body):
        """(status, body as Python data or text, headers)"""
        return 404, {"detail": "Not found."}, {}

    def will(self, *steps):
        with self.lock:
            self.script += steps

    def step_for(self, method, path):
        for step in self.script:
            if step.get("method", method) == method and step.get("path", "") in path:
                step["times"] = step.get("times", 1) - 1
                if step["times"] <= 0:
                    self.script.remove(step)
                return step
        return None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def reply(self, status, body, headers=None, cut=False):
        data = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **(headers or {})}
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[:len(data) // 2] if cut else data)
        if cut:
            self.close_connection = True

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def handle_any(self):
        peer = self.server
        path, _, query = self.path.partition("?")
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if path == "/_state":
            return self.reply(200, {"requests": peer.requests, **peer.state()})
        if path == "/_script":
            peer.will(*json.loads(raw))
            return self.reply(200, {"steps": len(peer.script)})
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            body = raw.decode(errors="replace")
        with peer.lock:
            step = peer.step_for(self.command, path) or {}
            peer.requests.append({"method": self.command, "path": path, "query": query, "body": body, "headers": dict(self.headers)})
        time.sleep(step.get("delay_ms", 0) / 1000)
        goes_wrong = step.get("reset") or step.get("html") or "status" in step
        answer = None
        if not goes_wrong or step.get("act"):
            answer = peer.answer(self.command, path, query, self.headers, body)
        if step.get("reset"):
            return self.reset()
        if step.get("html"):
            return self.reply(200, "<html><body>Welcome to nginx!</body></html>", {"Content-Type": "text/html"})
        if "status" in step:
            return self.reply(step["status"], step.get("body", {"detail": "as the script says"}), step.get("headers"))
        status, data, headers = answer
        self.reply(status, data, headers, cut=bool(step.get("truncate")))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any


def main(make):
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    peer = make(parser.parse_args().port)
    print(f"listening on {peer.address}", flush=True)
    try:
        peer.serve_forever()
    except KeyboardInterrupt:
        pass
