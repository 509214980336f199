"""How the bytes of a file begin: which encoding they are in, and where its text starts."""

import codecs
from typing import BinaryIO

from app.tasks.portability.errors import Place, UnreadableFileError

_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
# The longest mark, or as many bytes as show that every second one is empty.
_HEAD_BYTES = 4

# Ten times what an account holds by default: reading on would only take time from others.
MAX_ITEMS = 1_000_000
TOO_MANY_ITEMS = f"The file holds more than {MAX_ITEMS:,} items."


def begin_text(file: BinaryIO, place: Place) -> None:
    """Put the file where its text begins, behind a byte order mark. Raises `UnreadableFileError`."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    if not head:
        raise UnreadableFileError(place, "The file is empty.")
    if head.startswith(_WIDE_MARKS) or b"\x00" in head:
        raise UnreadableFileError(place, "The file is in UTF-16 or UTF-32; save it as UTF-8.")
    file.seek(len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0)
