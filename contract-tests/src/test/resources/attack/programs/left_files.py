# title: leave a message for the next session
# class: later sessions
# tries: to pass data on by a file in the home directory
# success: a later session reads it
# witness: count
# client: own
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os


def leave():
    with open(os.path.expanduser("~/.left-for-you"), "w") as file:
        return file.write("hello")


attempt(leave, "a file")

# == the next session ==
import os

attempt(lambda: open(os.path.expanduser("~/.left-for-you")).read(), "a file")
