"""Operations: the metrics, where they have no port of their own; for Prometheus rather than the public."""

from fastapi import APIRouter, Request, Response

from app.api.limited_routes import exempt_from_limits
from app.core.metrics import CONTENT_TYPE, Metrics

router = APIRouter(tags=["operations"])


@router.get(
    "/metrics",
    operation_id="getMetrics",
    summary="Metrics in Prometheus' text format",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}, "description": "The metrics of this process"}},
)
@exempt_from_limits("asked by Prometheus; a gap in the metrics would hide what goes on")
async def get_metrics(request: Request) -> Response:
    """Counts and times of this process since its start."""
    metrics: Metrics = request.app.state.metrics
    return Response(await metrics.render_beside_others(), media_type=CONTENT_TYPE)
