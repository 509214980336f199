"""Query parameters read by ourselves: as FastAPI reads them, told from its own reading of the same model."""

from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI, Query
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, create_model

from app.api.problems import install_problem_handlers
from app.api.query_model import QueryModel
from app.api.strict_json import StrictJsonRoute


class Parameters(BaseModel):
    """One of each kind."""

    model_config = ConfigDict(extra="forbid")

    page: Annotated[int, Field(ge=1, description="Begins with 1")]
    colors: Annotated[list[str], Field(description="May be repeated")] = []
    text: Annotated[str, Field(max_length=3)] | None = None
    is_new: bool = False


def make_app() -> FastAPI:
    app = FastAPI()
    app.router.route_class = StrictJsonRoute
    install_problem_handlers(app)
    ours = QueryModel(Parameters)

    @app.get("/theirs")
    async def theirs(parameters: Annotated[Parameters, Query()]) -> Any:
        return parameters

    @app.get("/ours", openapi_extra=ours.openapi)
    async def _ours(parameters: Annotated[Parameters, Depends(ours)]) -> Any:
        return parameters

    return app


APP = make_app()
NAMES = st.sampled_from([*Parameters.model_fields, "unknown", "page ", ""])
VALUES = st.one_of(st.sampled_from(["1", "0", "red", "true", "maybe", "", "null"]), st.text(max_size=5))


async def ask(path: str, query: list[tuple[str, str]]) -> tuple[int, dict[str, Any]]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(APP), base_url="http://test") as client:
        answer = await client.get(path, params=httpx.QueryParams(query))
    told = {name: value for name, value in answer.json().items() if name not in {"instance", "request_id"}}
    return answer.status_code, told


class TestAQuery:
    @pytest.mark.parametrize(
        "query",
        [
            [("page", "2")],
            [("page", "2"), ("colors", "red")],
            [("page", "2"), ("colors", "red"), ("colors", "blue"), ("is_new", "true"), ("text", "")],
            [("page", "2"), ("page", "3")],
            [],
            [("page", "0"), ("text", "much too long"), ("is_new", "maybe")],
            [("page", "1"), ("unknown", "1"), ("unknown", "2")],
        ],
    )
    async def test_is_read_as_fastapi_reads_it(self, query: list[tuple[str, str]]) -> None:
        assert await ask("/ours", query) == await ask("/theirs", query)

    @given(st.lists(st.tuples(NAMES, VALUES), max_size=5))
    async def test_of_any_kind_is_read_as_fastapi_reads_it(self, query: list[tuple[str, str]]) -> None:
        assert await ask("/ours", query) == await ask("/theirs", query)

    async def test_can_be_right_and_wrong(self) -> None:
        """The control: what was compared above were no two failures of the same kind."""
        assert await ask("/ours", [("page", "2"), ("colors", "red")]) == (
            200,
            {"page": 2, "colors": ["red"], "text": None, "is_new": False},
        )
        status, problem = await ask("/ours", [("page", "2"), ("unknown", "1")])
        assert (status, problem["errors"][0]["pointer"]) == (422, "/unknown")


class TestTheDocument:
    def test_tells_of_the_parameters_as_fastapi_does(self) -> None:
        paths = APP.openapi()["paths"]

        assert paths["/ours"]["get"]["parameters"] == paths["/theirs"]["get"]["parameters"]


class TestAModelWithFieldsThatAreNotPlain:
    @pytest.mark.parametrize(
        "field",
        [
            (list[str] | None, None),
            (Parameters | None, None),
            (int, Field(1, alias="p")),
            (int, Field(1, validation_alias="p")),
        ],
        ids=["a list or none", "another model", "alias", "validation alias"],
    )
    def test_is_refused(self, field: Any) -> None:
        with pytest.raises(TypeError, match=r"Odd\.field"):
            QueryModel(create_model("Odd", field=field))
