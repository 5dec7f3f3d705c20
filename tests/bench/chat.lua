-- chat.lua - what wrk sends: `wrk -s chat.lua URL -- BODY-FILE`; its last line is for the bench.
function init(args)
    local file = assert(io.open(args[1], "rb"))
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/json"
    wrk.body = file:read("*a")
    file:close()
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format("result %d %d %d %d %d\n", summary.requests, latency:percentile(50),
        latency:percentile(99),
        errors.status + errors.timeout, errors.connect + errors.read + errors.write))
end
