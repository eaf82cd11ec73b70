"""Runs the journeys of one program, and prints what became of each as a line of JSON."""
import asyncio
import inspect
import json
import sys
import traceback

url, key, model = sys.argv[1:4]

TIDES = "What is the tide table of Dover?"
HIGH_WATER = "high water in Dover at noon"


def run(journeys):
    # One loop for all, because the packages keep their connections.
    loop = asyncio.new_event_loop()
    for name, journey in journeys.items():
        failure = None
        try:
            result = journey()
            if inspect.iscoroutine(result):
                loop.run_until_complete(result)
        except Exception:
            failure = traceback.format_exc()
        print(json.dumps({"journey": name, "failure": failure}), flush=True)
