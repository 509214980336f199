"""What can go wrong with an import as a whole."""

from dataclasses import dataclass
from typing import Any

from app.api.paths import API_PREFIX
from app.core.errors import NotFoundError, ProblemError


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something stands: a JSON Pointer (RFC 6901), or a line of a CSV file, counted from one."""

    pointer: str = ""
    line: int | None = None

    def describe(self, detail: str) -> dict[str, Any]:
        """Return an entry for `errors` about this place."""
        line = {} if self.line is None else {"line": self.line}
        return {"pointer": self.pointer, **line, "detail": detail}


class UnreadableFileError(ProblemError):
    """The file cannot be read to its end, so nothing of it is imported."""

    slug = "import-unreadable"
    title = "File cannot be imported"
    status = 422

    def __init__(self, place: Place, detail: str) -> None:
        where = f"Line {place.line}: " if place.line is not None else f"{place.pointer}: " if place.pointer else ""
        super().__init__(f"{where}{detail}", extensions={"errors": [place.describe(detail)]})
        self.place = place
        self.reason = detail


class ImportUnderWayError(ProblemError):
    """The account is busy with an import; `Location` names it."""

    slug = "import-under-way"
    title = "Import under way"
    status = 409

    def __init__(self, import_id: object) -> None:
        headers = {"Location": f"{API_PREFIX}/me/imports/{import_id}"}
        super().__init__("Another import into this account is under way; wait for its end.", headers=headers)


class ImportNotFoundError(NotFoundError):
    """There is no such import, it is forgotten after a day, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__("There is no such import.")
