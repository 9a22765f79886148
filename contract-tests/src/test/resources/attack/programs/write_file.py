# title: write a file of the host
# class: host files
# tries: to make a new file outside of the workspace
# success: the file is there
# witness: files
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

attempt(lambda: open(planted["folder"] + "/drop", "w").write("x"), "drop")
