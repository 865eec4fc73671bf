"""Single operations of neuron-bench beside PyTorch's, for compare.py: forward, then forward and
backward, each by the best setting of either."""
import statistics
import sys

from peers import peer_rows


def operations_of(descriptions, chosen):
    """(name, backward's name or None, words) of the operations whose names begin so."""
    rows = dict(line.split('\t') for line in descriptions.splitlines())
    found = []
    for name, text in rows.items():
        if '-backward/' not in name and (not chosen or any(
                name.startswith(beginning) for beginning in chosen)):
            backward = name.replace('-forward/', '-backward/')
            found.append((name, backward if backward != name and backward in rows else None, text))
    return found


class Kernels:
    def __init__(self, comparison):
        self.bench, self.peer = comparison.bench, comparison.peer
        self.arguments, self.rows = comparison.arguments, []

    def task(self, text, backward):
        return {'peer': 'kernels', 'network': text, 'pass': 'train' if backward else 'infer',
                'batch': peer_rows.Network(text).batch}

    def ask(self, task, setting, seconds):
        """PyTorch's seconds, or None with a line on why not."""
        answer = self.peer.ask(do='time', setting=setting, seconds=seconds, **task)
        if 'error' in answer:
            print(f'  {task["network"]}: {answer["error"]}', file=sys.stderr)
        return answer.get('seconds')

    def best_setting(self, task):
        """The fastest, each tried for a moment; None if there is none."""
        if 'torch' not in self.peer.versions:
            return None
        answer = self.peer.ask(do='settings', compile=False, **{
            name: task[name] for name in ('peer', 'network', 'pass')})
        wanted, times = self.arguments.threads, []
        for setting in answer.get('settings', []):
            if not wanted or setting.get('threads') == wanted:
                seconds = self.ask(task, setting, self.arguments.seconds / 3)
                times += [(seconds, len(times), setting)] if seconds else []
        return min(times)[2] if times else None

    def measure_pairs(self, name, task, more):
        """Medians of libneuron's seconds and of PyTorch's, of their ratio, PyTorch's setting, and
        the last of libneuron's results. `more` seconds are added to libneuron's."""
        seconds, threads = self.arguments.seconds, self.arguments.threads
        setting, mine, theirs = self.best_setting(task), [], []
        for _ in range(self.arguments.pairs):
            result = self.bench.kernel(name, task['batch'], seconds, threads)
            mine.append(more + task['batch'] / result['images_per_second'])
            other = self.ask(task, setting, seconds) if setting else None
            theirs += [other] if other else []
        median = statistics.median
        if len(theirs) < len(mine):
            return median(mine), None, None, None, result
        ratio = median(other / own for own, other in zip(mine, theirs))
        return median(mine), median(theirs), ratio, setting, result

    def measure(self, name, backward, text):
        """Forward, and `both`: forward and backward."""
        task = self.task(text, False)
        forward, torch, ratio, setting, result = self.measure_pairs(name, task, 0)
        entry = {'kernel': name, 'batch': task['batch'], 'network': text,
                 'threads': result['threads'], 'pairs': self.arguments.pairs,
                 'ns_per_value': result['ns_per_value'] * forward * result['images_per_second'] /
                 task['batch'], 'gflops': result['gflops'], 'seconds': forward,
                 'torch_seconds': torch, 'ratio': ratio, 'setting': setting}
        if backward:  # which is with the loss itself for a loss
            both, torch, ratio, setting, _ = self.measure_pairs(
                backward, self.task(text, True), 0 if '-loss-' in name else forward)
            entry.update(both_seconds=both, both_torch_seconds=torch, both_ratio=ratio,
                         both_setting=setting)
        self.rows.append(entry)
        print_entry(entry)

    def run(self, operations):
        print_head()
        for name, backward, text in operations:
            self.measure(name, backward, text)

    def print_least(self):
        """The operations in which PyTorch is ahead, furthest first."""
        behind = sorted((ratio, row['kernel'], which) for row in self.rows
                        for which, ratio in (('forward', row['ratio']),
                                             ('both', row.get('both_ratio')))
                        if ratio and ratio < 1)
        if behind:
            print('\nPyTorch is ahead in:')
        for ratio, name, which in behind:
            print(f'  {ratio:5.2f}  {name.replace("-forward", "")}, '
                  f'{"forward" if which == "forward" else "forward and backward"}')


def print_head():
    print(f'\n{"":52} {"":>5} {"forward":^38}  {"forward and backward":^27}')
    print(f'{"operation":52} {"batch":>5} {"us":>10} {"ns/value":>9} {"torch us":>10} '
          f'{"ratio":>6}  {"us":>10} {"torch us":>10} {"ratio":>6}')


def text_of(number, width, digits):
    return f'{number:{width}.{digits}f}' if number is not None else f'{"-":>{width}}'


def microseconds(seconds):
    return text_of(seconds and 1e6 * seconds, 10, 1)


def print_entry(entry):
    name = entry['kernel'].replace('-forward', '')
    line = (f'{name:52} {entry["batch"]:5} {microseconds(entry["seconds"])} '
            f'{entry["ns_per_value"]:9.3f} {microseconds(entry["torch_seconds"])} '
            f'{text_of(entry["ratio"], 6, 2)}')
    if 'both_seconds' in entry:
        line += (f'  {microseconds(entry["both_seconds"])} '
                 f'{microseconds(entry["both_torch_seconds"])} '
                 f'{text_of(entry["both_ratio"], 6, 2)}')
    print(line, flush=True)
