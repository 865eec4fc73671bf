"""The two sides of compare.py: neuron-bench, and the process of the other libraries."""
import json
import os
import shlex
import subprocess
import sys
import tempfile

import compare_report as report

HERE = os.path.dirname(os.path.abspath(__file__))


def fail(message, status=1):
    print(f'compare: {message}', file=sys.stderr)
    sys.exit(status)


def find_bench(given):
    path = given or os.path.join(HERE, '..', '..', 'build', 'tests', 'bench', 'neuron-bench')
    if not os.access(path, os.X_OK):
        fail(f'no neuron-bench at {path}: build it, or say where with --bench')
    return os.path.abspath(path)


class Bench:
    """neuron-bench: a process for each measurement, which leaves nothing behind."""

    def __init__(self, path):
        self.path = path

    def run(self, network, kind, batch, seconds, threads=None):
        with tempfile.TemporaryDirectory() as folder:
            words = os.path.join(folder, 'network')
            with open(words, 'w', encoding='ascii') as file:
                file.write(network)
            return self.measure(folder, batch, seconds, threads, '--network', words, '--pass', kind)

    def sgemm(self, seconds):
        """GFLOP/s of the machine's CBLAS at its best."""
        with tempfile.TemporaryDirectory() as folder:
            results = os.path.join(folder, 'bench.json')
            subprocess.run([self.path, '--row', 'sgd/65536', '--seconds', str(seconds), '--json',
                            results], stdout=subprocess.DEVNULL, check=True)
            with open(results, encoding='utf-8') as file:
                return json.load(file)['sgemm_gflops']

    def kernel(self, name, batch, seconds, threads=None):
        with tempfile.TemporaryDirectory() as folder:
            return self.measure(folder, batch, seconds, threads, '--row', name)

    def measure(self, folder, batch, seconds, threads, *what):
        results = os.path.join(folder, 'bench.json')
        command = [self.path, '--no-sgemm', *what, '--batch', str(batch), '--seconds', str(seconds),
                   '--json', results]
        if threads:
            command += ['--threads', str(threads)]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True)
        if done.returncode != 0:
            fail(done.stderr.strip() or f'neuron-bench ended with status {done.returncode}')
        with open(results, encoding='utf-8') as file:
            return json.load(file)['rows'][0]


class Peer:
    """The process of the other libraries: it stays, and works only when asked."""

    def __init__(self, command):
        self.command = command
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        hello = self.ask(do='hello')
        self.versions, self.missing = hello['peers'], hello['missing']

    def choose(self, names):
        self.versions = {name: self.versions[name] for name in names if name in self.versions}
        self.missing = {name: self.missing[name] for name in names if name in self.missing}

    def ask(self, **request):
        try:
            self.process.stdin.write(json.dumps(request) + '\n')
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        line = self.process.stdout.readline()
        if not line:
            fail(f'{shlex.join(self.command)} ended with status {self.process.wait()}')
        return json.loads(line)

    def time(self, task, setting, seconds):
        """Seconds of a step, or None with a line on why not."""
        answer = self.ask(do='time', setting=setting, seconds=seconds, **task)
        if 'error' in answer:
            print(f'  {task["peer"]} {report.text_of(setting)}: {answer["error"]}', file=sys.stderr)
        return answer.get('seconds')

    def processor_seconds(self):
        """What the process has used so far; None where /proc does not say."""
        try:
            with open(f'/proc/{self.process.pid}/stat', encoding='utf-8') as file:
                fields = file.read().rpartition(')')[2].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

    def memory(self, row, network, batch, setting):
        done = subprocess.run([*self.command, '--memory', network, str(batch), json.dumps(setting)],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            print(f'  memory of {row}: {done.stderr.strip()[-300:]}', file=sys.stderr)
            return None
        return json.loads(done.stdout)['bytes']

    def close(self):
        self.process.stdin.close()
        self.process.wait()
