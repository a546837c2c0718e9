/** Answers one request. An exception in place of the response answers 500. */
async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  return new Response(`Hello from ${pathname}!\n`, {
    headers: { "content-type": "text/plain; charset=utf-8" },
  });
}

addEventListener("fetch", (event) => {
  const call = event as FetchEvent;
  call.respondWith(answer(call.request));
});
