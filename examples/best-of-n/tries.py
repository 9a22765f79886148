# Three tries from one loaded data set, on the command line:
#
#     ./pyvisor exec --timeout 2s examples/best-of-n/tries.py
#
# The marks `checkpoint` and `rollback` keep the state and bring it back, all of it: data, functions, classes, modules.
# Files do not go back, so what a try found out is noted in one.

# %% load once
import csv
import tempfile
from collections import namedtuple
from pathlib import Path
from statistics import mean

Penguin = namedtuple("Penguin", "species flipper mass")
with open("examples/data/penguins.csv", newline="", encoding="utf-8") as file:
    rows = [row for row in csv.DictReader(file) if row["body_mass_g"] != "NA"]
penguins = [Penguin(row["species"], float(row["flipper_length_mm"]), float(row["body_mass_g"])) for row in rows]
known = [penguin for number, penguin in enumerate(penguins) if number % 5]
asked = penguins[::5]
notes = Path(tempfile.mkdtemp(), "notes.txt")


def judge(name, guess):
    error = mean(abs(guess(penguin) - penguin.mass) for penguin in asked)
    print(f"{name}: {error:.0f} g off on average")
    with notes.open("a") as file:
        print(f"{error:.0f} {name}", file=file)


print(len(known), "penguins to learn from,", len(asked), "to be asked about")

# %% checkpoint loaded

# %% try: everyone weighs the same
known = [penguin.mass for penguin in known]
level = mean(known)
judge("one mean", lambda penguin: level)

# %% rollback loaded

# %% try: it goes by the species; nothing is left of what the try before did to `known`
level = {s: mean(p.mass for p in known if p.species == s) for s in {p.species for p in known}}
judge("a mean for each species", lambda penguin: level[penguin.species])

# %% rollback loaded

# %% try: look for the best line, which takes for ever
del known[10:]
while True:
    known.sort()

# %% rollback loaded

# %% the best
print("still", len(known), "penguins to learn from; the best:", min(notes.read_text().splitlines()))
notes.unlink()
notes.parent.rmdir()
