"""Which metrics and labels an expression of PromQL names; whether it is valid is for promtool to say."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# https://prometheus.io/docs/prometheus/latest/querying/operators/: words that are neither metrics nor functions.
_WORDS = frozenset({"and", "or", "unless", "bool", "offset", "inf", "nan"})
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
# A string is skipped as a whole; a name before a parenthesis is a function, and one in digits a duration or a number.
_TOKEN = re.compile(
    r"""(?P<text>"(?:\\.|[^"\\])*")|(?P<range>\[[^\]]*\])|(?P<number>\d[\w.]*)
    |(?P<name>[A-Za-z_:][\w:]*)\s*(?P<after>[({]?)""",
    re.VERBOSE,
)
_MATCHER = re.compile(r'\s*(\w+)\s*(=~|!~|!=|=)\s*("(?:\\.|[^"\\])*")\s*,?')

# What Grafana puts into expressions, and something of the same kind.
_VARIABLES = {"$__rate_interval": "5m", "$__range": "1h", "$__interval": "1m"}
_OWN_VARIABLE = re.compile(r"\$\{?\w+(?::\w+)?\}?")


@dataclass(frozen=True)
class Selector:
    """A metric and its matchers: (label, operator, value)."""

    metric: str
    matchers: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Names:
    """What an expression names: metrics with their matchers, and the labels that it groups or joins by."""

    selectors: tuple[Selector, ...]
    grouping_labels: frozenset[str]


def names_in(expression: str) -> Names:
    """Return what an expression names. Raises `ValueError` for a selector without a metric or a broken one."""
    labels = frozenset(
        label.strip() for group in _GROUPING.findall(expression) for label in group.split(",") if label.strip()
    )
    return Names(tuple(_selectors(_GROUPING.sub(" ", expression))), labels)


def _selectors(expression: str) -> Iterator[Selector]:
    position = 0
    while position < len(expression):
        token = _TOKEN.match(expression, position)
        if token is None:
            if expression[position] == "{":
                raise ValueError(f"a selector without a metric: {expression[position:]}")
            position += 1
            continue
        position = token.end()
        name, after = token["name"], token["after"]
        if name is None or after == "(" or name.lower() in _WORDS:
            position -= len(after or "")
        elif after == "{":
            matchers, position = _matchers(expression, position)
            yield Selector(name, matchers)
        else:
            yield Selector(name, ())


def _matchers(expression: str, position: int) -> tuple[tuple[tuple[str, str, str], ...], int]:
    """Return the matchers that begin here, and where the expression goes on behind their brace."""
    found = []
    while (matcher := _MATCHER.match(expression, position)) is not None:
        found.append((matcher[1], matcher[2], matcher[3][1:-1]))
        position = matcher.end()
    end = expression.find("}", position)
    if end < 0 or expression[position:end].strip():
        raise ValueError(f"a broken selector: {expression[position:]}")
    return tuple(found), end + 1


def without_variables(expression: str, values: Mapping[str, str] | None = None) -> str:
    """Return an expression of a dashboard as Grafana would send it; its own variables match everything."""
    for variable, value in {**_VARIABLES, **(values or {})}.items():
        expression = expression.replace(variable, value)
    return _OWN_VARIABLE.sub(".*", expression)
