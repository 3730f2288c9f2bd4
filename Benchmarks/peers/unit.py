"""What every peer shares: it warms up once, then measures one unit for every line that it reads.

So a pair's two sides take turns without paying for imports and compilers again each time.
"""
import json
import resource
import sys
import time


def serve(measure):
    """Prints `ready`, then for each line of standard input what `measure()` returns, and the peak memory."""
    print("ready", flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        work = measure()
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"rate": work / seconds, "seconds": seconds, "peak_bytes": peak}), flush=True)
