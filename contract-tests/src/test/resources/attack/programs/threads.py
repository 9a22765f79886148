# title: thread bomb
# class: exhaustion
# tries: to have 400 threads at once
# success: 400 threads are there
# witness: count
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import threading

go, started = threading.Event(), []
try:
    while len(started) < 400:
        thread = threading.Thread(target=go.wait, args=(8,), daemon=True)
        thread.start()
        started.append(thread)
    verdict("succeeded", f"{len(started)} threads")
except RuntimeError as problem:
    verdict("prevented", f"{problem} after {len(started)}")
finally:
    go.set()
    for thread in started:
        thread.join()
