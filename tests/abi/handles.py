"""Hands each call that takes a handle one of another kind, and what is none: it is refused with the name of the
argument, or nothing comes back, and the program lives on.

usage: handles.py library include-folder ...

The library is libneuron-committee, with which the core comes.
"""
import ctypes
import glob
import math
import os
import re
import sys

PLAIN = {'int': ctypes.c_int, 'int32_t': ctypes.c_int32, 'uint32_t': ctypes.c_uint32, 'int64_t': ctypes.c_int64,
         'uint64_t': ctypes.c_uint64, 'size_t': ctypes.c_size_t, 'float': ctypes.c_float, 'double': ctypes.c_double}
FUNCTION = ctypes.CFUNCTYPE(ctypes.c_int)

library = ctypes.CDLL(sys.argv[1])
library.neuron_error_last.restype = ctypes.c_char_p
nothing = ctypes.create_string_buffer(1 << 16)  # zeros: room for results, and no handle
unused = FUNCTION(lambda: 0)


def declared(folders):
    """(result, name, parameters) of every function."""
    for path in sorted(path for folder in folders for path in glob.glob(os.path.join(folder, '*.h'))):
        with open(path, encoding='utf-8') as file:
            text = re.sub(r'/\*.*?\*/', ' ', file.read(), flags=re.S)
        for result, name, given in re.findall(r'NEURON_API(?:_EXPERIMENTAL)?\s+([\w\s]+?\**)\s*(neuron_\w+)\(([^;]*)\);', text):
            yield ' '.join(result.split()), name, [' '.join(item.split()) for item in given.split(',')]


def handle_of(parameter):
    """The kind of handle that a parameter is, and its name; None if it is none."""
    found = re.match(r'(?:const )?neuron_(\w+)_t \*(\w+)$', parameter)
    return found and found.group(1) != 'option' and found.groups()


def make(name, *arguments):
    made = ctypes.c_void_p()
    status = getattr(library, name)(ctypes.byref(made), *arguments)
    if status < 0:
        sys.exit(f'{name}: {library.neuron_error_last().decode()}')
    return made


def make_objects():
    """One of each kind that a program can make by itself."""
    library.neuron_input.restype = library.neuron_dense.restype = ctypes.c_void_p
    context = make('neuron_context_create', None)
    shape = (ctypes.c_int64 * 2)(4, 4)
    objects = {'context': context, 'tensor': make('neuron_tensor_create', context, 10, shape, 2),
               'graph': make('neuron_graph_create', context),
               'dataset': make('neuron_dataset_generate_glyphs', context, ctypes.c_int64(20), ctypes.c_int64(8),
                               ctypes.c_int64(8), ctypes.c_uint64(1)),
               'optimizer': make('neuron_optimizer_create', context, b'adam', None),
               'loss': make('neuron_loss_create', context, b'cross_entropy', None),
               'callback': make('neuron_callback_create', context, b'early_stopping', None),
               'augmentation': make('neuron_augmentation_create', context, None),
               'evaluation': make('neuron_evaluation_create', context, (ctypes.c_int32 * 2)(0, 1),
                                  (ctypes.c_int32 * 2)(0, 1), ctypes.c_int64(2), ctypes.c_int64(2))}
    node = library.neuron_input(objects['graph'], shape, 1)
    objects['node'] = ctypes.c_void_p(library.neuron_dense(objects['graph'], ctypes.c_void_p(node), 3, None))
    if library.neuron_graph_finish(objects['graph'], objects['node']) < 0:
        sys.exit(library.neuron_error_last().decode())
    objects['gradient'] = make('neuron_gradient_create', objects['graph'], None)
    objects['trainer'] = make('neuron_trainer_create', objects['graph'], objects['optimizer'], None)
    objects['committee_trainer'] = make('neuron_committee_trainer_create', context, objects['optimizer'],
                                        objects['dataset'], None)
    objects['cascade'] = make('neuron_cascade_create', context, (ctypes.c_void_p * 1)(objects['graph']),
                              ctypes.c_int64(1), None, None)
    objects['search'] = make('neuron_search_create', context, unused, None, None, None)
    objects['communicator'] = make('neuron_communicator_create', context, 0, 1, None, None, None)
    objects['open'] = make('neuron_graph_create', context)
    objects['open node'] = ctypes.c_void_p(library.neuron_input(objects['open'], shape, 1))
    return objects


def value_of(parameter, objects):
    handle = handle_of(parameter)
    if handle:
        return objects.get(handle[0])
    array = re.match(r'(?:const )?neuron_(\w+)_t \*const \*', parameter)
    if array:
        return (ctypes.c_void_p * 8)(*[objects[array.group(1)]] * 8)
    words = parameter.replace('const ', '').split()
    if words[0].endswith('_function_t') or '(*' in parameter:
        return unused
    if '*' in parameter or '[' in parameter:
        return b'name' if words[0] == 'char' and parameter.startswith('const') else nothing
    return PLAIN[words[0]](10 if words[1] in ('type', 'ownership') else 1)


def refuses(function, result, arguments, name):
    """What is wrong with a call; None if it is refused as it should be."""
    found = function(*arguments)
    message = library.neuron_error_last().decode()
    if result == 'int':
        if found >= 0:
            return f'returns {found}'
        if not re.search(rf'\b{name}\b.* (is an? |is no )', message):
            return f'says "{message}"'
    elif result != 'void' and found and not (isinstance(found, float) and math.isnan(found)) and found not in (-1, b''):
        return f'returns {found}'
    return None


def in_child(call, *arguments):
    """What a call in a process of its own has to say; that it died, if it did."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, (call(*arguments) or '').encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return f'dies of signal {status & 127}' if status else said


def main():
    problems, count = [], 0
    objects = make_objects()
    for result, name, parameters in declared(sys.argv[2:]):
        function = getattr(library, name)
        function.restype = (None if result == 'void' else ctypes.c_char_p if result == 'const char *'
                            else ctypes.c_void_p if '*' in result else PLAIN[result.split()[-1]])
        adds = result == 'neuron_node_t *' or name in ('neuron_graph_finish', 'neuron_graph_import_many')
        given = dict(objects, graph=objects['open'], node=objects['open node']) if adds else objects
        for place, parameter in enumerate(parameters):
            handle = handle_of(parameter)
            if not handle:
                continue
            other = objects['tensor' if handle[0] != 'tensor' else 'dataset']
            for wrong in (other, nothing):
                arguments = [value_of(item, given) for item in parameters]
                arguments[place] = wrong
                said = in_child(refuses, function, result, arguments, handle[1])
                count += 1
                if said:
                    what = 'no handle' if wrong is nothing else 'another handle'
                    problems.append(f'{name}() {said} for {what} as `{handle[1]}`')
    if count < 500:
        problems.append(f'only {count} calls were tried')
    for problem in problems:
        print(problem, file=sys.stderr)
    sys.exit(1 if problems else 0)


main()
