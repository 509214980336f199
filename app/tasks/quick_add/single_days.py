"""Reading a day in whatever words it is said."""

from collections.abc import Callable
from datetime import datetime

from app.tasks.quick_add.days import Day
from app.tasks.quick_add.found import Found
from app.tasks.quick_add.month_days import read_named_month, read_numeric
from app.tasks.quick_add.named_days import (
    read_day_of_month,
    read_distance,
    read_end_of_unit,
    read_near_day,
    read_next_unit,
    read_weekday,
    read_weekend,
)
from app.tasks.quick_add.tokens import Line

_READERS: tuple[Callable[[Line, int, datetime], Found[Day] | None], ...] = (
    read_near_day,
    read_weekday,
    read_weekend,
    read_next_unit,
    read_distance,
    read_named_month,
    read_numeric,
    read_end_of_unit,
    read_day_of_month,
)


def read_single_day(line: Line, index: int, now: datetime) -> Found[Day] | None:
    """Read one day that begins exactly here, however sure it is."""
    return next((found for read in _READERS if (found := read(line, index, now))), None)
