"""A real SMS service on loopback that answers as a test tells it to."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LONGEST_SECONDS = 30


class Service:
    """What an SMS service was sent; `answers` are status codes; it hangs while `may_answer` is cleared."""

    def __init__(self):
        self.sent, self.answers, self.drops = [], [], False
        self.may_answer = threading.Event()
        self.may_answer.set()


@contextmanager
def sms_service():
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            service.sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            service.may_answer.wait(LONGEST_SECONDS)
            if service.drops:
                self.connection.close()
                return
            self.send_response(service.answers.pop(0) if service.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

        def finish(self):
            if not service.drops:
                super().finish()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield service, f"json://127.0.0.1:{server.server_address[1]}/sms?:to={{phone}}&rto=60"
    finally:
        server.shutdown()
        server.server_close()
