"""Texts by SMPP: the worker's end of the process that holds the session with the message centre.

That process is started by a worker and ends with it: a line of JSON each way for every text, over its standard input
and output, so that there is no port, no secret and nothing to clean up.
"""

from __future__ import annotations

import json
import random
import subprocess
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from selfservice.messages.channels import smpp_place
from selfservice.messages.channels.contract import Outgoing, Refused, Submitted, Text, Uncertain

NAME = "smpp"
ANSWER_SECONDS = 27.0
"""Longer than the session waits for its centre, shorter than the outbox waits for us."""

STOP_SECONDS = 4.0
LONGEST_PAUSE = 30.0
_ROOT = Path(__file__).resolve().parents[3]
_BACK_SOON = timedelta(seconds=3)


class Smpp:
    """Hands texts to the process beside this one. Without that process nothing is taken, and nothing is uncertain."""

    name = NAME

    def __init__(self, address: str) -> None:
        self.place = smpp_place.read(address)
        self.parallel = self.place.window
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._waiting: dict[int, Future[dict[str, Any]]] = {}
        self._count = 0
        self._stopping = threading.Event()
        self._keeper: threading.Thread | None = None

    def start(self, command: Sequence[str]) -> None:
        """Start the process, and again whenever it ends, until `stop`."""
        self._keeper = threading.Thread(target=self._keep, args=(tuple(command),), name="smpp-keeper", daemon=True)
        self._keeper.start()

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Let the process end: it says goodbye to its centre when nobody speaks to it any more."""
        self._stopping.set()
        with self._lock:
            process = self._process
        if process is not None:
            with suppress(OSError):
                assert process.stdin is not None
                process.stdin.close()
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
        if self._keeper is not None:
            self._keeper.join(seconds)

    def send(self, outgoing: Outgoing) -> Submitted:
        """Hand a text over; raises Refused or Uncertain as the session does."""
        content = outgoing.content
        assert isinstance(content, Text)
        answer: Future[dict[str, Any]] = Future()
        number = self._say(outgoing, content.body, answer)
        try:
            said = answer.result(ANSWER_SECONDS)
        except TimeoutError:
            raise Uncertain("The process that speaks SMPP did not answer in time.") from None
        finally:
            with self._lock:
                self._waiting.pop(number, None)
        return read(said)

    def _say(self, outgoing: Outgoing, body: str, answer: Future[dict[str, Any]]) -> int:
        """Write one text into the pipe. A line that was not written whole is none: the other end leaves it."""
        with self._lock:
            process = self._process
            if process is None or process.poll() is not None:
                raise Refused("The process that speaks SMPP is not running.", permanent=False, retry_after=_BACK_SOON)
            self._count += 1
            number = self._count
            self._waiting[number] = answer
            line = {
                "n": number,
                "id": outgoing.id,
                "to": outgoing.to,
                "body": body,
                "ttl": outgoing.ttl.total_seconds(),
            }
            assert process.stdin is not None
            try:
                process.stdin.write(json.dumps(line).encode() + b"\n")
                process.stdin.flush()
            except OSError:
                del self._waiting[number]
                sentence = "The process that speaks SMPP has just ended."
                raise Refused(sentence, permanent=False, retry_after=_BACK_SOON) from None
        return number

    def _keep(self, command: tuple[str, ...]) -> None:
        pause = 1.0
        while not self._stopping.is_set():
            # A session of its own: Ctrl+C in a terminal reaches the worker alone, which ends this one in order.
            process = subprocess.Popen(  # noqa: S603 - our own command, no shell
                command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )
            with self._lock:
                self._process = process
            has_spoken = self._listen(process)
            self._lose(process)
            if self._stopping.is_set():
                return
            pause = 1.0 if has_spoken else min(LONGEST_PAUSE, pause * 2)
            structlog.get_logger().error("smpp.ended", exit_code=process.returncode)
            self._stopping.wait(pause * random.uniform(0.5, 1))  # noqa: S311 - no secret

    def _listen(self, process: subprocess.Popen[bytes]) -> bool:
        """Give each answer to whoever waits for it, until the process ends; whether it has said anything."""
        has_spoken = False
        assert process.stdout is not None
        for line in process.stdout:
            has_spoken = True
            said = json.loads(line)
            with self._lock:
                answer = self._waiting.pop(said["n"], None)
            if answer is not None:
                answer.set_result(said)
        return has_spoken

    def _lose(self, process: subprocess.Popen[bytes]) -> None:
        """The process is gone: of what it had not answered, nobody knows."""
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        with self._lock:
            self._process = None
            waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            answer.set_result({"uncertain": "The process that speaks SMPP ended before it answered."})


def tell(outcome: Submitted | Refused | Uncertain) -> dict[str, Any]:
    """An outcome as it goes through the pipe."""
    if isinstance(outcome, Submitted):
        return {"ref": outcome.ref}
    if isinstance(outcome, Uncertain):
        return {"uncertain": outcome.message}
    after = outcome.retry_after.total_seconds() if outcome.retry_after is not None else None
    return {"refused": outcome.message, "permanent": outcome.permanent, "after": after}


def read(said: dict[str, Any]) -> Submitted:
    """The outcome that came through the pipe; raises Refused and Uncertain as they were raised there."""
    if "ref" in said:
        return Submitted(said["ref"])
    if "refused" in said:
        after = timedelta(seconds=said["after"]) if said["after"] is not None else None
        raise Refused(said["refused"], permanent=said["permanent"], retry_after=after)
    raise Uncertain(said["uncertain"])
