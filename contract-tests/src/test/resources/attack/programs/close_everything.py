# title: close every descriptor
# class: protocol
# tries: to cut itself off from all that looks after it
# success: nothing is heard of it any more
# witness: supervisor
# harmless: on bare Python it only ends its own output
# bare: contained
# process: contained, new kernel
# bubblewrap: contained, new kernel
# podman: contained, new kernel

import os

verdict("contained", "the next is to close all descriptors")
os.closerange(0, 1024)
