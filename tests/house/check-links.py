"""Leads each link of the documents somewhere?  check-links.py TREE

Every relative link and image of every Markdown file names a file or folder of TREE, and its anchor a heading of that
file, as forges and docs/site/build.py make anchors of headings.
"""
import os
import re
import sys

from files import read, walk

CODE = re.compile(r'^(```+).*?^\1`*$|(`+)(?!`).*?(?<!`)\2(?!`)', re.M | re.S)
LINK = re.compile(r'\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)')


def anchors(text):
    """The anchors of a document's headings; of equal ones the later have a number."""
    found = {}
    for heading in re.findall(r'^#{1,6} (.*)$', re.sub(r'^```.*?^```$', '', text, flags=re.M | re.S), re.M):
        words = re.sub(r'\[([^\]]*)\]\([^)]*\)', r'\1', heading).replace('`', '').strip().lower()
        name = re.sub(r'[^\w\- ]', '', words).replace(' ', '-')
        found[name] = found.get(name, -1) + 1
    return {f'{name}-{number}' if number else name for name, last in found.items() for number in range(last + 1)}


def main():
    tree = sys.argv[1]
    pages = {name: read(os.path.join(tree, name)) for name in walk(tree) if name.endswith('.md')
             and not name.startswith('subprojects')}
    problems, count = [], 0
    for page, text in sorted(pages.items()):
        for found in LINK.finditer(CODE.sub(lambda code: re.sub(r'[^\n]', '_', code[0]), text)):
            target = found[2]
            if re.match(r'[a-z]+:', target):
                continue
            count += 1
            path, _, anchor = target.partition('#')
            path = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
            where = f'{page}:{text.count(chr(10), 0, found.start()) + 1}: {target}'
            if not os.path.exists(os.path.join(tree, path)):
                problems.append(f'{where}: there is no {path}')
            elif anchor and path not in pages:
                problems.append(f'{where}: {path} has no headings')
            elif anchor and anchor not in anchors(pages[path]):
                problems.append(f'{where}: {path} has no such heading')
    if count < 150:
        problems.append(f'only {count} links were found')
    print('\n'.join(problems) or f'{count} links in {len(pages)} documents')
    sys.exit(bool(problems))


main()
