"""Shows that C++ costs nothing over C: check-cost.py C_PROGRAM CPP_PROGRAM RESULTS_PROGRAM.

Three programs predict one example after the other: in C, in C++, in C++ without exceptions. The instructions of
one more prediction are counted by valgrind, and must be those of C but for a handful. Programs without their
symbols may be larger by the tables that exceptions need, and no more. 77 where there is no valgrind.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

FEW, MORE = 100, 600
EXTRA_INSTRUCTIONS = {'C++': 1, 'C++ without exceptions': 5}
EXTRA_BYTES = {'C++': 16384, 'C++ without exceptions': 8192}

programs = dict(zip(('C', *EXTRA_BYTES), sys.argv[1:]))
if len(sys.argv) != 4:
    sys.exit(__doc__)
if not shutil.which('valgrind'):
    print('skipped: no valgrind')
    sys.exit(77)


def instructions(program, count):
    """The least: some functions of the C library take a step more where the stack begins at another place, which the
    length of names and of the environment decides."""
    return min(counted(program, count, padding) for padding in range(0, 256, 32))


def counted(program, count, padding):
    environment = dict(os.environ, NEURON_KERNELS='baseline', PADDING='x' * padding)
    done = subprocess.run(['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null', program, str(count)],
                          stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, check=False, env=environment)
    found = re.search(r'Collected : (\d+)', done.stderr)
    if done.returncode != 0 or not found:
        sys.exit(f'{program} under valgrind: {done.stderr[-1000:]}')
    return int(found.group(1))


def size(program):
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, 'program')
        subprocess.run(['strip', '-o', copy, program], check=True)
        return os.path.getsize(copy)


each = {name: (instructions(program, MORE) - instructions(program, FEW)) / (MORE - FEW)
        for name, program in programs.items()}
sizes = {name: size(program) for name, program in programs.items()}
for name in programs:
    print(f'{name:24} {each[name]:10.1f} instructions a prediction, {sizes[name]:7} bytes stripped')
problems = [f'{name}: {each[name] - each["C"]:.1f} instructions more than C, for each prediction'
            for name, extra in EXTRA_INSTRUCTIONS.items() if each[name] > each['C'] + extra]
problems += [f'{name}: {sizes[name] - sizes["C"]} bytes more than C'
             for name, extra in EXTRA_BYTES.items() if sizes[name] > sizes['C'] + extra]
sys.exit('\n'.join(problems) or 0)
