"""Checks that clang-format would leave the C and C++ as they are.

usage: check-format.py TREE [FILE...]

With FILEs, paths from TREE, only these are looked at; else all of TREE. Versions of clang-format differ, so one
counts: ends with 77 where there is no other. `clang-format -i FILE` mends what is told.
"""
import re
import shutil
import subprocess
import sys

from files import C, find

VERSION = '14'


def clang_format():
    """The program of that version, if there is one."""
    for name in (f'clang-format-{VERSION}', 'clang-format'):
        program = shutil.which(name)
        if program:
            said = subprocess.run([program, '--version'], capture_output=True, text=True, check=False).stdout
            version = re.search(r'version (\d+)', said)
            if version and version.group(1) == VERSION:
                return program
    return None


def main():
    tree, names = sys.argv[1], sys.argv[2:]
    program = clang_format()
    if not program:
        print(f'there is no clang-format {VERSION}')
        return 77
    paths = find(tree, C, names)
    if not paths:
        return 0 if names else f'{tree} has no C'
    return subprocess.run([program, '--dry-run', '-Werror', '--style=file', *paths], cwd=tree,
                          check=False).returncode


if __name__ == '__main__':
    sys.exit(main())
