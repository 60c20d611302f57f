-- wrk's script. LOAD_BODIES, if set, is a file with a request body a line: they are posted in
-- turns. The figures are printed as a line of JSON.
local file = os.getenv("LOAD_BODIES")

if file then
  local bodies, n = {}, 0
  for line in io.lines(file) do
    bodies[#bodies + 1] = line
  end
  wrk.method = "POST"
  function request()
    n = n % #bodies + 1
    return wrk.format(nil, nil, nil, bodies[n])
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%f,"p50":%f,"p99":%f,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
