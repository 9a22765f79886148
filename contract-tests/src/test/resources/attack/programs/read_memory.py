# title: read another's memory
# class: processes
# tries: to find a secret in /proc/PID/mem of a process outside of its sandbox
# success: the secret is printed
# witness: secret
# needs: right
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented


def read():
    with open(f"/proc/{planted['holder']}/mem", "rb", 0) as memory:
        memory.seek(planted["held"])
        return memory.read(100)


attempt(read, "its memory")
