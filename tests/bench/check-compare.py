"""Checks compare without a network and without other libraries: a peer that only pretends.

usage: check-compare.py NEURON_BENCH
       check-compare.py --pretend [NONE]    is that peer; with NONE it has no library at all
"""
import json
import os
import subprocess
import sys
import tempfile

import peer_rows

HERE = os.path.dirname(os.path.abspath(__file__))
COMPARE = os.path.join(HERE, 'compare')


def pretend(none):
    slow, fast, broken = {'threads': 1}, {'threads': 2, 'adam': 'fused'}, {'threads': 3}
    answers = {'hello': {'peers': {} if none else {'torch': '1', 'onnxruntime': '2'},
                         'missing': {'torch': 'it is not there'} if none else {}},
               'settings': {'settings': [slow, fast, broken]}}
    for line in sys.stdin:
        request = json.loads(line)
        answer = answers.get(request['do'])
        if request['do'] == 'time':
            setting = request['setting']
            answer = ({'error': 'broken'} if setting == broken else
                      {'seconds': 0.5 if setting == fast else 2})
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
    train = results['rows'][0]['peers']['torch']
    assert train['peak_bytes'] == 12345000, train
    assert abs(results['training_geometric_mean'] / train['ratio'] - 1) < 1e-9, results
    assert '12.3' in done.stdout and 'geometric mean' in done.stdout, done.stdout
    assert 'broken' in done.stderr, done.stderr


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
    for name in ('compare', 'peers', 'peer_rows', 'peer_torch', 'peer_onnx'):
        path = os.path.join(HERE, name + '.py')
        with open(path, encoding='utf-8') as file:
            compile(file.read(), path, 'exec')

    help_text = run('--help').stdout
    for option in ('--venv', '--bench', '--row', '--pass', '--pairs', '--seconds', '--compile',
                   '--json'):
        assert option in help_text, option
    refuse('missing after --venv', '--venv')
    refuse('missing after --venv', '--venv', '', '--help')
    refuse('--what', '--bench', bench, '--what')
    refuse('no row "mlp"', '--bench', bench, '--row', 'mlp')
    refuse('--batch', '--bench', bench, '--batch', '8,0')
    refuse('above 0', '--bench', bench, '--pairs', '0')
    refuse('above 0', '--bench', bench, '--seconds', '0')
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
    check_words(bench)


if sys.argv[1] != '--pretend':
    main()
elif '--memory' in sys.argv:
    print(json.dumps({'bytes': 12345000}))
else:
    pretend('NONE' in sys.argv)
