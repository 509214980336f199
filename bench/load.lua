-- wrk's side of a measurement: sends prepared requests in turn, checks every answer, reports one line of JSON.
-- Arguments: file of requests, expected status, least and most bytes of a body, day for unique queries.

local thread_of_load
local requests = {}
local turn = 0
local unique = 0
local day

-- Read by done() through thread:get, hence global.
wrong = 0
first_wrong = ""

function setup(thread)
   thread_of_load = thread
end

function init(arguments)
   local file = assert(io.open(arguments[1], "rb"))
   local text = file:read("*a")
   file:close()
   -- The bytes are those of bench/requests.py: a record separator between requests, a unit separator where a
   -- query gets what was never asked before.
   for request in text:gmatch("[^\30]+") do
      local head, tail = request:match("^(.*)\31(.*)$")
      requests[#requests + 1] = { head = head or request, tail = tail }
   end
   expected_status = tonumber(arguments[2])
   least_bytes, most_bytes = tonumber(arguments[3]), tonumber(arguments[4])
   day = arguments[5]
end

-- An instant of the day for each whole number, in milliseconds.
local function instant(number)
   local seconds = math.floor(number / 1000)
   return string.format(
      "%sT%02d:%02d:%02d.%03dZ",
      day, math.floor(seconds / 3600), math.floor(seconds / 60) % 60, seconds % 60, number % 1000
   )
end

function request()
   turn = turn % #requests + 1
   local next_request = requests[turn]
   if not next_request.tail then
      return next_request.head
   end
   unique = unique + 1
   return next_request.head .. instant(unique) .. next_request.tail
end

function response(status, _, body)
   if status == expected_status and #body >= least_bytes and #body <= most_bytes then
      return
   end
   wrong = wrong + 1
   if wrong == 1 then
      first_wrong = string.format("status %d with %d bytes", status, #body)
   end
end

function done(summary, latency)
   local errors = summary.errors
   print(string.format(
      'RESULT {"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "wrong": %d, '
         .. '"first_wrong": "%s", "connect": %d, "read": %d, "write": %d, "timeout": %d}',
      summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
      thread_of_load:get("wrong"), thread_of_load:get("first_wrong"),
      errors.connect, errors.read, errors.write, errors.timeout
   ))
end
