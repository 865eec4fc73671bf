"""Checks that measurements become tables and plots.

usage: check-document.py NEURON_BENCH
"""
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

import plot
import scaling

HERE = os.path.dirname(os.path.abspath(__file__))
PAGE = """# Page

<!-- begin training -->
old
<!-- end training -->
between
<!-- begin prediction --><!-- end prediction -->
<!-- begin summary -->
<!-- end summary -->
<!-- begin int8 -->
of yesterday
<!-- end int8 -->
<!-- begin scaling -->
<!-- end scaling -->
<!-- begin operations -->
<!-- end operations -->
<!-- begin accuracy -->
<!-- end accuracy -->
behind
"""


def row(name, kind, batch, images, **peers):
    return {'row': name, 'pass': kind, 'batch': batch, 'images_per_second': images, 'gflops': 50,
            'peak_bytes': 12.3e6, 'peers': {peer: {
                'images_per_second': images / ratio, 'ratio': ratio, 'peak_bytes': 45.6e6}
                for peer, ratio in peers.items()}}


COMPARED = {
    'sgemm_gflops': 200, 'peers': {'torch': '1', 'openvino': '2'},
    'rows': [row('net-a', 'train', 64, 12345.6, torch=2, jax=4),
             row('random-1-1', 'train', 64, 1.5, torch=2),
             row('net-b', 'train', 64, 12.34),
             row('net-a', 'infer', 64, 99999, torch=2, openvino=0.5),
             row('net-a', 'infer', 1, 0.1234, torch=2, openvino=3)],
    'summary': {'training / torch': {'count': 2, 'least': 'net-a', '0': 1.5, '10': 1.6, '25': 1.7,
                                     '50': 2, '75': 3, '90': 4}}}
INT8 = {'peers': {'onnxruntime-int8': '1'}, 'int8': [
    {**row('net-a', 'int8', 64, 30000, **{'onnxruntime-int8': 1.5, 'openvino-int8': 0.8}),
     'float32': {'images_per_second': 12000, 'ratio': 2.5}},
    {**row('net-a', 'int8', 1, 120, **{'onnxruntime-int8': 4}),
     'float32': {'images_per_second': 100, 'ratio': 1.2}},
    {'row': 'net-c', 'batch': 64, 'why': 'quantize: it has no layer'},
    {'row': 'net-c', 'batch': 1, 'why': 'quantize: it has no layer'},
    {**row('random-1-1', 'int8', 64, 1), 'float32': {'images_per_second': 1, 'ratio': 1}}],
    'summary': {'int8 / float32': {'count': 2, 'least': 'net-a', '0': 1, '10': 1.1, '25': 1.2,
                                   '50': 1.75, '75': 2, '90': 2.4}}}
KERNELS = {'peers': {}, 'kernels': [
    {'kernel': 'relu-forward/5', 'batch': 8, 'ns_per_value': 0.256, 'seconds': 2e-6,
     'torch_seconds': 5e-6, 'both_seconds': 4e-6, 'both_torch_seconds': None},
    {'kernel': 'sgd/9', 'batch': 1, 'ns_per_value': 1, 'seconds': 3e-3, 'torch_seconds': None}]}
ACCURACY = {'threads': 2, 'accuracy': [
    {'network': name, 'accuracy': 0.985, 'target': 0.99, 'ratio': ratio, 'libraries': {
        library: {'start_seconds': 0.0123, 'load_seconds': 1, 'epoch_seconds': 9.876 * slow, 'epochs': 7.5,
                  'seconds': 123.4 * slow} for library, slow in (('libneuron', 1), ('torch', 4))[:peers]}}
    for name, peers, ratio in (('M2', 2, 3.987), ('F3', 1, None))]}


def run(script, *arguments, status=0):
    done = subprocess.run([sys.executable, os.path.join(HERE, script), *arguments],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == status, (arguments, done.stdout, done.stderr)
    return done


def write(folder, name, content):
    path = os.path.join(folder, name)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(content if isinstance(content, str) else json.dumps(content))
    return path


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def check_plot(path, curves):
    tree = xml.etree.ElementTree.parse(path)
    space = '{http://www.w3.org/2000/svg}'
    lines = tree.findall(f'{space}polyline')
    assert len(lines) == curves, len(lines)
    for line in lines:
        for point in line.get('points').split():
            x, y = map(float, point.split(','))
            assert plot.LEFT <= x <= plot.WIDTH - plot.RIGHT, point
            assert plot.TOP <= y <= plot.HEIGHT - plot.BOTTOM, point


def check_scaling(bench, folder):
    assert scaling.sizes(20, False) == [1, 2, 3, 4, 6, 8, 12, 15, 16, 17]
    assert scaling.sizes(1024, True)[-2:] == [256, 1024]
    straight = [(1, 1), (2, 2), (4, 4), (8, 8)]
    assert scaling.cliffs(straight) == []
    assert [size for size, _ in scaling.cliffs([*straight[:2], (4, 4.8), (8, 8)])] == [4]
    # What was slow by chance is measured again, with its neighbours, and the least is kept.
    asked = []
    points = scaling.measure_again([[1, 1], [2, 9], [4, 4], [8, 8], [16, 16], [32, 32]],
                                   lambda size: asked.append(size) or 1.01 * size)
    assert points == [[1, 1], [2, 2.02], [4, 4], [8, 8], [16, 16], [32, 32]], points
    assert asked == [1, 2, 4], asked
    path = os.path.join(folder, 'scaling.json')
    done = run('scaling.py', bench, path, '--coarse', '--most', '16', '--seconds', '0.01',
               '--threads', '1')
    curves = json.loads(read(path))['curves']
    assert {curve['axis'] for curve in curves} == {'batch', 'width', 'image', 'depth'}
    assert all([size for size, _ in curve['points']] == [1, 4, 16] for curve in curves), curves
    assert all(cost > 0 for curve in curves for _, cost in curve['points']), curves
    assert done.stdout.count('us\n') == len(curves), done.stdout
    return path


def main():
    bench = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        page = write(folder, 'page.md', PAGE)
        compared, kernels = write(folder, 'a.json', COMPARED), write(folder, 'b.json', KERNELS)
        int8, accuracy = write(folder, 'c.json', INT8), write(folder, 'd.json', ACCURACY)
        run('document.py', page, compared, int8, kernels, accuracy, check_scaling(bench, folder))
        text = read(page)
        for line in (
                '| network | batch | libneuron | share of SGEMM | PyTorch | ratio | JAX | ratio '
                "| peak MB | PyTorch's |",
                '|:--|--:|--:|--:|--:|--:|--:|--:|--:|--:|',
                '| `net-a` | 64 | 12,350 | 25 % | 6,173 | 2.00 | 3,086 | 4.00 | 12.3 | 45.6 |',
                '| `net-b` | 64 | 12.3 | 25 % |  |  |  |  | 12.3 |  |',
                '| `net-a` | 64 | 100,000 | 50,000 | 2.00 | 200,000 | 0.50 | 0.50 |',
                '|  | 1 | 0.123 | 0.0617 | 2.00 | 0.0411 | 3.00 | 2.00 |',
                '| training / torch | 2 | 1.50 | 1.60 | 1.70 | 2.00 | 3.00 | 4.00 | `net-a` |',
                '| network | batch | float32 | int8 | to float32 | ONNX Runtime, int8 | ratio '
                '| OpenVINO, int8 | ratio | to the best |',
                '| `net-a` | 64 | 12,000 | 30,000 | 2.50 | 20,000 | 1.50 | 37,500 | 0.80 | 0.80 |',
                '|  | 1 | 100 | 120 | 1.20 | 30 | 4.00 |  |  | 4.00 |',
                '- `net-c`: quantize: it has no layer',
                '| int8 / float32 | 2 | 1.00 | 1.10 | 1.20 | 1.75 | 2.00 | 2.40 | `net-a` |',
                '| `relu/5` | 8 | 0.26 | 2 | 5 | 2.50 | 4 |  |  |',
                '| `sgd/9` | 1 | 1.00 | 3,000 |  |  |  |  |  |',
                '| `M2` | 98.50 % | libneuron | 0.01 | 1.00 | 9.88 | 7.5 | 123 |  |',
                '|  |  | PyTorch | 0.01 | 1.00 | 40 | 7.5 | 494 | 3.99 |',
                '| `F3` | 98.50 % | libneuron | 0.01 | 1.00 | 9.88 | 7.5 | 123 |  |',
                'between', 'behind',
                '![Microseconds an image over the layers](performance-depth.svg)'):
            assert line in text.split('\n'), (line, text)
        assert text.count('net-c') == 1 and 'yesterday' not in text, text
        assert 'old' not in text and 'random' not in text, text
        for axis, curves in (('batch', 4), ('width', 6), ('image', 4), ('depth', 4)):
            check_plot(os.path.join(folder, f'performance-{axis}.svg'), curves)
        before = read(page)
        run('document.py', page, compared, kernels, int8)
        assert read(page) == before  # again is the same
        # Networks that were drawn have a summary of their own, where the page has room for one.
        drawn = write(folder, 'e.json', {
            'peers': {}, 'rows': [row('random-1-1', 'train', 8, 1, torch=3)],
            'summary': {'training / torch': {'count': 1, 'least': 'random-1-1', '0': 3, '10': 3, '25': 3,
                                             '50': 3, '75': 3, '90': 3}}})
        run('document.py', page, drawn)
        assert read(page) == before
        roomy = write(folder, 'roomy.md', PAGE + '<!-- begin random -->\n<!-- end random -->\n')
        run('document.py', roomy, compared, drawn)
        assert '| training / torch | 1 | 3.00 |' in read(roomy) and '| training / torch | 2 | 1.50' in read(roomy)
        bad = write(folder, 'bad.md', PAGE.replace('end training', 'training'))
        assert 'begin training' in run('document.py', bad, compared, status=1).stderr
        assert read(bad) == PAGE.replace('end training', 'training')
        run('document.py', page, status=2)
    page = read(os.path.join(HERE, '..', '..', '..', 'docs', 'performance.md'))
    for name in ('training', 'prediction', 'int8', 'scaling'):
        assert f'<!-- begin {name} -->' in page and f'<!-- end {name} -->' in page, name


main()
