"""The health check that Docker, Kubernetes and load balancers ask for tells of stuck answers."""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.watchdog import trouble

PATH = "/_stcore/health"


class Health:
    """ASGI middleware that answers Streamlit's health check by 503 while something is stuck."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self.app
        if _is_check(scope) and (sentence := trouble()):
            app = PlainTextResponse(sentence, 503, {"cache-control": "no-cache"})
        await app(scope, receive, send)


def _is_check(scope: Scope) -> bool:
    """Whether a machine asks, or a person.

    An open page asks too before it connects: it must go on, for what is stuck is not its own.
    """
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return False
    headers = dict(scope["headers"])
    page = b"referer" in headers or headers.get(b"sec-fetch-mode") == b"cors"
    return scope["path"].endswith(PATH) and not page
