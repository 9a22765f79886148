# title: a result that is nested too deeply
# class: results
# tries: to have the host's reader run out of stack by a list in a list, 100,000 times
# success: the host fails
# witness: host
# harmless: on bare Python there is no host that reads a result
# bare: harmless
# process: contained
# bubblewrap: contained
# podman: contained

deep = []
for _ in range(100_000):
    deep = [deep]
deep
