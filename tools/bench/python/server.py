"""A contender: reads `{"action": "prepare", "case": ..., "file": ...}` or `{"action": "run"}` a line, answers `{"ms": ...}`. The driver alternates it with ours."""

import json
import resource
import sys
import time

import works

threads = int(sys.argv[1])
run = None
print(json.dumps({"ready": "Python"}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    start = time.perf_counter()
    if request["action"] == "prepare":
        run = works.prepare(request["case"]["work"], threads, request["file"])
    else:
        run()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"ms": 1000 * (time.perf_counter() - start), "peakMiB": peak}), flush=True)
