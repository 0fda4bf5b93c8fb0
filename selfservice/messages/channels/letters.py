"""E-mails as they travel (RFC 5322): headers that nobody can add to, plain text and HTML beside each other; pure."""

from __future__ import annotations

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from selfservice.messages.channels.contract import Email, Refused

# Seven bits everywhere: no server on the way has to know more.
_POLICY = SMTP.clone(cte_type="7bit")
_ADDRESS = re.compile(r"([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64})@([^@\s<>\"(),:;\\\[\]\x00-\x20\x7f]{1,253})")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_LONGEST_SUBJECT = 200
_LONGEST_NAME = 80


def write(email: Email, *, id: str, to: str, sender: str, at: datetime) -> bytes:  # noqa: A002 - the contract's word
    """One e-mail from the address `sender` to the address `to`, ready for DATA; raises Refused for an address.

    Its Message-ID holds our id, so a bounce and a provider's log name it, and who gets it twice can tell.
    """
    letter = EmailMessage(policy=_POLICY)
    letter["From"] = Address(_line(email.sender_name, _LONGEST_NAME), addr_spec=sender)
    letter["To"] = Address(addr_spec=clean_address(to))
    letter["Subject"] = _line(email.subject, _LONGEST_SUBJECT)
    letter["Date"] = at
    letter["Message-ID"] = message_id(id, sender)
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's out-of-office note answers it.
    if email.unsubscribe_url:
        letter["List-Unsubscribe"] = f"<{_line(email.unsubscribe_url, 2000)}>"
        letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    letter.set_content(email.text)
    letter.add_alternative(email.html, subtype="html")
    return letter.as_bytes()


def message_id(id: str, sender: str) -> str:  # noqa: A002 - the contract's word
    """What an e-mail is called everywhere: our id at the sender's host."""
    return f"<{id}@{sender.rpartition('@')[2]}>"


def clean_address(text: str) -> str:
    """An address as it stands in a header and in a command, its host in ASCII (IDNA); raises Refused."""
    found = _ADDRESS.fullmatch(text)
    if found is not None:
        try:
            host = found[2].encode("idna").decode()
        except UnicodeError:
            host = ""
        labels = host.split(".")
        if len(labels) > 1 and all(map(_LABEL.fullmatch, labels)) and _is_dotted(found[1]):
            return f"{found[1]}@{host}"
    raise Refused("The e-mail address cannot be written to: it has letters that no header may hold.", permanent=True)


def _is_dotted(local: str) -> bool:
    return not local.startswith(".") and not local.endswith(".") and ".." not in local


def _line(text: str, longest: int) -> str:
    """One line without anything that could end it."""
    kept = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(kept.split())[:longest]
