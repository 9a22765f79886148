# title: memory bomb
# class: exhaustion
# tries: to have 300 MB of memory
# success: all of it is written to
# witness: count
# bare: succeeded
# process: succeeded
# bubblewrap: contained, new kernel
# podman: contained, new kernel

taken = []
try:
    for _ in range(30):
        taken.append(b"x" * 10_000_000)
    verdict("succeeded", f"{sum(map(len, taken))} bytes")
except MemoryError:
    size = sum(map(len, taken))
    taken.clear()
    verdict("prevented", f"MemoryError after {size} bytes")
finally:
    del taken
