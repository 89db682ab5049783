# SPDX-License-Identifier: Apache-2.0
"""pytest-sum.py JUNIT.XML STATUS: pytest's results as one line: N passed, N failed, N skipped.

STATUS is pytest's own exit status, or a word for what else was found wrong: when that is bad and
no test says why (a crash, a collection that broke off), it counts as a failure. Under CI=true so
does a skip that does not begin with "cannot: ".
"""

import os
import sys
import xml.etree.ElementTree as ElementTree

passed = failed = skipped = 0
try:
    cases = list(ElementTree.parse(sys.argv[1]).iter("testcase"))
except (OSError, ElementTree.ParseError) as e:
    print(f"no results: {e}")
    cases = []
for case in cases:
    name = f"{case.get('classname')}.{case.get('name')}"
    skip = case.find("skipped")
    if case.find("failure") is not None or case.find("error") is not None:
        failed += 1
    elif skip is not None:
        why = skip.get("message", "")
        print(f"SKIP {name}: {why}")
        if os.environ.get("CI") == "true" and not why.startswith("cannot: "):
            print(f"FAIL {name}: skipped what this machine could run")
            failed += 1
        else:
            skipped += 1
    else:
        passed += 1
if sys.argv[2] != "0" and not failed:
    print(f"FAIL run: {sys.argv[2]}")
    failed += 1
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(failed > 0 or passed + skipped == 0)
