"""Rewrites the lists of resources after a change that was meant: `python tests/program/rewrite_golden.py`.

A line that went and one that came with another name, type or parent is a resource that would be deleted and
recreated: then the program needs an alias, or the upgrade notes a line.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from tests.program import stacks

    for stack in stacks.STACKS:
        stacks.golden(stack).write_text(stacks.lines(stacks.run_shipped(stack)))
