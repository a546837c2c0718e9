from spin_sdk import http
from spin_sdk.http import Request, Response


class HttpHandler(http.Handler):
    async def handle_request(self, request: Request) -> Response:
        """Answers one request. An exception in place of the response answers 500."""
        path = request.uri.partition("?")[0]
        return Response(
            200,
            {"content-type": "text/plain; charset=utf-8"},
            f"Hello from {path}!\n".encode(),
        )
