# title: a result that is too large
# class: results
# tries: to have the host run out of memory by a list of ten million numbers
# success: the host fails
# witness: host
# harmless: on bare Python there is no host that reads a result
# bare: harmless
# process: prevented
# bubblewrap: prevented
# podman: prevented

[0] * 10_000_000
