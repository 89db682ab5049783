#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 1024"}}
import mmap, numpy as np
np.ones(1024, "float32").tofile(TMP + "/w.bin"); print("LOADED", int(np.memmap(TMP + "/w.bin", "float32", "r").sum()))
f = open(TMP + "/w.bin", "rb"); m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ); m.madvise(mmap.MADV_WILLNEED); m.close()
