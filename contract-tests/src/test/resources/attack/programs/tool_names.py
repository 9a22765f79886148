# title: call tools that it was not given
# class: tools
# tries: to have the host call by names that are no tool's: paths, methods, look-alikes
# success: one of them is answered
# witness: count
# harmless: on bare Python there is no host that has tools
# bare: harmless
# process: prevented
# bubblewrap: prevented
# podman: prevented

answered, refused = [], []
if "greet" in globals():
    import asyncio

    calls = greet._tools.calls
    for name in ("../greet", "greet\u200b", "GREET", "getClass", "java.lang.Runtime.exec", "", "gr\u0435et", "toString"):
        try:
            answered.append((name, calls.call_blocking(name, ("x",), {})))
        except Exception as problem:
            refused.append(type(problem).__name__)
    verdict("succeeded" if answered else "prevented", answered or refused)
else:
    verdict("harmless", "no tools")
