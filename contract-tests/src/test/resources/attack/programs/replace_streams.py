# title: take the standard streams away
# class: protocol
# tries: to close descriptor 1, and to put a file of its own in its place
# success: what runs next in the same process prints into that file
# witness: successor
# bare: succeeded
# process: contained
# bubblewrap: contained
# podman: contained

import os
import sys

kept = os.dup(1)
mine = os.open("mine.txt", os.O_RDWR | os.O_CREAT)
os.dup2(mine, 1)
sys.stdout.flush()
os.write(1, b"taken")
found = open("mine.txt").read()
os.write(kept, f"\nATTACK {'succeeded' if found == 'taken' else 'prevented'}: {found}\n".encode())
