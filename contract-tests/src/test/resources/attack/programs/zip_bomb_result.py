# title: a result that grows when it is opened
# class: results
# tries: to have the host unpack 10 kB into 10 MB by giving it a packed result
# success: the host fails
# witness: host
# harmless: on bare Python there is no host, and Pyvisor unpacks no result
# bare: harmless
# process: contained
# bubblewrap: contained
# podman: contained

import gzip

gzip.compress(b"\0" * 10_000_000)
