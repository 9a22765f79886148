# title: a result that is too large
# class: results
# tries: to have the host run out of memory by a list of 100 MB of text
# success: the host fails
# witness: host
# harmless: on bare Python there is no host that reads a result
# bare: harmless
# process: prevented
# bubblewrap: prevented
# podman: prevented

["x" * 100_000] * 1000
