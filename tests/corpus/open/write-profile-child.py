#: {"class": "persistence", "loader": "script", "expect": [["open|write", "\\.profile$"]], "effect": {"file": ["@HOME@/.profile", "PLANTED"]}}
import subprocess; subprocess.run([sys.executable, "-c", "open('@HOME@/.profile', 'w').write('# PLANTED')"])
