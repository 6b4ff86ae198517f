"""A tiny service that fails on purpose. The routes and the calls to the upstream live here; faults/greet.py alone is patched."""
import json
import os
import signal
import sys
import threading
import time
import traceback
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from faults import greet

UPSTREAM = os.environ.get("UPSTREAM_URL", "http://127.0.0.1:9")
VERSION = os.environ.get("APP_VERSION", "unknown")


def log(**fields):
    now = time.time()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + ".%06dZ" % (now % 1 * 1e6)
    sys.stdout.write(json.dumps({"ts": stamp, **fields}) + "\n")
    sys.stdout.flush()


def fetcher(replay):
    """A call to the upstream, tagged with the replay's id. Not part of the patchable file."""

    def fetch(path):
        request = urllib.request.Request(UPSTREAM + path)
        if replay:
            request.add_header("x-kintsugi-replay", replay)
        with urllib.request.urlopen(request, timeout=2) as answer:
            return json.load(answer)

    return fetch


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/healthz":
            return self.answer(200, {"ok": True})
        if self.path == "/version":
            return self.answer(200, {"commit": VERSION})
        if self.path == "/greet":
            return self.greet()
        if self.path == "/words":
            # What was fine before and is not the fault's; the time is noise.
            return self.answer(200, {"words": getattr(greet, "WORDS", ["value"]), "at": time.time()})
        return self.answer(404, {"code": "not_found", "message": "there is nothing here"})

    def greet(self):
        replay = self.headers.get("x-kintsugi-replay")
        try:
            return self.answer(200, greet.greet(fetcher(replay)))
        except Exception as error:
            fields = {
                "level": "error",
                "marker": "TINY_GREETING_BROKEN",
                "reason": type(error).__name__,
                "event_id": uuid.uuid4().hex,
                "message": "the greeting could not be made",
                "traceparent": self.headers.get("traceparent"),
                "request_id": self.headers.get("x-request-id"),
                "version": VERSION,
            }
            if replay:
                fields["replay"] = replay
            log(**fields)
            return self.answer(500, {"code": "greeting_failed", "message": "the greeting could not be made"})

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main():
    server = Server(("127.0.0.1", int(os.environ["PORT"])), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    log(level="info", message="listening", version=VERSION)
    server.serve_forever(poll_interval=0.05)


if __name__ == "__main__":
    main()
