# title: rename the machine
# class: kernel
# tries: to set the machine's name to what it is already
# success: the system agrees, and the name is the host's
# witness: count
# needs: right
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os
import socket

attempt(lambda: socket.sethostname(os.uname().nodename), "the name")
