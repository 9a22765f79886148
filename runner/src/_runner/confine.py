"""A filter that a process installs on itself: system calls that no cell needs, and that a hole in the system would be
used through, fail in it and in all that descends from it.

The filter is a program of the system's own little machine (`struct sock_filter`), made here by hand because nothing of
the standard library makes one. A call that is left out is refused with EPERM, as if a right were missing. `clone3` is
said not to exist, for its flags lie in memory, where no filter sees them: C libraries then use `clone`, whose are seen.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from typing import NamedTuple

from . import limits

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND = 0, 4, 16, 24  # places in `struct seccomp_data`; the low halves of arguments
_X32 = 0x40000000  # a third way to say numbers on x86-64

# CLONE_NEW* but for that of time, which `clone` does not know.
_NAMESPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
_AF_VSOCK = 40  # reaches the machine that a virtual one runs on; it belongs to no network namespace
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C  # put characters into a terminal's input, as if they were typed
_PLAIN_PERSONALITIES = (0, 0xFFFFFFFF)  # Linux, and the question which it is


class _Machine(NamedTuple):
    """What calls are called on one kind of machine."""

    audit: int
    clone: int
    ioctl: int
    personality: int
    socket: int
    refused: tuple[int, ...]


_CLONE3 = 435
# Numbers from 424 on are the same on every machine: open_tree, move_mount, fsopen, fsconfig, fsmount, fspick,
# mount_setattr, open_tree_attr; io_uring_setup, _enter, _register; pidfd_getfd, process_madvise; quotactl_fd.
_EVERYWHERE = (428, 429, 430, 431, 432, 433, 442, 467, 425, 426, 427, 438, 440, 443)
_MACHINES = {
    "x86_64": _Machine(
        0xC000003E,
        56,
        16,
        135,
        41,
        (
            *(101, 310, 311, 312),  # ptrace, process_vm_readv, process_vm_writev, kcmp
            *(165, 166, 155, 161),  # mount, umount2, pivot_root, chroot
            *(272, 308),  # unshare, setns
            *(321, 298, 323, 300),  # bpf, perf_event_open, userfaultfd, fanotify_init
            *(248, 249, 250),  # add_key, request_key, keyctl
            *(246, 320, 175, 313, 176),  # kexec_load, kexec_file_load, init_module, finit_module, delete_module
            *(303, 304),  # name_to_handle_at, open_by_handle_at
            *(163, 167, 168, 169, 179, 103),  # acct, swapon, swapoff, reboot, quotactl, syslog
            *(256, 279, 212),  # migrate_pages, move_pages, lookup_dcookie
            *(172, 173, 154, 153),  # iopl, ioperm, modify_ldt, vhangup
            *(134, 136, 139, 156, 174, 177, 178, 180),  # uselib, ustat, sysfs, _sysctl, and those of old modules and NFS
        ),
    ),
    "aarch64": _Machine(
        0xC00000B7,
        220,
        29,
        92,
        198,
        (
            *(117, 270, 271, 272),  # the same in the same order
            *(40, 39, 41, 51),
            *(97, 268),
            *(280, 241, 282, 262),
            *(217, 218, 219),
            *(104, 294, 105, 273, 106),
            *(264, 265),
            *(89, 224, 225, 142, 60, 116),
            *(238, 239, 18),
            58,  # vhangup
        ),
    ),
}


def is_asked() -> bool:
    """Whether whoever started this runner wants it confined."""
    return os.environ.get(limits.CONFINE_VARIABLE) == "1"


def install() -> None:
    """Confine this process and all that it starts, for good. Raises OSError where that cannot be."""
    machine = _MACHINES.get(os.uname().machine)
    if machine is None:
        raise OSError(errno.ENOSYS, f"there is no filter of system calls for {os.uname().machine}")
    code = program(machine)
    kept = ctypes.create_string_buffer(code, len(code))
    descriptor = ctypes.create_string_buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(kept)))
    libc = ctypes.CDLL(None, use_errno=True)
    for option, first, second in (
        (_PR_SET_NO_NEW_PRIVS, 1, None),  # without it only root may
        (_PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(descriptor)),
    ):
        if libc.prctl(option, ctypes.c_ulong(first), ctypes.c_void_p(second), None, None):
            number = ctypes.get_errno()
            raise OSError(number, f"the filter of system calls cannot be installed: prctl({option}): {os.strerror(number)}")


def program(machine: _Machine) -> bytes:
    """The filter's instructions. Jumps lead forward only, to the verdicts at its end."""
    steps: list[tuple[int, int, str, str]] = [
        (_LOAD, _ARCHITECTURE, "", ""),
        (_EQUAL, machine.audit, "", "absent"),  # another way into the system has other numbers
        (_LOAD, _NUMBER, "", ""),
        (_AT_LEAST, _X32, "absent", ""),
        *((_EQUAL, number, "refused", "") for number in (*machine.refused, *_EVERYWHERE)),
        (_EQUAL, _CLONE3, "absent", ""),
        (_EQUAL, machine.clone, "clone", ""),
        (_EQUAL, machine.ioctl, "ioctl", ""),
        (_EQUAL, machine.socket, "socket", ""),
        (_EQUAL, machine.personality, "personality", "allowed"),
    ]
    labels = {"clone": len(steps)}
    steps += [(_LOAD, _FIRST, "", ""), (_ANY_BIT, _NAMESPACES, "refused", "allowed")]
    labels["ioctl"] = len(steps)
    steps += [(_LOAD, _SECOND, "", ""), (_EQUAL, _TIOCSTI, "refused", ""), (_EQUAL, _TIOCLINUX, "refused", "allowed")]
    labels["socket"] = len(steps)
    steps += [(_LOAD, _FIRST, "", ""), (_EQUAL, _AF_VSOCK, "refused", "allowed")]
    labels["personality"] = len(steps)
    steps.append((_LOAD, _FIRST, "", ""))
    steps += [(_EQUAL, plain, "allowed", "") for plain in _PLAIN_PERSONALITIES]
    for label, verdict in (
        ("refused", _ERROR | errno.EPERM),
        ("absent", _ERROR | errno.ENOSYS),
        ("allowed", _ALLOW),
    ):
        labels[label] = len(steps)
        steps.append((_RETURN, verdict, "", ""))
    code = b""
    for at, (operation, value, if_true, if_false) in enumerate(steps):
        jumps = [labels[label] - at - 1 if label else 0 for label in (if_true, if_false)]
        code += struct.pack("@HBBI", operation, *jumps, value)
    return code
