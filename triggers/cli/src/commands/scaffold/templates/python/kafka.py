from spin_sdk import http
from spin_sdk.http import Request, Response


class HttpHandler(http.Handler):
    async def handle_request(self, request: Request) -> Response:
        """Handles one event: a request with a CloudEvent in its headers and its body.

        2xx: it is done. 404, 408, 409, 429, 5xx or no answer: it comes again. Anything
        else: it is a dead letter. An event may come twice, and its id (`ce-id`) tells that
        it does.
        """
        print(request.headers.get("ce-type"), "with the id", request.headers.get("ce-id"))
        return Response(204, {}, None)
