"""Predictions with bytes, for compare.py: neuron-bench's in float32 and quantised, and those of libraries that
quantise on their own."""
import statistics

import compare_report as report
from peers import peer_rows

LIBRARIES = ('onnxruntime', 'openvino')
SUFFIX = '-int8'  # of the peers that predict so


def peers_of(libraries):
    return [name + SUFFIX for name in libraries if name in LIBRARIES]


class Int8:
    def __init__(self, comparison):
        self.comparison, self.arguments, self.rows = comparison, comparison.arguments, []

    def run(self):
        print_head(self.comparison.peer.versions)
        for row, text in self.arguments.networks.items():
            for batch in self.arguments.batch or dict.fromkeys([peer_rows.Network(text).batch, 1]):
                self.rows.append(self.measure(row, text, batch))
                print_entry(self.rows[-1], self.comparison.peer.versions)

    def measure(self, row, network, batch):
        """Float32, int8 and all peers in turn, pair by pair; each with its best number of threads."""
        comparison, threads = self.comparison, {}
        for kind in ('infer', 'int8'):
            first = comparison.bench.run(network, kind, batch, self.arguments.seconds / 3,
                                         self.arguments.threads)
            if 'why' in first:
                return {'row': row, 'batch': batch, 'network': network, 'why': first['why']}
            threads[kind] = first['threads']
        tasks = comparison.tasks_of(comparison.peer.versions, network, 'infer', batch)
        (floats, small), theirs = comparison.alternate([
            lambda: comparison.ours(network, 'infer', batch, threads['infer']),
            lambda: comparison.ours(network, 'int8', batch, threads['int8'])], tasks)
        rates = [result['images_per_second'] for result in small]
        others = [result['images_per_second'] for result in floats]
        ratios = [mine / other for mine, other in zip(rates, others)]
        return {'row': row, 'batch': batch, 'network': network, 'pairs': self.arguments.pairs,
                'threads': threads['int8'], 'images_per_second': statistics.median(rates),
                'byte_layers': small[0]['byte_layers'], 'peak_bytes': small[0]['peak_bytes'],
                'float32': {'threads': threads['infer'],
                            'images_per_second': statistics.median(others),
                            'peak_bytes': floats[0]['peak_bytes'],
                            'ratio': statistics.median(ratios), 'ratios': ratios},
                'peers': comparison.beside(rates, theirs, tasks)}

    def summarise(self):
        """Percentiles of the ratios, to float32 and to the best of the others."""
        groups = {'int8 / float32': [], 'int8 at 1 / float32': [], 'int8 / best int8': [],
                  'int8 at 1 / best int8': []}
        for entry in self.rows:
            start = 'int8 at 1' if entry['batch'] == 1 else 'int8'
            if 'why' in entry:
                continue
            groups[start + ' / float32'].append((entry['float32']['ratio'], entry['row']))
            if entry['peers']:
                groups[start + ' / best int8'].append((to_best(entry), entry['row']))
        return report.percentiles(groups)


def to_best(entry):
    return min((peer['ratio'] for peer in entry['peers'].values()), default=None)


def print_head(peers):
    print(f'\n{"":12} {"":>5} {"float32":>10} {"int8":>10} {"/":>7}' +
          ''.join(f'  {name:>17}' for name in peers) + f' {"to the":>7}')
    print(f'{"row":12} {"batch":>5} {"images/s":>10} {"images/s":>10} {"float32":>7}' +
          f'  {"images/s":>10} {"ratio":>6}' * len(peers) + f' {"best":>7}')


def print_entry(entry, peers):
    start = f'{entry["row"]:12} {entry["batch"]:5} '
    if 'why' in entry:
        print(start + entry['why'], flush=True)
        return
    line = (f'{start}{entry["float32"]["images_per_second"]:10.0f} '
            f'{entry["images_per_second"]:10.0f} {entry["float32"]["ratio"]:7.2f}')
    for name in peers:
        peer = entry['peers'].get(name)
        line += (f'  {peer["images_per_second"]:10.0f} {peer["ratio"]:6.2f}' if peer else
                 f'  {"-":>10} {"-":>6}')
    best = to_best(entry)
    print(line + (f' {best:7.2f}' if best else f' {"-":>7}'), flush=True)
