"""A stand-in for Mozilla's push service, for Firefox: the autopush protocol over a web socket, and its HTTP side."""

from __future__ import annotations

import json
import secrets
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

from tests.harness import push_request
from tests.harness.push_request import Push
from tests.harness.push_service import PushService, Subscription

Said = dict[str, Any]


class MozillaPush(PushService):
    """Firefox finds it when it is started with `preferences`; endpoints are at `http://127.0.0.1:<port>`."""

    WRONG_KEY = 401

    def __init__(self) -> None:
        super().__init__()
        self._line = serve(
            self._follow, "127.0.0.1", 0, subprotocols=[Subprotocol("push-notification")], compression=None
        )
        self.origin = f"http://127.0.0.1:{self.port}"
        self.preferences: Mapping[str, object] = {
            "dom.push.serverURL": f"ws://127.0.0.1:{self._line.socket.getsockname()[1]}/",
            "dom.push.testing.allowInsecureServerURL": True,
            "dom.push.connection.enabled": True,  # Off by default in a Firefox that is driven.
            "dom.push.retryBaseInterval": 300,
        }

    def __enter__(self) -> Self:
        threading.Thread(target=self._line.serve_forever, name="push-line", daemon=True).start()
        return super().__enter__()

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self._line.shutdown()

    @property
    def origins(self) -> frozenset[str]:
        return frozenset({self.origin})

    def _wire(self, push: Push, subscription: Subscription) -> str:
        said: Said = {
            "messageType": "notification",
            "channelID": subscription.details["channel"],
            "version": secrets.token_urlsafe(16),
        }
        if push.body:
            said |= {"data": push_request.encode(push.body), "headers": {"encoding": "aes128gcm"}}
        return json.dumps(said)

    def _hand_over(self, connection: ServerConnection, wire: str) -> None:
        try:
            connection.send(wire)
        except ConnectionClosed as error:
            raise ConnectionResetError from error

    def _follow(self, connection: ServerConnection) -> None:
        """One Firefox, from its hello until it leaves."""
        device = ""
        try:
            for raw in connection:
                said: Said = json.loads(raw)
                if said.get("messageType") == "hello":
                    device = said.get("uaid") or uuid.uuid4().hex
                    welcome: Said = {"status": 200, "uaid": device, "use_webpush": True, "broadcasts": {}}
                    connection.send(json.dumps({"messageType": "hello", **welcome}))
                    self._listen(device, connection)
                elif answer_to := self._answers.get(said.get("messageType", "ping")):
                    connection.send(json.dumps(answer_to(self, device, said)))
        except ConnectionClosed:
            pass  # As good a way to leave as any.
        finally:
            self._leave(connection)

    def _register(self, device: str, said: Said) -> Said:
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._subscriptions[token] = Subscription(device, said.get("key", ""), {"channel": said["channelID"]})
        endpoint = f"{self.origin}/wpush/v2/{token}"
        return {
            "messageType": "register",
            "channelID": said["channelID"],
            "status": 200,
            "pushEndpoint": endpoint,
        }

    def _unregister(self, _device: str, said: Said) -> Said:
        with self._lock:
            self._subscriptions = {
                token: one for token, one in self._subscriptions.items() if one.details["channel"] != said["channelID"]
            }
        return {"messageType": "unregister", "channelID": said["channelID"], "status": 200}

    def _pong(self, _device: str, _said: Said) -> Said:
        return {}

    _answers: Mapping[str, Callable[[MozillaPush, str, Said], Said]] = {
        "register": _register,
        "unregister": _unregister,
        "ping": _pong,
    }
