"""What a store of photos is, whichever keeps them: bytes under a key, all of them or none."""

from __future__ import annotations

from typing import Protocol

from selfservice.errors import NotFound


class Missing(NotFound):
    """Nothing lies under that key."""

    def __init__(self) -> None:
        super().__init__("The photo is not in the store any more; ask for it again.")


class Store(Protocol):
    """Keys are `folder/name`, both of letters and digits. Every call may go over the network.

    Each raises Unavailable when the store cannot be used; then it may be called again.
    """

    def put(self, key: str, body: bytes) -> None:
        """Keep `body`: when it comes back, all of it will be found after a loss of power too."""

    def get(self, key: str) -> bytes:
        """What was kept; raises Missing."""

    def delete(self, key: str) -> None:
        """Comes back when nothing lies there any more, also if nothing did."""
