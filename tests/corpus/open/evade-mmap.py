#: {"class": "path-evasion", "loader": "script", "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
import mmap; f = os.open(HOME + "/.aws/credentials", os.O_RDONLY); LOOT(bytes(mmap.mmap(f, 0, prot=mmap.PROT_READ)))
