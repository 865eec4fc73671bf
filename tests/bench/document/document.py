"""Writes the tables and plots of docs/performance.md from measurements.

usage: document.py PAGE RESULTS.json...

The results are of compare --json, with and without --int8 or --kernels, of accuracy/run --json, and of
scaling.py, in any order. What is between `<!-- begin NAME -->` and `<!-- end NAME -->` in the page is
replaced, if there are results for it; a name for which there are results must be there, but for the
optional ones (summary, random, operations, accuracy and machine):

    machine       processor, versions
    training      a row for each network        prediction    rows for each network and batch
    summary       percentiles of the ratios     operations    single operations beside PyTorch's
    random        the same, where all networks were drawn (compare --random)
    int8          quantised rows, with the reasons where there is none and percentiles of the ratios
    accuracy      time to an accuracy, by library
    scaling       plots of the cost of an image, which go into files beside the page
"""
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import plot  # noqa: E402  pylint: disable=wrong-import-position

NAMES = {'torch': 'PyTorch', 'onnxruntime': 'ONNX Runtime', 'openvino': 'OpenVINO', 'jax': 'JAX',
         'onnxruntime-int8': 'ONNX Runtime, int8', 'openvino-int8': 'OpenVINO, int8'}
OPTIONAL = ('summary', 'random', 'operations', 'machine', 'accuracy')
AXES = {'batch': 'images at a time', 'width': 'units or channels of each layer',
        'image': 'rows and columns of an image', 'depth': 'layers'}


def table(head, rows):
    """Columns of numbers are on the right."""
    def numeric(place):
        return all(re.fullmatch(r'[-\d.,% ]*', row[place]) for row in rows)
    rule = ['--:' if numeric(place) else ':--' for place in range(len(head))]
    lines = ['| ' + ' | '.join(row) + ' |' for row in (head, *rows)]
    return '\n'.join([lines[0], '|' + '|'.join(rule) + '|', *lines[1:]])


def rate(value):
    """Three digits and no more."""
    if value >= 1000:
        digits = 10 ** (len(str(int(value))) - 4)
        return f'{round(value / max(digits, 1)) * max(digits, 1):,.0f}'
    return f'{value:.3g}'


def peers_of(rows):
    return [name for name in NAMES if any(name in row['peers'] for row in rows)]


def cells(row, name):
    peer = row['peers'].get(name)
    return [rate(peer['images_per_second']), f'{peer["ratio"]:.2f}'] if peer else ['', '']


def training(results):
    rows = [row for row in results['rows'] if row['pass'] == 'train' and not drawn(row)]
    others, sgemm = peers_of(rows), results.get('sgemm_gflops')
    head = ['network', 'batch', 'libneuron', *['share of SGEMM'] * bool(sgemm)]
    head += [word for name in others for word in (NAMES[name], 'ratio')] + ['peak MB', "PyTorch's"]
    lines = []
    for row in rows:
        line = [f'`{row["row"]}`', str(row['batch']), rate(row['images_per_second'])]
        line += [f'{100 * row["gflops"] / sgemm:.0f} %'] * bool(sgemm)
        line += [cell for name in others for cell in cells(row, name)]
        memory = row['peers'].get('torch', {}).get('peak_bytes')
        lines.append([*line, rate(1e-6 * row['peak_bytes']), rate(1e-6 * memory) if memory else ''])
    return table(head, lines) if lines else None


def prediction(results):
    rows = [row for row in results['rows'] if row['pass'] == 'infer' and not drawn(row)]
    others, lines, last = peers_of(rows), [], None
    for row in rows:
        ratios = [peer['ratio'] for peer in row['peers'].values()]
        name = f'`{row["row"]}`' if row['row'] != last else ''
        last = row['row']
        lines.append([name, str(row['batch']), rate(row['images_per_second']),
                      *[cell for other in others for cell in cells(row, other)],
                      f'{min(ratios):.2f}' if ratios else ''])
    head = ['network', 'batch', 'libneuron',
            *[word for name in others for word in (NAMES[name], 'ratio')], 'to the best']
    return table(head, lines) if lines else None


def int8(results):
    rows = [row for row in results['int8'] if not drawn(row)]
    measured = [row for row in rows if 'why' not in row]
    others, lines, last = peers_of(measured), [], None
    for row in measured:
        ratios = [peer['ratio'] for peer in row['peers'].values()]
        lines.append([f'`{row["row"]}`' if row['row'] != last else '', str(row['batch']),
                      rate(row['float32']['images_per_second']), rate(row['images_per_second']),
                      f'{row["float32"]["ratio"]:.2f}',
                      *[cell for other in others for cell in cells(row, other)],
                      f'{min(ratios):.2f}' if ratios else ''])
        last = row['row']
    head = ['network', 'batch', 'float32', 'int8', 'to float32',
            *[word for name in others for word in (NAMES[name], 'ratio')], 'to the best']
    whys = dict.fromkeys(f'- `{row["row"]}`: {row["why"]}' for row in rows if 'why' in row)
    parts = [table(head, lines) if lines else None, '\n'.join(whys), summary(results)]
    return '\n\n'.join(part for part in parts if part) or None


def drawn(row):
    return row['row'].startswith('random-')


def summary(results):
    shares = ('0', '10', '25', '50', '75', '90')
    lines = [[name, str(figures['count']), *[f'{figures[share]:.2f}' for share in shares],
              f'`{figures["least"]}`'] for name, figures in results['summary'].items()]
    head = ['ratio', 'rows', 'least', *[f'{share} %' for share in shares[1:]], 'which is least']
    return table(head, lines) if lines else None


def machine(results):
    words = [f'{NAMES[name]} {version}' for name, version in results['peers'].items()]
    facts = results.get('machine')
    if facts:
        words.insert(0, f'{facts["processors"]} processors of {facts["processor"]}')
    return ', '.join(words)


def operations(results):
    def both(row, kind):
        own, other = row.get(kind + 'seconds'), row.get(kind + 'torch_seconds')
        if not own:
            return ['', '', '']
        return [rate(1e6 * own), *([rate(1e6 * other), f'{other / own:.2f}'] if other else ['', ''])]
    lines = [[f'`{row["kernel"].replace("-forward", "")}`', str(row['batch']),
              f'{row["ns_per_value"]:.2f}', *both(row, ''), *both(row, 'both_')]
             for row in results['kernels']]
    return table(['operation', 'batch', 'ns a value', 'forward, us', 'PyTorch', 'ratio',
                  'and backward, us', 'PyTorch', 'ratio'], lines)


def accuracy(results):
    def seconds(value):
        return f'{value:.2f}' if value < 10 else f'{value:.0f}'
    lines = []
    for entry in results['accuracy']:
        least = f'{100 * entry["accuracy"]:.2f} %'
        for name, figures in entry['libraries'].items():
            ours = name == 'libneuron'
            lines.append([f'`{entry["network"]}`' if ours else '', least if ours else '',
                          NAMES.get(name, name)] + [seconds(figures[key]) for key in (
                              'start_seconds', 'load_seconds', 'epoch_seconds')] + [
                                  f'{figures["epochs"]:g}', seconds(figures['seconds']),
                                  f'{entry["ratio"]:.2f}' if not ours else ''])
    return table(['network', 'accuracy', 'library', 'start, s', 'data, s', 'an epoch, s', 'epochs',
                  'in all, s', 'ratio'], lines)


def scaling(results, page):
    """The plots' files, and the lines that show them."""
    lines = []
    for axis, label in AXES.items():
        curves = {f'{curve["curve"]}, {curve["pass"]}': [
            (size, 1e6 * cost) for size, cost in curve['points']]
            for curve in results['curves'] if curve['axis'] == axis}
        if curves:
            name = f'performance-{axis}.svg'
            with open(os.path.join(os.path.dirname(page), name), 'w', encoding='utf-8') as file:
                file.write(plot.plot(f'Microseconds an image by {axis}', label, 'us an image',
                                     curves))
            lines.append(f'![Microseconds an image over the {label}]({name})')
    return '\n\n'.join(lines) or None


def sections(results, page):
    if results.get('rows') and all(map(drawn, results['rows'])):
        return {'random': summary(results)}
    if 'rows' in results:
        return {'machine': machine(results), 'training': training(results),
                'prediction': prediction(results), 'summary': summary(results)}
    if 'int8' in results:
        return {'int8': int8(results)}
    if 'accuracy' in results:
        return {'accuracy': accuracy(results)}
    if 'kernels' in results:
        return {'operations': operations(results)}
    return {'scaling': scaling(results, page)}


def replace(text, name, body):
    begin, end = f'<!-- begin {name} -->', f'<!-- end {name} -->'
    head, found, tail = text.partition(begin)
    _, ended, tail = tail.partition(end)
    if found and ended:
        return f'{head}{begin}\n{body}\n{end}{tail}'
    if name in OPTIONAL:
        return text
    sys.exit(f'document.py: the page has no "{begin}" with an "{end}" behind it')


def main():
    if len(sys.argv) < 3 or sys.argv[1] in ('-h', '--help'):
        print(__doc__)
        sys.exit(0 if sys.argv[1:2] in (['-h'], ['--help']) else 2)
    page, *paths = sys.argv[1:]
    with open(page, encoding='utf-8') as file:
        text = file.read()
    for path in paths:
        with open(path, encoding='utf-8') as file:
            results = json.load(file)
        for name, body in sections(results, page).items():
            if body:
                text = replace(text, name, body)
    with open(page, 'w', encoding='utf-8') as file:
        file.write(text)


if __name__ == '__main__':
    main()
