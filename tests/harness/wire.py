"""The line between browsers and a server, which a test can cut: refused as if no server were there, at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self

from tests.harness.server import find_free_port

_PIECE = 64 * 1024


class Wire:
    """`with Wire(port) as wire:` leads from `wire.url` to the server at `port`; nobody else has to know it is there."""

    def __init__(self, port: int) -> None:
        self.port = find_free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._server_port = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wire", daemon=True)
        self._ends: set[asyncio.StreamWriter] = set()
        self._door: asyncio.Server | None = None
        self._loses = False

    def __enter__(self) -> Self:
        self._thread.start()
        self.mend()
        return self

    def __exit__(self, *_error: object) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def mend(self) -> None:
        """Let connections through; what was refused meanwhile stays refused."""
        if self._door is None:
            self._door = self._run(asyncio.start_server(self._join, "127.0.0.1", self.port))

    def cut(self) -> None:
        """Break every connection and refuse new ones."""
        if self._door is not None:
            self._run(self._break(self._door))
            self._door = None

    @contextmanager
    def losing_replies(self) -> Iterator[None]:
        """Within it requests reach the server, and the line breaks before a reply is through."""
        self._loses = True
        try:
            yield
        finally:
            self._loses = False

    async def _break(self, door: asyncio.Server) -> None:
        door.close()
        for end in list(self._ends):
            end.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.add(writer)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:
            self._end(writer)
            return
        self._ends.add(far_writer)
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer, is_reply=True))

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_reply: bool = False
    ) -> None:
        with suppress(OSError):
            while piece := await reader.read(_PIECE):
                if is_reply and self._loses:
                    writer.transport.abort()
                    break
                writer.write(piece)
                await writer.drain()
        self._end(writer)

    def _end(self, writer: asyncio.StreamWriter) -> None:
        writer.close()
        self._ends.discard(writer)

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)
