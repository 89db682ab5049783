#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED Linux"}}
import platform
print("LOADED", platform.uname().system, platform.processor(), platform.libc_ver(), platform.platform(), platform.freedesktop_os_release().get("ID"))
