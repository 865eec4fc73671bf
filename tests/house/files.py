"""The files that the checks of this folder look at."""
import os

C = ('.c', '.h', '.cpp', '.hpp')

# What has no bytes of ours, or bytes that are meant to be odd.
LEFT_OUT = ('subprojects', 'docs/results', 'tests/fuzz/corpus-')


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def find(tree, endings, names=()):
    """Paths from `tree`: of `names` those with such an ending, or of all files of the tree."""
    if not names:
        names = walk(tree)
    return sorted(name for name in names if name.endswith(endings) and not name.startswith(LEFT_OUT))


def walk(tree):
    """All files but those in hidden folders and in what builds and runs leave at the top."""
    for folder, inner, files in os.walk(tree):
        top = folder == tree
        inner[:] = [name for name in inner if not name.startswith(('.', '__'))
                    and not (top and name.startswith(('build', 'out')))]
        for name in files:
            yield os.path.relpath(os.path.join(folder, name), tree)
