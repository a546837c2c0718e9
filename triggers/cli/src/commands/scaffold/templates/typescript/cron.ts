/**
 * Does what is to be done when it is time. A tick may come late, or twice: do what is due
 * by the clock, and what was done already not again.
 */
async function tick({ headers }: Request): Promise<Response> {
  console.log(`It is time: ${headers.get("ce-time")}`);
  return new Response(null, { status: 204 });
}

addEventListener("fetch", (event) => {
  const call = event as FetchEvent;
  call.respondWith(tick(call.request));
});
