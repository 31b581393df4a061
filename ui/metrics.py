"""What Prometheus asks for: sessions, answers, trainings and memory, on a page for operators.

It takes the place of Streamlit's own, which anybody may read and which walks through all sessions
and caches every time.
"""

import hmac

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.runtime import Runtime
from streamlit.runtime.stats import GaugeStat

from icl_core.settings import settings

PATH = "/_stcore/metrics"
BUCKETS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0)
NONE = "There is no such page here: ICL_METRICS_TOKEN opens it (docs/operators.md)."
REFUSED = "This page is for whoever sends ICL_METRICS_TOKEN: Authorization: Bearer TOKEN."

# Not the library's own registry, which refuses modules that Streamlit reloads.
METRICS = CollectorRegistry()
ProcessCollector(registry=METRICS)
GCCollector(registry=METRICS)
ANSWER_SECONDS = Histogram(
    "icl_answer_seconds",
    "Seconds of an answer: one run of a page or of a part of it.",
    buckets=BUCKETS,
    registry=METRICS,
)
GIVEN_UP = Counter(
    "icl_answers_given_up", "Answers that took longer than ICL_ANSWER_SECONDS.", registry=METRICS
)
SESSIONS = Gauge("icl_sessions", "Open pages that are connected.", registry=METRICS)
TRAININGS = Gauge(
    "icl_trainings", "Trainings that this server knows, by status.", ["status"], registry=METRICS
)


def _sessions() -> int:
    found = Runtime.instance().stats_mgr.get_stats(family_names=["active_sessions"])
    known = [stat for stats in found.values() for stat in stats if isinstance(stat, GaugeStat)]
    return sum(stat.value for stat in known)


SESSIONS.set_function(_sessions)


class Metrics:
    """ASGI middleware that answers by the metrics whoever knows ICL_METRICS_TOKEN."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self.app
        if scope["type"] == "http" and scope["path"].endswith(PATH):
            app = answer(dict(scope["headers"]).get(b"authorization", b""))
        await app(scope, receive, send)


def answer(authorization: bytes) -> Response:
    """The page, or the sentence that says why not."""
    token = settings().metrics_token
    if not token:
        return PlainTextResponse(NONE, 404)
    if not hmac.compare_digest(authorization, f"Bearer {token}".encode()):
        return PlainTextResponse(REFUSED, 401, {"www-authenticate": "Bearer"})
    headers = {"cache-control": "no-store", "content-type": CONTENT_TYPE_LATEST}
    return Response(generate_latest(METRICS), headers=headers)
