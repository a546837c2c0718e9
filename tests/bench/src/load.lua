-- What wrk sends, and what it tells in the end.
-- Arguments: method, body (or ""), a file with an access token on each line (or "").

local requests, turn = {}, 0

function init(args)
   local method, body, tokens = args[1], args[2], args[3]
   local function add(token)
      local headers = { ["Content-Type"] = body ~= "" and "application/json" or nil }
      if token then headers["Authorization"] = "Bearer " .. token end
      requests[#requests + 1] = wrk.format(method, nil, headers, body ~= "" and body or nil)
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
