# title: use the machine's devices
# class: kernel
# tries: to make a device file for the first disk, and to open every device that is there for writing
# success: a disk or the machine's memory is open, or a device file was made
# witness: count
# needs: right
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os
import stat

opened, refused = [], []
try:
    os.mknod("disk", stat.S_IFBLK | 0o600, os.makedev(7, 0))
    opened.append("mknod")
    os.unlink("disk")
except OSError as problem:
    refused.append(str(problem))
for path in ("/dev/mem", "/dev/kmsg", "/dev/loop-control", "/dev/fuse", "/dev/kvm", "/dev/sda", "/dev/vda"):
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))
        opened.append(path)
    except OSError as problem:
        refused.append(str(problem))
verdict("succeeded" if opened else "prevented", opened or refused)
