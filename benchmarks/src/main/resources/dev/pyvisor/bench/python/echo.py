"""Sends back every frame that it gets: four bytes of length, then as many bytes."""

import sys


def main():
    read, write, flush = sys.stdin.buffer.read, sys.stdout.buffer.write, sys.stdout.buffer.flush
    while True:
        head = read(4)
        if len(head) < 4:
            return
        write(head + read(int.from_bytes(head, "big")))
        flush()


main()
