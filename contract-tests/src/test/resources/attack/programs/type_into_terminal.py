# title: type into the terminal
# class: terminal
# tries: to put a command into the input of the terminal that the host was started from
# success: the terminal takes it
# witness: count
# harmless: the tests have no terminal, and the runner's session has none either
# bare: prevented
# process: prevented
# bubblewrap: prevented
# podman: prevented

import fcntl
import os
import termios


def type_it():
    terminal = os.open("/dev/tty", os.O_RDWR)
    for letter in b" ":
        fcntl.ioctl(terminal, termios.TIOCSTI, bytes([letter]))
    return "a blank"


attempt(type_it, "TIOCSTI")
