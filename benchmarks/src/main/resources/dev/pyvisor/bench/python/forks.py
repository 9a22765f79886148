"""Builds a heap and forks itself, with nothing else: a word comes in, a number goes out, a line each."""

import os
import signal
import sys
import time


def fork(clock=time.perf_counter_ns):
    """Nanoseconds of `os.fork()` in the parent; the child ends at once."""
    begin = clock()
    child = os.fork()
    if child == 0:
        os._exit(0)
    took = clock() - begin
    os.waitpid(child, 0)
    return took


def work():
    """The same in CPU time, which other processes do not add to."""
    return fork(time.process_time_ns)


def kill():
    """Nanoseconds from SIGKILL for a child with the same heap until its parent knows that it has ended."""
    child, lifeline = sleeper()
    begin = time.perf_counter_ns()
    end(child)
    took = time.perf_counter_ns() - begin
    os.close(lifeline)
    return took


def memory():
    """Bytes of memory that a sleeping child has for itself alone."""
    child, lifeline = sleeper()
    try:
        return private_bytes(child)
    finally:
        end(child)
        os.close(lifeline)


def sleeper():
    """A child that sleeps by now, and ends with this process at the latest."""
    asleep, tell = os.pipe()
    until, lifeline = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(lifeline)
        os.write(tell, b"x")
        os.read(until, 1)
        os._exit(0)
    os.read(asleep, 1)
    for fd in (asleep, tell, until):
        os.close(fd)
    return child, lifeline


def end(child):
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def private_bytes(pid):
    with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Private_")) * 1024


def main():
    heap = {}
    exec(sys.argv[1], heap)
    actions = {"fork": fork, "work": work, "kill": kill, "memory": memory}
    for line in sys.stdin:
        print(actions[line.strip()](), flush=True)


main()
