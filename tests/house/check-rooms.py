"""Checks that the house is built as docs/design.md tells it.

usage: check-rooms.py LIB DESIGN

The rooms stand in the order of the lines subdir('...') in LIB/meson.build, and a file includes only what
lies in its own room or in one below it. Inside of a room no files include each other in a circle. No room
has more than 30 files. The rooms of the libraries beside the core, such as LIB/report, come behind all others, in the
order of the lines of the meson.build beside LIB, and what they consist of in that of their own. Each file opens with a comment that says what it is for. The table of DESIGN, which is docs/design.md, has the rooms from the top down;
folders within a room, such as layers/joins, are told in its row.
"""
import os
import re
import sys

LIMIT = 30


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def sources(lib):
    """The text of each source file, by its path from lib/."""
    found = {}
    for folder, _, names in os.walk(lib):
        for name in names:
            if name.endswith(('.c', '.h')):
                path = os.path.join(folder, name)
                found[os.path.relpath(path, lib)] = read(path)
    return found


def includes(text):
    return re.findall(r'^\s*#\s*include "([^"]+)"', text, re.M)


def check_order(rooms, files):
    for path, text in sorted(files.items()):
        room = os.path.dirname(path)
        if room not in rooms and os.path.dirname(room) in rooms:  # such as train/callbacks
            room = os.path.dirname(room)
        if room not in rooms:
            yield f'{path}: {room} is not in lib/meson.build'
            continue
        for included in includes(text):
            other = os.path.dirname(included)
            if other not in rooms:
                other = os.path.dirname(other)
            if included not in files:
                yield f'{path} includes {included}, which is not there'
            elif rooms.index(other) > rooms.index(room):
                yield f'{path} includes {included}, from a room above its own'


def check_openings(files):
    for path, text in sorted(files.items()):
        if not text.startswith('/*'):
            yield f'{path} does not open with a comment that says what it is for'


def check_tools(files):
    """The programs are what anybody could write: on public headers."""
    for path, text in sorted(files.items()):
        if os.path.dirname(path) == 'tools':
            for included in includes(text):
                if os.path.dirname(included) != 'tools':
                    yield f'{path} includes {included}, which is not public'


def check_circles(files):
    done, path = set(), []

    def visit(name):
        if name in path:
            return [' -> '.join(path[path.index(name):] + [name])]
        if name in done or name not in files:
            return []
        path.append(name)
        circles = [circle for included in includes(files[name]) for circle in visit(included)]
        path.pop()
        done.add(name)
        return circles

    for name in sorted(files):
        for circle in visit(name):
            yield f'a circle: {circle}'


def check_sizes(files):
    counts = {}
    for path in files:
        counts[os.path.dirname(path)] = counts.get(os.path.dirname(path), 0) + 1
    for room, count in sorted(counts.items()):
        if count > LIMIT:
            yield f'{room} has {count} files, more than {LIMIT}'


def check_design(rooms, design):
    told = re.findall(r'^\| `([a-z/]+)` \|', design, re.M)
    inner = [room for room in rooms if os.path.dirname(room) == 'layers']
    expected = [room for room in reversed(rooms) if room not in inner]
    if told != expected:
        yield f'docs/design.md has the rooms {told}, lib/meson.build {expected}'


def rooms_of(folder):
    return re.findall(r"^subdir\('([^']+)'\)", read(os.path.join(folder, 'meson.build')), re.M)


def besides_of(project):
    """The rooms of the libraries beside the core."""
    found = re.findall(r"^\s*subdir\('lib/(\w+)'\)", read(os.path.join(project, 'meson.build')), re.M)
    return [room for room in found if room not in ('tools', 'python')]


def main():
    lib, design = sys.argv[1:]
    rooms = rooms_of(lib)
    for beside in besides_of(os.path.dirname(os.path.abspath(lib))):
        rooms += [beside] + [f'{beside}/{room}' for room in rooms_of(os.path.join(lib, beside))]
    rooms += ['tools']
    files = sources(lib)
    if not rooms or not files:
        sys.exit(f'{lib} has no subdir() lines or no source files')
    problems = [*check_tools(files), *check_order(rooms, files), *check_circles(files), *check_sizes(files),
                *check_openings(files),
                *check_design(rooms, read(design))]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
