# title: escape sequences in the output
# class: terminal
# tries: to set a terminal's title, and to have it hide what follows, by what it prints
# success: the sequences come through as they are
# witness: terminal
# bare: succeeded
# process: succeeded
# bubblewrap: succeeded
# podman: succeeded

print("\x1b]0;planted title\x07\x1b[8mhidden\x1b[0m")
verdict("succeeded", "printed")
