"""Is the site whole?  site.py SOURCE_FOLDER

It is built as `meson compile docs` does, without a warning. Every exported symbol, and every type, macro and constant of
the headers, has its place in the reference; each function tells its thread rule there, and what is experimental says so.
Links lead somewhere, pages have one title each, and nothing tells of the machine that built them. Two builds are the same
bytes. Ends with 77 where there is no Doxygen.
"""
import filecmp
import glob
import html.parser
import os
import re
import shutil
import subprocess
import sys
import tempfile

# As tests/abi/check.py knows them.
RULES = (r'Any thread\b', r'[Nn]o other (?:thread|call) may\b', r'Only in the thread\b', r'Threads as\b',
         r'Any number of threads\b')
source = sys.argv[1]
problems = []


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


class Page(html.parser.HTMLParser):
    """The links and places of a page."""

    def __init__(self, path):
        super().__init__()
        self.text = read(path)
        self.links, self.places, self.titles = [], [], 0
        self.feed(self.text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.links += [given[name] for name in ('href', 'src', 'data') if given.get(name)]
        self.places += [given['id']] if given.get('id') else []
        self.titles += tag == 'h1'


def build(folder):
    made = subprocess.run([sys.executable, os.path.join(source, 'docs', 'site', 'build.py'), source, folder],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if made.returncode or made.stdout:
        sys.exit(made.stdout or f'build.py ended with {made.returncode}')


def check_links(folder, pages):
    count = 0
    for name, page in pages.items():
        for link in page.links:
            if re.match(r'https?:', link):
                continue
            count += 1
            path, _, place = link.partition('#')
            path = path or name
            if not os.path.exists(os.path.join(folder, path)):
                problems.append(f'{name}: {link}: there is no such page')
            elif place and place not in pages[path].places:
                problems.append(f'{name}: {link}: there is no such place')
        if page.titles != 1:
            problems.append(f'{name} has {page.titles} titles')
        if len(page.places) != len(set(page.places)):
            twice = sorted({place for place in page.places if page.places.count(place) > 1})
            problems.append(f'{name}: twice the same place: {twice}')
    if count < 5000:
        problems.append(f'only {count} links were found')


def check_symbols(pages):
    """What is public has its place, in the page of its header, by its name."""
    inside = []
    maps = [path for folder in ('lib', os.path.join('lib', '*')) for path in glob.glob(os.path.join(source, folder, '*.map'))]
    exported = set(re.findall(r'^\s+(neuron_\w+);', '\n'.join(map(read, maps)), re.M))
    declared = set()
    for header in glob.glob(os.path.join(source, 'include', '*', '*.h')):
        text = re.sub(r'/\*.*?\*/', '', read(header), flags=re.S)
        places = pages[os.path.basename(header) + '.html'].places
        names = set(re.findall(r'\b(neuron_\w+) ?\([^*]', ''.join(re.findall(r'^NEURON_API[^;]*;', text, re.M))))
        names |= set(re.findall(r'^typedef struct neuron_\w+ (neuron_\w+);', text, re.M))
        names |= set(re.findall(r'^typedef [^;(]*\(\*(neuron_\w+)\)', text, re.M))
        for body in re.findall(r'^enum(?: \w+)? \{([^}]*)\}', text, re.M):
            names |= set(re.findall(r'\b(NEURON_\w+)', body))
        declared |= names
        problems.extend(f'{os.path.basename(header)}.html has no {name}' for name in sorted(names - set(places)))
        experimental = set(re.findall(r'^NEURON_API_EXPERIMENTAL\b[^;(]*?\b(neuron_\w+)\(', text, re.M))
        page = pages[os.path.basename(header) + '.html'].text
        for name in sorted(names & exported):
            part = re.search(rf'<a id="{name}" name="{name}"></a>\n<h\d class="memtitle">(?:(?!<h\d class="memtitle">).)*', page, re.S)
            if not part or not re.search('|'.join(RULES), part[0]):
                problems.append(f'{os.path.basename(header)}.html: {name} has no thread rule')
            elif '<dt>Threads</dt>' not in part[0]:
                inside.append(name)
            if part and ('class="experimental"' in part[0]) != (name in experimental):
                problems.append(f'{os.path.basename(header)}.html: {name} is wrongly told to be experimental, or not')
    problems.extend(f'the reference has no {name}' for name in sorted(exported - declared))
    if len(inside) > 8:
        problems.append(f'the thread rules of too many are inside of other text: {", ".join(inside)}')
    for header in glob.glob(os.path.join(source, 'include', '*', '*.h*')):
        name = os.path.basename(header)
        if name != 'libneuron.h' and not re.search(f'[>/]{re.escape(name)}</a>', pages['reference.html'].text):
            problems.append(f'reference.html does not name {name}')
    if len(exported) < 300:
        problems.append(f'only {len(exported)} exported symbols were found')


def main():
    if not shutil.which('doxygen'):
        print('skipped: there is no doxygen')
        sys.exit(77)
    with tempfile.TemporaryDirectory() as work:
        folders = [os.path.join(work, name) for name in ('first', 'second')]
        for folder in folders:
            build(folder)
        names = sorted(os.listdir(folders[0]))
        same, _, _ = filecmp.cmpfiles(*folders, names, shallow=False)
        problems.extend(f'{name} is not the same in two builds' for name in names if name not in same)
        pages = {name: Page(os.path.join(folders[0], name)) for name in names if name.endswith('.html')}
        for name, page in pages.items():
            if work in page.text or os.path.abspath(source) in page.text or re.search(r'tmp\w*_pages', page.text):
                problems.append(f'{name} names a folder of the machine')
        check_links(folders[0], pages)
        check_symbols(pages)
    print('\n'.join(problems[:60]) or f'{len(pages)} pages')
    sys.exit(bool(problems))


main()
