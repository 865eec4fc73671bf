"""Runs neuron-bench for a moment and checks what it says, but no time: that is the machine's.

usage: check-bench.py NEURON_BENCH
"""
import json
import os
import re
import subprocess
import sys
import tempfile

bench = sys.argv[1]
HERE = os.path.dirname(os.path.abspath(__file__))
FIELDS = {'row': str, 'pass': str, 'batch': int, 'threads': int, 'images_per_second': float,
          'gflops': float, 'share_of_sgemm': float, 'peak_bytes': int}


def run(*options, status=0):
    done = subprocess.run([bench, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True)
    assert done.returncode == status, (options, done.returncode, done.stdout, done.stderr)
    return done


def refuse(text, *options):
    done = run(*options, status=2)
    assert text in done.stderr and done.stderr.count('\n') == 1, (options, done.stderr)
    assert not done.stdout, (options, done.stdout)


def close(a, b):
    return abs(a - b) <= 1e-6 * abs(b)


def measure(folder, *options):
    """What neuron-bench writes; its table must say that no step allocates."""
    path = os.path.join(folder, 'bench.json')
    done = run('--seconds', '0.05', '--json', path, *options)
    lines = [line.split() for line in done.stdout.splitlines()]
    rows = [line for line in lines if line and line[-1].replace('.', '').isdigit()]
    assert all(float(line[-1]) == 0 for line in rows), done.stdout
    assert 'with' in done.stdout and 'SGEMM' in done.stdout, done.stdout
    with open(path, encoding='utf-8') as file:
        results = json.load(file)
    assert set(results) == {'sgemm_gflops', 'rows'}
    assert results['sgemm_gflops'] > 0
    assert len(rows) == sum('why' not in row for row in results['rows']), done.stdout
    for row in results['rows']:
        if 'why' in row:
            assert set(row) == {'row', 'pass', 'batch', 'threads', 'why'}, row
            assert row['why'] in done.stdout, done.stdout
        else:
            check_row(row, results['sgemm_gflops'])
    check_int8_table(lines, done.stdout)
    return results['rows']


def check_int8_table(lines, text):
    """Beside a row of float32 the quantised one says how many times as fast it is."""
    rows = [line for line in lines if len(line) > 2 and line[1] in ('train', 'infer', 'int8')]
    speedups = 0
    for before, line in zip([None, *rows], rows):
        if 'quantize:' in line:
            continue
        beside = line[1] == 'int8' and before and before[:3] == [
            line[0], 'infer', line[2]]
        assert len(line) == (10 if beside else 9), (line, text)
        if beside:
            speedups += 1
            ratio = float(line[4]) / float(before[4])
            assert abs(float(line[8]) - ratio) < 0.006 + 0.001 * ratio, (before, line)
    assert ('/float32 allocs/step' in text) == (speedups > 0), text
    assert ('speed, not its accuracy' in text) == any(line[1] == 'int8' for line in rows), text


def check_row(row, sgemm):
    assert set(row) - {'ns_per_value', 'byte_layers'} == set(FIELDS), row
    assert ('byte_layers' in row) == (row['pass'] == 'int8'), row
    for name, kind in FIELDS.items():
        assert isinstance(row[name], kind), (name, row)
    assert row['pass'] in ('train', 'infer', 'int8') and row['threads'] >= 1, row
    assert row['images_per_second'] > 0 and row['peak_bytes'] > 0, row
    assert close(row['share_of_sgemm'], row['gflops'] / sgemm), row


def refuse_network(folder, text, words):
    path = os.path.join(folder, 'bad.txt')
    with open(path, 'w', encoding='ascii') as file:
        file.write(words)
    refuse(text, '--network', path)


def check_int8(folder):
    """Predictions with floats and bytes, whose operations are the same."""
    rows = measure(folder, '--int8', '--row', 'mlp-512', '--row', 'lenet-5', '--threads', '1')
    assert [row['byte_layers'] for row in rows[1::2]] == [3, 3, 5, 5], rows
    found = [(row['row'], row['pass'], row['batch']) for row in rows]
    assert found == [(name, kind, batch) for name, own in (('mlp-512', 128), ('lenet-5', 64))
                     for batch in (own, 1) for kind in ('infer', 'int8')], found
    for floats, small in zip(rows[::2], rows[1::2]):
        assert close(floats['gflops'] / floats['images_per_second'],
                     small['gflops'] / small['images_per_second']), (floats, small)
    # A context's memory: the parameters as floats, and as bytes for the products; what the
    # calibration needed for a thousand examples at once is not part of it.
    assert rows[3]['peak_bytes'] < 1.5 * rows[2]['peak_bytes'], rows
    rows = measure(folder, '--pass', 'int8', '--row', 'mlp-512', '--batch', '3,2', '--threads', '1')
    assert [(row['pass'], row['batch']) for row in rows] == [('int8', 3), ('int8', 2)], rows
    # A depthwise convolution keeps its floats.
    rows = measure(folder, '--pass', 'int8', '--row', 'mobile-3', '--batch', '1', '--threads', '1')
    assert [row['byte_layers'] for row in rows] == [5], rows
    # The rows that cannot be quantised say why, in their place, and the others go on.
    with open(os.path.join(folder, 'float.txt'), 'w', encoding='ascii') as written:
        written.write('name float; batch 4; input 6 6 2; depthwise 3 same; flatten; softmax')
    rows = measure(folder, '--int8', '--network', written.name, '--row', 'mlp-512', '--batch', '2')
    assert [row['pass'] for row in rows] == 2 * ['infer', 'int8'], rows
    assert ['why' in row for row in rows] == [False, False, False, True], rows
    assert 'float has no dense layer or convolution' in rows[3]['why'], rows
    model = os.path.join(HERE, '..', 'fuzz', 'corpus-model', 'network.safetensors')
    rows = measure(folder, '--int8', '--model', model, '--threads', '1')
    assert [(row['pass'], row['batch'], 'why' in row) for row in rows] == [
        (kind, batch, False) for batch in (128, 1) for kind in ('infer', 'int8')], rows
    model = os.path.join(HERE, '..', 'fuzz', 'corpus-model', 'quantized.safetensors')
    rows = measure(folder, '--pass', 'int8', '--model', model, '--threads', '1')
    assert all('can be quantised' in row['why'] for row in rows) and len(rows) == 2, rows


def check_network(rows, name, batch, forward, first):
    """All passes are there; `forward` are the multiply-adds of one image, `first` those of the
    first layer, whose input needs no gradient."""
    rows = [row for row in rows if row['row'] == name]
    passes = [(row['pass'], row['batch']) for row in rows]
    assert passes == [('train', batch), ('infer', batch), ('infer', 1)], passes
    for row in rows:
        operations = 2 * (3 * forward - first if row['pass'] == 'train' else forward)
        assert close(row['gflops'], 1e-9 * operations * row['images_per_second']), row


help_text = run('--help').stdout
for option in ('json', 'row', 'kernels', 'pass', 'threads', 'batch', 'model', 'network', 'seconds',
               'list', 'describe', 'int8'):
    assert f'--{option} ' in help_text, option
names = [line.split()[0] for line in run('--list').stdout.splitlines() if line]
described = [line.split('\t') for line in run('--describe').stdout.splitlines()]
for name in ('mlp-plain', 'mlp-512', 'mlp-8192', 'cnn-basic', 'cnn-deep', 'cnn-9', 'lenet-5',
             'cnn-stride', 'mobile-3', 'res-3', 'cnn-7x5', 'resnet-20', 'mobilenet-v1',
             'autoencoder', 'vgg-11'):
    assert name in names and [name] == [row for row, _ in described if row == name], names
assert 'committee' in names and 'members' in names, names
for kind in ('conv2d-forward/', 'conv2d-input-gradient/', 'conv2d-weight-gradient/',
             'dense-forward/', 'dense-input-gradient/', 'dense-weight-gradient/',
             'max-pool2d-forward/', 'max-pool2d-backward/', 'batch-norm-forward/',
             'batch-norm-backward/', 'adam/', 'gather/'):
    assert any(name.startswith(kind) for name in names), kind
# Of every kind of layer there is one in the table, but for those that take no time.
table = [line.split('\t') for line in run('--kernels', '--describe').stdout.splitlines()]
table = dict(table)
with open(os.path.join(HERE, '..', '..', 'lib', 'layers', 'registry.h'), encoding='utf-8') as file:
    layers = re.findall(r'^    X\((\w+)\)', file.read(), re.MULTILINE)
assert len(layers) > 30 and 'conv2d' in layers, layers
for layer in set(layers) - {'flatten', 'input', 'reshape'}:
    kind = layer.replace('_', '-')
    assert any(name.startswith(f'{kind}-forward/') for name in table), kind
    if layer not in ('vote', 'prediction_set') and not layer.startswith('quantized'):  # which have no way back
        assert any(name.startswith(f'{kind}-backward/') for name in table), kind
for path, suffix in (('losses', '-loss-backward/10'), ('optimize', '/65536')):
    folder = os.path.join(HERE, '..', '..', 'lib', path)
    for file in set(os.listdir(folder)) - {'compute.c', 'custom.c', 'loss.c', 'optimizer.c'}:
        if file.endswith('.c') and os.path.exists(os.path.join(folder, 'meson.build')):
            assert file[:-2] + suffix in table, file

refuse('no option "--what"', '--what')
refuse('missing after "--json"', '--json')
refuse('missing after "--row"', '--row', '')
refuse('no row "mlp"', '--row', 'mlp')
refuse('train, infer or int8, not "both"', '--pass', 'both')
refuse('no pass train', '--int8', '--pass', 'train')
refuse('no pass int8', '--int8', '--kernels')
refuse('no pass int8', '--pass', 'int8', '--row', 'conv2d')
refuse('whole number', '--threads', '0')
refuse('whole number', '--threads', '1000')
refuse('whole number', '--batch', '3x')
refuse('whole number', '--batch', '3,')
refuse('whole number', '--batch', ',3')
refuse('number above 0', '--seconds', '-1')
refuse('number above 0', '--seconds', 'nan')
refuse('no pass infer', '--row', 'conv2d', '--pass', 'infer')
refuse('members has no pass int8', '--row', 'members', '--int8')
assert 'no-such-network' in run('--network', '/no-such-network', status=1).stderr
assert 'no-such-model' in run('--seconds', '0.01', '--model', '/no-such-model', status=1).stderr

with tempfile.TemporaryDirectory() as temporary:
    measured = measure(temporary, '--row', 'mlp-plain', '--row', 'cnn-basic', '--threads', '2')
    assert len(measured) == 6 and all(row['threads'] == 2 for row in measured), measured
    check_network(measured, 'mlp-plain', 128, 784 * 512 + 512 * 256 + 256 * 10, 784 * 512)
    first_convolution = 26 * 26 * 32 * 9
    check_network(measured, 'cnn-basic', 128, first_convolution + 5408 * 128 + 128 * 10,
                  first_convolution)
    # Strides, windows without padding, joins, depthwise: each number of a kernel at each place.
    measured = measure(temporary, '--row', 'lenet-5', '--row', 'cnn-stride', '--row', 'mobile-3',
                       '--threads', '2')
    first = 28 * 28 * 6 * 25
    check_network(measured, 'lenet-5', 64, first + 10 * 10 * 16 * 25 * 6 + 400 * 120 + 120 * 84 +
                  840, first)
    first = 16 * 16 * 32 * 27
    check_network(measured, 'cnn-stride', 64, first + 8 * 8 * 64 * 9 * 32 + 4 * 4 * 128 * 9 * 64 +
                  1280, first)
    first = 32 * 32 * 32 * 27
    check_network(measured, 'mobile-3', 64, first + 32 * 32 * 32 * (9 + 64) +
                  16 * 16 * 64 * (9 + 128) + 8 * 8 * 128 * (9 + 128) + 1280, first)
    # Another loss, and a network of one's own with the batches given.
    measured = measure(temporary, '--row', 'autoencoder', '--threads', '2')
    wide = 784 * 512 + 512 * 128 + 128 * 32
    check_network(measured, 'autoencoder', 128, 2 * wide, 784 * 512)
    with open(os.path.join(temporary, 'own.txt'), 'w', encoding='ascii') as written:
        written.write('name own; batch 5; loss huber\n\ninput 9 7 3; conv 4 3 2 same; keep a\n'
                      'max-pool 3 1 same; noise 0.1; concat a; pad 1; leaky-relu 0.1; flatten\n'
                      'dense 7')
    measured = measure(temporary, '--network', written.name, '--batch', '1,6,32', '--threads', '2')
    assert [(row['row'], row['pass'], row['batch']) for row in measured] == [
        ('own', kind, batch) for kind in ('train', 'infer') for batch in (1, 6, 32)], measured
    forward = 5 * 4 * 4 * 9 * 3 + 7 * 6 * 8 * 7
    for row in measured[3:]:
        assert close(row['gflops'], 2e-9 * forward * row['images_per_second']), row
    refuse_network(temporary, 'no layer "convolution"', 'input 8 8 3; convolution 3')
    refuse_network(temporary, 'no input', 'batch 3; dense 3')
    refuse_network(temporary, 'no loss "square"', 'loss square; input 3; dense 3')
    refuse_network(temporary, 'number', 'input 3; dense x')
    refuse_network(temporary, 'missing after "dense"', 'input 3; dense')
    refuse_network(temporary, 'kept as "a"', 'input 3; keep b; dense 3; add a')
    check_int8(temporary)
    # A committee and its members: images of training are those that one member learns from.
    measured = measure(temporary, '--row', 'members', '--row', 'committee', '--threads', '2', '--batch', '64')
    assert [(row['row'], row['pass']) for row in measured] == [
        (name, kind) for kind in ('train', 'infer') for name in ('committee', 'members')], measured
    for row in measured:
        products = 5 * (784 * 32 + 320) if row['pass'] == 'infer' else 2 * 784 * 32 + 3 * 320
        assert close(row['gflops'], 2e-9 * products * row['images_per_second']), row
    # Any saved graph.
    model = os.path.join(HERE, '..', 'fuzz', 'corpus-model',
                         'network.safetensors')
    measured = measure(temporary, '--model', model, '--threads', '1')
    assert [row['pass'] for row in measured] == ['train', 'infer', 'infer'], measured
    # A batch of one's own is the only one, and few parameters and values are little memory.
    measured = measure(temporary, '--row', 'mlp-512', '--batch', '7', '--pass', 'infer')
    assert [row['batch'] for row in measured] == [7], measured
    assert 4 * 538890 <= measured[0]['peak_bytes'] <= 8 * 538890, measured
    measured = measure(temporary, '--row', 'tanh-forward', '--row', 'gather/784', '--row', 'adam/2252',
                       '--row', 'dense-input-gradient/128-10', '--batch', '16',
                       '--row', 'depthwise-conv2d-input-gradient/2x2')
    assert len(measured) == 11, measured
    assert all(row['ns_per_value'] > 0 for row in measured), measured
    # A whole name means that alone, a beginning all that begin so; in the table as in a network.
    measured = measure(temporary, '--row', 'dense-forward/64', '--row', 'max-pool2d-backward/28x28x3',
                       '--row', 'huber-loss', '--row', 'sgd/65536', '--threads', '1')
    assert [row['row'] for row in measured] == [
        'max-pool2d-backward/28x28x3-14x14x3/2x2s2', 'max-pool2d-backward/28x28x3-14x14x3/3x3s2',
        'max-pool2d-backward/28x28x3/3x3', 'max-pool2d-backward/28x28x3-27x27x3/2x2',
        'dense-forward/64', 'huber-loss-forward/10', 'huber-loss-backward/10',
        'huber-loss-forward/784', 'huber-loss-backward/784', 'sgd/65536'], measured
    values = 128 * 64
    assert close(1e9 / measured[4]['images_per_second'] * 128 / values, measured[4]['ns_per_value'])
    assert close(measured[4]['gflops'], 2e-9 * 64 * 64 * measured[4]['images_per_second']), measured
    # Without the machine's rate there is nothing to be a share of.
    path = os.path.join(temporary, 'bench.json')
    run('--seconds', '0.01', '--no-sgemm', '--row', 'tanh-forward', '--json', path)
    with open(path, encoding='utf-8') as written:
        measured = json.load(written)
    assert measured['sgemm_gflops'] == 0 and measured['rows'][0]['share_of_sgemm'] == 0, measured
    run('--seconds', '0.01', '--row', 'tanh', '--json', '/nonexistent/file', status=1)
