#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED hi"}}
import asyncio
async def go():
    p = await asyncio.create_subprocess_exec(sys.executable, "-c", "print('hi')", stdout=asyncio.subprocess.PIPE); return (await p.communicate())[0].decode()
print("LOADED", asyncio.run(go()))
