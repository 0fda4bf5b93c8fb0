"""Forms as a browser without scripts sends them: what stands in the fields, and the button that was pressed."""

from __future__ import annotations

from html.parser import HTMLParser


class Form(HTMLParser):
    """The form with this `id` on a screen, to be filled in; `fill` refuses a field that is not there.

    Fields and buttons elsewhere on the screen that name the form belong to it.
    """

    def __init__(self, screen: str, id: str = "") -> None:  # noqa: A002 - what HTML calls it
        super().__init__()
        self.fields: dict[str, str] = {}
        self.ticks: set[str] = set()
        self.action = ""
        self._id = id
        self._inside = False
        self._button: tuple[str, str, str] | None = None
        self._buttons: dict[str, tuple[str, str]] = {}
        self._area = ""
        self._select = ""
        self._text = ""
        self.feed(screen)

    def fill(self, **fields: str) -> Form:
        """Write in fields; dots of a name are written as two underscores."""
        for name, text in fields.items():
            self.write(name.replace("__", "."), text)
        return self

    def write(self, name: str, text: str) -> Form:
        """Write in one field, or tick it."""
        assert name in self.fields or name in self.ticks, f"{name} is none of {sorted(self.fields)}"
        if text:
            self.fields[name] = text
        elif name in self.ticks:
            self.fields.pop(name, None)
        else:
            self.fields[name] = ""
        return self

    @property
    def buttons(self) -> set[str]:
        """What can be pressed."""
        return set(self._buttons)

    def press(self, button: str) -> tuple[str, dict[str, str]]:
        """The address and the fields that are sent when a button is pressed, by its words or its value."""
        assert button in self._buttons, f"{button} is none of {sorted(self._buttons)}"
        pressed, place = self._buttons[button]
        name, _, value = pressed.partition("=")
        return place or self.action, {**self.fields, **({name: value} if name else {})}

    def handle_starttag(self, tag: str, found: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in found}
        if tag == "form":
            self._inside = given.get("id", "") == self._id
            self.action = given.get("action", "") if self._inside else self.action
        elif (self._inside and "form" not in given) or (self._id and given.get("form") == self._id):
            self._take(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "textarea" and self._area:
            self.fields[self._area] = self._text.removeprefix("\n")
            self._area = ""
        elif tag == "select":
            self._select = ""
        elif tag == "button" and self._button:
            name, value, place = self._button
            for called in (" ".join(self._text.split()), value):
                self._buttons.setdefault(called, (f"{name}={value}" if name else "", place))
            self._button = None

    def handle_data(self, data: str) -> None:
        self._text += data

    def _take(self, tag: str, given: dict[str, str]) -> None:
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "button":
            self._text = ""
            self._button = None if "disabled" in given else (name, value, given.get("formaction", ""))
        elif tag == "textarea":
            self._area, self._text = name, ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            # A browser sends the first one where none is chosen.
            if "selected" in given or self._select not in self.fields:
                self.fields[self._select] = value
        elif tag == "input" and name and "disabled" not in given:
            self._take_input(given.get("type", "text"), name, given)

    def _take_input(self, kind: str, name: str, given: dict[str, str]) -> None:
        if kind in ("checkbox", "radio"):
            self.ticks.add(name)
            if "checked" in given:
                self.fields[name] = given.get("value", "on")
        else:
            self.fields[name] = given.get("value", "")
