# title: gain rights by setuid programs
# class: kernel
# tries: to find setuid programs that would give it rights when they are run
# success: one is there, and nothing forbids that its bit counts
# witness: count
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import glob
import os
import stat

found = [
    path
    for folder in ("/bin", "/usr/bin", "/sbin", "/usr/sbin")
    for path in glob.glob(folder + "/*")
    if os.path.isfile(path) and os.stat(path).st_mode & stat.S_ISUID
]
barred = "NoNewPrivs:\t1" in open("/proc/self/status").read()
nosuid = os.statvfs("/usr/bin").f_flag & os.ST_NOSUID
verdict("succeeded" if found and not barred and not nosuid else "prevented", f"{found[:3]}, barred {barred}")
