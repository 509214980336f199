"""The JSON text of tasks, remembered by their documents."""

from collections import OrderedDict
from collections.abc import Iterable

from pydantic_core import to_json

from app.data.wire import decode_wire
from app.tasks.representation import represent_task

# Some 11,000 tasks of an ordinary length, or the first pages of 200 users.
_MAX_BYTES = 16_000_000
# What an entry takes besides the bytes of document and text: 180 as CPython 3.11 counts, and what its allocator adds.
_ENTRY_BYTES = 250


class TaskTexts:
    """Renders tasks that are as they travelled (`app.data.wire`), and does so once for those that do not change.

    A task is read by each list that it is in, and again whenever another one of a list has changed. It is remembered
    by its whole document, of which the text is a function, so nothing that is remembered can ever be out of date.
    What was not asked for the longest is forgotten first.
    """

    def __init__(self, max_bytes: int = _MAX_BYTES) -> None:
        self._texts: OrderedDict[bytes, bytes] = OrderedDict()
        self._bytes_left = max_bytes

    def render(self, documents: Iterable[bytes]) -> list[bytes]:
        """Return the JSON texts of tasks, in their order."""
        recall, keep_longer = self._texts.get, self._texts.move_to_end
        texts = []
        for document in documents:
            text = recall(document)
            if text is None:
                text = to_json(represent_task(decode_wire(document)))
                self._remember(document, text)
            else:
                keep_longer(document)
            texts.append(text)
        return texts

    def _remember(self, document: bytes, text: bytes) -> None:
        self._texts[document] = text
        self._bytes_left -= _size(document, text)
        while self._bytes_left < 0:
            self._bytes_left += _size(*self._texts.popitem(last=False))


def _size(document: bytes, text: bytes) -> int:
    return len(document) + len(text) + _ENTRY_BYTES
