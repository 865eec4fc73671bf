"""Checks what the outside world can see of the library.

usage: check.py <check> [--name value ...]; each function below named check_... is one check.
"""
import argparse
import ctypes
import glob
import itertools
import os
import re
import subprocess
import sys
import tempfile

WARNINGS = ['-Wall', '-Wextra', '-Wpedantic', '-pedantic', '-Werror', '-fsyntax-only']

# What could disturb the host process, write to its terminal, or depend on its locale.
FORBIDDEN = set('''
    printf vprintf puts putchar perror stdout stderr __printf_chk __vprintf_chk
    exit _exit _Exit quick_exit abort raise kill atexit on_exit __cxa_atexit
    signal sigaction sigprocmask pthread_sigmask pthread_atfork __register_atfork
    setenv unsetenv putenv clearenv setlocale uselocale
    srand rand srandom random srand48 drand48 lrand48
    strtod strtof strtold atof scanf sscanf fscanf __isoc99_sscanf __isoc99_fscanf
    system popen fork
    qsort qsort_r
'''.split())

SANITIZER = re.compile(r'(__odr_asan|__asan|__ubsan|__tsan|__sanitizer|__sancov|asan\.|tsan\.)')

# By which functions with a cleanup find the unwinder: weak, hidden, one for all objects, never written.
PERSONALITY = 'DW.ref.__gcc_personality_v0'


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def without_comments(text):
    return re.sub(r'/\*.*?\*/|//[^\n]*', ' ', text, flags=re.S)


def headers(folder):
    return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith('.h'))


def declared(folder):
    found = []
    for header in headers(folder):
        found += re.findall(r'NEURON_API(?:_EXPERIMENTAL)?\b[^;(]*?\b(neuron_\w+)\s*\(', without_comments(read(header)))
    return found


def listed(path, node=r'\w+'):
    """The functions of a version node, or of all."""
    nodes = re.findall(rf'^{node} {{\s*global:(.*?)(?:local:|}})', without_comments(read(path)), re.M | re.S)
    return [name for each in nodes for name in re.findall(r'(neuron_\w+);', each)]


def enumerators(folder):
    found = {}
    for header in headers(folder):
        for body in re.findall(r'\benum\s*\w*\s*{(.*?)}', without_comments(read(header)), re.S):
            for item in body.split(','):
                if item.strip():
                    name, _, value = (part.strip() for part in item.partition('='))
                    found[name] = value
    return found


def changed(arguments):
    """The functions that the change log lists as new, of the library of --name: those of one beside the core have
    a heading with its name."""
    parts = re.split(r'^#+ (.*)$', read(arguments.changelog), flags=re.M)
    bodies = [body for heading, body in zip(['', *parts[1::2]], parts[0::2])
              if (heading if heading.startswith('libneuron-') else 'libneuron') == arguments.name]
    return re.findall(r'^\s*\+ (neuron_\w+)$', '\n'.join(bodies), re.M)


def compare(problems, what, expected, found):
    for name in sorted(set(expected) - set(found)):
        problems.append(f'{name} is missing: {what}')
    for name in sorted(set(found) - set(expected)):
        problems.append(f'{name} is too much: {what}')


def check_exports(arguments):
    """Headers, version script, shared library and change log name the same functions."""
    problems = []
    functions = declared(arguments.include)
    mapped = listed(arguments.map)
    symbols = [line.split()[-1].split('@')
               for line in run('nm', '-D', '--defined-only', arguments.library).splitlines()
               if line.split()[-2] != 'A']
    dynamic = [name for name, *version in symbols if not version[-1].startswith('NEURON_PRIVATE_')]
    if arguments.private:
        private = [name for name, *version in symbols if version[-1].startswith('NEURON_PRIVATE_')]
        compare(problems, f'shared library, against {arguments.private}', listed(arguments.private, r'[\w.]+'), private)
        if listed(arguments.private, r'[\w.]+') != sorted(listed(arguments.private, r'[\w.]+')):
            problems.append(f'{arguments.private} is not in alphabetical order')
    compare(problems, 'version script, against the headers', functions, mapped)
    compare(problems, 'shared library, against the version script', mapped, dynamic)
    compare(problems, 'CHANGELOG.md, against the headers', functions, changed(arguments))
    for node in ('NEURON_1', 'NEURON_EXPERIMENTAL'):
        if listed(arguments.map, node) != sorted(listed(arguments.map, node)):
            problems.append(f'{node} of {arguments.map} is not in alphabetical order')
    for name in sorted({name for name in functions if functions.count(name) > 1}):
        problems.append(f'{name} is declared twice')
    return problems


def check_tiers(arguments):
    """What is experimental is so in its declaration, its comment and its symbol's version."""
    problems, told = [], []
    text = '\n'.join(map(read, headers(arguments.include)))
    marked = re.findall(r'NEURON_API_EXPERIMENTAL\b[^;(]*?\b(neuron_\w+)\s*\(', without_comments(text))
    for comment, name in re.findall(r'/\*\*((?:(?!\*/).)*)\*/\s*NEURON_API\w*\b[^;(]*?\b(neuron_\w+)\s*\(', text, re.S):
        words = ' '.join(re.sub(r'\n \*', ' ', comment).split())
        told += [name] * bool(re.search(r'\bSince \d+\.\d+, experimental\b', words))
    compare(problems, 'comments, against NEURON_API_EXPERIMENTAL', marked, told)
    compare(problems, 'version script, against NEURON_API_EXPERIMENTAL', marked,
            listed(arguments.map, 'NEURON_EXPERIMENTAL'))
    dynamic = run('nm', '-D', '--defined-only', arguments.library)
    versions = dict(re.findall(r'(neuron_\w+)@@(\w+)', dynamic))
    compare(problems, 'shared library, against NEURON_API_EXPERIMENTAL', marked,
            [name for name, version in versions.items() if version == 'NEURON_EXPERIMENTAL'])
    if len(marked) < 10 and arguments.name == 'libneuron':
        problems.append(f'only {len(marked)} functions are experimental')
    return problems


# Bytes that a stripped library may have.
SIZES = {'libneuron': 1032000, 'libneuron-report': 200000, 'libneuron-onnx': 221000, 'libneuron-source': 100000,
         'libneuron-keras': 100000, 'libneuron-committee': 177000, 'libneuron-mpi': 24000}


def check_library(arguments):
    """The file name that programs remember, and the size of what they carry."""
    problems = []
    dynamic = run('readelf', '-dW', arguments.library)
    soname = re.search(r'SONAME.*\[(.*)\]', dynamic)
    if not soname or soname.group(1) != f'{arguments.name}.so.1':
        problems.append(f'soname is {soname and soname.group(1)}, not {arguments.name}.so.1')
    if re.search(r'TEXTREL', dynamic):
        problems.append('the code has relocations')
    with tempfile.TemporaryDirectory() as folder:
        stripped = os.path.join(folder, 'stripped.so')
        run('strip', '--strip-unneeded', '-o', stripped, arguments.library)
        size = os.path.getsize(stripped)
    print(f'{size} bytes stripped')
    if arguments.release and size > SIZES[arguments.name]:
        problems.append(f'{size} bytes stripped, more than {SIZES[arguments.name]}')
    return problems


def check_static(arguments):
    """Names, references and variables of every object in the static library."""
    problems = []
    for line in run('nm', '-A', '-g', '--defined-only', arguments.library).splitlines():
        name = line.split()[-1]
        if not name.startswith(('neuron_', '__x86.get_pc_thunk.')) and name != PERSONALITY \
                and not SANITIZER.match(name):
            problems.append(f'{line}: does not start with neuron_')
    for line in run('nm', '-A', '-u', arguments.library).splitlines():
        name = line.split()[-1].split('@')[0]
        if name in FORBIDDEN or (arguments.release and name == '__assert_fail'):
            problems.append(f'{line}: not for a library to use')
    if arguments.release:
        problems += variables(arguments.library)
    return problems


def variables(library):
    """Variables that can change, other than thread-local ones, and code that runs at loading."""
    problems = []
    for line in run('objdump', '-t', library).splitlines():
        parts = line.split()
        if parts and parts[-1] == PERSONALITY:
            continue
        if len(parts) > 4 and parts[2] == 'O' and re.match(r'\.(data|bss)(\.(?!rel\.ro)|$)', parts[3]):
            problems.append(f'{parts[-1]} in {parts[3]}: a global that can change')
        if len(parts) > 3 and '*COM*' in parts:
            problems.append(f'{parts[-1]}: a global that can change')
    for section in re.findall(r'\s\.(init_array|ctors|fini_array|dtors)\b',
                              run('objdump', '-h', library)):
        problems.append(f'a section .{section}: code that runs without being called')
    return problems


def compiles(compiler, language, standard, include, text, problems, what):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'test.c' if language == 'c' else 'test.cpp')
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        result = subprocess.run(
            [*compiler.split(), '-x', language, f'-std={standard}', *WARNINGS,
             '-I', os.path.dirname(include), path], stderr=subprocess.PIPE, text=True)
        if result.returncode != 0:
            problems.append(f'{what} as {standard}:\n{result.stderr}')


def check_headers(arguments):
    """Each header compiles alone and twice, as C99 and C++17, and is installed."""
    problems = []
    folder = os.path.basename(arguments.include)
    umbrella = read(os.path.join(arguments.include, 'libneuron.h')) if folder == 'libneuron' else None
    installed = read(os.path.join(os.path.dirname(arguments.include), 'meson.build'))
    for header in headers(arguments.include):
        name = os.path.basename(header)
        text = read(header)
        guard = 'NEURON_' + name[:-2].upper().replace('-', '_') + '_H'
        code = without_comments(text).split()
        if code[:4] != ['#ifndef', guard, '#define', guard] or code[-1] != '#endif':
            problems.append(f'{name} is not guarded by {guard}')
        if 'NEURON_API ' in text and 'extern "C"' not in text:
            problems.append(f'{name} has functions and no extern "C"')
        if umbrella and name != 'libneuron.h' and f'<libneuron/{name}>' not in umbrella:
            problems.append(f'{name} is not in libneuron.h')
        if f"'{folder}/{name}'" not in installed:
            problems.append(f'{name} is not installed')
        twice = f'#include <{folder}/{name}>\n' * 2 + 'extern int nothing_else;\n'
        compiles(arguments.cc, 'c', 'c99', arguments.include, twice, problems, name)
        if arguments.cxx:
            compiles(arguments.cxx, 'c++', 'c++17', arguments.include, twice, problems, name)
    return problems


def check_documentation(arguments):
    """Clang finds that comments name the parameters that there are."""
    problems = []
    for header in headers(arguments.include):
        result = subprocess.run(
            [*arguments.clang.split(), '-Wdocumentation', '-Wno-pragma-once-outside-header', '-Werror',
             '-fsyntax-only', '-x', 'c', '-I', os.path.dirname(arguments.include), header],
            stderr=subprocess.PIPE, text=True)
        if result.returncode != 0:
            problems.append(f'{os.path.basename(header)}:\n{result.stderr}')
    return problems


# What a header declares, at the left margin: a function, a type, or enumerators.
DECLARATION = re.compile(r'^(?:NEURON_API(?:_EXPERIMENTAL)?\b[^;]*;|typedef\b[^;]*;|enum\b[^;]*;)', re.M)


def without_documentation(text):
    """The first lines of all declarations whose comment does not say since when they are there."""
    missing = []
    for found in DECLARATION.finditer(text):
        comment = re.search(r'/\*\*((?:(?!\*/).)*)\*/\s*$', text[:found.start()], re.S)
        words = re.sub(r'\n \*', ' ', comment.group(1)) if comment else ''
        if not re.search(r'\bSince\s+\d+\.\d+(?:,\s+experimental)?\.', words):
            missing.append(found.group().splitlines()[0])
    return missing


def check_log(arguments):
    """Log lines have the categories that context.h lists, and no others."""
    folder = os.path.join(os.path.dirname(os.path.dirname(arguments.include)), 'lib')
    comment = re.search(r'/\*\* Receives one log line.*?\*/', read(os.path.join(arguments.include, 'context.h')), re.S)
    listed = set(re.findall(r'- `(\w+)`: ', comment.group()))
    used, calls = set(), 0
    for path in glob.glob(os.path.join(folder, '**', '*.c'), recursive=True):
        calls += len(re.findall(r'\bneuron_log\(', read(path)))
        used |= set(re.findall(r'\bneuron_log\([^;"]*?,\s*(?:NEURON_LOG_\w+|level),\s*"(\w+)",', read(path)))
    problems = [] if calls > 30 else [f'only {calls} log lines were found in {folder}']
    compare(problems, 'categories in lib, against context.h', listed, used)
    return problems


# How comments say which calls may run at the same time.
THREAD_RULES = (r'Any thread\b', r'[Nn]o other (thread|call) may\b', r'Only in the thread\b', r'Threads as\b',
                r'Any number of threads\b')


def check_threads(arguments):
    """The comment of every function says which other calls may run at the same time."""
    problems, count = [], 0
    for header in headers(arguments.include):
        for comment, line in re.findall(r'/\*\*((?:(?!\*/).)*)\*/\s*NEURON_API(?:_EXPERIMENTAL)?([^;]*);', read(header), re.S):
            count += 1
            words = ' '.join(re.sub(r'\n \*', ' ', comment).split())
            if not any(re.search(rule, words) for rule in THREAD_RULES):
                problems.append(f'{os.path.basename(header)}: no thread rule in the comment of '
                                + re.search(r'\b(neuron_\w+)\s*\(', line).group(1))
    return problems if count > 300 or arguments.name != 'libneuron' else problems + [f'only {count} comments were found']


def check_since(arguments):
    """The comment of every function, type and enumeration says since when it is there."""
    problems = []
    for header in headers(arguments.include):
        name = os.path.basename(header)
        problems += [f'{name}: no "Since" in the comment of {line}'
                     for line in without_documentation(read(header))]
    return problems


# What is wrapped is no result.
FILLED_LATER = {'neuron_tensor_wrap'}


def parameters(folder):
    """(header, function or type of functions, its parameters as written), of all that is public."""
    for header in headers(folder):
        text = without_comments(read(header))
        found = re.findall(r'NEURON_API(?:_EXPERIMENTAL)?\b[^;(]*?\b(neuron_\w+)\s*\(([^;]*)\)\s*;', text)
        found += re.findall(r'typedef\b[^;{}]*?\(\*(neuron_\w+)\)\(([^;]*)\)\s*;', text)
        for name, given in found:
            yield os.path.basename(header), name, [' '.join(item.split()) for item in given.split(',')]


def is_result(parameter):
    """A pointer through which a number, a text, a handle or an array of them is handed back."""
    handle = re.match(r'(?:struct )?neuron_\w+_t \*(?!\*)', parameter)
    return '*' in parameter and not (re.match(r'const\b.*[^*]\*\w|.*\*const \*', parameter) or handle
                                     or 'user_data' in parameter or '(' in parameter)


def check_order(arguments):
    """What a call hands back comes first, with the room that there is for it; options come last."""
    problems, count = [], 0
    for header, name, given in parameters(arguments.include):
        room = r'(?:size_t|int\d+_t) (?:\w+_)?(?:capacity|count)$'
        end = 0
        while end < len(given) and (is_result(given[end]) or end and re.match(room, given[end])):
            end += 1
        late = [item for item in given[end:] if is_result(item)]
        count += end
        if late and name not in FILLED_LATER:
            problems.append(f'{header}: {late[0]} of {name}() does not come first')
        if 'const char *options' in given[:-1]:
            problems.append(f'{header}: the options of {name}() do not come last')
    if count < 100 and arguments.name == 'libneuron':
        problems.append(f'only {count} results were found')
    return problems


def documented_options(layers_header):
    """For each builder call the options that its comment lists."""
    found = {}
    builder = r'/\*\*((?:(?!\*/).)*)\*/\s*NEURON_API(?:_EXPERIMENTAL)? neuron_node_t \*(neuron_\w+)\('
    for comment, name in re.findall(builder, layers_header, re.S):
        options = re.split(r'@param|Since', comment.partition('Options:')[2])[0]
        for start, first, last in re.findall(r'`(\w+_)(\d)` to\W+`\1(\d)`', options):
            options += ' '.join(f'`{start}{i}`' for i in range(int(first), int(last)))
        found[name] = set(re.findall(r'`(\w+)`', options))
    return found


def layer_options(arguments, name, table_name=r'\w+'):
    """The options in the table of <name>.c, somewhere in lib/layers; none if it has no table."""
    folder = os.path.join(os.path.dirname(os.path.dirname(arguments.include)), 'lib')
    source, = glob.glob(os.path.join(folder, 'layers', '**', name + '.c'), recursive=True)
    code = run(*arguments.cc.split(), '-E', '-P', '-I', folder, '-I',
               os.path.dirname(arguments.include), source)
    shared = re.search(r'\.options\s*=\s*\{\s*neuron_(pool\dd_options)', code)
    if shared:
        return layer_options(arguments, 'image', 'neuron_' + shared.group(1))
    table = re.search(r'const neuron_option ' + table_name + r'\[\w*\] = \{(.*?)\};', code, re.S)
    keys = re.findall(r'NEURON_NODE_(\w+)', table.group(1)) if table else []
    return {key.lower() for key in keys}


def check_options(arguments):
    """The comment of each builder call lists the options that its layer has."""
    problems = []
    header = read(os.path.join(arguments.include, 'layers.h'))
    for name, options in documented_options(header).items():
        layer = name[len('neuron_'):].replace('_', '-')
        if layer not in ('graph-import', 'graph-import-part', 'layer-by-name', 'node-input', 'shared-layer', 'shared-part'):
            compare(problems, f'options of {name}() in layers.h', layer_options(arguments, layer),
                    options)
    return problems + option_names(arguments)


def option_names(arguments):
    """Options and words are called in calls, files and messages as in the code, in lower case."""
    folder = os.path.join(os.path.dirname(os.path.dirname(arguments.include)), 'lib')
    known = set(enumerators(arguments.include))
    for inside, _, _ in os.walk(folder):
        known |= set(enumerators(inside))
    row = r'NEURON_(?:INTEGER|REAL|FLAG|CHOICE|TEXT)\(\s*(NEURON_\w+)\s*,[\s\\]*"(\w+)"'
    word = r'\{(NEURON_\w+),\s*"(\w+)"\}'
    problems, count = [], 0
    for path in glob.glob(os.path.join(folder, '**', '*.[ch]'), recursive=True):
        for key, name in re.findall(row, read(path)) + re.findall(word, read(path)):
            count += 1
            prefix = key[:-len(name)]
            if key not in known or key != prefix + name.upper() or not prefix.endswith('_'):
                problems.append(f'{path}: {key} is called "{name}"')
    if count < 60:
        problems.append(f'only {count} options and words were found in {folder}')
    return problems


# Where each family of kinds is explained.
FAMILIES = {'context': 'context.h', 'optimizer': 'optimizer.h', 'loss': 'loss.h', 'callback': 'callback.h',
            'layer': 'layers.h', 'metric': 'evaluation.h', 'interval': 'evaluation.h', 'mcnemar': 'evaluation.h',
            'augmentation': 'augmentation.h', 'evaluation': 'evaluation.h', 'quantization': 'quantize.h',
            'trainer': 'trainer.h', 'csv': 'table.h', 'stream': 'dataset.h', 'gradient': 'gradient.h',
            'import': 'layers.h', 'committee': 'committee.h', 'split': 'dataset.h',
            'memory': 'summary.h'}

# Where what libneuron-committee does is explained.
COMMITTEE = {'calibration': 'calibration.h', 'prediction_sets': 'calibration.h', 'committee_weights': 'joining.h',
             'committee_stack': 'joining.h', 'committee_contributions': 'joining.h', 'committee_costs': 'joining.h',
             'committee_diversity': 'joining.h', 'committee_prune': 'joining.h', 'cascade': 'cascade.h',
             'cascade_tune': 'cascade.h', 'search': 'search.h', 'committee_trainer': 'committee-trainer.h',
             'committee_fit': 'committee-trainer.h', 'distil': 'distilling.h'}


def told_kinds(path):
    """Of all kinds (family, kind, options), as libneuron-committee and the core, which comes with it, tell them. An
    option is its name, its help, and its words, the default first, or its default as a number."""
    library = ctypes.CDLL(path)
    for name in ('kind_name', 'option_name', 'option_help', 'option_word'):
        getattr(library, 'neuron_' + name).restype = ctypes.c_char_p
    library.neuron_kind_option.restype = ctypes.c_void_p
    library.neuron_kind_count.restype = ctypes.c_int64
    library.neuron_kind_name.argtypes = ctypes.c_char_p, ctypes.c_int64
    library.neuron_kind_option.argtypes = ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int64
    library.neuron_option_word.argtypes = ctypes.c_void_p, ctypes.c_int64
    library.neuron_option_default.restype = ctypes.c_double
    for family in FAMILIES:
        for index in range(library.neuron_kind_count(family.encode())):
            kind = library.neuron_kind_name(family.encode(), index)
            rows = numbered(lambda i: library.neuron_kind_option(family.encode(), kind, i))
            yield family, kind.decode(), [told_option(library, ctypes.c_void_p(row)) for row in rows]
    library.neuron_committee_option.restype = ctypes.c_void_p
    library.neuron_committee_option.argtypes = ctypes.c_char_p, ctypes.c_int64
    for what in COMMITTEE:
        rows = numbered(lambda i: library.neuron_committee_option(what.encode(), i))
        yield what, what, [told_option(library, ctypes.c_void_p(row)) for row in rows]


def told_option(library, row):
    words = [word.decode() for word in numbered(lambda i: library.neuron_option_word(row, i))]
    return (library.neuron_option_name(row).decode(), library.neuron_option_help(row).decode(),
            words or [f'{library.neuron_option_default(row):g}'])


def numbered(call):
    """What a call has for 0, 1 and so on, up to the first None."""
    return list(iter(map(call, itertools.count()).__next__, None))


def check_kinds(arguments):
    """Kinds, options, defaults and words are those of options.txt, their headers explain them, and options
    have help."""
    problems, told = [], []
    every = list(told_kinds(arguments.library))
    metrics = {kind for family, kind, _ in every if family == 'metric'}  # which their own header explains
    metrics |= {f'validation_{kind}' for kind in metrics}
    for family, kind, options in every:
        explained = FAMILIES.get(family) or COMMITTEE[family]
        folder = arguments.include if family in FAMILIES else arguments.include + '-committee'
        header = read(os.path.join(folder, explained))
        # Layers are called as their builders.
        known = set(re.findall(r'`(\w+)`', header)) | {family, 'quantized_dense', 'quantized_conv2d'}
        known |= set(re.findall(r'NEURON_API(?:_EXPERIMENTAL)? neuron_node_t \*\s*neuron_(\w+)\(', header))
        known |= {'extent_' + axis for axis in '12345'}  # between those that are named
        used = set(re.findall(r'\w+', header))
        told.append(f'{family} {kind}')
        problems += [] if kind in known else [f'{explained}: {kind} is not explained']
        for name, text, values in options:
            told.append(f'{family} {kind} {name} {" ".join(values)}')
            problems += [] if text else [f'{kind}: {name} has no help']
            problems += [] if name in known else [f'{explained}: {name} is not explained']
            problems += [f'{explained}: {word} of {name} is not there'
                         for word in values if re.match('[a-z]{4}', word) and word not in used | metrics]
    pinned = [line for line in read(arguments.list).splitlines() if line and not line.startswith('#')]
    compare(problems, 'the library, against options.txt', pinned, told)
    return problems


def check_enumerators(arguments):
    """Enumerators have the values they had, and the list has all of them."""
    problems = []
    pinned = dict(line.split() for line in read(arguments.list).splitlines()
                  if line and not line.startswith('#'))
    compare(problems, 'the headers, against enumerators.txt', pinned, enumerators(arguments.include))
    text = '#include <libneuron/libneuron.h>\n' + ''.join(
        f'_Static_assert({name} == ({value}), "{name} is not {value}");\n'
        for name, value in pinned.items())
    compiles(arguments.cc, 'c', 'c11', arguments.include, text, problems, 'enumerators.txt')
    return problems


def check_program(arguments):
    """Not a check: writes a program that needs every function of the headers."""
    functions = ''.join(f'    (function){name},\n' for name in declared(arguments.include))
    folder = os.path.basename(arguments.include)
    names = ['libneuron.h'] if folder == 'libneuron' else [os.path.basename(header) for header in headers(arguments.include)]
    includes = '\n'.join(f'#include <{folder}/{name}>' for name in names)
    print(f'''{includes}

typedef void (*function)(void);

static function volatile functions[] = {{
{functions}}};

int main(void)
{{
    int missing = 0;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        missing += functions[i] == NULL;
    return missing != 0;
}}''')
    return []


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('check')
    for name in ('library', 'include', 'map', 'changelog', 'cc', 'cxx', 'clang', 'list', 'private', 'name'):
        parser.add_argument('--' + name, default='')
    parser.add_argument('--release', action='store_true')
    parser.set_defaults(name='libneuron')
    arguments = parser.parse_args()
    problems = globals()['check_' + arguments.check](arguments)
    for problem in problems:
        print(problem, file=sys.stderr)
    sys.exit(1 if problems else 0)


main()
