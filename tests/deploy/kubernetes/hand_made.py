"""The Secrets that a person makes: the commands of docs/kubernetes.md, as what they would make."""

import re

from tests.architecture.documents import read_document

# Of Motor, which reads it itself (docs/scaling.md, Connections).
MOTOR_VARIABLES = frozenset({"MOTOR_MAX_WORKERS"})

_COMMAND = re.compile(r"^kubectl create secret (?:generic|tls) (?:.*\\\n)*.*", re.MULTILINE)


def secret_commands() -> list[str]:
    """Return the commands in the document, each in one line."""
    text = read_document("docs/kubernetes.md")
    return [found[0].replace("\\\n", " ") for found in _COMMAND.finditer(text)]


def hand_made_secrets() -> dict[str, set[str]]:
    """Return the keys of every Secret that the document tells to make."""
    secrets: dict[str, set[str]] = {}
    for command in secret_commands():
        kind, name, arguments = re.match(r"kubectl create secret (\w+) ([\w-]+)(.*)", command).groups()  # type: ignore[union-attr]
        keys = set(re.findall(r"--from-(?:literal|file)=([\w.-]+)=", arguments))
        secrets.setdefault(name, set()).update({"tls.crt", "tls.key"} if kind == "tls" else keys)
    return secrets
