"""Reading parts of the day: `evening`, `in the evening`, `at night`."""

from datetime import time

from app.tasks.quick_add.days import PartOfDay
from app.tasks.quick_add.found import Found
from app.tasks.quick_add.tokens import Line

# Hours at which people are about what they plan for that part of the day: at work, after lunch, after work, and after
# dinner. A night goes on until those who work early get up; an evening may end just after midnight.
_PARTS = {
    "morning": PartOfDay(time(9), is_after_noon=False),
    "afternoon": PartOfDay(time(14), is_after_noon=True),
    "evening": PartOfDay(time(18), is_after_noon=True, ends_next_day=time(1)),
    "night": PartOfDay(time(20), is_after_noon=True, ends_next_day=time(5)),
}
NIGHT = _PARTS["night"]
# That of an instant, which no other part moves.
WHOLE_DAY = PartOfDay(None, is_after_noon=False)


def read_part_of_day(line: Line, index: int, allowed: str = "") -> Found[PartOfDay] | None:
    """Read `evening`, `in the evening` or `at night` behind a day; the allowed punctuation may part the two."""
    led = read_led_part(line, index)
    if led is not None:
        return led
    part = _PARTS.get(line.next_word(index, allowed))
    return None if part is None or begins_name(line, index) else Found(index + 1, part)


def read_led_part(line: Line, index: int) -> Found[PartOfDay] | None:
    """Read `in the evening` or `at night`, which are clear behind a time, too."""
    words = line.next_word(index), line.next_word(index + 1)
    if words == ("at", "night"):
        return Found(index + 2, NIGHT)
    part = _PARTS.get(line.next_word(index + 2)) if words == ("in", "the") else None
    return None if part is None else Found(index + 3, part)


def begins_name(line: Line, index: int) -> bool:
    """Whether a capital and what goes on behind make the part a name, such as that of Saturday Night Fever."""
    if line.next_word(index) not in _PARTS or not line.tokens[index].text.istitle():
        return False
    following = line.next_word(index + 1)
    is_time = following == "at" or following[:1].isdigit()
    return bool(following) and not is_time and not line.ends_before(index + 1)
