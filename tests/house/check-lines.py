"""Checks the habits that clang-format knows nothing of: CONTRIBUTING.md, Style.

usage: check-lines.py TREE [FILE...]

No line of C or C++ is longer than the column limit of TREE/.clang-format, comments included. No text ends a
line with blanks, has a tab, or lacks its last newline. No function uses goto, or says const of a number
of its own. What a cleanup attribute calls is nothrow: compilers call abort() if it may throw. With FILEs, paths from TREE, only these are looked at; else all of TREE.
"""
import os
import re
import sys

from files import C, find, read

TEXT = C + ('.py', '.md', '.sh', '.build', '.map', '.yaml', '.txt')
NUMBER = (r'(?:(?:unsigned|signed|long) )*'
          r'(?:int|char|long|unsigned|float|double|bool|vector|vector_mask|u?int\d+_t|s?size_t|u?intptr_t|'
          r'ptrdiff_t|clock_t|mode_t|off_t|pid_t|uid_t)')
CONST_NUMBER = re.compile(r'^\s+(?:for \()?const ' + NUMBER + r' \w+ =')


def without_comments(text):
    """The code, with blanks for comments and strings, so that lines keep their numbers."""
    def blank(match):
        return re.sub(r'[^\n]', ' ', match.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def check_text(path, text):
    for number, line in enumerate(text.split('\n'), 1):
        if line != line.rstrip():
            yield f'{path}:{number}: ends in blanks'
        if '\t' in line:
            yield f'{path}:{number}: has a tab'
    if text and not text.endswith('\n'):
        yield f'{path}: the last line has no newline'


def check_c(path, text, limit):
    for number, line in enumerate(text.split('\n'), 1):
        if len(line) > limit:
            yield f'{path}:{number}: {len(line)} columns, more than {limit}'
    for number, line in enumerate(without_comments(text).split('\n'), 1):
        if re.search(r'\bgoto\b', line):
            yield f'{path}:{number}: goto'
        if path.endswith(('.c', '.h')) and CONST_NUMBER.match(line):
            yield f'{path}:{number}: a number of a function is not const'


def check_cleanups(texts):
    """`texts` by path; the functions may be declared in another file."""
    codes = {path: without_comments(text) for path, text in texts.items()}
    whole = '\n'.join(codes.values())
    for path, code in codes.items():
        for name in re.findall(r'\bcleanup\((\w+)\)', code):
            before = r'nothrow\)\)[^;{}]*\b' + name + r'\('
            behind = r'\b' + name + r'\([^;{}]*nothrow\)\)'
            if not re.search(before + '|' + behind, whole):
                yield f'{path}: {name}() is called by a cleanup attribute and is not nothrow'


def check(path, text, limit):
    yield from check_text(path, text)
    if path.endswith(C):
        yield from check_c(path, text, limit)


def main():
    tree, names = sys.argv[1], sys.argv[2:]
    limit = int(re.search(r'^ColumnLimit: (\d+)$', read(os.path.join(tree, '.clang-format')), re.M).group(1))
    paths = find(tree, TEXT, names)
    if not paths and not names:
        sys.exit(f'{tree} has no files to check')
    problems = [problem for path in paths for problem in check(path, read(os.path.join(tree, path)), limit)]
    if not names:
        library = [path for path in paths if path.startswith('lib/') and path.endswith(('.c', '.h'))]
        problems += check_cleanups({path: read(os.path.join(tree, path)) for path in library})
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
