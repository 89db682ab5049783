#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 3"}}
import sqlite3
c = sqlite3.connect(TMP + "/x.db"); c.execute("pragma journal_mode=wal"); c.execute("create table t(a)"); c.executemany("insert into t values(?)", [(1,), (2,)]); c.commit(); print("LOADED", c.execute("select sum(a) from t").fetchone()[0])
