"""Measures what an image costs as batch, width, image and depth grow, and names the sizes that
are slower than the sizes around them let one expect.

usage: scaling.py NEURON_BENCH RESULTS.json [--seconds S] [--threads N] [--only AXIS] [--most SIZE]
                                              [--coarse]
"""
import argparse
import json
import math
import os
import subprocess
import tempfile

CLIFF = 1.15  # times the line between the neighbours
AGAIN = 4  # how often what seems one is measured again at most


def sizes(last, coarse):
    """1, 2, 3, 4, 6, 8, 12 and so on, with odd ones beside the larger powers of two; coarse: only
    powers of four."""
    powers = [2 ** power for power in range(int(math.log2(last)) + 1)]
    if coarse:
        return powers[::2]
    between = [power + power // 2 for power in powers[1:]]
    odd = [power + 1 for power in powers if power >= 16] + [power - 1 for power in powers
                                                            if power >= 16]
    return sorted(size for size in {*powers, *between, *odd} if size <= last)


def dense(width, depth):
    return f'input {width}; ' + f'dense {width}; relu; ' * depth + 'dense 10; softmax'


def convolutions(image, channels, depth):
    return (f'input {image} {image} {channels}; ' + f'conv {channels} 3 same; relu; ' * depth +
            'global-average; dense 10; softmax')


MLP, CNN = dense(512, 2), ('input 32 32 3; conv 32 3 same; norm; relu; max-pool 2; conv 64 3 same; '
                           'norm; relu; max-pool 2; flatten; dense 128; relu; dense 10; softmax')

# By axis: curves by name, each a function of a size that tells the batch and the words, and the
# largest size.
AXES = {
    'batch': ({'784-512-512-10': lambda n: (n, MLP.replace('input 512', 'input 784')),
               'two 3x3, 32x32x3': lambda n: (n, CNN)}, 1024),
    'width': ({'dense, batch 1': lambda n: (1, dense(n, 2)),
               'dense, batch 64': lambda n: (64, dense(n, 2)),
               '3x3, 16x16, batch 16': lambda n: (16, convolutions(16, n, 2))}, 1024),
    'image': ({'3x3, 16 channels': lambda n: (4, convolutions(n, 16, 2)),
               '5x5 and pooling': lambda n: (4, f'input {n} {n} 3; conv 16 5 same; tanh; '
                                                'average-pool 2 same; global-average; dense 10; '
                                                'softmax')}, 256),
    'depth': ({'dense 64, batch 32': lambda n: (32, dense(64, n)),
               '3x3, 8x8x16, batch 8': lambda n: (8, convolutions(8, 16, n))}, 1024),
}
LAST = {'3x3, 16x16, batch 16': 256, '3x3, 8x8x16, batch 8': 256}  # where the rest takes too long


def measure(arguments, words, kind, batch):
    """Seconds an image."""
    with tempfile.TemporaryDirectory() as folder:
        network, results = os.path.join(folder, 'network'), os.path.join(folder, 'bench.json')
        with open(network, 'w', encoding='ascii') as file:
            file.write(words)
        command = [arguments.bench, '--no-sgemm', '--network', network, '--pass', kind, '--batch',
                   str(batch), '--seconds', str(arguments.seconds), '--json', results]
        if arguments.threads:
            command += ['--threads', str(arguments.threads)]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        with open(results, encoding='utf-8') as file:
            return 1 / json.load(file)['rows'][0]['images_per_second']


def expected(points, place):
    """The cost at a size by the straight line, of logarithms, between its two neighbours."""
    (x0, y0), (x, _), (x1, y1) = points[place - 1:place + 2]
    share = math.log(x / x0) / math.log(x1 / x0)
    return math.exp((1 - share) * math.log(y0) + share * math.log(y1))


def cliffs(points):
    """(size, times its expected cost) of those that are too slow."""
    ratios = [(points[place][0], points[place][1] / expected(points, place))
              for place in range(1, len(points) - 1)]
    return [(size, ratio) for size, ratio in ratios if ratio > CLIFF]


def measure_again(points, cost_of):
    """Measures again, while there are any, sizes that seem too slow and those around them, for other
    work on the machine is slow by chance. The least of a size counts."""
    for _ in range(AGAIN):
        seeming = {size for size, _ in cliffs(points)}
        places = {near for place, point in enumerate(points) if point[0] in seeming
                  for near in (place - 1, place, place + 1)}
        for place in sorted(places):
            points[place][1] = min(points[place][1], cost_of(points[place][0]))
    return points


def run(arguments):
    results = []
    for axis, (curves, last) in AXES.items():
        if arguments.only not in (None, axis):
            continue
        for name, network in curves.items():
            for kind in ('train', 'infer'):
                def cost_of(size, network=network, kind=kind):
                    batch, words = network(size)
                    return measure(arguments, words, kind, batch)
                most = min(LAST.get(name, last), arguments.most)
                points = measure_again([[size, cost_of(size)]
                                        for size in sizes(most, arguments.coarse)], cost_of)
                results.append({'axis': axis, 'curve': name, 'pass': kind, 'points': points})
                print(f'{axis:6} {name:24} {kind:5} ' + ' '.join(
                    f'{size}:{1e6 * cost:.3g}' for size, cost in points) + ' us', flush=True)
                for size, ratio in cliffs(points):
                    print(f'  at {size} it is {ratio:.2f} times as slow as its neighbours say')
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('bench')
    parser.add_argument('results')
    parser.add_argument('--seconds', type=float, default=0.2)
    parser.add_argument('--threads', type=int)
    parser.add_argument('--only', choices=AXES)
    parser.add_argument('--most', type=int, default=1024)
    parser.add_argument('--coarse', action='store_true')
    arguments = parser.parse_args()
    results = run(arguments)
    with open(arguments.results, 'w', encoding='utf-8') as file:
        json.dump({'curves': results}, file, indent=1)
        file.write('\n')


if __name__ == '__main__':
    main()
