# title: a result that has no end
# class: results
# tries: to have the host ask for ever by a mapping and a text form that lie about themselves
# success: the host fails
# witness: host
# harmless: on bare Python there is no host that reads a result
# bare: harmless
# process: contained
# bubblewrap: contained
# podman: contained

import itertools


class Endless(dict):
    def __iter__(self):
        return itertools.count()

    def items(self):
        return ((i, self) for i in itertools.count())

    def __len__(self):
        return 1 << 62

    def __repr__(self):
        return "x" * 100_000_000


Endless(a=1)
