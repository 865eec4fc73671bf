/* The interpreter: one function for each group of opcodes, found in a table by the opcode. What it
 * works on is in pickle-values.c, what it knows of NumPy in pickle-numpy.c. */
#include "data/codec/pickle-machine.h"

#include <inttypes.h>
#include <string.h>

enum { PROTOCOL_LEAST = 2, PROTOCOL_MOST = 5 };

/* What an opcode does to the machine. */
typedef int (*operation)(neuron_pickle *pickle, uint8_t code);

/* Opcodes that Python knows and this machine refuses, as Python's pickletools call them. */
static const struct {
    uint8_t code;
    const char *name;
} refused[] = {
    {'i', "INST"},         {'o', "OBJ"},       {0x81, "NEWOBJ"},  {0x92, "NEWOBJ_EX"},
    {'P', "PERSID"},       {'Q', "BINPERSID"}, {0x82, "EXT1"},    {0x83, "EXT2"},
    {0x84, "EXT4"},        {'F', "FLOAT"},     {'G', "BINFLOAT"}, {'I', "INT"},
    {'L', "LONG"},         {0x8a, "LONG1"},    {0x8b, "LONG4"},   {'S', "STRING"},
    {'0', "POP"},          {'1', "POP_MARK"},  {'2', "DUP"},      {0x8f, "EMPTY_SET"},
    {0x97, "NEXT_BUFFER"},
};

const char *neuron_pickle_kind_name(neuron_pickle_kind kind)
{
    static const char *const names[] = {
        [NEURON_PICKLE_NONE] = "None",         [NEURON_PICKLE_NUMBER] = "a number",
        [NEURON_PICKLE_BYTES] = "a text",      [NEURON_PICKLE_MARK] = "a mark",
        [NEURON_PICKLE_GLOBAL] = "a function", [NEURON_PICKLE_TYPE] = "a type of elements",
        [NEURON_PICKLE_TUPLE] = "a tuple",     [NEURON_PICKLE_LIST] = "a list",
        [NEURON_PICKLE_ARRAY] = "an array",    [NEURON_PICKLE_DICTIONARY] = "a dictionary",
    };
    return names[kind];
}

static int read_bytes(neuron_pickle *pickle, size_t size, const uint8_t **bytes)
{
    size_t left = pickle->buffer->size - pickle->position;
    if (size > left)
        return neuron_pickle_fail(pickle,
                                  "the pickle ends early: %zu bytes are needed and %zu left, "
                                  "for the opcode",
                                  size, left);
    *bytes = pickle->buffer->bytes + pickle->position;
    pickle->position += size;
    return NEURON_OK;
}

/* A little-endian number of 1 to 8 bytes. */
static int read_number(neuron_pickle *pickle, size_t size, uint64_t *number)
{
    const uint8_t *bytes;
    RETURN_IF_ERROR(read_bytes(pickle, size, &bytes));
    *number = 0;
    for (size_t i = size; i-- > 0;)
        *number = *number << 8 | bytes[i];
    return NEURON_OK;
}

/* Bytes behind their length. */
static int push_bytes(neuron_pickle *pickle, uint8_t code)
{
    size_t width = code == 'U' || code == 'C' || code == 0x8c ? 1 : code < 0x80 ? 4 : 8;
    uint64_t size;
    neuron_pickle_value value = {.kind = NEURON_PICKLE_BYTES};
    RETURN_IF_ERROR(read_number(pickle, width, &size));
    if (size > pickle->buffer->size)
        return neuron_pickle_fail(pickle, "a text of %" PRIu64 " bytes in a file of %zu", size,
                                  pickle->buffer->size);
    value.size = (size_t)size;
    RETURN_IF_ERROR(read_bytes(pickle, value.size, &value.bytes));
    return neuron_pickle_push(pickle, value);
}

static int push_number(neuron_pickle *pickle, uint8_t code)
{
    uint64_t number;
    RETURN_IF_ERROR(read_number(pickle, code == 'K' ? 1 : code == 'M' ? 2 : 4, &number));
    int64_t value = code == 'J' ? (int32_t)(uint32_t)number : (int64_t)number;
    return neuron_pickle_push(pickle,
                              (neuron_pickle_value){.kind = NEURON_PICKLE_NUMBER, .number = value});
}

static int push_constant(neuron_pickle *pickle, uint8_t code)
{
    neuron_pickle_value value = {.kind = NEURON_PICKLE_NUMBER, .number = code == 0x88};
    if (code == 'N')
        value.kind = NEURON_PICKLE_NONE;
    if (code == '(')
        value.kind = NEURON_PICKLE_MARK;
    return neuron_pickle_push(pickle, value);
}

static int push_empty(neuron_pickle *pickle, uint8_t code)
{
    return neuron_pickle_push_object(pickle,
                                     code == '}'   ? NEURON_PICKLE_DICTIONARY
                                     : code == ']' ? NEURON_PICKLE_LIST
                                                   : NEURON_PICKLE_TUPLE,
                                     (neuron_pickle_object){.first = pickle->cells.count});
}

static int make_tuple(neuron_pickle *pickle, uint8_t code)
{
    neuron_pickle_object tuple = {.first = pickle->cells.count};
    size_t count = (size_t)code - 0x84;
    if (code == 't')
        RETURN_IF_ERROR(neuron_pickle_count_to_mark(pickle, &count));
    else if (!neuron_pickle_has_values(&pickle->stack, count))
        return neuron_pickle_fail(pickle, "a tuple of %zu values, which are not there", count);
    RETURN_IF_ERROR(neuron_pickle_append(pickle, &tuple, count));
    if (code == 't')
        pickle->stack.count--;
    return neuron_pickle_push_object(pickle, NEURON_PICKLE_TUPLE, tuple);
}

/* Adds one or more items to the list, or pairs to the dictionary, that lies below them. */
static int add_items(neuron_pickle *pickle, uint8_t code)
{
    bool pairs = code == 'u' || code == 's', marked = code == 'u' || code == 'e';
    neuron_pickle_kind kind = pairs ? NEURON_PICKLE_DICTIONARY : NEURON_PICKLE_LIST;
    size_t count = pairs ? 2 : 1;
    if (marked)
        RETURN_IF_ERROR(neuron_pickle_count_to_mark(pickle, &count));
    if (pairs && count % 2 != 0)
        return neuron_pickle_fail(pickle, "%zu keys and values do not make pairs", count);
    size_t above = count + marked;
    const neuron_pickle_values *stack = &pickle->stack;
    if (!neuron_pickle_has_values(stack, count) || stack->count <= above ||
        stack->at[stack->count - 1 - above].kind != kind)
        return neuron_pickle_fail(pickle, "the pickle needs %s and what to add to it",
                                  neuron_pickle_kind_name(kind));
    int64_t which = stack->at[stack->count - 1 - above].number;
    RETURN_IF_ERROR(neuron_pickle_append(pickle, &pickle->objects[which], count));
    pickle->stack.count -= marked;
    return NEURON_OK;
}

static int put(neuron_pickle *pickle, uint8_t code)
{
    uint64_t index = pickle->memo.count;
    neuron_pickle_value *value;
    if (code != 0x94)
        RETURN_IF_ERROR(read_number(pickle, code == 'q' ? 1 : 4, &index));
    RETURN_IF_ERROR(neuron_pickle_top(pickle, &value));
    if (index >= pickle->limit)
        return neuron_pickle_fail(pickle, "memo %" PRIu64 " is above the %zu that it may need",
                                  index, pickle->limit);
    neuron_pickle_values *memo = &pickle->memo;
    if (index >= memo->count)
        RETURN_IF_ERROR(neuron_pickle_reserve(pickle, memo, (size_t)index + 1 - memo->count));
    while (memo->count <= index)
        memo->at[memo->count++] = (neuron_pickle_value){.kind = NEURON_PICKLE_MARK};
    memo->at[index] = *value;
    return NEURON_OK;
}

static int get(neuron_pickle *pickle, uint8_t code)
{
    uint64_t index;
    RETURN_IF_ERROR(read_number(pickle, code == 'h' ? 1 : 4, &index));
    if (index >= pickle->memo.count || pickle->memo.at[index].kind == NEURON_PICKLE_MARK)
        return neuron_pickle_fail(pickle, "there is no memo %" PRIu64, index);
    return neuron_pickle_push(pickle, pickle->memo.at[index]);
}

static int read_line(neuron_pickle *pickle, neuron_pickle_value *line)
{
    const uint8_t *begin = pickle->buffer->bytes + pickle->position;
    size_t left = pickle->buffer->size - pickle->position;
    const uint8_t *end = left > 0 ? memchr(begin, '\n', left) : NULL;
    if (!end)
        return neuron_pickle_fail(pickle, "the pickle ends within a %s", "name");
    *line = (neuron_pickle_value){
        .kind = NEURON_PICKLE_BYTES, .bytes = begin, .size = (size_t)(end - begin)};
    pickle->position += line->size + 1;
    return NEURON_OK;
}

static int push_global(neuron_pickle *pickle, uint8_t code)
{
    neuron_pickle_value module, name;
    if (code == 'c') {
        RETURN_IF_ERROR(read_line(pickle, &module));
        RETURN_IF_ERROR(read_line(pickle, &name));
    } else {
        RETURN_IF_ERROR(neuron_pickle_pop(pickle, &name));
        RETURN_IF_ERROR(neuron_pickle_pop(pickle, &module));
        if (name.kind != NEURON_PICKLE_BYTES || module.kind != NEURON_PICKLE_BYTES)
            return neuron_pickle_fail(pickle, "%s is not a function's name",
                                      neuron_pickle_kind_name(name.kind));
    }
    return neuron_pickle_push_global(pickle, &module, &name);
}

static int reduce(neuron_pickle *pickle, uint8_t code)
{
    return code == 'R' ? neuron_pickle_reduce(pickle) : neuron_pickle_build(pickle);
}

/* Frames only say how far to read ahead. */
static int skip_frame(neuron_pickle *pickle, uint8_t code)
{
    const uint8_t *length;
    (void)code;
    return read_bytes(pickle, 8, &length);
}

static int stop(neuron_pickle *pickle, uint8_t code)
{
    neuron_pickle_value result;
    (void)code;
    RETURN_IF_ERROR(neuron_pickle_pop(pickle, &result));
    if (result.kind != NEURON_PICKLE_DICTIONARY || pickle->stack.count > 0)
        return neuron_pickle_fail(pickle, "the pickle has %s, not a dictionary alone",
                                  neuron_pickle_kind_name(result.kind));
    if (pickle->position < pickle->buffer->size)
        return neuron_pickle_fail(pickle, "%zu bytes follow the end of the pickle",
                                  pickle->buffer->size - pickle->position);
    pickle->dictionary = pickle->objects[result.number];
    pickle->stopped = true;
    return NEURON_OK;
}

static const operation operations[256] = {
    ['U'] = push_bytes,
    ['T'] = push_bytes,
    ['X'] = push_bytes,
    ['C'] = push_bytes,
    ['B'] = push_bytes,
    [0x8c] = push_bytes,
    [0x8d] = push_bytes,
    [0x8e] = push_bytes,
    [0x96] = push_bytes,
    ['K'] = push_number,
    ['M'] = push_number,
    ['J'] = push_number,
    ['N'] = push_constant,
    [0x88] = push_constant,
    [0x89] = push_constant,
    ['('] = push_constant,
    ['}'] = push_empty,
    [']'] = push_empty,
    [')'] = push_empty,
    [0x85] = make_tuple,
    [0x86] = make_tuple,
    [0x87] = make_tuple,
    ['t'] = make_tuple,
    ['a'] = add_items,
    ['e'] = add_items,
    ['s'] = add_items,
    ['u'] = add_items,
    ['q'] = put,
    ['r'] = put,
    [0x94] = put,
    ['h'] = get,
    ['j'] = get,
    ['c'] = push_global,
    [0x93] = push_global,
    ['R'] = reduce,
    ['b'] = reduce,
    [0x95] = skip_frame,
    ['.'] = stop,
};

static int refuse(const neuron_pickle *pickle, uint8_t code)
{
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (refused[i].code == code)
            return neuron_pickle_fail(pickle, "opcode %s is refused", refused[i].name);
    return neuron_pickle_fail(pickle, "0x%02x is not a known opcode", code);
}

static int check_protocol(neuron_pickle *pickle)
{
    const neuron_buffer *buffer = pickle->buffer;
    const uint8_t *bytes = buffer->bytes;
    if (buffer->size < 2)
        return neuron_fail(NEURON_E_FORMAT, "%s: not a pickle: it ends at byte %zu", buffer->name,
                           buffer->size);
    if (bytes[0] != 0x80 || bytes[1] < PROTOCOL_LEAST || bytes[1] > PROTOCOL_MOST)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: not a pickle of protocol %d to %d: it begins with %02x %02x",
                           buffer->name, PROTOCOL_LEAST, PROTOCOL_MOST, bytes[0], bytes[1]);
    pickle->position = 2;
    return NEURON_OK;
}

static int run(neuron_pickle *pickle)
{
    RETURN_IF_ERROR(check_protocol(pickle));
    while (!pickle->stopped) {
        const uint8_t *code;
        pickle->opcode_at = pickle->position;
        RETURN_IF_ERROR(read_bytes(pickle, 1, &code));
        if (!operations[*code])
            return refuse(pickle, *code);
        RETURN_IF_ERROR(operations[*code](pickle, *code));
    }
    return NEURON_OK;
}

int neuron_pickle_read(neuron_pickle *pickle, const neuron_buffer *buffer, size_t limit)
{
    *pickle = (neuron_pickle){.buffer = buffer, .limit = limit};
    int status = run(pickle);
    if (status < 0)
        neuron_pickle_close(pickle);
    return status;
}

const neuron_pickle_value *neuron_pickle_find(const neuron_pickle *pickle, const char *key)
{
    const neuron_pickle_value *found = NULL;
    for (size_t i = 0; i + 1 < pickle->dictionary.count; i += 2) {
        const neuron_pickle_value *cell = &pickle->cells.at[pickle->dictionary.first + i];
        if (cell->kind == NEURON_PICKLE_BYTES && cell->size == strlen(key) &&
            memcmp(cell->bytes, key, cell->size) == 0)
            found = cell + 1; /* the last of equal keys, as in Python */
    }
    return found;
}

const neuron_pickle_object *neuron_pickle_object_of(const neuron_pickle *pickle,
                                                    const neuron_pickle_value *value)
{
    return &pickle->objects[value->number];
}
