"""Serves a session over standard input and output: one JSON object a line comes in, one goes out.

    {"load": {...}}  ->  {"seconds", "versions"}, after Session(**...)
    {METHOD: {...}}  ->  what session.METHOD(**...) returns

Import it first: libraries print while they are imported.
"""

import json
import os
import sys
import time
import warnings

# Libraries print, too: they get the standard error output, and replies the real standard output.
replies = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
warnings.filterwarnings("ignore")

started = time.perf_counter()


def serve(Session):
    import auto_LiRPA
    import torch

    imported = time.perf_counter() - started
    session = None
    for line in sys.stdin:
        ((name, arguments),) = json.loads(line).items()
        try:
            if name == "load":
                start = time.perf_counter()
                session = Session(**arguments)
                reply = {
                    "seconds": {"import": imported, "load": time.perf_counter() - start},
                    "versions": {
                        "python": sys.version.split()[0],
                        "torch": torch.__version__,
                        "auto_LiRPA": auto_LiRPA.__version__,
                        "threads": torch.get_num_threads(),
                    },
                }
            else:
                reply = getattr(session, name)(**arguments)
        except Exception as error:  # The bench says which case it was.
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), file=replies, flush=True)
