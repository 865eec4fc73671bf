"""Measures the time to an accuracy, here and in PyTorch in turn; started by the script run."""
import argparse
import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
FILES = ('train-images-idx3-ubyte', 'train-labels-idx1-ubyte', 't10k-images-idx3-ubyte',
         't10k-labels-idx1-ubyte')
# M2 and F3 are examples/documents/mnist_mlp.c's and fashion_committee.c's; their words are for
# neuron-bench.
NETWORKS = {
    'M2': {'data': 'mnist', 'target': 0.985, 'epochs': 60, 'batch': 128,
           'words': 'input 784; dense 512; relu; norm; dropout 0.5; dense 256; relu; norm; '
                    'dropout 0.5; dense 10; softmax'},
    'F3': {'data': 'fashion-mnist', 'target': 0.91, 'epochs': 50, 'batch': 32,
           'words': 'input 28 28 1; conv 64 3; relu; max-pool 2; conv 128 3; relu; max-pool 2; '
                    'flatten; dense 256; relu; dense 10; softmax'}}
OURS, THEIRS = 'libneuron', 'torch'
LEAST_SHARE = 0.97  # of neuron-bench's rate, or it is said
NAMES = {OURS: 'libneuron', THEIRS: 'PyTorch'}


def fail(message, status=1):
    print(f'accuracy: {message}', file=sys.stderr)
    sys.exit(status)


def parse_arguments():
    build = os.path.join(HERE, '..', '..', '..', 'build', 'tests', 'bench')
    parser = argparse.ArgumentParser(
        prog='run', description='Measures the seconds that a program takes from its start until its '
        'network is as accurate on the test set as asked for, loading the data and evaluating after each '
        'epoch included: libneuron and PyTorch in turn. M2 is a dense network for MNIST, F3 a '
        'convolutional one for Fashion-MNIST.',
        epilog='Of the script itself: --venv DIR uses the virtual environment in DIR, or makes it '
               'there and keeps it; the default is one below ${TMPDIR:-/tmp} that goes away.')
    parser.add_argument('--network', action='append', choices=NETWORKS, help='only this; repeatable')
    parser.add_argument('--data', metavar='DIR', help='folder with mnist/ and fashion-mnist/; default: '
                        '$NEURON_DATA, then /usr/share/datasets')
    parser.add_argument('--seeds', type=int, default=3, metavar='N', help='trainings of each; default: 3')
    parser.add_argument('--threads', type=int, metavar='N', help='default: one per processor')
    parser.add_argument('--target', type=float, metavar='A',
                        help='accuracy, above 0 up to 1; default: 0.985 of M2, 0.91 of F3')
    parser.add_argument('--epochs', type=int, metavar='N',
                        help='at most so many; default: 60 of M2, 50 of F3')
    parser.add_argument('--program', metavar='FILE', default=os.path.join(build, 'accuracy', 'neuron-accuracy'),
                        help='neuron-accuracy; default: that in build/')
    parser.add_argument('--bench', metavar='FILE', default=os.path.join(build, 'neuron-bench'),
                        help='neuron-bench, whose rate of training the same network is put beside; '
                             'default: that in build/, "" for none')
    parser.add_argument('--seconds', type=float, default=2, metavar='S',
                        help='that neuron-bench measures after each training; default: 2')
    parser.add_argument('--json', metavar='FILE', help='write the results to a file')
    parser.add_argument('--check', action='store_true', help='look at the arguments and end')
    parser.add_argument('--peer', metavar='COMMAND',
                        help='what runs in place of train_torch.py, for tests; "" for none')
    arguments = parser.parse_args()
    if arguments.seeds < 1:
        parser.error('--seeds takes a whole number above 0')
    if arguments.threads is not None and not 1 <= arguments.threads <= 256:
        parser.error('--threads takes a whole number from 1 to 256')
    if arguments.target is not None and not 0 < arguments.target <= 1:
        parser.error('--target takes a number above 0, up to 1')
    if arguments.epochs is not None and arguments.epochs < 1:
        parser.error('--epochs takes a whole number above 0')
    if not 0 < arguments.seconds <= 3600:
        parser.error('--seconds takes a number above 0, up to 3600')
    arguments.threads = arguments.threads or len(os.sched_getaffinity(0))
    for option, path in (('program', arguments.program), ('bench', arguments.bench)):
        if path and not os.access(path, os.X_OK):
            fail(f'there is no {path}: build it, or say where it is with --{option}')
    arguments.network = arguments.network or list(NETWORKS)
    arguments.files = {name: find_files(arguments.data, NETWORKS[name]['data'])
                       for name in arguments.network}
    return arguments


def find_files(given, name):
    """The four files, packed or not, of a set of data."""
    folders = [given] if given else [
        *[folder for folder in [os.environ.get('NEURON_DATA')] if folder], '/usr/share/datasets']
    for folder in folders:
        paths = [next((path for path in (stem, stem + '.gz') if os.path.exists(path)), None)
                 for stem in (os.path.join(folder, name, file) for file in FILES)]
        if all(paths):
            return paths
    return fail(f'no {name} in {" or ".join(folders)}: examples/get-data fetches it', 2)


def train(command):
    """A training as its process tells it, and when each line came, in seconds from its start."""
    start = time.monotonic()
    with tempfile.TemporaryFile('w+') as errors, subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True) as process:
        lines = [(json.loads(line), time.monotonic() - start) for line in process.stdout]
        if process.wait() != 0 or len(lines) < 2:
            errors.seek(0)
            fail(f'{shlex.join(command)} ended with status {process.returncode}: '
                 f'{errors.read().strip()[-1000:]}')
    result, begun = lines[0]
    result['start_seconds'] = begun - result['load_seconds']
    result['epochs'] = [{**epoch, 'elapsed': elapsed} for epoch, elapsed in lines[1:]]
    return result


def reached(run, accuracy):
    """The first epoch after which a run was so accurate; None if none was."""
    return next((epoch for epoch in run['epochs'] if epoch['accuracy'] >= accuracy), None)


def common_accuracy(runs, target):
    """The target if all runs reached it, else the highest accuracy that all did."""
    return min([target, *[max(epoch['accuracy'] for epoch in run['epochs']) for run in runs]])


def middle(runs, figure):
    return statistics.median(figure(run) for run in runs)


def epoch_seconds(run):
    return statistics.median(epoch['train_seconds'] + epoch['test_seconds'] for epoch in run['epochs'])


def training_rate(run):
    """Images a second of an epoch without its evaluation."""
    return run['train_examples'] / statistics.median(epoch['train_seconds'] for epoch in run['epochs'])


def summarise(runs, accuracy):
    """Medians of a library's runs."""
    return {'start_seconds': middle(runs, lambda run: run['start_seconds']),
            'load_seconds': middle(runs, lambda run: run['load_seconds']),
            'epoch_seconds': middle(runs, epoch_seconds),
            'test_seconds': middle(runs, lambda run: statistics.median(
                epoch['test_seconds'] for epoch in run['epochs'])),
            'images_per_second': middle(runs, training_rate),
            'epochs': middle(runs, lambda run: reached(run, accuracy)['epoch']),
            'seconds': middle(runs, lambda run: reached(run, accuracy)['elapsed']), 'runs': runs}


def judge(name, target, runs, rates):
    """What the runs of a network come to."""
    both = [run for library in runs.values() for run in library]
    accuracy = common_accuracy(both, target)
    entry = {'network': name, 'data': NETWORKS[name]['data'], 'batch': NETWORKS[name]['batch'],
             'target': target, 'accuracy': accuracy,
             'libraries': {library: summarise(several, accuracy) for library, several in runs.items()}}
    if THEIRS in runs:
        pairs = list(zip(runs[THEIRS], runs[OURS]))
        entry['ratios'] = [reached(theirs, accuracy)['elapsed'] / reached(ours, accuracy)['elapsed']
                           for theirs, ours in pairs]
        entry['ratio'] = statistics.median(entry['ratios'])
        entry['epoch_ratio'] = statistics.median(epoch_seconds(theirs) / epoch_seconds(ours)
                                                 for theirs, ours in pairs)
    if rates:
        entry['bench_images_per_second'] = statistics.median(rates)
        entry['bench_share'] = statistics.median(
            training_rate(run) / rate for run, rate in zip(runs[OURS], rates))
    return entry


class Measurement:
    def __init__(self, arguments):
        self.arguments = arguments
        peer = arguments.peer
        self.peer = shlex.split(peer) if peer is not None else [
            sys.executable, os.path.join(HERE, 'train_torch.py')]
        self.version = None

    def setting(self, name):
        """The peer's best; None without a peer."""
        if not self.peer:
            return None
        done = subprocess.run([*self.peer, '--settings', name, str(self.arguments.threads)],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            print(f'Going on without PyTorch: {done.stderr.strip()[-300:]}', file=sys.stderr)
            self.peer = []
            return None
        answer = json.loads(done.stdout)
        self.version = answer['version']
        return answer['setting']

    def bench_rate(self, name):
        network = NETWORKS[name]
        with tempfile.TemporaryDirectory() as folder:
            words, results = os.path.join(folder, 'network'), os.path.join(folder, 'bench.json')
            with open(words, 'w', encoding='ascii') as file:
                file.write(network['words'])
            command = [self.arguments.bench, '--no-sgemm', '--network', words, '--pass', 'train',
                       '--batch', str(network['batch']), '--seconds', str(self.arguments.seconds),
                       '--threads', str(self.arguments.threads), '--json', results]
            done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                  text=True)
            if done.returncode != 0:
                fail(done.stderr.strip() or f'neuron-bench ended with status {done.returncode}')
            with open(results, encoding='utf-8') as file:
                return json.load(file)['rows'][0]['images_per_second']

    def measure(self, name):
        arguments = self.arguments
        target = arguments.target or NETWORKS[name]['target']
        epochs = str(arguments.epochs or NETWORKS[name]['epochs'])
        setting = self.setting(name)
        commands = {OURS: ([arguments.program], str(arguments.threads))}
        if setting:
            commands[THEIRS] = (self.peer, json.dumps(setting))
        runs, rates = {library: [] for library in commands}, []
        for seed in range(1, arguments.seeds + 1):
            for library, (command, how) in commands.items():
                run = train([*command, name, str(seed), epochs, repr(target), how,
                             *arguments.files[name]])
                runs[library].append({'seed': seed, **run})
                print_run(name, library, runs[library][-1], target)
            if arguments.bench:
                rates.append(self.bench_rate(name))
        sizes = {run['parameters'] for several in runs.values() for run in several}
        if len(sizes) > 1:
            fail(f'{name}: the networks have {" and ".join(map(str, sorted(sizes)))} parameters')
        entry = judge(name, target, runs, rates)
        if setting:
            entry['setting'] = setting
        print_entry(entry)
        return entry


def print_run(name, library, run, target):
    last, best = run['epochs'][-1], max(epoch['accuracy'] for epoch in run['epochs'])
    end = (f'reached {100 * target:.2f} % after' if best >= target else
           f'not {100 * target:.2f} %, but {100 * best:.2f} % at best, after')
    print(f'{name} {NAMES[library]:10} seed {run["seed"]}: start {run["start_seconds"]:.2f} s, data '
          f'{run["load_seconds"]:.2f} s, {epoch_seconds(run):.2f} s an epoch, {end} '
          f'{last["epoch"]} epochs, {last["elapsed"]:.2f} s', flush=True)


def print_entry(entry):
    name, accuracy = entry['network'], 100 * entry['accuracy']
    if entry['accuracy'] < entry['target']:
        print(f'{name}: not every training reached {100 * entry["target"]:.2f} %: what follows is to '
              f'{accuracy:.2f} %, which all did')
    for library, figures in entry['libraries'].items():
        print(f'{name} {NAMES[library]:10} to {accuracy:.2f} %: {figures["seconds"]:.2f} s, '
              f'{figures["epochs"]:g} epochs')
    if 'ratio' in entry:
        print(f'{name} PyTorch takes {entry["ratio"]:.2f} times as long, for an epoch '
              f'{entry["epoch_ratio"]:.2f} times')
    if 'bench_share' in entry:
        few = ', too few' if entry['bench_share'] < LEAST_SHARE else ''
        print(f'{name} trains {entry["libraries"][OURS]["images_per_second"]:,.0f} images a second, '
              f'{100 * entry["bench_share"]:.1f} % of neuron-bench\'s '
              f'{entry["bench_images_per_second"]:,.0f}{few}')
    sys.stdout.flush()


def machine():
    try:
        with open('/proc/cpuinfo', encoding='utf-8') as file:
            names = [line.partition(':')[2].strip() for line in file if line.startswith('model name')]
    except OSError:
        names = []
    return {'processor': names[0] if names else platform.machine(),
            'processors': len(os.sched_getaffinity(0))}


def main():
    arguments = parse_arguments()
    if arguments.check:
        return
    measurement = Measurement(arguments)
    results = {'machine': machine(), 'threads': arguments.threads, 'accuracy': []}
    for name in arguments.network:
        results['accuracy'].append(measurement.measure(name))
        results['peers'] = {THEIRS: measurement.version} if measurement.version else {}
        if arguments.json:
            with open(arguments.json, 'w', encoding='utf-8') as file:
                json.dump(results, file, indent=1)
                file.write('\n')


if __name__ == '__main__':
    main()
