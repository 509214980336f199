"""The Postman collection (format 2.1.0) of the API, made from its OpenAPI document."""

import itertools
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.api.postman_examples import Examples
from app.api.postman_special import BY_HAND, ENDS_THE_SESSION, Special, special_of

FORMAT = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"

_DESCRIPTION = """Every operation of the Taskfleet API, made from its OpenAPI document.

With a local stack nothing needs to be set: a request without `access_token` first signs in as `email`. Elsewhere put
a personal token into `access_token`. What an answer names (a new task, a list) is kept in the variable that the path
parameters of other requests are taken from, so that the folders can be run from top to bottom; "By hand" holds what
needs a browser or never ends.
"""

_BY_HAND_FOLDER = "By hand"
_LAST_FOLDER = "Ending"

_PARAMETER = re.compile(r"\{(\w+)\}")
# The order within a folder: what makes a thing comes before what reads it, and what takes it away comes last.
_METHOD_ORDER = {"post": 0, "get": 1, "patch": 2, "delete": 4}
_ACTION_ORDER = 3

Operation = Mapping[str, Any]

# Signs in ahead of a request that would have no token; the local profile believes who one says one is.
_SIGN_IN = """
if (!pm.variables.get("access_token")) {
  pm.sendRequest({
    url: pm.variables.replaceIn("{{base_url}}/api/v1/auth/dev/login"),
    method: "POST",
    header: {"Content-Type": "application/json"},
    body: {mode: "raw", raw: JSON.stringify({email: pm.variables.get("email")})},
  }, (error, response) => {
    if (!error && response.code === 200) {
      pm.collectionVariables.set("access_token", response.json().access_token);
      pm.collectionVariables.set("refresh_token", response.json().refresh_token);
    }
  });
}
"""


def make_collection(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the collection of an OpenAPI 3.1 document; the same document gives the same collection."""
    requests = [
        _Request(document, path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    names = dict.fromkeys(name for request in requests for name in _PARAMETER.findall(request.path))
    return {
        "info": {
            "_postman_id": str(uuid.uuid5(uuid.NAMESPACE_URL, FORMAT)),
            "name": document["info"]["title"],
            "description": _DESCRIPTION,
            "schema": FORMAT,
        },
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{access_token}}", "type": "string"}]},
        "event": [_script("prerequest", _SIGN_IN)],
        "variable": [
            {"key": "base_url", "value": "http://127.0.0.1:8000"},
            {"key": "email", "value": "ada@example.org"},
            *({"key": name, "value": ""} for name in ("access_token", "refresh_token", *names)),
        ],
        "item": [
            {"name": name, "description": description, "item": [request.to_item() for request in folder]}
            for name, description, folder in _sort_into_folders(document, requests)
            if folder
        ],
    }


class _Request:
    """One operation on its way to a request."""

    def __init__(self, document: Mapping[str, Any], path: str, method: str, operation: Operation) -> None:
        self._document = document
        self._examples = Examples(document)
        self.path = path
        self.method = method
        self.operation = operation
        self.operation_id: str = operation["operationId"]
        self.special: Special = special_of(self.operation_id)

    @property
    def folder(self) -> str:
        if self.operation_id in BY_HAND:
            return _BY_HAND_FOLDER
        if self.operation_id in ENDS_THE_SESSION:
            return _LAST_FOLDER
        tag: str = self.operation["tags"][0]
        return tag

    @property
    def order(self) -> tuple[int, int, int]:
        """Its place within a folder."""
        is_action = self.method == "post" and "{" in self.path
        return self.special.order, _ACTION_ORDER if is_action else _METHOD_ORDER[self.method], len(self.path)

    def to_item(self) -> dict[str, Any]:
        """Return it in Postman's form."""
        item: dict[str, Any] = {
            "name": self.operation["summary"],
            "request": {
                "method": self.method.upper(),
                "description": self._describe(),
                "header": self._headers(),
                "url": self._url(),
            },
            "event": [_script("test", "\n".join(self._tests()))],
        }
        if self.special.before is not None:
            item["event"].append(_script("prerequest", self.special.before))
        if not self.operation.get("security"):
            item["request"]["auth"] = {"type": "noauth"}
        if (body := self._body()) is not None:
            item["request"]["body"] = {
                "mode": "raw",
                "raw": body,
                "options": {"raw": {"language": "json"}},
            }
        return item

    def _describe(self) -> str:
        reason = BY_HAND.get(self.operation_id)
        return "\n\n".join(filter(None, (self.operation.get("description"), reason)))

    def _parameters(self, place: str) -> Iterable[Mapping[str, Any]]:
        return (parameter for parameter in self.operation.get("parameters", ()) if parameter["in"] == place)

    def _headers(self) -> list[dict[str, Any]]:
        headers: list[dict[str, Any]] = [
            {
                "key": "-".join(part.capitalize() for part in parameter["name"].split("-")),
                "value": "{{$guid}}" if parameter["name"] == "idempotency-key" else "",
                "description": parameter.get("description", ""),
                "disabled": True,
            }
            for parameter in self._parameters("header")
        ]
        if self._body() is not None:
            headers.append({"key": "Content-Type", "value": self._media_type()})
        return headers

    def _url(self) -> dict[str, Any]:
        segments = self.path.removeprefix("/").split("/")
        path = [_PARAMETER.sub(lambda match: f"{{{{{match[1]}}}}}", segment) for segment in segments]
        query = [
            {
                "key": parameter["name"],
                "value": self.special.query.get(parameter["name"], self._examples.as_text(parameter["schema"])),
                "description": parameter.get("description", ""),
                "disabled": parameter["name"] not in self.special.query,
            }
            for parameter in self._parameters("query")
        ]
        used = "&".join(f"{part['key']}={part['value']}" for part in query if not part["disabled"])
        raw = "{{base_url}}/" + "/".join(path) + (f"?{used}" if used else "")
        return {"raw": raw, "host": ["{{base_url}}"], "path": path, **({"query": query} if query else {})}

    def _media_type(self) -> str:
        content: Mapping[str, Any] = self.operation["requestBody"]["content"]
        return "application/json" if "application/json" in content else next(iter(content))

    def _body(self) -> str | None:
        if "requestBody" not in self.operation:
            return None
        if self.special.body is not None:
            return self.special.body
        return self._examples.body(self.operation["requestBody"]["content"][self._media_type()])

    def _tests(self) -> Iterable[str]:
        codes = [int(code) for code in self.operation["responses"] if code.startswith("2")]
        name = f"answers {' or '.join(map(str, codes))}"
        yield f'pm.test("{name}", () => pm.expect(pm.response.code).to.be.oneOf({codes}));'
        for name, value in itertools.chain(self._captures(), self.special.captures.items()):
            yield f'if (pm.response.code < 300) {{ pm.collectionVariables.set("{name}", {value}); }}'
        if self.operation_id in ENDS_THE_SESSION:
            yield 'pm.collectionVariables.set("access_token", "");'

    def _captures(self) -> Iterable[tuple[str, str]]:
        """The variables that later requests take from this answer: a new thing's id, or that of the first listed."""
        child = re.compile(re.escape(self.path) + r"/\{(\w+)\}")
        for path in self._document["paths"]:
            if match := child.fullmatch(path):
                if self.method == "post":
                    yield match[1], "pm.response.json().id"
                elif self.method == "get" and "post" not in self._document["paths"][self.path]:
                    yield match[1], "pm.response.json().items[0].id"


def _sort_into_folders(
    document: Mapping[str, Any], requests: Sequence[_Request]
) -> Iterable[tuple[str, str, list[_Request]]]:
    """Yield the folders by tag as the document has them, then what ends the session, then what is done by hand."""
    described = [(tag["name"], tag["description"]) for tag in document["tags"]]
    last = [
        (_LAST_FOLDER, "What signs out, and what erases the account."),
        (_BY_HAND_FOLDER, "What needs a browser or never ends."),
    ]
    for name, description in [*described, *last]:
        folder = [request for request in requests if request.folder == name]
        yield name, description, sorted(folder, key=lambda request: request.order)


def _script(occasion: str, source: str) -> dict[str, Any]:
    return {"listen": occasion, "script": {"type": "text/javascript", "exec": source.strip().splitlines()}}
