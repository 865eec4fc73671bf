"""Checks that all of the C interface can be called from C++: check-wrapped.py INCLUDE LIST LEAST.

Each public function is called by the headers of C++, and named in the comment there; or it is a line of
LIST, "function: why it has no wrapper". LIST has no function that is wrapped or that there is not. There are
LEAST functions or more.
"""
import glob
import os
import re
import sys


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def without_comments(text):
    return re.sub(r'/\*.*?\*/|//[^\n]*', ' ', text, flags=re.S)


def declared_in(folder):
    return {name for header in glob.glob(os.path.join(folder, '*.h'))
            for name in re.findall(r'NEURON_API(?:_EXPERIMENTAL)?\b[^;(]*?\b(neuron_\w+)\s*\(', without_comments(read(header)))}


include, path, least = sys.argv[1:]
declared = declared_in(include)
if len(declared) < int(least):
    sys.exit(f'only {len(declared)} functions in {include}')
text = ''.join(read(name) for name in glob.glob(os.path.join(include, '**', '*.hpp'), recursive=True))
called = set(re.findall(r'\bneuron_\w+', without_comments(text)))
told = set(re.findall(r'\b(neuron_\w+)\(\)', text))

listed = {}
for line in read(path).splitlines():
    if line.strip() and not line.startswith('#'):
        name, _, reason = line.partition(':')
        listed[name.strip()] = reason.strip()
everywhere = declared_in(os.path.join(include, '..', 'libneuron*'))

problems = [f'{name}: the headers of C++ have no wrapper: write one, or say in {os.path.basename(path)} why not'
            for name in sorted(declared - called - set(listed))]
problems += [f'{name}: is wrapped, and in {os.path.basename(path)}' for name in sorted(set(listed) & called)]
problems += [f'{name}: in {os.path.basename(path)}, but no function' for name in sorted(set(listed) - everywhere)]
problems += [f'{name}: has no reason' for name, reason in sorted(listed.items()) if not reason]
# Those that all handles have are told of by their endings.
common = re.compile(r'_(ref|unref|set|set_number|get_number|get_text|create|run_name)$')
problems += [f'{name}: is called, but in no comment' for name in sorted((declared & called) - told)
             if not common.search(name)]
if problems:
    sys.exit('\n'.join(problems))
print(f'{len(declared & called)} functions are wrapped, {len(listed)} are not, for a reason each')
