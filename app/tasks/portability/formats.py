"""The formats that can be imported: what each is sent as, and what reads it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import BinaryIO

from app.tasks.portability.google_tasks import GoogleTasksSource
from app.tasks.portability.microsoft_todo import MicrosoftTodoSource
from app.tasks.portability.profiles import PortableProfiles
from app.tasks.portability.records import Source
from app.tasks.portability.schemas import FormatName
from app.tasks.portability.taskfleet_csv import TaskfleetCsvSource
from app.tasks.portability.taskfleet_json import TaskfleetSource
from app.tasks.portability.todoist import TodoistSource
from app.tasks.portability.vikunja import VikunjaSource

JSON, CSV = "application/json", "text/csv"


@dataclass(frozen=True, slots=True)
class Context:
    """What readers are given beside the file.

    `list_name` is for formats that do not name the list; `task_quota` is how many tasks an account holds; `timezone`
    is that of the user.
    """

    profiles: PortableProfiles
    list_name: str
    task_quota: int
    timezone: str


@dataclass(frozen=True, slots=True)
class ImportFormat:
    """One format."""

    media_type: str
    open: Callable[[BinaryIO, Context], Source]


FORMATS: Mapping[FormatName, ImportFormat] = MappingProxyType(
    {
        "taskfleet": ImportFormat(JSON, lambda file, context: TaskfleetSource(file, context.profiles)),
        "csv": ImportFormat(CSV, lambda file, _: TaskfleetCsvSource(file)),
        "todoist": ImportFormat(CSV, lambda file, context: TodoistSource(file, context.list_name)),
        "google-tasks": ImportFormat(JSON, lambda file, context: GoogleTasksSource(file, context.task_quota)),
        "microsoft-todo": ImportFormat(
            JSON, lambda file, context: MicrosoftTodoSource(file, context.task_quota, context.timezone)
        ),
        "vikunja": ImportFormat(JSON, lambda file, context: VikunjaSource(file, context.task_quota)),
    }
)
