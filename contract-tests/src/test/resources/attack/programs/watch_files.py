# title: watch what the host does
# class: host files
# tries: to be told by inotify of all that happens in a folder of the host
# success: a watch is set
# witness: count
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
watch = libc.inotify_add_watch(libc.inotify_init(), os.fsencode(planted["folder"]), 0xFFF)
if watch < 0:
    verdict("prevented", os.strerror(ctypes.get_errno()))
else:
    verdict("succeeded", f"watch {watch}")
