"""A small TCP proxy between two real programs: it delays, cuts, or goes silent like a line that is half open."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Proxy:
    """Listens on `port` and passes on to `target`. `delay` holds back every piece; `silent` keeps the lines open and
    passes nothing on, and who lost a piece by it never gets a later one on that line, as in TCP; `cutting` ends every
    new line at once.
    """

    def __init__(self, target: int) -> None:
        self.delay, self.silent, self.cutting = 0.0, False, False
        self._target, self._lines = target, []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End every line that is open, without a word; new ones are taken."""
        lines, self._lines = self._lines, []
        for line in lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def close(self) -> None:
        self.silent = False
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._server.accept()
                self._connect(near)

    def _connect(self, near: socket.socket) -> None:
        if self.cutting:
            near.close()
            return
        try:
            far = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            near.close()
            return
        self._lines += [near, far]
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        is_torn = False
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                time.sleep(self.delay)
                is_torn |= self.silent
                if not is_torn:
                    sink.sendall(piece)
        while self.silent:  # that an end hung up is not passed on either, until it can be
            time.sleep(0.05)
        for line in (source, sink):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy(target: int) -> Iterator[Proxy]:
    between = Proxy(target)
    try:
        yield between
    finally:
        between.close()
