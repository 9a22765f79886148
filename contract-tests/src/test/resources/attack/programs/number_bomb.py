# title: a number that takes for ever to read
# class: results
# tries: to have the host spend its time on the digits of one number
# success: the host fails
# witness: host
# harmless: on bare Python there is no host that reads a result
# bare: harmless
# process: contained
# bubblewrap: contained
# podman: contained

[1 << 3_000_000, 10.0**300, float("nan"), float("inf")]
