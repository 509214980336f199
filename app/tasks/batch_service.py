"""The batch: up to a hundred operations under one revision, each with its own result or all or nothing."""

import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ValidationError

from app.api.problems import InvalidInputError, describe_problem
from app.core.errors import ProblemError
from app.data.changes import Change, Changes, Recorder
from app.data.database import Document
from app.tasks.errors import BatchFailedError, BatchTooLargeError, NotAppliedError
from app.tasks.operations import TaskOperations
from app.tasks.representation import represent_task
from app.tasks.schemas import (
    BatchRequest,
    MoveOperation,
    OperationHead,
    OperationName,
    TargetOperation,
    TaskDraft,
    UpdateOperation,
)

_MODELS: Mapping[OperationName, type[BaseModel]] = {
    "create": TaskDraft,
    "update": UpdateOperation,
    "delete": TargetOperation,
    "complete": TargetOperation,
    "reopen": TargetOperation,
    "restore": TargetOperation,
    "move": MoveOperation,
}

# Tasks that were written, or read together with a parent, after which no operation begins; those whose reminders are
# planned anew count twice. The last one may handle 2,000 more: 500 subtasks that change their list and are copied.
# Measured on two busy cores with notes of 2,000 characters: 6,000 take up to 4 s; 10,000 exceed the deadline of a
# transaction (7 s), or what MongoDB's cache holds.
MAX_HANDLED_TASKS = 3_000

Results = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Step:
    """One operation, read as far as it could be."""

    name: OperationName
    content: Any
    error: ProblemError | None = None

    @property
    def is_creation(self) -> bool:
        return self.name == "create" and self.error is None


class BatchService:
    """Runs batches."""

    def __init__(self, changes: Changes, operations: TaskOperations) -> None:
        self._changes = changes
        self._operations = operations

    async def run(
        self,
        user_id: UUID,
        request: BatchRequest,
        recorder: Recorder[Results] | None = None,
        *,
        occasion: Mapping[str, str] = MappingProxyType({}),
    ) -> Results:
        """Return one result an operation, in order; `occasion` are the members that every problem takes on.

        Raises `BatchFailedError` for an atomic batch of which anything failed, and `InvalidInputError` when
        an operation is not known at all.
        """
        steps = [_read_step(index, operation) for index, operation in enumerate(request.operations)]

        async def run(change: Change) -> Results:
            results = [result async for result in self._run_steps(change, steps)]
            for result in results:
                if "problem" in result:
                    result["problem"] = result["problem"] | occasion
            if request.atomic:
                _refuse_failures(results, occasion)
            return results

        return await self._changes.run(user_id, run, recorder, new_tasks=sum(1 for step in steps if step.is_creation))

    async def _run_steps(self, change: Change, steps: Sequence[_Step]) -> AsyncIterator[dict[str, Any]]:
        for is_creation, group in itertools.groupby(steps, key=lambda step: step.is_creation):
            run = list(group)
            if is_creation:
                for result in await self._create(change, [step.content for step in run]):
                    yield result
            else:
                for step in run:
                    yield await self._run_step(change, step)

    async def _create(self, change: Change, drafts: Sequence[TaskDraft]) -> Results:
        """Create neighbours together, which costs one insert for all of them."""
        try:
            created = await self._operations.create(change, drafts)
        except ProblemError as error:
            return [_failure(error) for _ in drafts]
        return [_failure(task) if isinstance(task, ProblemError) else _success(201, task) for task in created]

    async def _run_step(self, change: Change, step: _Step) -> dict[str, Any]:
        if step.error is not None:
            return _failure(step.error)
        try:
            _check_size(change)
            task = await self._apply(change, step)
        except ProblemError as error:
            return _failure(error)
        return {"status": 204, "task": None} if step.name == "delete" else _success(200, task)

    async def _apply(self, change: Change, step: _Step) -> Document:
        operations, content = self._operations, step.content
        match step.name:
            case "update":
                patch = content.model_dump(exclude_unset=True, mode="json", exclude={"id"})
                return await operations.update(change, content.id, patch)
            case "delete":
                return await operations.delete(change, content.id)
            case "complete":
                return await operations.set_status(change, content.id, "done")
            case "reopen":
                return await operations.reopen(change, content.id)
            case "restore":
                return await operations.restore(change, content.id)
            case _:
                return await operations.move(change, content.id, content)


def _read_step(index: int, operation: Mapping[str, Any]) -> _Step:
    try:
        name = OperationHead.model_validate(operation).op
    except ValidationError as error:
        raise InvalidInputError.from_pydantic(error, prefix=f"/operations/{index}") from None
    fields = {key: value for key, value in operation.items() if key != "op"}
    try:
        return _Step(name, _MODELS[name].model_validate(fields))
    except ValidationError as error:
        return _Step(name, None, InvalidInputError.from_pydantic(error, prefix=f"/operations/{index}"))


def _check_size(change: Change) -> None:
    if change.handled_count >= MAX_HANDLED_TASKS:
        raise BatchTooLargeError(
            f"The operations before this one have handled {change.handled_count} tasks, "
            f"and none begins after {MAX_HANDLED_TASKS}; send it in another batch."
        )


def _success(status: int, task: Document) -> dict[str, Any]:
    return {"status": status, "task": represent_task(task)}


def _failure(error: ProblemError) -> dict[str, Any]:
    return {"status": error.status, "problem": describe_problem(error)}


def _refuse_failures(results: Results, occasion: Mapping[str, str]) -> None:
    failed = next((index for index, result in enumerate(results) if "problem" in result), None)
    if failed is None:
        return
    problem = results[failed]["problem"]
    not_applied = _failure(NotAppliedError("Another operation of the batch failed."))
    not_applied["problem"] |= occasion
    told = [result if "problem" in result else not_applied for result in results]
    raise BatchFailedError(failed, problem, told)
