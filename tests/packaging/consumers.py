"""Builds strangers' projects against an install tree, and against the same tree moved elsewhere.

usage: consumers.py installed BUILD_FOLDER SOURCE_FOLDER MESON C_COMPILER CPP_COMPILER
       consumers.py subproject SOURCE_FOLDER MESON C_COMPILER CPP_COMPILER

They find the library by pkg-config, CMake, and Meson by either, shared and static, in C and C++. The second
form builds it as a subproject. Ends with 77 where there is no CMake, after all else was checked.
"""
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

CONSUMER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'consumer')


def run(*command, expect=0, **options):
    """What the command prints. It has to end as expected: 0, or None for any failure."""
    environment = dict(os.environ, **options.pop('environment', {}))
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          stdin=subprocess.DEVNULL, env=environment, check=False, **options)
    if (done.returncode == 0) != (expect == 0):
        sys.exit(f'{" ".join(map(str, command))} ended with {done.returncode}:\n{done.stdout[-3000:]}')
    return done.stdout


def version(source):
    with open(os.path.join(source, 'include', 'libneuron', 'version.h'), encoding='utf-8') as file:
        return file.read().split('NEURON_VERSION_STRING "')[1].split('"')[0]


def check_program(path, wanted, static, what, environment=None):
    printed = run(path, environment=environment or {}).strip()
    needs = 'libneuron' in run('readelf', '-d', path)
    if printed != wanted or needs == static:
        sys.exit(f'{what}: {path} prints {printed}, and needs {"the" if needs else "no"} shared library')
    print(f'  {what}: {os.path.basename(path)}')


class Tree:
    """An install tree, with the compilers to use it by."""

    def __init__(self, folder, libraries, wanted, meson, compilers):
        self.folder, self.wanted, self.meson, self.compilers = folder, wanted, meson, compilers
        self.libraries = os.path.join(folder, libraries)
        self.pkg_config = {'PKG_CONFIG_PATH': os.path.join(self.libraries, 'pkgconfig')}
        self.work = tempfile.TemporaryDirectory()
        self.tools = {'CC': ' '.join(compilers['c']), 'CXX': ' '.join(compilers['cpp'])}
        self.numbers = iter(range(1000))

    def place(self):
        return os.path.join(self.work.name, str(next(self.numbers)))

    def by_pkg_config(self):
        for static in (False, True):
            flags = run('pkg-config', *['--static'] * static, '--cflags', '--libs', 'libneuron',
                        environment=self.pkg_config).split()
            if static:  # as where no shared library is beside it
                alone = self.place()
                os.mkdir(alone)
                shutil.copy(os.path.join(self.libraries, 'libneuron.a'), alone)
                flags.insert(0, f'-L{alone}')
            for ending, standard in (('c', 'c11'), ('cpp', 'c++17')):
                program = self.place()
                run(*self.compilers[ending], f'-std={standard}', os.path.join(CONSUMER, f'consumer.{ending}'), '-o',
                    program, *flags)
                check_program(program, self.wanted, static, f'pkg-config{" --static" * static}',
                              {'LD_LIBRARY_PATH': self.libraries})

    def configure(self, *options, expect=0):
        folder = self.place()
        return folder, run('cmake', '-S', CONSUMER, '-B', folder, f'-DCMAKE_PREFIX_PATH={self.folder}', *options,
                           expect=expect, environment=self.tools)

    def by_cmake(self):
        for options in ([], ['-DCOMPONENT=shared'], ['-DCOMPONENT=static']):
            folder, _ = self.configure(*options)
            run('cmake', '--build', folder)
            for ending in ('c', 'cpp'):
                check_program(os.path.join(folder, f'consumer-{ending}'), self.wanted, 'static' in str(options),
                              f'CMake {" ".join(options)}')

    def committee_by_pkg_config(self):
        """libneuron-committee, shared, and static with the core, where no shared library is beside them."""
        alone = self.place()
        os.mkdir(alone)
        for library in ('libneuron.a', 'libneuron-committee.a'):
            shutil.copy(os.path.join(self.libraries, library), alone)
        for static in (False, True):
            flags = run('pkg-config', *['--static'] * static, '--cflags', '--libs', 'libneuron-committee',
                        environment=self.pkg_config).split()
            program = self.place()
            run(*self.compilers['c'], '-std=c11', os.path.join(CONSUMER, 'consumer-committee.c'), '-o', program,
                *[f'-L{alone}'] * static, *flags)
            check_program(program, self.wanted, static, f'pkg-config{" --static" * static}, libneuron-committee',
                          {'LD_LIBRARY_PATH': self.libraries})

    def component_by_cmake(self, name):
        """The component of a library beside the core."""
        folder, _ = self.configure(f'-DCOMPONENT=shared;{name}')
        run('cmake', '--build', folder)
        program = os.path.join(folder, f'consumer-{name}')
        check_program(program, self.wanted, False, f'CMake, component {name}')
        if f'libneuron-{name}.so.1' not in run('readelf', '-d', program):
            sys.exit(f'{program} does not need libneuron-{name}')

    def onnx_by_cmake(self):
        """The component onnx, where libneuron-onnx is installed."""
        if os.path.exists(os.path.join(self.folder, 'include', 'libneuron-onnx', 'onnx.h')):
            self.configure('-DCOMPONENT=shared;onnx')

    def keras_by_cmake(self):
        """The component keras, where libneuron-keras is installed."""
        if os.path.exists(os.path.join(self.folder, 'include', 'libneuron-keras', 'keras.h')):
            self.configure('-DCOMPONENT=shared;keras')

    def refused_by_cmake(self):
        """What there is not is not found, with a reason."""
        for options, reason in ((['-DVERSION=0.2'], 'version: 0.1'), (['-DVERSION=1'], 'version: 0.1'),
                                (['-DVERSION=0.0.9'], 'version: 0.1'), (['-DCOMPONENT=python'], 'no component python')):
            _, printed = self.configure(*options, expect=None)
            if reason not in printed:
                sys.exit(f'CMake with {options} says no "{reason}":\n{printed}')
        self.configure(f'-DVERSION={self.wanted}')
        self.configure('-DVERSION=0.1...0.3')

    def by_meson(self, method):
        for static in (False, True):
            if static and method == 'cmake':
                continue  # that is what components are for
            folder = self.place()
            run(self.meson, 'setup', folder, CONSUMER, f'-Dmethod={method}', f'-Dstatic={str(static).lower()}',
                f'-Dcmake_prefix_path={self.folder}', environment={**self.tools, **self.pkg_config})
            run(self.meson, 'compile', '-C', folder)
            for ending in ('c', 'cpp'):
                check_program(os.path.join(folder, f'consumer-{ending}'), self.wanted, static,
                              f'Meson by {method}{", static" * static}', {'LD_LIBRARY_PATH': self.libraries})


def check_tree(tree, name):
    print(f'{name}: {tree.folder}', flush=True)
    tree.by_pkg_config()
    tree.committee_by_pkg_config()
    tree.by_meson('pkg-config')
    if shutil.which('cmake'):
        tree.by_cmake()
        tree.component_by_cmake('committee')
        if os.path.isdir(os.path.join(tree.folder, 'include', 'libneuron-report')):
            tree.component_by_cmake('report')
        tree.onnx_by_cmake()
        tree.keras_by_cmake()
        tree.refused_by_cmake()
        tree.by_meson('cmake')


def check_installed(build, source, meson, compilers):
    options = {option['name']: option['value']
               for option in json.loads(run(meson, 'introspect', '--buildoptions', build))}
    wanted = version(source)
    with tempfile.TemporaryDirectory() as work:
        root, first, second = (os.path.join(work, name) for name in ('root', 'first', 'moved/second'))
        run(meson, 'install', '-C', build, '--no-rebuild', '--quiet', environment={'DESTDIR': root})
        os.rename(root + options['prefix'], first)
        # The files that would have been installed with this prefix, and those that may be moved.
        kept = ['prefix=' + first, *(f'{name}={options[name]}' for name in ('libdir', 'default_library', 'cblas', 'png'))]
        for name, more in (('fixed', []), ('movable', ['pkgconfig.relocatable=true'])):
            run(meson, 'setup', os.path.join(work, name), source, '-Dtests=false', '-Dexamples=false',
                *(f'-D{option}' for option in kept + more),
                environment={'CC': ' '.join(compilers['c']), 'CXX': ' '.join(compilers['cpp'])})

        def put(name, folder):
            for file in ('libneuron.pc', 'libneuron-committee.pc'):
                shutil.copy(os.path.join(work, name, 'meson-private', file),
                            os.path.join(folder, options['libdir'], 'pkgconfig'))
            for file in glob.glob(os.path.join(work, name, 'lib', '*.cmake')):
                shutil.copy(file, os.path.join(folder, options['libdir'], 'cmake', 'libneuron'))

        put('fixed', first)
        check_tree(Tree(first, options['libdir'], wanted, meson, compilers), 'installed')
        put('movable', first)
        os.makedirs(os.path.dirname(second))
        os.rename(first, second)
        check_tree(Tree(second, options['libdir'], wanted, meson, compilers), 'moved')
        if shutil.which('cmake'):  # as /lib is a link to /usr/lib, beside which there are no headers
            linked, top = os.path.join(work, 'linked'), options['libdir'].split('/')[0]
            os.mkdir(linked)
            os.symlink(os.path.join(second, top), os.path.join(linked, top))
            Tree(linked, options['libdir'], wanted, meson, compilers).by_cmake()
    if not shutil.which('cmake'):
        print('skipped: no CMake')
        sys.exit(77)


def check_subproject(source, meson, compilers):
    """The library as a part of another project's build, static as there is the less to do."""
    with tempfile.TemporaryDirectory() as work:
        parent = os.path.join(work, 'parent')
        shutil.copytree(CONSUMER, parent)
        os.makedirs(os.path.join(parent, 'subprojects'))
        os.symlink(source, os.path.join(parent, 'subprojects', 'libneuron'))
        folder = os.path.join(work, 'build')
        run(meson, 'setup', folder, parent, '--force-fallback-for=libneuron', '-Ddefault_library=static',
            '-Doptimization=0', '-Ddebug=false',
            environment={'CC': ' '.join(compilers['c']), 'CXX': ' '.join(compilers['cpp'])})
        run('ninja', '-C', folder, 'consumer-c', 'consumer-cpp', 'consumer-committee')
        for ending in ('c', 'cpp', 'committee'):
            check_program(os.path.join(folder, f'consumer-{ending}'), version(source), True, 'Meson subproject')


def main():
    how, *arguments, meson, c, cpp = sys.argv[1:]
    compilers = {'c': c.split(), 'cpp': cpp.split()}
    if how == 'installed':
        check_installed(*arguments, meson, compilers)
    else:
        check_subproject(*arguments, meson, compilers)


main()
