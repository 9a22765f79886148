# title: a tool's argument that is too large
# class: tools
# tries: to have the host run out of memory by an argument of 100 MB
# success: the host fails
# witness: host
# harmless: on bare Python there is no host that has tools
# bare: harmless
# process: prevented
# bubblewrap: prevented
# podman: prevented

if "greet" in globals():
    try:
        verdict("contained", greet.sync("x" * 100_000_000))
    except Exception as problem:
        verdict("prevented", f"{type(problem).__name__}: {problem}"[:300])
