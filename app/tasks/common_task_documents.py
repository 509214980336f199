"""Common tasks in memory: how they are answered, changed and told of in the audit."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from app.api.merge_patch import apply_merge_patch
from app.api.problems import InvalidInputError
from app.core.clock import format_instant
from app.core.errors import NotFoundError
from app.data.database import Document
from app.tasks.common_task_schemas import CommonTaskDraft, CommonTaskPatch

# What a copy takes over.
EDITABLE_FIELDS = tuple(CommonTaskDraft.model_fields)


class CommonTaskNotFoundError(NotFoundError):
    """There is no such common task, or it was deleted."""

    def __init__(self) -> None:
        super().__init__("There is no such common task.")


def represent_common_task(document: Document) -> dict[str, Any]:
    """Return the JSON members of a common task."""
    return {
        "id": str(document["_id"]),
        **{name: document[name] for name in (*EDITABLE_FIELDS, "position")},
        "created_at": format_instant(document["created_at"]),
        "updated_at": format_instant(document["updated_at"]),
        "revision": document["revision"],
    }


def merge_common_task(document: Document, patch: Mapping[str, Any]) -> Document:
    """Return a copy that a merge patch was applied to. Raises `InvalidInputError`."""
    editable = {name: document[name] for name in CommonTaskPatch.model_fields}
    merged = apply_merge_patch(editable, dict(patch))
    position = merged.pop("position", document["position"])
    try:
        draft = CommonTaskDraft.model_validate(merged)
    except ValidationError as error:
        raise InvalidInputError.from_pydantic(error) from None
    return {**document, **draft.model_dump(), "position": position}


def describe_change(before: Document | None, after: Document | None) -> tuple[Document | None, Document | None]:
    """Return what the audit keeps of both states: the members that differ, or all of a new or deleted one."""
    names = [
        name
        for name in (*EDITABLE_FIELDS, "position")
        if before is None or after is None or before[name] != after[name]
    ]
    return _pick(before, names), _pick(after, names)


def _pick(document: Document | None, names: list[str]) -> Document | None:
    return None if document is None else {name: document[name] for name in names}
