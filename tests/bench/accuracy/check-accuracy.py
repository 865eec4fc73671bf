"""Checks the time to an accuracy on images drawn here: our program, and a peer that only pretends.

usage: check-accuracy.py NEURON_ACCURACY NEURON_BENCH
       check-accuracy.py --pretend BEST ARGUMENT...    is that peer, at most as accurate as that

Where this Python has PyTorch, train_torch.py runs as well.
"""
import gzip
import importlib.util
import json
import os
import random
import subprocess
import sys
import tempfile
import time

import accuracy

HERE = os.path.dirname(os.path.abspath(__file__))
PARAMETERS = {'M2': 538890, 'F3': 896522}
# Few enough to be quick, and of a number that no batch divides.
TRAIN, TEST = 330, 70


def pretend(best, *arguments):
    """Gets 0.2 better with each epoch, which takes 0.05 seconds."""
    if arguments[0] == '--settings':
        if best == 'NONE':
            sys.exit('no PyTorch here')
        print(json.dumps({'setting': {'threads': 7}, 'version': '1'}))
        return
    network, _, epochs, target, setting = arguments[:5]
    assert json.loads(setting) == {'threads': 7} and len(arguments) == 9, arguments
    assert all(os.path.exists(path) for path in arguments[5:]), arguments
    if best == 'FAIL':
        print('it is broken', file=sys.stderr)
        sys.exit(3)
    print(json.dumps({'load_seconds': 0, 'threads': 7, 'train_examples': TRAIN, 'test_examples': TEST,
                      'parameters': PARAMETERS[network] + (best == 'LARGE')}), flush=True)
    for epoch in range(1, int(epochs) + 1):
        time.sleep(0.05)
        now = min(0.2 * epoch, float(best) if best != 'LARGE' else 1)
        print(json.dumps({'epoch': epoch, 'train_seconds': 0.04, 'test_seconds': 0.01, 'accuracy': now}),
              flush=True)
        if now >= float(target):
            return


def draw(folder, names, count, chance):
    """Images and labels, packed: a bar in noise, whose place is the class."""
    labels = [number % 10 for number in range(count)]
    images = bytearray()
    for label in labels:
        for row in range(28):
            bright = 2 * label + 4 <= row < 2 * label + 7
            images += bytes(chance.randrange(60, 240) if bright else chance.randrange(200)
                            for _ in range(28))
    for name, head, data in ((names[0], (count, 28, 28), images), (names[1], (count,), bytes(labels))):
        sizes = b''.join(size.to_bytes(4, 'big') for size in head)
        with gzip.open(os.path.join(folder, name + '.gz'), 'wb', 1) as file:
            file.write(bytes([0, 0, 8, len(head)]) + sizes + data)


def draw_all(folder):
    chance = random.Random(1)
    for network in accuracy.NETWORKS.values():
        inner = os.path.join(folder, network['data'])
        os.mkdir(inner)
        draw(inner, accuracy.FILES[:2], TRAIN, chance)
        draw(inner, accuracy.FILES[2:], TEST, chance)


def run(*options, status=0, environment=None):
    paths = {'PATH': os.path.dirname(sys.executable) + ':/usr/bin:/bin', 'NEURON_DATA': ''}
    done = subprocess.run(['sh', os.path.join(HERE, 'run'), *options], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True,
                          env={**os.environ, **paths, **(environment or {})})
    assert done.returncode == status, (options, done.returncode, done.stdout, done.stderr)
    return done


def compare(programs, data, peer, *options, status=0):
    path = os.path.join(data, 'results.json')
    words = f'{sys.executable} {os.path.abspath(__file__)} --pretend {peer}' if peer else ''
    done = run(*programs, '--data', data, '--peer', words, '--json', path, '--seconds', '0.02',
               '--threads', '1', *options, status=status)
    if status:
        return done, None
    with open(path, encoding='utf-8') as file:
        return done, json.load(file)


def check_run(name, entry, run_of):
    assert run_of['parameters'] == PARAMETERS[name], run_of
    assert (run_of['train_examples'], run_of['test_examples']) == (TRAIN, TEST), run_of
    assert run_of['start_seconds'] >= 0 and run_of['load_seconds'] >= 0, run_of
    least, before = run_of['load_seconds'], 0
    for number, epoch in enumerate(run_of['epochs'], 1):
        assert epoch['epoch'] == number and epoch['train_seconds'] > 0 < epoch['test_seconds'], epoch
        # The clock has all that the program says it took; its lines may come late, never early.
        least += epoch['train_seconds'] + epoch['test_seconds']
        assert epoch['elapsed'] >= least and epoch['elapsed'] > before, (epoch, least, before)
        before = epoch['elapsed']
    # It ended with the first epoch that reached the target.
    assert all(epoch['accuracy'] < entry['target'] for epoch in run_of['epochs'][:-1]), run_of


def check_reached(programs, data):
    done, results = compare(programs, data, '1', '--seeds', '2', '--target', '0.9', '--epochs', '80')
    assert [entry['network'] for entry in results['accuracy']] == ['M2', 'F3'], results
    assert results['threads'] == 1 and results['peers'] == {'torch': '1'}, results
    for entry in results['accuracy']:
        assert entry['accuracy'] == entry['target'] == 0.9 and len(entry['ratios']) == 2, entry
        ours, theirs = entry['libraries']['libneuron'], entry['libraries']['torch']
        for library in (ours, theirs):
            assert [one['seed'] for one in library['runs']] == [1, 2], library
            for one in library['runs']:
                check_run(entry['network'], entry, one)
                assert one['epochs'][-1]['accuracy'] >= 0.9, one
        assert theirs['epochs'] == 5 and theirs['seconds'] > 0.25, theirs
        assert ours['runs'][0]['threads'] == 1 and ours['images_per_second'] > 0, ours
        # Other seeds are other trainings.
        first, second = ([epoch['accuracy'] for epoch in one['epochs']] for one in ours['runs'])
        assert first != second, ours
        ratios = [one['epochs'][-1]['elapsed'] / own['epochs'][-1]['elapsed']
                  for one, own in zip(theirs['runs'], ours['runs'])]
        assert entry['ratios'] == ratios and abs(entry['ratio'] - sum(ratios) / 2) < 1e-9, entry
        assert entry['bench_share'] > 0 and entry['setting'] == {'threads': 7}, entry
    assert 'reached 90.00 %' in done.stdout and 'not every' not in done.stdout, done.stdout


def check_missed(programs, data):
    """The highest accuracy that all reached counts where the target was not."""
    done, results = compare(programs, data, '0.35', '--seeds', '1', '--network', 'F3', '--target', '1',
                            '--epochs', '30', '--bench', '')
    entry, = results['accuracy']
    best = {library: max(epoch['accuracy'] for epoch in figures['runs'][0]['epochs'])
            for library, figures in entry['libraries'].items()}
    assert best['libneuron'] > best['torch'] == entry['accuracy'] == 0.35, entry
    assert entry['libraries']['torch']['epochs'] == 2 and 'bench_share' not in entry, entry
    assert 'not 100.00 %, but 35.00 % at best, after 30 epochs' in done.stdout, done.stdout
    assert 'not every training reached 100.00 %: what follows is to 35.00 %' in done.stdout, done.stdout


def check_peers(programs, data):
    quick = ('--seeds', '1', '--network', 'M2', '--epochs', '1', '--bench', '')
    done, results = compare(programs, data, 'NONE', *quick)
    assert 'Going on without PyTorch: no PyTorch here' in done.stderr, done.stderr
    assert list(results['accuracy'][0]['libraries']) == ['libneuron'] and not results['peers'], results
    _, results = compare(programs, data, '', *quick)
    assert 'ratio' not in results['accuracy'][0], results
    done, _ = compare(programs, data, 'FAIL', *quick, status=1)
    assert 'ended with status 3: it is broken' in done.stderr, done.stderr
    done, _ = compare(programs, data, 'LARGE', *quick, status=1)
    assert '538890 and 538891 parameters' in done.stderr, done.stderr


def check_refusals(programs, data):
    def refuse(text, *options, status=2, environment=None):
        done = run(*programs, '--data', data, *options, status=status, environment=environment)
        assert text in done.stderr and not done.stdout, (options, done.stdout, done.stderr)
    refuse('above 0', '--seeds', '0')
    refuse('from 1 to 256', '--threads', '257')
    refuse('up to 1', '--target', '98.5')
    refuse('above 0', '--epochs', '0')
    refuse('invalid choice', '--network', 'M3')
    refuse('a folder is missing', '--venv')
    refuse('inside the source tree', '--venv', os.path.join(HERE, 'venv'))
    refuse('--program', '--program', '/nonexistent/program', status=1)
    refuse('no mnist in /nonexistent: ', '--data', '/nonexistent')
    refuse('no mnist in /usr/nonexistent or ', '--data', '',
           environment={'NEURON_DATA': '/usr/nonexistent'})
    assert 'MNIST' in run('--help').stdout
    path = os.path.join(data, 'mnist', accuracy.FILES[2] + '.gz')
    os.rename(path, path + '-')
    refuse('no mnist', '--network', 'M2')
    os.rename(path + '-', path)


def check_torch(data):
    """The real peer; without PyTorch only its syntax."""
    path = os.path.join(HERE, 'train_torch.py')
    with open(path, encoding='utf-8') as file:
        compile(file.read(), path, 'exec')
    if not importlib.util.find_spec('torch'):
        print('there is no PyTorch: train_torch.py did not run')
        return
    for name, network in accuracy.NETWORKS.items():
        for last in (False, True)[:1 + (name == 'F3')]:
            result = accuracy.train([
                sys.executable, path, name, '1', '80', '0.9',
                json.dumps({'threads': 1, 'channels_last': last}),
                *accuracy.find_files(data, network['data'])])
            check_run(name, {'target': 0.9}, result)
            assert result['epochs'][-1]['accuracy'] >= 0.9, result
    done = subprocess.run([sys.executable, path, '--settings', 'F3', '1'], stdout=subprocess.PIPE,
                          check=True, text=True)
    assert json.loads(done.stdout)['setting']['threads'] == 1, done.stdout


def main():
    program, bench = map(os.path.abspath, sys.argv[1:])
    programs = ('--program', program, '--bench', bench)
    subprocess.run(['sh', '-n', os.path.join(HERE, 'run')], check=True)
    done = subprocess.run([program, 'M2'], stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2 and 'usage' in done.stderr, done
    with tempfile.TemporaryDirectory() as data:
        draw_all(data)
        check_refusals(programs, data)
        check_reached(programs, data)
        check_missed(programs, data)
        check_peers(programs, data)
        check_torch(data)


if sys.argv[1] == '--pretend':
    pretend(*sys.argv[2:])
else:
    main()
