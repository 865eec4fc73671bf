"""Runs the Python of a document as one program: python_document.py DOCUMENT ENUMERATORS [all].

The folder that it is run in gets the program's files. Blocks that are called py need more than NumPy: they are run only
with `all`. Enumerators that the program names must have the values in ENUMERATORS. Of docs/python.md more is known: what
a tensor cannot lie over, and what the network that it trains must have learned.
"""
import os
import re
import sys

document, enumerators, *more = sys.argv[1:]
with open(document, encoding='utf-8') as file:
    text = file.read()
with open(enumerators, encoding='utf-8') as file:
    known = dict(line.split() for line in file if line.strip() and not line.startswith('#'))

# Lines of the program have their numbers in the document, for messages.
program = [''] * len(text.splitlines())
for block in re.finditer(rf'^```{"py(?:thon)?" if more else "python"}\n(.*?)^```$', text, re.M | re.S):
    first = text[:block.start(1)].count('\n')
    lines = block.group(1).splitlines()
    program[first:first + len(lines)] = lines
if not any(program):
    sys.exit(f'{document} has no Python')
names = {}
exec(compile('\n'.join(program), document, 'exec'), names)


def check_python():
    """What docs/python.md promises."""
    if not any(name.startswith('NEURON_') for name in names):
        sys.exit(f'{document}: no enumerator is named')

    # What a tensor cannot lie over is told in Python's terms, before the library sees its memory.
    numpy, tensor = names['numpy'], names['tensor']
    table = numpy.zeros((4, 6), numpy.float32)
    for array, expected in ((numpy.array([1.5, 2]), TypeError), (numpy.array([True, False]), TypeError),
                            (numpy.zeros(3, numpy.int16), TypeError), (table.astype('>f4'), TypeError),
                            (numpy.asfortranarray(table), ValueError), (table[:, ::2], ValueError)):
        try:
            tensor(array)
            sys.exit(f'{document}: takes {array.dtype}, {array.flags}')
        except expected as error:
            if 'makes a copy that is' not in str(error):
                sys.exit(f'{document}: {error}')

    if names['shares'].argmax(axis=1).tolist() != [1, 0]:
        sys.exit(f'{document}: predicted {names["shares"]}')


wrong = [name for name in names if name.startswith('NEURON_') and str(names[name]) != known.get(name)]
if wrong:
    sys.exit(f'{document}: not the values of the library: {wrong}')
if os.path.basename(document) == 'python.md':
    check_python()
