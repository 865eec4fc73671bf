"""Compiles the headers of C++ in all ways that a program may: check-compilers.py FOLDER INCLUDE COMPILER...

Every compiler that is there, every standard from C++17 that it has, with and without exceptions and run-time
types, with warnings as errors: each header alone, and the tests and examples, which have all templates.
"""
import glob
import itertools
import os
import shutil
import subprocess
import sys

WARNINGS = ['-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Wshadow', '-Wsign-conversion', '-Wnon-virtual-dtor',
            '-Wold-style-cast', '-Werror']
STANDARDS = ['c++17', 'c++20', 'c++23', 'c++2b']
WITHOUT = ['-fno-exceptions', '-fno-rtti']

folder, include, *compilers = sys.argv[1:]
headers = [os.path.relpath(name, include) for name in
           sorted(glob.glob(os.path.join(include, 'libneuron*', '**', '*.hpp'), recursive=True))]
alone = {name: f'#include <{name}>\n#include <{name}>\nint main() {{ return 0; }}\n' for name in headers}
sources = os.path.join(folder, 'tests', 'cpp')
throwing = [os.path.join(sources, name) for name in ('test-handles.cpp', 'test-exceptions.cpp', 'test-calls.cpp',
                                                      'test-report.cpp', 'cost.cpp')]
throwing += sorted(glob.glob(os.path.join(folder, 'examples', '*.cpp')))
returning = [os.path.join(sources, name) for name in ('test-results.cpp', 'test-report-results.cpp', 'cost-results.cpp')]
if len(headers) < 2 or not all(map(os.path.exists, throwing + returning)):
    sys.exit('there are no headers or sources')


def compiles(command, text=None):
    return subprocess.run(command, input=text, text=True, stderr=subprocess.PIPE, stdout=subprocess.PIPE, check=False)


def of_mpi():
    """Where the header of MPI is, which libneuron-mpi's includes; None if there is no MPI."""
    for name in ('mpi-c', 'ompi-c', 'mpich'):
        found = subprocess.run(['pkg-config', '--cflags-only-I', name], text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, check=False)
        if found.returncode == 0:
            return [part.replace('-I', '-isystem', 1) for part in found.stdout.split()]
    return None


def standards(compiler):
    """Those that it has, each once."""
    found = [name for name in STANDARDS
             if compiles([*compiler, f'-std={name}', '-x', 'c++', '-fsyntax-only', '-'], 'int x;\n').returncode == 0]
    return [name for name in found if name != 'c++2b' or 'c++23' not in found]


failures, count = [], 0
mpi_places = of_mpi()
known = {}
for name in itertools.chain(compilers, ('g++', 'clang++')):
    command = name.split()
    path = shutil.which(command[-1])
    if path:
        known.setdefault(os.path.realpath(path), command)
for compiler in known.values():
    for standard in standards(compiler):
        base = [*compiler, f'-std={standard}', *WARNINGS, '-I', include, '-fsyntax-only']
        jobs = [([*base, source], None) for source in throwing]
        jobs += [([*base, '-fno-rtti', throwing[1]], None), ([*base, '-DNEURON_NO_EXCEPTIONS', returning[0]], None)]
        jobs += [([*base, *WITHOUT, source], None) for source in returning]
        if standard == 'c++17':
            for name, text in alone.items():
                places = mpi_places if name.startswith('libneuron-mpi') else []
                if places is not None:
                    jobs += [([*base, *places, *more, '-x', 'c++', '-'], text) for more in ([], WITHOUT)]
        for command, text in jobs:
            done = compiles(command, text)
            count += 1
            if done.returncode != 0:
                failures.append(' '.join(command) + '\n' + (text or '') + done.stderr[:3000])
if failures:
    sys.exit('\n'.join(failures[:5]) + f'\n{len(failures)} of {count} do not compile')
if count == 0:
    sys.exit('no compiler')
print(f'{count} compilations with {len(known)} compilers')
