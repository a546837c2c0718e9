/**
 * Handles one event: a request with a CloudEvent in its headers and its body.
 *
 * 2xx: it is done. 404, 408, 409, 429, 5xx or no answer: it comes again. Anything else: it
 * is a dead letter. An event may come twice, and its id (`ce-id`) tells that it does.
 */
async function handle({ headers }: Request): Promise<Response> {
  console.log(`${headers.get("ce-type")} with the id ${headers.get("ce-id")}`);
  return new Response(null, { status: 204 });
}

addEventListener("fetch", (event) => {
  const call = event as FetchEvent;
  call.respondWith(handle(call.request));
});
