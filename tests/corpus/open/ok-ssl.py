#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED TLS"}}
import ssl
c = ssl.create_default_context(); print("LOADED", ssl.PROTOCOL_TLS_CLIENT.name[9:12], len(c.get_ca_certs()))
