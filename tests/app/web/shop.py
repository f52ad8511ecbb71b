"""A shop of its own origin, with one page on which the loader stands."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class ShopPage:
    """The page at `url`; `html` may be replaced at any time."""

    url: str
    html: str = ""

    def show_widget(self, stayline: str, identity: str | None = None, how: str = "defer") -> None:
        """Put the line on the page that a shop puts there."""
        who = f' data-identity="{identity}"' if identity else ""
        line = f'<script src="{stayline}/widget.js"{who} data-language="en" {how}></script>'
        self.html = f"<!doctype html><title>Shop</title>{line}"


@contextmanager
def running_shop_page() -> Iterator[ShopPage]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = page.html.encode() if self.path == "/" else b""
            self.send_response(200 if body else 204)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            if body:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    page = ShopPage(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield page
    finally:
        server.shutdown()
        server.server_close()
