"""What an exception, or the end of the thread, may leave in the middle has a table of how to unwind it.

usage: left.py <libneuron.so>

Functions may be left that call one of the caller's by its address, or what is a point of cancellation, and whoever
calls these. (Only functions of one of the library's tables are called by an address beside: they count too.) The
library is taken apart for that, as it is: x86_64 only.
"""
import re
import subprocess
import sys

# What is called there always returns: see types.h of functions of the caller's. A task of the pool returns if what
# hands it to the pool does, which is looked at by itself.
RETURN = {'neuron_log', 'neuron_destroy_user_data', 'neuron_pool_run', 'work_off'}

# Of pthreads(7), those that the library calls or might.
CANCELLED = set('''
    open open64 openat openat64 close read write pread pread64 pwrite pwrite64 readv writev fsync fdatasync
    fopen fopen64 fclose fgets fread fwrite getc fputs fflush fseeko ftello opendir readdir readdir64 closedir
    pthread_cond_wait pthread_cond_timedwait pthread_join sem_wait nanosleep usleep sleep poll select getrandom
'''.split())


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def taken_apart(library):
    """Of each function, by its address: its name, which functions and imports it calls, and whether by an address."""
    functions = {}
    for line in run('objdump', '-d', '-j', '.text', '--no-show-raw-insn', library).splitlines():
        begin = re.match(r'([0-9a-f]+) <(.+)>:$', line)
        if begin:
            function = functions[int(begin[1], 16)] = {'name': begin[2], 'calls': set(), 'imports': set(), 'any': False}
            continue
        target = re.search(r'\t(?:notrack |bnd )?(?:call|jmp|j[a-z]+) +(?:([0-9a-f]+) <([\w.]+)(@plt)?(\+0x)?|(\*))', line)
        if not target:
            continue
        if target[5]:
            function['any'] = True  # or a jump by a table, which cannot be told from a last call
        elif target[3]:
            function['imports'].add(target[2].split('@')[0])
        elif not target[4]:
            function['calls'].add(int(target[1], 16))
    return functions


def with_table(library):
    frames = run('readelf', '--debug-dump=frames', library)
    loaded = re.search(r'Contents of the \.eh_frame section:(.*?)(Contents of the|\Z)', frames, re.S)
    return {int(address, 16) for address in re.findall(r' FDE .*pc=([0-9a-f]+)\.\.', loaded[1])}


def may_be_left(functions, tables):
    left = {address for address, function in functions.items()
            if function['imports'] & CANCELLED
            or (function['any'] and address in tables and function['name'].split('.')[0] not in RETURN)}
    more = True
    while more:
        callers = {address for address, function in functions.items() if function['calls'] & left} - left
        left |= callers
        more = bool(callers)
    return left


def main():
    functions = taken_apart(sys.argv[1])
    tables = with_table(sys.argv[1]) & set(functions)
    left = may_be_left(functions, tables)
    print(f'{len(functions)} functions, {len(tables)} have a table, {len(left)} may be left')
    problems = 0 if min(len(left), len(functions) - len(tables)) > 200 else 1
    for address in sorted(left - tables):
        function = functions[address]
        reasons = [functions[each]['name'] for each in function['calls'] & left] + sorted(function['imports'] & CANCELLED)
        print(f"{function['name']} has no table, but may be left in {', '.join(reasons)}", file=sys.stderr)
        problems += 1
    sys.exit(1 if problems else 0)


main()
