"""Shows libneuron's tensors, graphs, nodes and sessions in gdb: see docs/debugging.md.

gdb loads it by itself where the library is installed below /usr; else: source lib/libneuron-gdb.py. The library
must have been built with -g. It reads memory and calls nothing, so it works on core files too. For each kind of
handle there is a function that makes its line, and one for what is inside, if there is anything.
"""
import gdb

SHOWN = 8  # values of a tensor

# NEURON_TYPE_F32 and so on: what messages call it, and what it is in C.
TYPES = {10: ('f32', 'float'), 20: ('u8', 'unsigned char'), 30: ('i32', 'int'), 40: ('i64', 'long long')}


def text(pointer):
    return pointer.string(errors='replace') if pointer else ''


def shape_text(shape):
    rank = int(shape['rank'])
    return 'x'.join(str(int(shape['extent'][i])) for i in range(rank)) if rank else 'scalar'


def tensor_line(tensor):
    name, element = TYPES.get(int(tensor['type']), (None, None))
    if not name:
        return f'no tensor: type {int(tensor["type"])}'
    shape = tensor['shape']
    count = 1
    for i in range(int(shape['rank'])):
        count *= int(shape['extent'][i])
    data = tensor['data'].cast(gdb.lookup_type(element).pointer())
    values = [f'{float(data[i]):g}' if name == 'f32' else str(int(data[i]))
              for i in range(min(count, SHOWN))]
    return f'tensor {name} {shape_text(shape)}: {", ".join(values)}{", ..." if count > SHOWN else ""}'


def nodes_of(graph):
    count = int(graph['node_count'] if graph['finished'] else graph['node_total'])
    return [graph['nodes'][i] for i in range(count)]


def graph_line(graph):
    parts = [f'graph "{graph["name"].string(errors="replace")}"', f'{len(nodes_of(graph))} nodes']
    if int(graph['status']) < 0:
        parts.append(f'failed: {graph["message"].string(errors="replace")}')
    elif graph['finished']:
        parameters = sum(int(graph['arrays'][i]['count']) for i in range(int(graph['array_count'])))
        parts.append(f'{parameters} parameters')
    else:
        parts.append('not finished')
    return ', '.join(parts)


def graph_inside(graph):
    for node in nodes_of(graph):
        yield text(node['name']), node_line(node.dereference())


def node_line(node):
    spec = node['spec']
    inputs = ', '.join(text(node['inputs'][i]['name']) for i in range(int(spec['input_count'])))
    return (f'{text(spec["layer"]["name"])} {shape_text(spec["output"])}'
            f'{" of " + inputs if inputs else ""}{", frozen" if node["frozen"] else ""}')


def session_line(session):
    purpose = str(session['purpose']).replace('NEURON_SESSION_', '').lower()
    return (f'session to {purpose} up to {int(session["batch"])}, {int(session["step_count"])} steps, '
            f'{int(session["arena_bytes"])} bytes, of {graph_line(session["graph"].dereference())}')


def session_inside(session):
    for i in range(int(session['step_count'])):
        step = session['steps'][i]
        first, last = text(step['node']['name']), text(step['result']['name'])
        yield str(i), first if first == last else f'{first} to {last}'


KINDS = {
    'neuron_tensor': (tensor_line, None),
    'neuron_graph': (graph_line, graph_inside),
    'neuron_node': (node_line, None),
    'neuron_session': (session_line, session_inside),
}


class Handle:
    """What `print *handle` shows: the line, and what is inside."""

    def __init__(self, value, line, inside):
        self.value, self.line, self.inside = value, line, inside

    def to_string(self):
        return self.line(self.value)

    def children(self):
        return self.inside(self.value) if self.inside else iter(())


class Pointer:
    """What `print handle` and backtraces show: the address, and the line if there is a handle."""

    def __init__(self, value, line):
        self.value, self.line = value, line

    def to_string(self):
        address = f'{int(self.value):#x}'
        try:
            return f'{address} {self.line(self.value.dereference())}' if self.value else 'NULL'
        except (gdb.error, UnicodeError):  # of what is freed, or not set yet
            return address


def find(value):
    """The printer of a handle, or of a pointer to one; None for all else."""
    kind = value.type.strip_typedefs().unqualified()
    points = kind.code == gdb.TYPE_CODE_PTR
    if points:
        kind = kind.target().strip_typedefs().unqualified()
    if kind.code != gdb.TYPE_CODE_STRUCT or kind.tag not in KINDS:
        return None
    line, inside = KINDS[kind.tag]
    return Pointer(value, line) if points else Handle(value, line, inside)


find.name = 'libneuron'
(gdb.current_objfile() or gdb).pretty_printers.append(find)
