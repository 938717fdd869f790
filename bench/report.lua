-- One machine-readable line for the bench.
function done(summary, latency)
  local errors = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout
  io.write(string.format(
    'RESULT {"requests":%d,"perSecond":%.0f,"p50Us":%d,"p99Us":%d,"failed":%d}\n',
    summary.requests, summary.requests / (summary.duration / 1000000), latency:percentile(50), latency:percentile(99), errors))
end
