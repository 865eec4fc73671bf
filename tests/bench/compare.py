"""Runs the rows of neuron-bench and of other libraries in turn; started by the script compare."""
import argparse
import json
import math
import os
import platform
import shlex
import statistics
import subprocess
import sys
import time

import compare_int8
import compare_kernels
import compare_report as report
from peers import peer_rows
import random_networks
from compare_processes import Bench, Peer, find_bench

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = ('torch', 'onnxruntime', 'openvino', 'jax')
TRAINERS = ('torch', 'jax')


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog='compare', description='Times libneuron and other libraries in turn: PyTorch, ONNX Runtime, '
        'OpenVINO and JAX, as far as they are there.',
        epilog='Of the script itself: --venv DIR uses the virtual environment in DIR, or makes it '
               'there and keeps it; the default is one below ${TMPDIR:-/tmp} that goes away.')
    parser.add_argument('--bench', metavar='FILE', help='neuron-bench; default: that in build/')
    parser.add_argument('--row', action='append', help='only this row; repeatable')
    parser.add_argument('--random', type=int, default=0, metavar='N',
                        help='N networks by chance; without --row only these')
    parser.add_argument('--kernels', action='store_true',
                        help="single operations beside PyTorch's, in place of networks; with --row "
                             'those whose names begin so')
    parser.add_argument('--int8', action='store_true',
                        help='predictions with 8 bits: of the networks quantised here, by ONNX Runtime '
                             '(static QDQ, weights by channel) and, from its model, by OpenVINO, '
                             'beside float32 here')
    parser.add_argument('--threads', type=int, metavar='N', help='only with so many')
    parser.add_argument('--seed', type=int, default=1, metavar='S', help='of them; default: 1')
    parser.add_argument('--peers', metavar='NAME,...', type=lambda text: text.split(','),
                        help='only these of torch, onnxruntime, openvino, jax')
    parser.add_argument('--pass', dest='passes', choices=['train', 'infer'], help='default: both')
    parser.add_argument('--batch', type=whole_numbers, metavar='N,...',
                        help="of predictions; default: the row's own and 1")
    parser.add_argument('--pairs', type=int, metavar='N',
                        help='measurements in turn; default: 5, of operations 3')
    parser.add_argument('--seconds', type=float, default=1, metavar='S',
                        help='for one measurement; default: 1')
    parser.add_argument('--compile', action='store_true', help='try torch.compile as well')
    parser.add_argument('--json', metavar='FILE', help='write the results to a file')
    parser.add_argument('--check', action='store_true', help='look at the arguments and end')
    parser.add_argument('--peer', metavar='COMMAND',
                        help='what answers in place of peers.py, for tests')
    arguments = parser.parse_args()
    if arguments.pairs is None:
        arguments.pairs = 3 if arguments.kernels else 5
    if arguments.pairs < 1:
        parser.error('--pairs takes a whole number above 0')
    if arguments.threads is not None and arguments.threads < 1:
        parser.error('--threads takes a whole number above 0')
    if arguments.random < 0:
        parser.error('--random takes a whole number')
    unknown = set(arguments.peers or []) - set(PEERS)
    if unknown:
        parser.error(f'there is no peer "{min(unknown)}", but {", ".join(PEERS)}')
    if arguments.int8:
        check_int8(arguments, parser)
    if not 0 < arguments.seconds <= 3600:
        parser.error('--seconds takes a number above 0, up to 3600')
    bench = find_bench(arguments.bench)
    if arguments.kernels:
        arguments.networks = {}
        arguments.operations = compare_kernels.operations_of(
            describe(bench, '--kernels'), arguments.row)
        if not arguments.operations:
            parser.error('no operation begins so')
    else:
        arguments.networks = networks_of(bench, arguments, parser)
    return arguments


def check_int8(arguments, parser):
    for given, option in ((arguments.kernels, '--kernels'), (arguments.compile, '--compile'),
                          (arguments.passes == 'train', '--pass train')):
        if given:
            parser.error(f'{option} does not go with --int8, which predicts with whole networks')
    unknown = set(arguments.peers or []) - set(compare_int8.LIBRARIES)
    if unknown:
        parser.error(f'with --int8 there is no peer "{min(unknown)}", but '
                     f'{", ".join(compare_int8.LIBRARIES)}')


def whole_numbers(text):
    numbers = [int(word) for word in text.split(',')]
    if min(numbers) < 1:
        raise ValueError(text)
    return numbers


def describe(bench, *options):
    return subprocess.run([bench, *options, '--describe'], stdout=subprocess.PIPE, check=True,
                          text=True).stdout


def networks_of(bench, arguments, parser):
    """The networks to be measured: their words by name, as neuron-bench has them."""
    rows = dict(line.split('\t') for line in describe(bench).splitlines())
    for row in arguments.row or []:
        if row not in rows:
            parser.error(f'there is no row "{row}", but {", ".join(rows)}')
    chosen = arguments.row or ([] if arguments.random else rows)
    return {**{row: rows[row] for row in chosen},
            **random_networks.draw_several(arguments.random, arguments.seed)}


class Comparison:
    def __init__(self, arguments):
        self.arguments = arguments
        self.bench = Bench(find_bench(arguments.bench))
        command = shlex.split(arguments.peer) if arguments.peer else [
            sys.executable, os.path.join(HERE, 'peers', 'peers.py')]
        self.peer = Peer(command)
        names = arguments.peers or PEERS
        self.peer.choose(compare_int8.peers_of(names) if arguments.int8 else names)
        self.rows, self.memory, self.busy = [], [], 0

    def best_setting(self, task):
        """The fastest of all settings, each tried for a moment; None if none works."""
        answer = self.peer.ask(do='settings', compile=self.arguments.compile, **{
            name: task[name] for name in ('peer', 'network', 'pass')})
        times = [(self.peer.time(task, setting, self.arguments.seconds / 3), number, setting)
                 for number, setting in enumerate(answer.get('settings', []))
                 if self.arguments.threads in (None, setting.get('threads'))]
        times = [entry for entry in times if entry[0]]
        return min(times)[2] if times else None

    def ours(self, network, kind, batch, threads):
        """Images per second, and a look at whether the peer keeps still meanwhile."""
        used, start = self.peer.processor_seconds(), time.monotonic()
        result = self.bench.run(network, kind, batch, self.arguments.seconds, threads)
        if used is not None:
            used = self.peer.processor_seconds() - used
            self.busy = max(self.busy, used / (time.monotonic() - start))
        return result

    def tasks_of(self, names, network, kind, batch):
        """What each peer is asked, with its best setting; without those for which none works."""
        tasks = []
        for name in names:
            task = {'peer': name, 'network': network, 'pass': kind, 'batch': batch}
            setting = self.best_setting(task)
            tasks += [(task, setting)] if setting else []
        return tasks

    def alternate(self, own, tasks):
        """The results of each function of `own`, and examples a second of each peer, in turn."""
        mine, theirs = [[] for _ in own], {task['peer']: [] for task, _ in tasks}
        for _ in range(self.arguments.pairs):
            for results, function in zip(mine, own):
                results.append(function())
            for task, setting in tasks:
                step = self.peer.time(task, setting, self.arguments.seconds)
                theirs[task['peer']].append(task['batch'] / step if step else math.nan)
        return mine, theirs

    @staticmethod
    def beside(ours, theirs, tasks):
        """What is told of each peer, where ours are the examples a second of the same pairs."""
        peers = {}
        for task, setting in tasks:
            rates = theirs[task['peer']]
            ratios = [mine / other for mine, other in zip(ours, rates)]
            peers[task['peer']] = {'images_per_second': statistics.median(rates),
                                   'ratio': statistics.median(ratios), 'ratios': ratios,
                                   'setting': setting}
        return peers

    def measure(self, row, kind, batch):
        """All peers on one row, pair by pair."""
        seconds, network = self.arguments.seconds, self.arguments.networks[row]
        threads = self.arguments.threads or self.bench.run(network, kind, batch, seconds / 3)['threads']
        names = [name for name in self.peer.versions if kind == 'infer' or name in TRAINERS]
        tasks = self.tasks_of(names, network, kind, batch)
        (results,), theirs = self.alternate([lambda: self.ours(network, kind, batch, threads)],
                                            tasks)
        ours, result = [result['images_per_second'] for result in results], results[-1]
        entry = {'row': row, 'pass': kind, 'batch': batch, 'threads': threads,
                 'images_per_second': statistics.median(ours), 'pairs': self.arguments.pairs,
                 'gflops': result['gflops'] / result['images_per_second'] *
                 statistics.median(ours),
                 'peak_bytes': result['peak_bytes'], 'network': network,
                 'peers': self.beside(ours, theirs, tasks)}
        self.rows.append(entry)
        report.print_entry(entry)

    def measure_memory(self, entry):
        torch = entry['peers'].get('torch')
        if entry['pass'] == 'train' and torch:
            entry['peers']['torch']['peak_bytes'] = self.peer.memory(
                entry['row'], entry['network'], entry['batch'], torch['setting'])

    def introduce(self):
        for name, why in self.peer.missing.items():
            print(f'Going on without {name}: {why}', file=sys.stderr)
        print(', '.join(f'{name} {version}' for name, version in self.peer.versions.items()) or
              'libneuron alone')

    def print_busy(self):
        if self.busy > 0.02:
            print(f'Beware: the peer kept {self.busy:.2f} of a processor busy while '
                  'neuron-bench ran.', file=sys.stderr)

    def run(self):
        self.introduce()
        report.print_head()
        for row, text in self.arguments.networks.items():
            own = peer_rows.Network(text).batch
            for kind in ('train', 'infer'):
                if self.arguments.passes in (None, kind):
                    several = self.arguments.batch or list(dict.fromkeys([own, 1]))
                    for batch in several if kind == 'infer' else [own]:
                        self.measure(row, kind, batch)
        self.peer.close()
        for entry in self.rows:
            self.measure_memory(entry)


def run_kernels(comparison, arguments):
    comparison.peer.choose(['torch'])
    comparison.introduce()
    kernels = compare_kernels.Kernels(comparison)
    kernels.run(arguments.operations)
    kernels.print_least()
    comparison.peer.close()
    if arguments.json:
        write_json(arguments.json, {'peers': comparison.peer.versions, 'kernels': kernels.rows})


def run_int8(comparison, arguments):
    comparison.introduce()
    int8 = compare_int8.Int8(comparison)
    int8.run()
    comparison.peer.close()
    summary = int8.summarise()
    report.print_summary(None, summary)
    print('A ratio above 1 says that libneuron, quantised, is faster.')
    comparison.print_busy()
    if arguments.json:
        write_json(arguments.json, {'machine': machine(), 'peers': comparison.peer.versions,
                                    'int8': int8.rows, 'summary': summary})


def machine():
    try:
        with open('/proc/cpuinfo', encoding='utf-8') as file:
            names = [line.partition(':')[2].strip() for line in file
                     if line.startswith('model name')]
    except OSError:
        names = []
    return {'processor': names[0] if names else platform.machine(),
            'processors': len(os.sched_getaffinity(0))}


def write_json(path, results):
    with open(path, 'w', encoding='utf-8') as file:
        json.dump(results, file, indent=2)
        file.write('\n')


def main():
    arguments = parse_arguments()
    if arguments.check:
        return
    comparison = Comparison(arguments)
    if arguments.kernels:
        run_kernels(comparison, arguments)
        return
    if arguments.int8:
        run_int8(comparison, arguments)
        return
    comparison.run()
    report.print_memory(comparison.rows)
    mean, summary = report.geometric_mean(comparison.rows), report.summarise(comparison.rows)
    report.print_summary(mean, summary)
    if comparison.peer.versions:
        print('A ratio above 1 says that libneuron is faster.')
    comparison.print_busy()
    if arguments.json:
        write_json(arguments.json, {
            'machine': machine(), 'sgemm_gflops': comparison.bench.sgemm(arguments.seconds),
            'peers': comparison.peer.versions, 'rows': comparison.rows,
            'training_geometric_mean': mean, 'summary': summary})


if __name__ == '__main__':
    main()
