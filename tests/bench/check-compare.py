"""Checks compare without a network and without other libraries: a peer that only pretends.

usage: check-compare.py NEURON_BENCH
       check-compare.py --pretend [NONE]    is that peer; with NONE it has no library at all
"""
import json
import os
import subprocess
import sys
import tempfile
import types

import compare_int8
import compare_report
from peers import peer_rows
import random_networks

HERE = os.path.dirname(os.path.abspath(__file__))
COMPARE = os.path.join(HERE, 'compare')


def pretend(none):
    slow, fast, broken = {'threads': 1}, {'threads': 2, 'adam': 'fused'}, {'threads': 3}
    peers = {'torch': '1', 'onnxruntime': '2', 'onnxruntime-int8': '2', 'openvino-int8': '3'}
    answers = {'hello': {'peers': {} if none else peers,
                         'missing': {name: 'it is not there' for name in peers} if none else {}},
               'settings': {'settings': [slow, fast, broken]}}
    for line in sys.stdin:
        request = json.loads(line)
        answer = answers.get(request['do'])
        if request['do'] == 'time':
            setting = request['setting']
            answer = ({'error': 'broken'} if setting == broken else
                      {'seconds': 0.5 if setting == fast else 2})
            if request['peer'] == 'openvino-int8' and 'seconds' in answer:
                answer['seconds'] /= 2
        print(json.dumps(answer), flush=True)


def run(*options, status=0):
    environment = {**os.environ, 'PATH': os.path.dirname(sys.executable) + ':/usr/bin:/bin'}
    done = subprocess.run(['sh', COMPARE, *options], stdout=subprocess.PIPE, env=environment,
                          stderr=subprocess.PIPE, text=True)
    assert done.returncode == status, (options, done.returncode, done.stdout, done.stderr)
    return done


def refuse(text, *options):
    done = run(*options, status=2)
    assert text in done.stderr and not done.stdout, (options, done.stdout, done.stderr)


def compare(bench, folder, peer, *options):
    path = os.path.join(folder, 'compare.json')
    done = run('--bench', bench, '--peer', f'{sys.executable} {os.path.abspath(__file__)} {peer}',
               '--seconds', '0.02', '--json', path, *options)
    with open(path, encoding='utf-8') as file:
        return done, json.load(file)


def check_results(done, results):
    kinds = [(row['pass'], row['batch'], sorted(row['peers'])) for row in results['rows']]
    assert kinds == [('train', 128, ['torch']), ('infer', 128, ['onnxruntime', 'torch']),
                     ('infer', 1, ['onnxruntime', 'torch'])], kinds
    for row in results['rows']:
        assert row['images_per_second'] > 0 and row['peak_bytes'] > 0, row
        for peer in row['peers'].values():
            # The faster setting, and half a second for a step.
            assert peer['setting'] == {'threads': 2, 'adam': 'fused'}, row
            assert peer['images_per_second'] == row['batch'] / 0.5, row
            assert len(peer['ratios']) == row['pairs'] == 3, row
            assert sorted(peer['ratios'])[1] == peer['ratio'], row
    assert results['sgemm_gflops'] > 0 and results['machine']['processors'] >= 1, results
    operations = 3 * (784 * 512 + 512 * 256 + 2560) - 784 * 512
    for row, adds in zip(results['rows'], (operations, 784 * 512 + 512 * 256 + 2560)):
        assert abs(row['gflops'] / (2e-9 * adds * row['images_per_second']) - 1) < 1e-6, row
    train = results['rows'][0]['peers']['torch']
    assert train['peak_bytes'] == 12345000, train
    assert abs(results['training_geometric_mean'] / train['ratio'] - 1) < 1e-9, results
    assert '12.3' in done.stdout and 'geometric mean' in done.stdout, done.stdout
    assert 'broken' in done.stderr, done.stderr


def check_random(done, results):
    names = list(dict.fromkeys(row['row'] for row in results['rows']))
    assert names == ['random-7-1', 'random-7-2'], names
    assert all(list(row['peers']) == ['torch'] for row in results['rows']), results
    drawn = random_networks.draw_several(2, 7)
    assert all(row['network'] == drawn[row['row']] for row in results['rows']), results
    assert results['summary']['training / torch']['count'] == 2, results
    assert 'prediction at 1 / best' in done.stdout, done.stdout
    several = random_networks.draw_several(60, 3)
    assert len(set(several.values())) == 60 and several == random_networks.draw_several(60, 3)
    text = '; '.join(several.values())
    for word in ('conv', 'depthwise', 'max-pool', 'average-pool', 'add', 'concat', 'norm', 'same'):
        assert f' {word}' in text, word
    networks = [peer_rows.Network(words) for words in several.values()]
    assert any(len(network.input) == 1 for network in networks)
    assert len({network.batch for network in networks}) > 10


def check_kernels(done, results):
    rows = {row['kernel']: row for row in results['kernels']}
    assert list(rows) == ['gelu-forward/512', 'huber-loss-forward/10', 'huber-loss-forward/784',
                          'sgd/65536'], rows
    for name, row in rows.items():
        assert row['torch_seconds'] == 0.5 and row['setting'] == {'threads': 2, 'adam': 'fused'}
        assert row['ratio'] > 1 and row['ns_per_value'] > 0, row
        assert ('both_ratio' in row) == (name != 'sgd/65536') and row['pairs'] == 3, row
    assert rows['gelu-forward/512']['both_seconds'] > rows['gelu-forward/512']['seconds'], rows
    assert 'gelu/512' in done.stdout, done.stdout


def check_int8(done, results):
    rows = results['int8']
    assert [(row['row'], row['batch'], row['byte_layers']) for row in rows] == [
        ('mlp-512', 8, 3), ('mlp-512', 1, 3), ('lenet-5', 8, 5), ('lenet-5', 1, 5)], rows
    for row in rows:
        assert list(row['peers']) == ['onnxruntime-int8', 'openvino-int8'], row
        for peer, seconds in zip(row['peers'].values(), (0.5, 0.25)):
            assert peer['images_per_second'] == row['batch'] / seconds, row
            assert peer['setting'] == {'threads': 2, 'adam': 'fused'}, row
            assert abs(peer['ratio'] * row['batch'] / seconds / row['images_per_second'] - 1) < 1e-9
        floats = row['float32']
        assert len(floats['ratios']) == row['pairs'] == 3, row
        assert sorted(floats['ratios'])[1] == floats['ratio'] > 0, row
        assert row['threads'] >= 1 and floats['threads'] >= 1 and floats['peak_bytes'] > 0, row
        line = [line.split() for line in done.stdout.splitlines()
                if line.split()[:2] == [row['row'], str(row['batch'])]]
        best = row['peers']['openvino-int8']['ratio']
        assert line[0][-1] == f'{best:.2f}' and line[0][4] == f'{floats["ratio"]:.2f}', (line, row)
    summary = results['summary']
    assert sorted((name, figures['count']) for name, figures in summary.items()) == [
        ('int8 / best int8', 2), ('int8 / float32', 2), ('int8 at 1 / best int8', 2),
        ('int8 at 1 / float32', 2)], summary
    assert summary['int8 / float32']['0'] == min(
        row['float32']['ratio'] for row in rows if row['batch'] == 8), summary
    assert summary['int8 at 1 / best int8']['0'] == min(
        row['peers']['openvino-int8']['ratio'] for row in rows if row['batch'] == 1), summary
    assert 'Going on' not in done.stderr and 'int8 at 1 / best int8' in done.stdout, done.stdout


def check_int8_refused():
    """A network that cannot be quantised has its reason for a row, and no part in the summary."""
    asked = []

    def refuse_int8(_network, kind, _batch, _seconds, _threads):
        asked.append(kind)
        return {'threads': 1} if kind == 'infer' else {'threads': 1, 'why': 'has no layer'}
    int8 = compare_int8.Int8(types.SimpleNamespace(
        arguments=types.SimpleNamespace(seconds=1, threads=None, batch=[4], networks={
            'a': 'batch 8; input 3; softmax'}),
        bench=types.SimpleNamespace(run=refuse_int8), peer=types.SimpleNamespace(versions={'x': 1})))
    int8.run()
    assert asked == ['infer', 'int8'] and int8.summarise() == {}, asked
    assert int8.rows == [{'row': 'a', 'batch': 4, 'network': 'batch 8; input 3; softmax',
                          'why': 'has no layer'}], int8.rows


def check_summary():
    def entry(row, kind, batch, **ratios):
        return {'row': row, 'pass': kind, 'batch': batch,
                'peers': {name: {'ratio': ratio} for name, ratio in ratios.items()}}
    found = compare_report.summarise([
        entry('a', 'train', 8, torch=2, jax=1), entry('b', 'train', 8, torch=3),
        entry('c', 'train', 8, torch=8), entry('d', 'train', 8), entry('a', 'infer', 8, torch=2,
                                                                       openvino=0.5),
        entry('a', 'infer', 1, onnxruntime=4, jax=7)])
    training = found['training / torch']
    assert [training[key] for key in ('count', 'least', '0', '25', '50', '75')] == [
        3, 'a', 2, 2.5, 3, 5.5], training
    assert found['prediction / best']['50'] == 0.5, found
    assert found['prediction at 1 / best']['90'] == 4, found


def check_words(bench):
    """What is read here out of the words of networks is what neuron-bench reads."""
    done = subprocess.run([bench, '--describe'], stdout=subprocess.PIPE, check=True, text=True)
    rows = dict(line.split('\t') for line in done.stdout.splitlines())
    network = peer_rows.Network(rows['lenet-5'])
    assert (network.batch, network.loss) == (64, 'cross-entropy')
    shapes = [layer.shape for layer in network.layers]
    assert shapes[:7] == [(6, 28, 28)] * 2 + [(6, 14, 14)] + [(16, 10, 10)] * 2 + [(16, 5, 5),
                                                                                 (400,)], shapes
    network = peer_rows.Network('input 9 7 3; conv 4 3 2 same; keep a; max-pool 3 1 same; concat a')
    assert network.output == (8, 5, 4) and network.layers[0].pads == (1, 1), network.output
    with tempfile.TemporaryDirectory() as folder:
        for row, text in rows.items():
            path = os.path.join(folder, 'bench.json')
            if row in ('mlp-8192', 'vgg-11'):
                continue  # slow
            subprocess.run([bench, '--row', row, '--pass', 'infer', '--batch', '1', '--seconds',
                            '0.01', '--no-sgemm', '--json', path], check=True,
                           stdout=subprocess.DEVNULL)
            with open(path, encoding='utf-8') as file:
                measured = json.load(file)['rows'][0]
            adds = 0.5e9 * measured['gflops'] / measured['images_per_second']
            assert abs(adds / peer_rows.Network(text).multiply_adds() - 1) < 1e-6, (row, adds)


def main():
    bench = os.path.abspath(sys.argv[1])
    subprocess.run(['sh', '-n', COMPARE], check=True)
    programs = [os.path.join(folder, name) for folder in (HERE, os.path.join(HERE, 'peers'))
                for name in os.listdir(folder) if name.endswith('.py')]
    assert len(programs) > 10, programs
    for path in programs:
        with open(path, encoding='utf-8') as file:
            compile(file.read(), path, 'exec')

    help_text = run('--help').stdout
    for option in ('--venv', '--bench', '--row', '--pass', '--pairs', '--seconds', '--compile',
                   '--json', '--random', '--seed', '--peers', '--batch', '--kernels',
                   '--threads', '--int8'):
        assert option in help_text, option
    refuse('missing after --venv', '--venv')
    refuse('missing after --venv', '--venv', '', '--help')
    refuse('--what', '--bench', bench, '--what')
    refuse('no row "mlp"', '--bench', bench, '--row', 'mlp')
    refuse('--batch', '--bench', bench, '--batch', '8,0')
    refuse('above 0', '--bench', bench, '--pairs', '0')
    refuse('above 0', '--bench', bench, '--seconds', '0')
    refuse('whole number', '--bench', bench, '--random', '-1')
    refuse('above 0', '--bench', bench, '--threads', '0')
    refuse('no operation', '--bench', bench, '--kernels', '--row', 'mlp')
    refuse('no peer "tinygrad"', '--bench', bench, '--peers', 'torch,tinygrad')
    refuse('--kernels does not go with --int8', '--bench', bench, '--int8', '--kernels')
    refuse('--compile does not go with --int8', '--bench', bench, '--int8', '--compile')
    refuse('--pass train does not go', '--bench', bench, '--int8', '--pass', 'train')
    refuse('there is no peer "torch"', '--bench', bench, '--int8', '--peers', 'openvino,torch')
    refuse('inside the source tree', '--bench', bench, '--venv', os.path.join(HERE, 'venv'))
    assert 'no neuron-bench' in run('--bench', '/nonexistent/bench', status=1).stderr

    with tempfile.TemporaryDirectory() as folder:
        check_results(*compare(bench, folder, '--pretend', '--row', 'mlp-plain', '--pairs', '3'))
        done, results = compare(bench, folder, '--pretend NONE', '--row', 'mlp-plain', '--pass',
                                'train', '--pairs', '1')
        assert 'Going on without torch: it is not there' in done.stderr, done.stderr
        assert [row['peers'] for row in results['rows']] == [{}], results
        assert results['training_geometric_mean'] is None
        _, results = compare(bench, folder, '--pretend', '--row', 'lenet-5', '--pass', 'infer',
                             '--batch', '3,1,2', '--pairs', '1')
        assert [row['batch'] for row in results['rows']] == [3, 1, 2], results
        check_random(*compare(bench, folder, '--pretend', '--random', '2', '--seed', '7',
                              '--peers', 'torch', '--pairs', '1'))
        check_kernels(*compare(bench, folder, '--pretend', '--kernels', '--row',
                               'gelu-forward/512', '--row', 'sgd/65536', '--row', 'huber-loss'))
        check_int8(*compare(bench, folder, '--pretend', '--int8', '--row', 'mlp-512', '--row',
                            'lenet-5', '--batch', '8,1', '--pairs', '3'))
        done, results = compare(bench, folder, '--pretend NONE', '--int8', '--row', 'mlp-512',
                                '--peers', 'openvino', '--batch', '3', '--pairs', '1')
        assert done.stderr.count('Going on') == 1 and 'openvino-int8' in done.stderr, done.stderr
        assert results['int8'][0]['peers'] == {} and list(results['summary']) == [
            'int8 / float32'], results
        _, results = compare(bench, folder, '--pretend', '--int8', '--row', 'mlp-512', '--peers',
                             'onnxruntime', '--batch', '3', '--pairs', '1', '--threads', '2')
        assert list(results['int8'][0]['peers']) == ['onnxruntime-int8'], results
        assert results['int8'][0]['threads'] == 2, results
    check_int8_refused()
    check_words(bench)
    check_summary()


if sys.argv[1] != '--pretend':
    main()
elif '--memory' in sys.argv:
    print(json.dumps({'bytes': 12345000}))
else:
    pretend('NONE' in sys.argv)
