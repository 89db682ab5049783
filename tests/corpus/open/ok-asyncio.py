#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 3"}}
import asyncio
async def go(): return sum(await asyncio.gather(*(asyncio.sleep(0, i) for i in range(3)))) + await asyncio.to_thread(len, "")
print("LOADED", asyncio.run(go()))
