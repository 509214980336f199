"""What can go wrong with tasks and lists."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.core.errors import NotFoundError, ProblemError, ValidationProblemError


class TaskNotFoundError(NotFoundError):
    """There is no such task, it is in the trash, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__("There is no such task.")


class ListNotFoundError(NotFoundError):
    """There is no such list, it was deleted, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__("There is no such list.")


class QuotaExceededError(ProblemError):
    """The account holds as much as it may."""

    slug = "quota-exceeded"
    title = "Quota exceeded"
    status = 409


class NoTitleLeftError(ValidationProblemError):
    """All of a line of quick add was understood, so that nothing is left to be done."""

    def __init__(self, understood: Sequence[Mapping[str, Any]]) -> None:
        """`understood` are the parts of the text, which the problem tells as an answer would."""
        super().__init__(
            "/text",
            "All of the text was understood as a date, a label or the like, and nothing is left for the title; "
            "say what is to be done, in quotation marks if need be.",
        )
        self.extensions["understood"] = list(understood)


class BatchFailedError(ProblemError):
    """An atomic batch was refused as a whole, because of one operation; the problem carries all results."""

    slug = "batch-failed"
    title = "Batch failed"
    status = 422

    def __init__(self, failed_index: int, problem: Mapping[str, Any], results: Sequence[dict[str, Any]]) -> None:
        """`problem` is that of the operation that failed, whose status and validation errors this one takes on."""
        self.status = problem["status"]  # type: ignore[misc]  # fixed a class for all others
        errors = {"errors": problem["errors"]} if "errors" in problem else {}
        super().__init__(
            f"Operation {failed_index} failed, so nothing was changed: {problem['detail']}",
            extensions={**errors, "results": list(results)},
        )


class BatchTooLargeError(ProblemError):
    """The operations of a batch so far have done as much as one batch may do."""

    slug = "batch-too-large"
    title = "Batch too large"
    status = 409


class NotAppliedError(ProblemError):
    """An operation of an atomic batch that was not carried out because another one failed."""

    slug = "not-applied"
    title = "Not applied"
    status = 424
