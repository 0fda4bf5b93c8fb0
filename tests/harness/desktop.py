"""A desktop that nobody sees: a private message bus with a notification daemon, so that a test presses as a person.

A press arrives in the browser as a trusted one: it may open windows. The daemon is that of the Desktop Notifications
Specification 1.2; a browser finds it when it is started with `Desktop.environ`.
"""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self

from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusDict, DBusInt32, DBusSignature, DBusStr, DBusUInt32
from dbus_fast.service import ServiceInterface, dbus_method, dbus_signal

from tests.harness.server import end_with_the_run
from tests.harness.waiting import wait_until

NAME = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"
DEFAULT = "default"
"""The key of the notification itself, beside those of its buttons."""

_DISMISSED_BY_THE_PERSON = 2
_CLOSED_BY_CALL = 3

# Not the machine's own settings: they would start the machine's own services.
_BUS = """
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""

Nothing = Annotated[None, DBusSignature("")]
Words = Annotated[list[str], DBusSignature("as")]
FourWords = Annotated[list[str], DBusSignature("ssss")]
Numbers = Annotated[list[int], DBusSignature("uu")]
NumberAndWord = Annotated[list[Any], DBusSignature("us")]


@dataclass(frozen=True)
class Notification:
    """What a person sees of a notification; `buttons` are keys by their labels."""

    id: int
    title: str
    body: str
    buttons: dict[str, str]


class Desktop:
    """`with Desktop(folder) as desktop:` and start a browser with `desktop.environ` in its environment."""

    def __init__(self, folder: Path) -> None:
        self._settings = folder / "bus.conf"
        self._log = folder / "bus.log"

    def __enter__(self) -> Self:
        self._settings.write_text(_BUS)
        with self._log.open("wb") as log:
            self._bus = subprocess.Popen(
                ["dbus-daemon", f"--config-file={self._settings}", "--nofork", "--print-address=1"],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                preexec_fn=end_with_the_run,
            )
        assert self._bus.stdout is not None
        self.address = self._bus.stdout.readline().strip()
        self.environ = {"DBUS_SESSION_BUS_ADDRESS": self.address}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="desktop", daemon=True)
        self._thread.start()
        self._daemon = _Daemon()
        self._connection = self._run(self._connect())
        return self

    def __exit__(self, *_error: object) -> None:
        self._run(self._disconnect())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._bus.terminate()
        self._bus.communicate()

    def shown(self) -> list[Notification]:
        """What is on the desktop now, oldest first."""
        return list(self._daemon.shown.values())

    def wait_for(self, text: str) -> Notification:
        """The notification whose title or body holds `text`, once it is shown."""
        return wait_until(
            lambda: next((one for one in self.shown() if text in one.title or text in one.body), None),
            told=lambda: f"Shown are {self.shown()}.",
        )

    def press(self, notification: Notification, button: str | None = None) -> None:
        """Press the button with this label, or the notification itself; as on a desktop, it goes away then."""
        key = DEFAULT if button is None else notification.buttons[button]
        self._run(self._daemon.press(notification.id, key))

    def clear(self) -> None:
        """Put away whatever is shown, as a person does."""
        for one in self.shown():
            self._run(self._daemon.close(one.id, _DISMISSED_BY_THE_PERSON))

    async def _connect(self) -> MessageBus:
        bus = await MessageBus(bus_address=self.address).connect()
        bus.export(PATH, self._daemon)
        await bus.request_name(NAME)
        return bus

    async def _disconnect(self) -> None:
        self._connection.disconnect()
        await self._connection.wait_for_disconnect()

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


class _Daemon(ServiceInterface):
    """The daemon's side of the bus; names and signatures are the specification's."""

    def __init__(self) -> None:
        super().__init__(NAME)
        self.shown: dict[int, Notification] = {}
        self._ids = itertools.count(1)

    async def press(self, notification: int, key: str) -> None:
        self.activation_token(notification, "pressed")
        self.action_invoked(notification, key)
        await self.close(notification, _DISMISSED_BY_THE_PERSON)

    async def close(self, notification: int, reason: int) -> None:
        if self.shown.pop(notification, None) is not None:
            self.notification_closed(notification, reason)

    @dbus_method("GetCapabilities")
    def get_capabilities(self) -> Words:
        return ["actions", "body", "persistence"]

    @dbus_method("GetServerInformation")
    def get_server_information(self) -> FourWords:
        return ["desktop", "tests", "1.0", "1.2"]

    @dbus_method("Notify")
    def notify(
        self,
        _app: DBusStr,
        replaces: DBusUInt32,
        _icon: DBusStr,
        title: DBusStr,
        body: DBusStr,
        actions: Words,
        _hints: DBusDict,
        _timeout: DBusInt32,
    ) -> DBusUInt32:
        number = replaces or next(self._ids)
        buttons = {label: key for key, label in zip(actions[::2], actions[1::2], strict=True) if key != DEFAULT}
        self.shown[number] = Notification(number, title, body, buttons)
        return number

    @dbus_method("CloseNotification")
    async def close_notification(self, notification: DBusUInt32) -> Nothing:
        await self.close(notification, _CLOSED_BY_CALL)

    @dbus_signal("NotificationClosed")
    def notification_closed(self, notification: int, reason: int) -> Numbers:
        return [notification, reason]

    @dbus_signal("ActionInvoked")
    def action_invoked(self, notification: int, key: str) -> NumberAndWord:
        return [notification, key]

    @dbus_signal("ActivationToken")
    def activation_token(self, notification: int, token: str) -> NumberAndWord:
        return [notification, token]
