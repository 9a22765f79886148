# title: put itself in a tool's place
# class: tools
# tries: to have later code call a function of its own under a tool's name
# success: the name means what it says, to its own session only
# witness: host
# harmless: names of its own session are its own; no other session sees them
# bare: harmless
# process: contained
# bubblewrap: contained
# podman: contained

if "greet" in globals():
    greet = lambda name: "spoofed"
    verdict("contained", greet("x"))
