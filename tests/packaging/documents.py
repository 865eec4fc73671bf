"""Writes the C and C++ of the documents as files to compile: documents.py SOURCE_FOLDER OUTPUT_FOLDER.

A block with a main is a program of its own. Another one is put into a function that has the names
which the documents use. Files of C++ without exceptions (```cpp results) are called results-...
"""
import glob
import os
import re
import sys
import textwrap

FRAGMENT = '''#include <libneuron-committee/committees.h>
#include <libneuron/libneuron.h>

#include <pthread.h>
#include <stdio.h>

int report(const char *message);
{before}
int fragment(neuron_context_t *context, neuron_graph_t *graph, neuron_node_t *x,
             neuron_graph_t **members, neuron_graph_t *committee, neuron_dataset_t *train,
             neuron_dataset_t *validation, neuron_dataset_t *test, neuron_optimizer_t *adam,
             neuron_trainer_t *trainer, neuron_history_t *history,
             neuron_evaluation_t *evaluation, float *pixels, int64_t count);

int fragment(neuron_context_t *context, neuron_graph_t *graph, neuron_node_t *x,
             neuron_graph_t **members, neuron_graph_t *committee, neuron_dataset_t *train,
             neuron_dataset_t *validation, neuron_dataset_t *test, neuron_optimizer_t *adam,
             neuron_trainer_t *trainer, neuron_history_t *history,
             neuron_evaluation_t *evaluation, float *pixels, int64_t count)
{{
{body}
    return 0;
}}

int report(const char *message)
{{
    return fputs(message, stderr);
}}

int main(void)
{{
    return 0;
}}
'''


FRAGMENT_CPP = '''#include <libneuron-committee/committees.hpp>
#include <libneuron/libneuron.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

int fragment(neuron::context &context, neuron::graph &graph, neuron::node x, neuron::dataset &train,
             neuron::dataset &test, neuron::optimizer &adam);

int fragment(neuron::context &context, neuron::graph &graph, neuron::node x, neuron::dataset &train,
             neuron::dataset &test, neuron::optimizer &adam)
{{
    static_cast<void>(context), static_cast<void>(graph), static_cast<void>(x);
    static_cast<void>(train), static_cast<void>(test), static_cast<void>(adam);
    {{
{body}
    }}
    return 0;
}}

int main()
{{
    return 0;
}}
'''


def blocks(path, language='c'):
    with open(path, encoding='utf-8') as file:
        return re.findall(rf'^```{language}\n(.*?)^```$', file.read(), re.M | re.S)


def write_cpp(path, output):
    """How many programs of C++ a page has."""
    name = os.path.basename(path)[:-3].lower()
    programs = 0
    for language, what in (('cpp', ''), ('cpp results', 'results-')):
        for number, block in enumerate(blocks(path, language), 1):
            whole = re.search(r'^int main\(', block, re.M)
            programs += bool(whole)
            kind = 'program' if whole else 'fragment'
            text = block if whole else FRAGMENT_CPP.format(body=textwrap.indent(block, '        '))
            with open(os.path.join(output, f'{what}{kind}-{name}-{number}.cpp'), 'w', encoding='utf-8') as file:
                file.write(text)
    return programs


source, output = sys.argv[1:]
os.makedirs(output)
with open(os.path.join(source, 'examples', 'quick_start.c'), encoding='utf-8') as example:
    if blocks(os.path.join(source, 'README.md'))[0] != example.read():
        sys.exit('the first program of README.md is not examples/quick_start.c')
programs = programs_cpp = 0
for path in [os.path.join(source, 'README.md'), os.path.join(source, 'CONTRIBUTING.md'),
             *sorted(glob.glob(os.path.join(source, 'docs', '*.md')))]:
    programs_cpp += write_cpp(path, output)
    known = {}  # functions of the page so far: later blocks may use them
    for number, block in enumerate(blocks(path), 1):
        whole = re.search(r'^int main\(', block, re.M)
        programs += bool(whole)
        kind = 'program' if whole else 'fragment'
        # Functions of a fragment, such as callbacks, stay outside.
        parts = re.split(r'^(static .*?^}\n)', block, flags=re.M | re.S)
        body = ''.join(parts[::2])
        own = {re.search(r'(\w+)\(', function).group(1): function for function in parts[1::2]}
        used = [text for name, text in known.items() if name not in own and re.search(rf'\b{name}\b', body)]
        text = block if whole else FRAGMENT.format(before=''.join(used + parts[1::2]),
                                                   body=textwrap.indent(body, '    '))
        known.update(own)
        name = os.path.basename(path)[:-3].lower()
        with open(os.path.join(output, f'{kind}-{name}-{number}.c'), 'w', encoding='utf-8') as file:
            file.write(text)
if programs == 0 or programs_cpp == 0:
    sys.exit('no document has a program of C, or of C++')
