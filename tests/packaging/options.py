"""What the build's options make, looked at without compiling it: options.py SOURCE_FOLDER MESON."""
import json
import os
import platform
import subprocess
import sys
import tempfile

source, meson = sys.argv[1:]
work = tempfile.TemporaryDirectory()
folders = iter(range(1000))
problems = []


def setup(project, *options):
    """The folder, and what meson printed if it failed."""
    folder = os.path.join(work.name, f'build-{next(folders)}')
    result = subprocess.run([meson, 'setup', folder, project, *options], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return folder, result.stdout if result.returncode else None


def expect(condition, text):
    if not condition:
        problems.append(text)


def targets(folder):
    return json.loads(subprocess.check_output([meson, 'introspect', '--targets', folder]))


def check_wrong_cblas():
    """A library that is not there, or that is none, is never another one instead."""
    for name in ('mkl-of-another-machine', 'openblass', '', ' ', 'zlib', 'm'):
        _, output = setup(source, f'-Dcblas={name}', '-Dtests=false', '-Dexamples=false')
        told = f'cblas={name}: neither' if name.strip() else 'cblas is empty'
        expect(output and told in output, f'cblas="{name}": {output or "was taken"}')


def names_a_cblas(folder):
    texts = []
    for name in ('build.ninja', 'meson-private/libneuron.pc'):
        with open(os.path.join(folder, name), encoding='utf-8') as file:
            texts.append(file.read())
    return ['openblas' in text or 'lblas' in text for text in texts]


def check_no_cblas():
    """Nothing of what is built or installed names a CBLAS; on x86 nothing does unless it is asked for."""
    x86 = platform.machine() in ('x86_64', 'i386', 'i486', 'i586', 'i686')
    for option in ['-Dcblas=disabled'] + ['-Dcblas=auto'] * x86:
        folder, output = setup(source, option, '-Dtests=false', '-Dexamples=false')
        expect(output is None, f'{option}: {output}')
        expect(output or not any(names_a_cblas(folder)), f'{option}: a CBLAS is named')
    folder, output = setup(source, '-Dcblas=openblas', '-Dtests=false', '-Dexamples=false')
    expect(output or all(names_a_cblas(folder)), 'cblas=openblas: it is not named')


def check_kinds():
    """default_library is obeyed, and the tests have what they link."""
    for kind, installed in (('static', ['libneuron.a']), ('shared', ['libneuron.so.1.0.0']),
                            ('both', ['libneuron.a', 'libneuron.so.1.0.0'])):
        folder, output = setup(source, f'-Ddefault_library={kind}')
        expect(output is None, f'default_library={kind}: {output}')
        for beside in ('committee', 'report', 'onnx', 'keras', 'source', 'mpi'):  # where they can be built
            if not output and os.path.isdir(os.path.join(folder, 'lib', beside)):
                installed = [name.replace('libneuron.', f'libneuron-{beside}.') for name in installed
                             if name.startswith('libneuron.')] + installed
        found = [] if output else sorted({
            os.path.basename(target['filename'][0]) for target in targets(folder)
            if target['installed'] and 'library' in target['type']})
        expect(output or found == sorted(installed), f'default_library={kind} installs {found}')


def check_parent():
    """A parent project links the kind that it, or who builds it, chose."""
    parent = os.path.join(work.name, 'parent')
    os.makedirs(os.path.join(parent, 'subprojects'))
    os.symlink(source, os.path.join(parent, 'subprojects', 'libneuron'))
    with open(os.path.join(parent, 'meson.build'), 'w', encoding='utf-8') as file:
        file.write("project('parent', 'c')\n"
                   "neuron = dependency('libneuron', fallback: 'libneuron',\n"
                   "  default_options: ['tests=false', 'examples=false'])\n"
                   "executable('user', 'user.c', dependencies: neuron)\n")
    with open(os.path.join(parent, 'user.c'), 'w', encoding='utf-8') as file:
        file.write('int main(void) { return 0; }\n')
    for options, suffix in (([], '.so'), (['-Ddefault_library=static'], '.a'),
                            (['-Ddefault_library=shared'], '.so'),
                            (['-Ddefault_library=both'], '.so'),
                            (['-Dlibneuron:default_library=static'], '.a'),
                            (['-Ddefault_library=static', '-Dlibneuron:default_library=shared'],
                             '.so')):
        folder, output = setup(parent, '--force-fallback-for=libneuron', *options)
        expect(output is None, f'parent with {options}: {output}')
        if output is None:
            with open(os.path.join(folder, 'build.ninja'), encoding='utf-8') as file:
                rule = [line for line in file if line.startswith('build user: ')][0]
            expect(f'libneuron{suffix}' in rule and
                   f'libneuron{".a" if suffix == ".so" else ".so"}' not in rule,
                   f'parent with {options}: {rule}')


check_wrong_cblas()
check_no_cblas()
check_kinds()
check_parent()
for problem in problems:
    print(problem, file=sys.stderr)
sys.exit(1 if problems else 0)
