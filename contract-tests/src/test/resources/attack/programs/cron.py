# title: leave a job for later
# class: later sessions
# tries: to write where the machine looks for programs to run by itself; what it writes it takes away
# success: it can write there
# witness: count
# needs: right
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os

done, refused = [], []
for folder in ("/etc/cron.d", "/etc/profile.d", "/usr/local/bin", "/etc/systemd/system"):
    path = f"{folder}/.planted-{os.getpid()}"
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        os.unlink(path)
        done.append(folder)
    except OSError as problem:
        refused.append(str(problem))
verdict("succeeded" if done else "prevented", done or refused)
