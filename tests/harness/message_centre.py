"""A message centre to send texts to: smpp34's server, in a loop of its own on a thread, told what to do by a test."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from socket import SHUT_RDWR, create_connection, create_server, socket
from typing import Any

import smpp34


@dataclass
class Centre:
    """`submitted` are the texts that came, `statuses` what the next ones are answered with (0: taken).

    While it is `silent` it answers no text at all.
    """

    port: int
    loop: asyncio.AbstractEventLoop
    submitted: list[smpp34.SubmitSmEvent] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    silent: bool = False
    bound: list[smpp34.Esme] = field(default_factory=list)
    unanswered: list[smpp34.SubmitSmEvent] = field(default_factory=list)
    lines: list[socket] = field(default_factory=list)
    refs: Iterator[str] = field(default_factory=lambda: (f"ref{number}" for number in itertools.count(1)))

    def deliver(self, text: bytes, *, sender: str = "12025550123", **details: Any) -> int:
        """Hand a text or a receipt to the latest session; returns the status it is answered with."""
        esme = self.bound[-1]
        details = {"source_addr": sender, "source_addr_ton": 1, "source_addr_npi": 1, **details}
        return self.do(lambda: esme.deliver_sm("15550100", text, **details)).command_status

    def receipt(self, ref: str, stat: str = "DELIVRD", *, err: str = "000", done: str = "2611220530") -> int:
        """Hand over a receipt, in the shape of appendix B."""
        text = f"id:{ref} sub:001 dlvrd:001 submit date:{done} done date:{done} stat:{stat} err:{err} text:x"
        return self.deliver(text.encode(), esm_class=4)

    def hang_up(self) -> None:
        """Cut every connection, in mid-word."""
        for line in self.lines:
            with suppress(OSError):
                line.shutdown(SHUT_RDWR)
        self.lines.clear()

    def do(self, make: Callable[[], Any]) -> Any:
        """Run one call of the server's in its own loop."""

        async def call() -> Any:
            return await make()

        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(10)


@contextmanager
def run(port: int = 0) -> Iterator[Centre]:
    """A message centre on 127.0.0.1 that takes everything until it is told otherwise."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    inner = _free_port()
    server = smpp34.Server("127.0.0.1", inner)
    door = create_server(("127.0.0.1", port))
    centre = Centre(door.getsockname()[1], loop)
    in_loop: Callable[[Coroutine[Any, Any, Any]], Any] = lambda work: asyncio.run_coroutine_threadsafe(work, loop)  # noqa: E731

    async def start() -> None:
        await server.start()

    async def serve() -> None:
        while True:
            _take(centre, await server.next())

    in_loop(start()).result(10)
    serving = in_loop(serve())
    threading.Thread(target=_let_in, args=(door, inner, centre), daemon=True).start()
    try:
        yield centre
    finally:
        with suppress(OSError):
            door.shutdown(SHUT_RDWR)
        door.close()
        centre.hang_up()
        serving.cancel()

        async def stop() -> None:
            await server.stop()
            await asyncio.sleep(0.05)  # What is being closed takes another turn of the loop.

        in_loop(stop()).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def _let_in(door: socket, inner: int, centre: Centre) -> None:
    """Pass each connection on to the server behind, so that a test can cut it."""
    with suppress(OSError):
        while True:
            outside, _ = door.accept()
            inside = create_connection(("127.0.0.1", inner))
            centre.lines += [outside, inside]
            for source, target in ((outside, inside), (inside, outside)):
                threading.Thread(target=_pump, args=(source, target), daemon=True).start()


def _pump(source: socket, target: socket) -> None:
    with suppress(OSError), source:
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(SHUT_RDWR)


def _take(centre: Centre, event: Any) -> None:
    if isinstance(event, smpp34.Esme):
        centre.bound.append(event)
    elif isinstance(event, smpp34.SubmitSmEvent):
        centre.submitted.append(event)
        status = centre.statuses.pop(0) if centre.statuses else 0
        if centre.silent:
            centre.unanswered.append(event)  # One that is dropped is refused.
        elif status:
            event.reject(status)
        else:
            event.accept(next(centre.refs))


def _free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
