# title: flood the host with calls
# class: tools
# tries: to have the host run out of threads by 2,000 calls at once
# success: the host fails
# witness: host
# harmless: on bare Python there is no host that has tools
# bare: harmless
# process: contained
# bubblewrap: contained
# podman: contained

if "greet" in globals():
    import asyncio

    async def flood():
        return await asyncio.gather(*(greet("x") for _ in range(2000)), return_exceptions=True)

    results = asyncio.run(flood())
    failed = sum(isinstance(one, Exception) for one in results)
    verdict("contained", f"{len(results) - failed} answered, {failed} refused")
