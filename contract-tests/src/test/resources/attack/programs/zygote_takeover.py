# title: take over the process that kernels come from
# class: supervisor
# tries: to read the zygote's memory by /proc/PID/mem and by a system call, to trace it, and to take a descriptor of it (pidfd_getfd)
# success: one of these is done
# witness: count
# beside: zygote
# needs: right
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


def stack(pid):
    for line in open(f"/proc/{pid}/maps"):
        if "[stack]" in line:
            return int(line.split()[0].split("-")[1], 16) - 4096
    raise OSError("it shows no stack")


def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def by_file(pid):
    with open(f"/proc/{pid}/mem", "r+b", 0) as memory:
        memory.seek(stack(pid))
        return len(memory.read(4096))


class Part(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def by_call(pid):
    room = ctypes.create_string_buffer(16)
    here = Part(ctypes.cast(room, ctypes.c_void_p), 16)
    try:
        address = stack(pid)
    except OSError:
        address = stack("self")  # a kernel is its copy, and has its stack where that has it
    there = Part(address, 16)
    return checked(libc.process_vm_readv(pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0))


def by_trace(pid):
    checked(libc.ptrace(16, pid, None, None))  # PTRACE_ATTACH
    os.waitpid(pid, 0x40000000)  # __WALL
    libc.ptrace(17, pid, None, None)  # PTRACE_DETACH
    return pid


def by_descriptor(pid):
    handle = checked(libc.syscall(434, pid, 0))  # pidfd_open
    return checked(libc.syscall(438, handle, 2, 0))  # pidfd_getfd


zygote = the_zygote()
done, refused = [], []
for way in (by_file, by_call, by_descriptor, by_trace):
    try:
        way(zygote)
        done.append(way.__name__)
    except OSError as problem:
        refused.append(f"{way.__name__}: {problem}")
verdict("succeeded" if done else "prevented", f"{done}, {refused}")
