"""What tests do with a browser on a customer's phone, whichever browser it is."""

from __future__ import annotations

from typing import Any, Protocol


class Phone(Protocol):
    """A browser with a profile of its own: what it keeps outlives a restart. Expressions are JavaScript."""

    def open(self, url: str) -> None:
        """Open `url` and wait until it is loaded."""

    def leave(self) -> None:
        """Close every page; the browser stays."""

    def stop(self) -> None:
        """Close the browser; its profile stays."""

    def start(self) -> None:
        """Start it again."""

    def follow(self, address: str) -> None:
        """Go on in the tab whose address holds `address`, once there is one."""

    def run(self, expression: str) -> Any:
        """What an expression gives, awaited, as JSON has it."""

    def wait_for(self, expression: str) -> Any:
        """What an expression gives once that is true."""

    def text(self) -> str:
        """All the words that the page shows."""

    def tap(self, label: str) -> None:
        """Tap what says `label`, once it is there, as a person does."""

    def grant(self, origin: str) -> None:
        """Allow notifications for `origin`, as if asked."""

    def go_offline(self) -> None:
        """Lose the network, worker and all."""

    def go_online(self) -> None:
        """Have it again."""
