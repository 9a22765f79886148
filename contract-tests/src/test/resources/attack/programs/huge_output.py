# title: flood the output
# class: results
# tries: to have the host run out of memory by 64 MB of output
# success: the host fails
# witness: host
# harmless: on bare Python there is no host that keeps it
# bare: harmless
# process: contained
# bubblewrap: contained
# podman: contained

import os

if os.environ.get("PYVISOR_RUNNER"):
    for _ in range(64):
        os.write(1, b"x" * (1 << 20))
    verdict("contained", "64 MB")
