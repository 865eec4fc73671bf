"""Does gdb show handles as docs/debugging.md says?

usage: check-gdb.py PRINTERS PROGRAM, which are lib/libneuron-gdb.py and target.c, compiled with -g.

Ends with 77 where there is no gdb with Python, or where nothing may be debugged, as in some containers.
"""
import os
import re
import shutil
import subprocess
import sys

COMMANDS = '''
set breakpoint pending on
break show
run
print tensor
print *tensor
print bytes
print graph
print *graph
print *node
print failed
break neuron_session_forward
continue
print session
print *session
print *session->graph
kill
'''

EXPECTED = [
    r'= 0x[0-9a-f]+ tensor f32 2x4x4x1: 1, 2\.5, -3, 0, 0, 0, 0, 0, \.\.\.',
    r'= tensor f32 2x4x4x1: 1, 2\.5, -3,',
    r'= 0x[0-9a-f]+ tensor u8 3: 7, 0, 255$',
    r'= 0x[0-9a-f]+ graph "shown", 6 nodes, 47 parameters$',
    r'= graph "shown", 6 nodes, 47 parameters = \{input = input 4x4x1, conv2d = conv2d 2x2x2 of input, '
    r'relu = relu 2x2x2 of conv2d, ',
    r'= relu 2x2x2 of conv2d$',
    r'= 0x[0-9a-f]+ graph "[^"]*", \d+ nodes, failed: dense: .+',
    r'= 0x[0-9a-f]+ session to predict up to \d+, \d+ steps, \d+ bytes, of graph "shown", 6 nodes, ',
    r'= session to predict .* = \{0 = conv2d to relu, ',
    r'= graph "shown", 6 nodes, 47 parameters = ',
]


def run(*arguments):
    environment = dict(os.environ, DEBUGINFOD_URLS='', LC_ALL='C')
    return subprocess.run(['gdb', '-nx', '-batch', *arguments], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, env=environment)


def main():
    printers, program = sys.argv[1:]
    if not shutil.which('gdb') or 'yes' not in run('-ex', 'python print("yes")').stdout:
        print('there is no gdb with Python')
        return 77
    commands = [line for line in COMMANDS.strip().split('\n') if line]
    done = run('-ex', f'source {printers}', *(word for line in commands for word in ('-ex', line)), program)
    said = done.stdout + done.stderr
    if re.search(r'Operation not permitted|Function not implemented|Cannot (attach|create process)', done.stderr):
        print(done.stderr)
        return 77
    lines = [line for line in done.stdout.split('\n') if re.match(r'\$\d+ = ', line)]
    missing = [expected for expected, line in zip(EXPECTED, lines) if not re.search(expected, line)]
    if len(lines) != len(EXPECTED) or missing:
        print(said, *(f'expected: {expected}' for expected in missing), sep='\n')
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
