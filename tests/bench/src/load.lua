-- What wrk sends, and what it tells in the end.
-- Arguments: method, a file with the body (or ""), a file with an access token on each
-- line (or "").

local requests, turn = {}, 0

local function content(path)
   if path == "" then return nil end
   local file = assert(io.open(path, "rb"))
   local bytes = file:read("*a")
   file:close()
   return bytes
end

function init(args)
   local method, body, tokens = args[1], content(args[2]), args[3]
   local function add(token)
      local headers = { ["Content-Type"] = body and "application/json" or nil }
      if token then headers["Authorization"] = "Bearer " .. token end
      requests[#requests + 1] = wrk.format(method, nil, headers, body)
   end
   if tokens == "" then
      add(nil)
   else
      for token in io.lines(tokens) do add(token) end
   end
end

-- A request of each person in turn.
function request()
   turn = turn % #requests + 1
   return requests[turn]
end

function done(summary, latency, _)
   local e = summary.errors
   io.write(string.format(
      '\nfigures {"requests":%d,"micros":%d,"failed":%d,"refused":%d,"p50_micros":%.0f,"p99_micros":%.0f}\n',
      summary.requests, summary.duration, e.connect + e.read + e.write + e.timeout, e.status,
      latency:percentile(50), latency:percentile(99)))
end
