"""E-mail addresses in the one form in which they are compared and stored."""

import re
import unicodedata

# RFC 5321, sections 4.5.3.1.1 and 4.5.3.1.3, with RFC 3696's erratum 1690 for the whole.
_MAX_LOCAL_LENGTH = 64
_MAX_LENGTH = 254

# The unquoted form of RFC 5322, section 3.4.1, opened to letters of every script (RFC 6531).
_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"({_LABEL}\.)+{_LABEL}")


def normalise_email(text: str) -> str:
    """Return the address trimmed, in lower case, its domain in ASCII. Raises `ValueError` for anything else.

    Mailboxes that differ only in case or in Unicode's compatibility forms are taken for the same, so that
    no look-alike of an address makes a second account.
    """
    local, _, domain = fold_address(text).rpartition("@")
    if not _LOCAL.fullmatch(local) or len(local) > _MAX_LOCAL_LENGTH:
        raise ValueError("must be an e-mail address")
    address = f"{local}@{_to_ascii(domain)}"
    if len(address) > _MAX_LENGTH:
        raise ValueError("must be an e-mail address")
    return address


def fold_address(text: str) -> str:
    """Return an address, or a part of one, as `normalise_email` has it ahead of the domain's ASCII form."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text.strip()).lower())


def _to_ascii(domain: str) -> str:
    try:
        ascii_domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        ascii_domain = ""
    if not _DOMAIN.fullmatch(ascii_domain):
        raise ValueError("must be an e-mail address")
    return ascii_domain
