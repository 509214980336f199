"""What may be told of an event in a report to Sentry, and of an exception in the log: what is known to be harmless.

Text that is put together at run time may hold a task, an address or a token, so most of it stays here: a report has
the kind of an exception and where it was raised, with the lines of our code that were at work.
"""

import re
from collections.abc import Mapping
from typing import Any

from app.core.secret_paths import hide_secrets

HIDDEN = "[hidden]"

_EVENT_FIELDS = frozenset(
    {
        *("event_id", "timestamp", "start_timestamp", "platform", "level", "type", "release", "environment"),
        *("server_name", "sdk", "modules", "logger", "transaction", "transaction_info"),
    }
)
_FRAME_FIELDS = frozenset(
    {
        *("filename", "abs_path", "module", "function", "lineno", "in_app"),
        *("pre_context", "context_line", "post_context"),
    }
)
_TRACE_FIELDS = frozenset({"trace_id", "span_id", "parent_span_id", "op", "status", "origin"})
_SPAN_FIELDS = _TRACE_FIELDS | {"start_timestamp", "timestamp", "same_process_as_parent"}
_BREADCRUMB_FIELDS = frozenset({"type", "category", "level", "timestamp", "message"})
_TAGS = frozenset({"request_id", "trace_id", "http.status_code", "status", "event", "logger"})
# Without their numbers Sentry takes the members of a group, and its causes, for one chain.
_MECHANISM_FIELDS = frozenset({"type", "handled", "exception_id", "parent_id", "is_exception_group", "source"})

# Spans whose description is ours: a command and a collection.
DATABASE_SPAN = "db"
# Exceptions whose text tells of servers and of the language: of nobody's data.
_PLAIN_EXCEPTIONS = frozenset(
    {
        *("AttributeError", "ImportError", "ModuleNotFoundError", "NameError", "UnboundLocalError"),
        *("RecursionError", "ZeroDivisionError", "MemoryError", "TimeoutError", "gaierror"),
        *("ConnectionError", "ConnectionRefusedError", "ConnectionResetError", "BrokenPipeError"),
        *("AutoReconnect", "NetworkTimeout", "NotPrimaryError", "ServerSelectionTimeoutError"),
    }
)

# What MongoDB's driver puts behind the text of an error: the server's number for it, which quotes nobody.
_SERVER_CODE = re.compile(r", full error: .*?'code': (\d+)", re.DOTALL)

# What is left is text of ours or of such exceptions; these would be secrets all the same.
_SECRETS = (
    re.compile(r"eyJ[\w-]+\.[\w-]+(?:\.[\w-]+)?"),  # a JSON Web Token (RFC 7519), whose header begins with `{"`
    re.compile(r"tf_[0-9A-Za-z]+"),  # a personal token, also a part of one
    re.compile(r"(?i)\b(?:bearer|basic)\s+\S+"),
    re.compile(r"(?<=://)[^\s/@]+(?=@)"),  # who signs in at an address, and with what
    re.compile(r"[^\s@<>\"'=:,;()\[\]]+@[\w-]+(?:\.[\w-]+)+"),  # an e-mail address
)


def clean_text(text: str) -> str:
    """Return text without what looks like a secret or an e-mail address."""
    for secret in _SECRETS:
        text = secret.sub(HIDDEN, text)
    return hide_secrets(text)


def clean_exception_text(kind: str, text: str) -> str:
    """Return what may be told of the text of an exception of a kind (the name of its class)."""
    if kind in _PLAIN_EXCEPTIONS:
        return clean_text(text)
    code = _SERVER_CODE.search(text)
    return HIDDEN if code is None else f"{HIDDEN}, code {code[1]}"


def clean_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may be told of an event: an error, or the course of a request."""
    cleaned = _pick(event, _EVENT_FIELDS)
    if "exception" in event:
        cleaned["exception"] = {"values": [_clean_exception(value) for value in _values(event["exception"])]}
    if "breadcrumbs" in event:
        cleaned["breadcrumbs"] = {"values": [clean_breadcrumb(value) for value in _values(event["breadcrumbs"])]}
    if "message" in event:
        cleaned["message"] = clean_text(str(event["message"]))
    contexts = event.get("contexts") or {}
    cleaned["contexts"] = {"trace": _pick(contexts.get("trace") or {}, _TRACE_FIELDS)}
    if "runtime" in contexts:
        cleaned["contexts"]["runtime"] = contexts["runtime"]
    if "spans" in event:
        cleaned["spans"] = [_clean_span(span) for span in event["spans"]]
    cleaned["tags"] = {name: clean_text(str(tag)) for name, tag in _pick(event.get("tags") or {}, _TAGS).items()}
    return cleaned


def clean_breadcrumb(breadcrumb: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may be told of something that went before."""
    cleaned = _pick(breadcrumb, _BREADCRUMB_FIELDS)
    if "message" in cleaned:
        cleaned["message"] = clean_text(str(cleaned["message"]))
    return cleaned


def _clean_exception(value: Mapping[str, Any]) -> dict[str, Any]:
    cleaned = _pick(value, frozenset({"type", "module"}))
    cleaned["value"] = clean_exception_text(str(value.get("type")), str(value.get("value") or ""))
    cleaned["mechanism"] = _pick(value.get("mechanism") or {}, _MECHANISM_FIELDS)
    frames = (value.get("stacktrace") or {}).get("frames") or ()
    cleaned["stacktrace"] = {"frames": [_pick(frame, _FRAME_FIELDS) for frame in frames]}
    return cleaned


def _clean_span(span: Mapping[str, Any]) -> dict[str, Any]:
    cleaned = _pick(span, _SPAN_FIELDS)
    if span.get("op") == DATABASE_SPAN:
        cleaned["description"] = span.get("description")
    return cleaned


def _pick(fields: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name in names}


def _values(listed: Any) -> list[Mapping[str, Any]]:
    """The members of a list, which the protocol wraps in an object at some places."""
    return list(listed["values"] if isinstance(listed, Mapping) else listed)
