"""Runs the Python of a document as one program: python_document.py DOCUMENT ENUMERATORS.

The folder that it is run in gets the program's files. Its enumerators must have the values in
ENUMERATORS, and the network that it trains must have learned what the document says.
"""
import re
import sys

document, enumerators = sys.argv[1:]
with open(document, encoding='utf-8') as file:
    text = file.read()
with open(enumerators, encoding='utf-8') as file:
    known = dict(line.split() for line in file if line.strip() and not line.startswith('#'))

# Lines of the program have their numbers in the document, for messages.
program = [''] * len(text.splitlines())
for block in re.finditer(r'^```python\n(.*?)^```$', text, re.M | re.S):
    first = text[:block.start(1)].count('\n')
    lines = block.group(1).splitlines()
    program[first:first + len(lines)] = lines
names = {}
exec(compile('\n'.join(program), document, 'exec'), names)

named = [name for name in names if name.startswith('NEURON_')]
wrong = [name for name in named if str(names[name]) != known.get(name)]
if wrong or not named:
    sys.exit(f'{document}: not the values of the library: {wrong}')
if names['shares'].argmax(axis=1).tolist() != [1, 0]:
    sys.exit(f'{document}: predicted {names["shares"]}')
