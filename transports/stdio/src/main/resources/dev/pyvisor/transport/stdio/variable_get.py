# Runs with a namespace of its own, which holds value, mark, levels and shown: nothing stays behind in the session.
import json


def check(item, level):
    if level > levels:
        raise ValueError("the value is nested deeper than %d levels, or contains itself; the backend stdio carries flatter ones" % levels)
    kind = type(item)
    if item is None or kind in (bool, int, float, str):
        return
    if kind is list:
        for part in item:
            check(part, level + 1)
    elif kind is dict:
        for key, part in item.items():
            if type(key) is not str:
                raise TypeError("a dict with a key of type %s does not travel over the backend stdio; use str keys" % type(key).__name__)
            check(part, level + 1)
    else:
        raise TypeError(
            "an object of type %s does not travel over the backend stdio, which carries plain JSON values only;"
            " convert it, or use the backend pipe" % kind.__name__)


check(value, 0)
told = {"type": type(value).__module__ + "." + type(value).__qualname__, "repr": repr(value)[:shown], "data": value}
print(mark + json.dumps(told) + mark, flush=True)
