"""Checks pages of reports as a browser and a reader's programs take them.

usage: check-pages.py PROGRAM

PROGRAM (pages.c) writes pages and pictures into a folder, and what the library's own calls say of the same
things. The pages are well formed and need nothing from elsewhere; each picture has a name, a description and a
table; all ids are there once; each figure that the library tells stands in the row that is about it; and
colours can be told apart from what is behind them.
"""
import glob
import html.parser
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

VOID = {'meta', 'br', 'img'}
problems = []


class Page(html.parser.HTMLParser):
    """The tree of a page, in which each element has to be closed."""

    def __init__(self, name, text):
        super().__init__(convert_charrefs=True)
        self.name, self.stack, self.root = name, [], ['root', {}, []]
        self.stack.append(self.root)
        self.feed(text)
        self.close()
        if len(self.stack) != 1:
            self.blame(f'<{self.stack[-1][0]}> is not closed')

    def blame(self, text):
        problems.append(f'{self.name}: {text}')

    def handle_starttag(self, tag, attributes):
        if len({key for key, _ in attributes}) != len(attributes):
            self.blame(f'<{tag}> has an attribute twice')
        element = [tag, dict(attributes), []]
        self.stack[-1][2].append(element)
        if tag not in VOID:
            self.stack.append(element)

    def handle_startendtag(self, tag, attributes):
        self.stack[-1][2].append([tag, dict(attributes), []])

    def handle_endtag(self, tag):
        if self.stack[-1][0] != tag:
            self.blame(f'</{tag}> closes <{self.stack[-1][0]}>')
        else:
            self.stack.pop()

    def handle_data(self, data):
        self.stack[-1][2].append(data)


def walk(element):
    yield element
    for child in element[2]:
        if not isinstance(child, str):
            yield from walk(child)


def all_of(element, tag):
    return [each for each in walk(element) if each[0] == tag]


def words(element):
    return ''.join(child if isinstance(child, str) else words(child) for child in element[2])


def check_frame(page):
    for tag, count in (('html', 1), ('head', 1), ('body', 1), ('h1', 1), ('main', 1), ('script', 0),
                       ('link', 0), ('iframe', 0)):
        found = len(all_of(page.root, tag))
        if found != count:
            page.blame(f'has {found} <{tag}>, not {count}')
    if len(all_of(all_of(page.root, 'head')[0], 'title')) != 1:
        page.blame('has no title')
    metas = [meta[1] for meta in all_of(page.root, 'meta')]
    if {'charset': 'utf-8'} not in metas or not any(meta.get('name') == 'viewport' for meta in metas):
        page.blame('does not tell its encoding or how it fits a telephone')
    if all_of(page.root, 'html')[0][1].get('lang') != 'en':
        page.blame('does not tell its language')


def check_references(page, text):
    ids = [each[1]['id'] for each in walk(page.root) if 'id' in each[1]]
    for name in sorted({name for name in ids if ids.count(name) > 1}):
        page.blame(f'the id {name} is there twice')
    for each in walk(page.root):
        for key in ('aria-labelledby', 'aria-describedby'):
            for name in each[1].get(key, '').split():
                if name not in ids:
                    page.blame(f'<{each[0]}> points at {name}, which is not there')
        for key in ('src', 'href', 'data', 'action'):
            target = each[1].get(key, 'data:')
            if target.startswith('#') and target[1:] not in ids:
                page.blame(f'there is no {target}')
            if not target.startswith(('#', 'data:')):
                page.blame(f'<{each[0]}> needs {target}')
        for key in each[1]:
            if key.startswith('on'):
                page.blame(f'<{each[0]}> has {key}')
    outside = re.sub(r'xmlns="http://www\.w3\.org/2000/svg"', '', text)
    for found in re.findall(r'(?:https?:|url\(|@import)[^"<]{0,40}', outside):
        page.blame(f'mentions {found}')


def check_sections(page):
    sections = all_of(page.root, 'section')
    links = [link[1]['href'] for nav in all_of(page.root, 'nav') for link in all_of(nav, 'a')]
    if links != ['#' + section[1]['id'] for section in sections]:
        page.blame('the list of sections is not that of the sections')
    for section in sections:
        if len(all_of(section, 'h2')) != 1:
            page.blame(f'section {section[1]["id"]} has not one heading')


def check_boxes(page):
    for each in walk(page.root):
        if each[1].get('class') == 'box' and not (each[1].get('role') == 'group' and each[1].get('tabindex') == '0'
                                                  and each[1].get('aria-label') is not None):
            page.blame('a box that scrolls cannot be reached by keys')
    boxed = sum(len(all_of(box, 'table')) for box in walk(page.root) if box[1].get('class') == 'box')
    if boxed != len(all_of(page.root, 'table')):
        page.blame('a table is not in a box of its own')
    for table in all_of(page.root, 'table'):
        lengths = {len(all_of(row, 'td') + all_of(row, 'th')) for row in all_of(table, 'tr')}
        if len(lengths) != 1:
            page.blame(f'rows of the table {words(table)[:40]} are of lengths {sorted(lengths)}')
    for image in all_of(page.root, 'img'):
        if not image[1].get('alt') or not image[1]['src'].startswith('data:image/png;base64,iVBORw0KGgo'):
            page.blame('an image has no text, or is no PNG')


def check_pictures(page):
    pictures = 0
    for figure in all_of(page.root, 'figure'):
        for svg in all_of(figure, 'svg'):
            pictures += 1
            names = [words(each) for tag in ('title', 'desc') for each in svg[2]
                     if not isinstance(each, str) and each[0] == tag]
            if svg[1].get('role') != 'img' or len(names) != 2 or not all(names):
                page.blame(f'a picture has no name or description: {names}')
            if not all_of(figure, 'details') or not all_of(figure, 'table'):
                page.blame(f'there is no table behind {names}')
    if pictures != len(all_of(page.root, 'svg')):
        page.blame('a picture is in no figure')
    return pictures


def check_svg(name, text):
    """A picture is XML, and what is in it is inside of its frame."""
    try:
        root = xml.etree.ElementTree.fromstring(text)
    except xml.etree.ElementTree.ParseError as error:
        problems.append(f'{name}: {error}')
        return
    _, _, width, height = map(float, root.get('viewBox').split())
    for element in root.iter():
        tag = element.tag.split('}')[-1]
        if re.search(r'(?i)\b(nan|inf)\b', ' '.join(element.get(key, '') for key in 'dxy')):
            problems.append(f'{name}: a place is not a number')
        for key, most in (('x', width), ('cx', width), ('y', height), ('cy', height)):
            place = element.get(key)
            if place is not None and tag != 'svg' and not -1 <= float(place) <= most + 1:
                problems.append(f'{name}: <{tag}> has {key}={place}, outside of {width} x {height}')


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def check_colours(page, text):
    """WCAG 2.1: 4.5 to 1 for text, 3 to 1 for graphics."""
    for properties in re.findall(r':root{(.*?)}', text):
        colour = dict(re.findall(r'--(\w+):(#\w{6});', properties))
        pairs = [(name, back, 4.5) for name in ('fg', 'muted', 'link') for back in ('bg', 'panel')]
        pairs += [(name, 'bg', 3) for name in colour if re.fullmatch(r'axis|s\d', name)]
        pairs += [('t' + step, 'h' + step, 4.5) for step in '0123456789a']
        for front, back, least in pairs:
            if contrast(colour[front], colour[back]) < least:
                page.blame(f'{front} on {back} has a contrast of {contrast(colour[front], colour[back]):.2f}')
    if 'prefers-color-scheme:dark' in text and len(re.findall(r':root{', text)) != 2:
        page.blame('has not two sets of colours')


def check_figures(page, path):
    """Each figure stands in a row of its section that begins with its word."""
    sections = {words(all_of(section, 'h2')[0]): section for section in all_of(page.root, 'section')}
    with open(path, encoding='utf-8') as file:
        lines = file.read().splitlines()
    if len(lines) < 100:
        page.blame(f'only {len(lines)} figures are compared')
    for line in lines:
        heading, word, figure = line.split('\t')
        rows = [[words(cell) for cell in row[2] if not isinstance(cell, str)]
                for row in walk(sections[heading]) if row[0] in ('tr', 'div')]
        found = [row[1:] for row in rows if row and row[0] == word]
        text = '–' if figure == 'nan' else figure if '.' in figure else f'{int(figure):,}'
        if not any(cell == text or cell.startswith(f'{text} (') for row in found for cell in row):
            page.blame(f'{heading}: {word} is not {text} but {found}')


def check_words(page):
    """What callers write is text, whatever is in it."""
    text = words(page.root)
    for wanted in ('<b>&"\'</b>', 'שלום עולם', '日本語', '</title><script>alert(1)</script>', 'No UTF-8 ?',
                   'a?z ? ? end', '<dense> & "more"'):
        if wanted not in text:
            page.blame(f'does not show {wanted}')


def check_page(path):
    with open(path, encoding='utf-8', newline='') as file:
        text = file.read()
    page = Page(os.path.basename(path), text)
    check_frame(page)
    check_references(page, text)
    check_sections(page)
    check_boxes(page)
    pictures = check_pictures(page)
    for number, svg in enumerate(re.findall(r'<svg .*?</svg>', text, re.S), 1):
        check_svg(f'{page.name}, picture {number}', svg)
    check_colours(page, text)
    return page, pictures


def main():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.argv[1], folder], check=True)
        usual, pictures = check_page(os.path.join(folder, 'usual.html'))
        if len(all_of(usual.root, 'section')) != 13 or pictures < 15:
            usual.blame(f'has {len(all_of(usual.root, "section"))} sections and {pictures} pictures')
        check_figures(usual, os.path.join(folder, 'figures.txt'))
        edges, edge_pictures = check_page(os.path.join(folder, 'edges.html'))
        check_words(edges)
        check_page(os.path.join(folder, 'empty.html'))
        files = glob.glob(os.path.join(folder, '*', '*.svg'))
        if len(files) != pictures + edge_pictures:
            problems.append(f'{len(files)} pictures were saved of {pictures + edge_pictures}')
        for path in files:
            with open(path, encoding='utf-8') as file:
                text = file.read()
            check_svg(os.path.basename(path), text)
            if 'var(' in text or '<style>' not in text:
                problems.append(f'{os.path.basename(path)} has no colours of its own')
    print('\n'.join(problems))
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
