"""The shapes of quick add."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas import StrictModel
from app.tasks.quick_add.reading import Kind
from app.tasks.schemas import TaskDraft, TaskOut, Title

_EXAMPLE = "Pay rent tomorrow 9am #home !high"


class QuickAddRequest(StrictModel):
    """A line of English that says what is to be done, and perhaps when, where and how often."""

    text: Annotated[Title, Field(description="docs/quick-add.md says what is understood", examples=[_EXAMPLE])]
    preview: Annotated[bool, Field(description="Answer what the task would be, and write nothing")] = False


class UnderstoodPart(BaseModel):
    """A part that was understood. Places are counted in Unicode code points of the text as it was sent."""

    kind: Kind
    start: Annotated[int, Field(ge=0, description="Where the part begins", examples=[9])]
    end: Annotated[int, Field(ge=1, description="Where it has ended: one behind its last code point", examples=[17])]


class QuickDraft(TaskDraft):
    """The fields that the task would have, and its owner could write."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class QuickAddAnswer(BaseModel):
    """The new task, and what of the text became something else than its title."""

    task: TaskOut
    understood: list[UnderstoodPart]


class QuickAddPreview(BaseModel):
    """The same for a task that was not made."""

    task: QuickDraft
    understood: list[UnderstoodPart]
