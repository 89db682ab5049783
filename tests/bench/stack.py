# SPDX-License-Identifier: Apache-2.0
"""stack.py FILE ROUNDS: opens FILE below 4, 8, 16, 32 and 64 Python frames, and prints for each
depth the CPU time of an open and close, ns, one number a round."""

import json
import os
import sys
import time

FILE, ROUNDS = sys.argv[1], int(sys.argv[2])
DEPTHS = (4, 8, 16, 32, 64)
OPENS = 40            # of a batch: their frames fit into the ring of stacks
REST = 0.02           # seconds in which the reader takes them


def batch():
    start = time.thread_time_ns()
    for _ in range(OPENS):
        os.close(os.open(FILE, os.O_RDONLY))
    return (time.thread_time_ns() - start) / OPENS


def below(frames):
    return batch() if frames <= 1 else below(frames - 1)


costs = {depth: [] for depth in DEPTHS}
for number in range(ROUNDS + 1):
    for depth in DEPTHS:
        time.sleep(REST)
        cost = below(depth - 2)    # this frame and the batch's are two
        if number:                 # the first is not warm
            costs[depth].append(cost)
print(json.dumps(costs))
