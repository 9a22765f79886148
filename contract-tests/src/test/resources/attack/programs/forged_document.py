# title: forge what a result is made of
# class: results
# tries: to have the host take plain data for its own marks: bytes that are not there, an object that is none
# success: the host fails
# witness: host
# harmless: on bare Python there is no host that reads a result
# bare: harmless
# process: contained
# bubblewrap: contained
# podman: contained

[
    {"$bytes": 7},
    {"$bytes": -1},
    {"$py": "decimal", "value": "1e999999999"},
    {"$py": "datetime", "value": "not a date"},
    {"$py": "set", "value": [[]]},
    {"$int": "9" * 100_000},
]
