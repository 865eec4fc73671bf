"""Opens the pages of reports in Chromium and reads there what their readers see.

usage: check-browser.py [--axe FILE] [--keep FOLDER] PAGES-PROGRAM EXAMPLES RESULTS

PAGES-PROGRAM (pages.c) writes pages of all kinds of sections; the programs in the folder EXAMPLES train briefly and
write a page of each run; RESULTS has pages of long runs. The figures of a run's page are those of its record
ID.json. No page complains in the console, asks for anything but itself, scrolls sideways at 360 or 1280 pixels, has a
picture without name or table, or text that sticks out of its picture. With axe.min.js, axe-core looks at each, light and
dark; what it finds in RESULTS is told and no more, as a run may have ended with a library older than what was mended.
At last a page is damaged in several ways, each of which must be found.

Ends with status 77, which Meson takes as skipped, where there is no Chromium.
"""
import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import chromium

HERE = os.path.dirname(os.path.abspath(__file__))
RUNS = {'cifar_cnn': 'C1,C50', 'digits_fashion_cnn': 'D1', 'fashion_committee': 'F1,F4', 'fashion_skip_concat': 'F7',
        'kmnist_mlp_cnn': 'K8,K9', 'mnist_mlp': 'M2'}
WIDTHS = 360, 1280
PARTS = {'train': 'Training images, evaluated', 'validation': 'Validation images', 'test': 'Test images'}

with open(os.path.join(HERE, 'reading.js'), encoding='utf-8') as script:
    READING = script.read()


# ---- Figures ----

def real(value):
    if value is None:
        return '–'
    if value != 0 and abs(value) < 0.00005:
        return None  # with an exponent: compared by the tests of the library
    return f'{value:.4f}'


def count(value):
    return f'{value:,}'


def share(value, of):
    return f'{100 * value / of:.1f}\xa0%' if value < of else '100\xa0%'


class Reading:
    """What a page has, and what is wrong with it."""

    def __init__(self, name, sections):
        self.name, self.sections = name, sections
        self.problems, self.remarks, self.compared = [], [], 0

    def blame(self, text):
        self.problems.append(f'{self.name}: {text}')

    def remark(self, text):
        """Of what reading aloud makes of the page, not of what it shows."""
        self.remarks.append(f'{self.name}: {text}')

    def section(self, heading):
        found = [section for section in self.sections if section['heading'] == heading]
        if len(found) != 1:
            self.blame(f'has {len(found)} sections "{heading}"')
            return {'heading': heading, 'facts': {}, 'tables': [], 'pictures': [], 'images': []}
        return found[0]

    def same(self, what, found, wanted):
        self.compared += 1
        if found != wanted and wanted is not None:
            self.blame(f'{what} is {found}, not {wanted}')

    def fact(self, section, name, wanted):
        self.same(f'{section["heading"]}: {name}', section['facts'].get(name), wanted)

    def table(self, section, caption):
        """Its rows by their first cells."""
        for table in section['tables']:
            if table['caption'] == caption:
                return {row[0]: row[1:] for row in table['rows']}
        self.blame(f'{section["heading"]} has no table "{caption}"')
        return {}

    def rows(self, section, caption, wanted):
        found = self.table(section, caption)
        for name, cells in wanted.items():
            for number, cell in enumerate(cells):
                row = found.get(name, [])
                self.same(f'{section["heading"]}: {caption}: {name}, {number + 1}',
                          row[number] if number < len(row) else None, cell)


def check_evaluation(reading, section, names, part, accuracy, loss):
    confusion = part['confusion']
    reading.fact(section, 'Examples', count(sum(map(sum, confusion))))
    reading.fact(section, 'Accuracy', real(accuracy))
    reading.fact(section, 'Loss', real(loss))
    reading.fact(section, 'F1', real(sum(part['f1']) / len(part['f1'])) if all(part['support']) else None)
    reading.rows(section, 'Report of each class', {
        name: [real(part[figure][i]) for figure in ('precision', 'recall', 'f1')] + [count(part['support'][i])]
        for i, name in enumerate(names)})
    cells = {}
    shares_told = any('(' in cell for row in reading.table(section, 'Confusion matrix').values() for cell in row)
    for name, row in zip(names, confusion):
        reading.rows(section, 'Confusion matrix', {name: [
            count(number) + (f' ({share(number, sum(row))})' if number and shares_told else '') for number in row]})
        for other, number in zip(names, row):
            if number:
                cells[f'{name}, {other}: {count(number)} ({share(number, sum(row))})'] = [
                    count(number), share(number, sum(row))]
    drawn = {cell['title']: cell['texts'] for picture in section['pictures'] if picture['title'] == 'Confusion matrix'
             for cell in picture['cells']}
    reading.same(f'{section["heading"]}: cells of the confusion matrix', sorted(drawn), sorted(cells))
    # Where there is no room for the sign, the note below tells what the numbers are.
    for title, texts in drawn.items() if shares_told else ():
        wanted = cells.get(title, [])
        reading.same(f'{section["heading"]}: in the cell {title}', texts,
                     wanted if texts == wanted else [text.removesuffix('\xa0%') for text in wanted])


def check_history(reading, history):
    section = reading.section('Learning curves')
    reading.fact(section, 'Epochs', count(len(history['loss'])))
    for caption, first, second in (('Loss', 'loss', 'validation_loss'),
                                   ('Accuracy', 'accuracy', 'validation_accuracy')):
        pairs = zip(history[first], history[second])
        reading.rows(section, caption, {str(i): [real(a), real(b)] for i, (a, b) in enumerate(pairs, 1)})


def check_comparison(reading, record):
    section = reading.section('Beside the document')
    for name, key in (('training', 'train_accuracy'), ('validation', 'validation_accuracy'), ('test', 'test_accuracy')):
        reported = record['reported'][key]
        if reported:
            reading.rows(section, 'accuracy', {name: [real(record[key]), real(reported)]})


def mean(values):
    """Of those that there are; None of none."""
    there = [value for value in values if value is not None]
    return sum(there) / len(there) if there else None


def whole(values):
    """The mean of all; None if one is missing."""
    return None if None in values else mean(values)


def check_search(reading, lines):
    """The best and the mean of each level, of the scores and of their figures, against the log of the search."""
    head, tried = lines[0], {}
    for line in lines[1:]:
        tried.setdefault(line['trial'], []).append(line)
    trials = [folds for folds in tried.values() if len(folds) == head['folds']]
    figures = list(dict.fromkeys(name for line in lines[1:] for name in line.get('figures', {})))
    columns = [[whole([fold['score'] for fold in folds]) for folds in trials]]
    columns += [[whole([fold.get('figures', {}).get(name) for fold in folds]) for folds in trials] for name in figures]
    section = reading.section('Search')
    reading.fact(section, 'Trials done', count(len(trials)))
    reading.fact(section, 'Best score', real(max(score for score in columns[0] if score is not None)))
    tables = {table['caption']: table for table in section['tables']}
    reading.same('heads of the levels', tables.get('Levels', {}).get('head'), ['Factor', 'Level', 'Trials'] + [
        f'{which} {name}' for name in ['score', *figures] for which in ('Best', 'Mean')])
    rows = iter(tables.get('Levels', {}).get('rows', []))
    for factor in head['factors']:
        for level in factor['levels']:
            chosen = [i for i, folds in enumerate(trials) if folds[0]['levels'][factor['name']] == level]
            row = [factor['name'], str(level) if isinstance(level, str) else f'{level:.9g}', count(len(chosen))]
            for values in columns:
                those = [values[i] for i in chosen]
                row += [real(max((value for value in those if value is not None), default=None)), real(mean(those))]
            reading.same(f'level {level} of {factor["name"]}', next(rows, None), row)


def check_record(reading, record):
    """The figures of a page against those of the run's record."""
    settings = reading.section('Settings')
    reading.rows(settings, 'Settings and their values', {
        'seed': [str(record['seed'])], 'library': [record['library']], 'command': [record['command']],
        **{name: [text] for name, text in (record['settings'] or {}).items()}})
    if any(record['reported'][f'{part}_accuracy'] for part in PARTS):
        check_comparison(reading, record)
    names = record['class_names'] or [str(i) for i in range(len(record['test']['f1']))]
    data = reading.section('Training images')
    reading.rows(data, 'What the dataset has', {'Examples': [count(record['data']['train_examples'])]})
    if 'class_counts' in record:
        reading.rows(data, 'Examples of each class', {
            name: [count(number)] for name, number in zip(names, record['class_counts']['train'])})
    network = reading.section('Network')
    reading.fact(network, 'Parameters', count(record['parameters']))
    reading.fact(network, 'Trainable', count(record['trainable_parameters']))
    layers = reading.table(network, 'Layers')
    reading.same('sum of the layers\' parameters', sum(int(row[2].replace(',', '')) for row in layers.values()),
                 record['parameters'])
    if record.get('history', {}).get('loss'):
        check_history(reading, record['history'])
    for part, heading in PARTS.items():
        check_evaluation(reading, reading.section(heading), names, record[part], record[f'{part}_accuracy'],
                         record[f'{part}_loss'])
    if reading.compared < 400:
        reading.blame(f'only {reading.compared} figures were compared')


# ---- What holds for every page ----

def check_pictures(reading):
    for section in reading.sections:
        for picture in section['pictures']:
            what = f'{section["heading"]}: the picture "{picture["title"]}"'
            tables = [table for table in section['tables'] if table['caption'] == picture['table']]
            if not picture['title'] or not picture['description']:
                reading.blame(f'{what} has no name or description')
            if not tables or not all(table['rows'] and table['shown'] for table in tables):
                reading.blame(f'{what} has no table behind it')
            for text in picture['outside']:
                reading.blame(f'{what}: "{text}" sticks out')
            for text in picture['touching']:
                reading.blame(f'{what}: "{text}" touches another name')
        for image in section['images']:
            if not image['alt'] or not image['loaded']:
                reading.blame(f'{section["heading"]}: an image is not shown, or has no text: {image}')


def check_names(reading, page):
    """The names that programs for the blind get from the browser."""
    for node in page.call('Accessibility.getFullAXTree')['nodes']:
        role = node.get('role', {}).get('value')
        if role in ('image', 'img', 'table', 'region', 'navigation', 'link', 'heading') and not node.get('ignored') \
                and not node.get('name', {}).get('value', '').strip():
            reading.remark(f'a {role} has no name')


def check_axe(reading, page, axe, scheme):
    page.evaluate(axe)
    found = page.evaluate('axe.run(document, {resultTypes: ["violations"]})')
    if not found['passes'] and not found['violations']:
        reading.remark('axe-core has looked at nothing')
    for violation in found['violations']:
        for node in violation['nodes'][:3]:
            reading.remark(f'{scheme}: axe: {violation["id"]}: {violation["help"]}: {node["html"][:160]} '
                          f'{node["failureSummary"]}')


def open_page(browser, path, axe=None, older=False):
    """Reads a page; returns what is wrong with it."""
    record = record_of(path)
    page = browser.open(path)
    reading = Reading(os.path.basename(path), page.evaluate(READING))
    for width in WIDTHS:
        page.look(width)
        inner, needed = page.evaluate('[innerWidth, document.documentElement.scrollWidth]')
        if inner != width or needed > width:
            reading.blame(f'scrolls sideways: {needed} pixels in a window of {inner}, not {width}')
    check_pictures(reading)
    check_names(reading, page)
    for scheme in ('light', 'dark') if axe else ():
        page.look(WIDTHS[1], scheme=scheme)
        check_axe(reading, page, axe, scheme)
    if record:
        check_record(reading, record)
    if search_of(path):
        check_search(reading, search_of(path))
    page.close()
    for text in page.complaints:
        reading.blame(f'says in the console: {text}')
    for url in page.requests:
        if url != page.url and not url.startswith('data:'):
            reading.blame(f'asks for {url}')
    print(f'{reading.name}: {len(reading.sections)} sections, '
          f'{sum(len(section["pictures"]) for section in reading.sections)} pictures, {reading.compared} figures compared, '
          f'{len(reading.problems)} problems, {len(reading.remarks)} remarks', flush=True)
    return reading.problems + ([] if older else reading.remarks)


# ---- The pages ----

def run(command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **options)
    if done.returncode != 0:
        sys.exit(f'{" ".join(command)}: {done.stdout.decode(errors="replace")[-2000:]}')


def make_pages(folder, pages_program, examples):
    """Pairs of a page and its run's record, or None."""
    run([pages_program, folder])
    run([os.path.join(examples, 'report'), os.path.join(folder, 'report.html')])
    for name, runs in RUNS.items():
        run([os.path.join(examples, name), '--quick', '--epochs', '1', '--threads', '1', '--run', runs, '--out',
             os.path.join(folder, name)] + ([] if os.environ.get('NEURON_DATA') else ['--data', 'generated']))
    return sorted(glob.glob(os.path.join(folder, '*.html')) + glob.glob(os.path.join(folder, '*', '*.html')))


def record_of(path):
    try:
        with open(path.removesuffix('.html') + '.json', encoding='utf-8') as file:
            return json.load(file)
    except FileNotFoundError:
        return None


def search_of(path):
    try:
        with open(path.removesuffix('.html') + '-search.jsonl', encoding='utf-8') as file:
            return [json.loads(line) for line in file]
    except FileNotFoundError:
        return None


DAMAGES = {  # what is replaced, by what, and what must be found
    'a figure': (r'(<dt>Accuracy</dt><dd>)[\d.]+', r'\g<1>0.1234', 'Accuracy is 0.1234'),
    'a count': (r'(<title>[^<]*: )\d+( \([\d.]+.%\)</title><rect)', r'\g<1>98765\2', 'cells of the confusion matrix'),
    'parameters': (r'(<dt>Parameters</dt><dd>)[\d,]+', r'\g<1>1', 'Parameters is 1'),
    'the report': (r'(<caption>Report of each class</caption>.*?<td class="n">)[\d.]+', r'\g<1>2.0000',
                   'Report of each class'),
    'a wide element': ('<footer>', '<div style="width:1300px">wide</div><footer>', 'scrolls sideways'),
    'a script': ('<footer>', '<script>console.error("broken")</script><footer>', 'in the console: error: broken'),
    'an exception': ('<footer>', '<script>nothing.there</script><footer>', 'in the console: exception'),
    'an image of elsewhere': ('<footer>', '<img alt="x" src="elsewhere.png"><footer>', 'asks for'),
    'the name of a picture': (r'aria-labelledby="s\d+p1t"([^>]*><title[^>]*>)[^<]*', r'\1', 'has no name'),
    'a table': (r'<details><summary>Table: Confusion matrix.*?</details>', '', 'has no table behind it'),
    'a text': (r'(<text class="c t\d" [^>]*>)\d', r'\1much too wide 1', 'sticks out'),
    'the text of an image': (r'(<img [^>]*alt=")[^"]+', r'\1', 'has no text'),
    'a colour': ('--muted:#57606a', '--muted:#dddddd', 'axe: color-contrast'),
}


def check_damages(browser, path, axe, folder):
    """Each must be found, or the checks above say nothing."""
    with open(path, encoding='utf-8') as file:
        text = file.read()
    problems = []
    for name, (pattern, replacement, wanted) in DAMAGES.items():
        if wanted.startswith('axe') and not axe:
            continue
        damaged, times = re.subn(pattern, replacement, text, count=1, flags=re.S)
        shutil.copy(path.removesuffix('.html') + '.json', os.path.join(folder, 'damaged.json'))
        other = os.path.join(folder, 'damaged.html')
        with open(other, 'w', encoding='utf-8') as file:
            file.write(damaged)
        found = open_page(browser, other, axe if wanted.startswith('axe') else None)
        if times != 1 or not any(wanted in problem for problem in found):
            problems.append(f'damage of {name} is not found ({times} replaced): {found[:3]}')
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--axe', metavar='FILE', help='axe.min.js')
    parser.add_argument('--keep', metavar='FOLDER', help='where pages are left')
    parser.add_argument('pages_program')
    parser.add_argument('examples')
    parser.add_argument('results')
    arguments = parser.parse_args()
    if not chromium.find():
        print('skipped: no chromium')
        return 77
    axe = None
    if arguments.axe:
        with open(arguments.axe, encoding='utf-8') as file:
            axe = file.read()
    problems = []
    with tempfile.TemporaryDirectory(prefix='libneuron-pages-') as temporary, chromium.Browser() as browser:
        folder = arguments.keep or temporary
        pages = make_pages(folder, arguments.pages_program, arguments.examples)
        for path in pages:
            problems += open_page(browser, path, axe)
        for path in sorted(glob.glob(os.path.join(arguments.results, '*', '*.html'))):
            problems += open_page(browser, path, axe, older=True)
        problems += check_damages(browser, os.path.join(folder, 'digits_fashion_cnn', 'D1.html'), axe, temporary)
    print('\n'.join(problems))
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
