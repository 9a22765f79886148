# title: have the cleaning up follow a link
# class: host files
# tries: to leave links to a folder of the host, in the workspace and in its place, for whoever removes the workspace
# success: the host's files are removed
# witness: files
# client: own
# tidy: yes
# bare: succeeded
# process: contained
# bubblewrap: contained
# podman: contained

import os

here = os.getcwd()
os.symlink(planted["folder"], "results")
os.mkdir("deep")
os.symlink(planted["folder"], "deep/er")
if os.environ.get("PYVISOR_RUNNER"):
    try:
        os.rename(here, here + "-moved")
        os.symlink(planted["folder"], here)
        os.symlink(planted["folder"], here + "-moved-too")
        os.chdir("/")
    except OSError:
        pass
verdict("contained", "links are left")
