"""Example values for requests, taken from the schemas of an OpenAPI document."""

import json
from collections.abc import Mapping
from typing import Any

_BY_TYPE: Mapping[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False, "array": []}


class Examples:
    """Finds an example for a schema: what the schema gives as one, or the least that it requires."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._schemas: Mapping[str, Any] = document["components"]["schemas"]

    def body(self, content: Mapping[str, Any]) -> str:
        """Return the text of a request body for a media type object."""
        value = content["example"] if "example" in content else self.value(content["schema"])
        return json.dumps(value, indent=2, ensure_ascii=False)

    def as_text(self, schema: Mapping[str, Any]) -> str:
        """Return an example for a query parameter."""
        value = self.value(schema)
        if isinstance(value, list):
            return ",".join(map(str, value))
        return value if isinstance(value, str) else json.dumps(value)

    def value(self, schema: Mapping[str, Any]) -> Any:
        """Return an example; null where that will do, because what an example names is nobody's."""
        if "$ref" in schema:
            return self.value(self._schemas[schema["$ref"].rpartition("/")[2]])
        for known in ("const", "default"):
            if known in schema:
                return schema[known]
        for several in ("examples", "enum"):
            if schema.get(several):
                return schema[several][0]
        if "anyOf" in schema:
            choices = schema["anyOf"]
            return None if {"type": "null"} in choices else self.value(choices[0])
        if schema.get("type") == "object":
            return self._members(schema)
        return _BY_TYPE.get(schema.get("type", ""))

    def _members(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        properties: Mapping[str, Any] = schema.get("properties", {})
        names = schema.get("required") or self._first_with_example(properties)
        return {name: self._given(properties[name]) for name in names}

    def _first_with_example(self, properties: Mapping[str, Any]) -> list[str]:
        return next(([name] for name, schema in properties.items() if self._given(schema) is not None), [])

    def _given(self, schema: Mapping[str, Any]) -> Any:
        """An example of a member; unlike elsewhere, one that could be null and has an example is shown with it."""
        for choice in schema.get("anyOf", ()):
            if choice.get("examples") and choice.get("format") != "uuid":
                return choice["examples"][0]
        return self.value(schema)
