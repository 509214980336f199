"""What API Gateway of AWS imports as an HTTP API: each route of the API, and the way to the load balancer behind it.

HTTP APIs take OpenAPI 3.0, and leave out bodies, answers and schemas (developer guide, "Use OpenAPI definitions for
HTTP APIs"), so the document has only what is routed by: docs/decisions/0036-workflows-routing-and-api-gateway.md.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

OPENAPI = "3.0.1"

# The service answers within 10 s (docs/api.md); what takes longer than this hangs.
TIMEOUT_MILLISECONDS = 12_000
# Files may take as long as an HTTP API waits at all (developer guide, "Quotas for configuring ... an HTTP API").
LONGEST_MILLISECONDS = 30_000
LONG_OPERATIONS = frozenset({"exportAccount", "importFile", "streamEvents"})

# For orchestrators alone; whoever asks from outside gets the answer of a path that is none.
INTERNAL_PATHS = frozenset({"/livez", "/readyz", "/metrics"})
NO_PATH = "/api/not-found"

_INTEGRATIONS = "x-amazon-apigateway-integrations"
_INTEGRATION = "x-amazon-apigateway-integration"
_ANY_METHOD = "x-amazon-apigateway-any-method"

# A parameter of a path is a whole part of it there.
_PARAMETER = re.compile(r"\{(\w+)\}[^/]*")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LoadBalancer:
    """Where API Gateway finds the service: the VPC link's id, and the ARN of a listener of an ALB or NLB.

    `server_name` is the name in the listener's certificate; without one the listener speaks plain HTTP.
    """

    vpc_link: str
    listener: str
    server_name: str | None = None


def make_gateway_document(document: Mapping[str, Any], load_balancer: LoadBalancer) -> Json:
    """Return what to import for an OpenAPI 3.1 document of the API; the same document gives the same one."""
    return {
        "openapi": OPENAPI,
        "info": {"title": document["info"]["title"], "version": document["info"]["version"]},
        "paths": dict(_paths(document)),
        "components": {_INTEGRATIONS: _integrations(load_balancer)},
        "x-amazon-apigateway-importexport-version": "1.0",
    }


def _paths(document: Mapping[str, Any]) -> Iterator[tuple[str, Json]]:
    for path, item in document["paths"].items():
        if path not in INTERNAL_PATHS:
            yield _PARAMETER.sub(r"{\1}", path), {method: _operation(each) for method, each in item.items()}
    for path in sorted(INTERNAL_PATHS):
        yield path, {_ANY_METHOD: _routed("refused")}
    # The browser app, HEAD, and whatever the service refuses in its own words.
    yield "/$default", {_ANY_METHOD: {"isDefaultRoute": True, **_routed("service")}}


def _operation(operation: Mapping[str, Any]) -> Json:
    parameters = [
        {"name": parameter["name"], "in": "path", "required": True, "schema": {"type": "string"}}
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "path"
    ]
    operation_id: str = operation["operationId"]
    return {
        "operationId": operation_id,
        "summary": operation["summary"],
        **({"parameters": parameters} if parameters else {}),
        **_routed("long" if operation_id in LONG_OPERATIONS else "service"),
    }


def _routed(integration: str) -> Json:
    return {
        "responses": {"default": {"description": "As the service answers"}},
        _INTEGRATION: {"$ref": f"#/components/{_INTEGRATIONS}/{integration}"},
    }


def _integrations(load_balancer: LoadBalancer) -> Json:
    """Three ways to the same listener, which all routes share: an HTTP API has 300 at most."""
    common: Json = {
        "type": "http_proxy",
        "httpMethod": "ANY",
        "uri": load_balancer.listener,
        "connectionType": "VPC_LINK",
        "connectionId": load_balancer.vpc_link,
        "payloadFormatVersion": "1.0",
    }
    if load_balancer.server_name is not None:
        common["tlsConfig"] = {"serverNameToVerify": load_balancer.server_name}
    return {
        "service": {**common, "timeoutInMillis": TIMEOUT_MILLISECONDS},
        "long": {**common, "timeoutInMillis": LONGEST_MILLISECONDS},
        "refused": {
            **common,
            "timeoutInMillis": TIMEOUT_MILLISECONDS,
            "requestParameters": {"overwrite:path": NO_PATH},
        },
    }
