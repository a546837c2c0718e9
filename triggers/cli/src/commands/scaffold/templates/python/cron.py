from spin_sdk import http
from spin_sdk.http import Request, Response


class HttpHandler(http.Handler):
    async def handle_request(self, request: Request) -> Response:
        """Does what is to be done when it is time.

        A tick may come late, or twice: do what is due by the clock, and what was done
        already not again.
        """
        print("It is time:", request.headers.get("ce-time"))
        return Response(204, {}, None)
