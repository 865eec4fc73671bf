/* What a machine for pickles works on: its stack, and the items of its objects. */
#include "data/codec/pickle-machine.h"

#include "base/checked.h"

#include <string.h>

/* Makes room for `more` elements; none of the counts can overflow, as the limit is far below. */
static int grow(neuron_pickle *pickle, void **elements, size_t count, size_t *capacity, size_t more,
                size_t size)
{
    if (more > pickle->limit || count > pickle->limit - more)
        return neuron_pickle_fail(pickle, "more than the %zu values that it may need",
                                  pickle->limit);
    if (count + more <= *capacity)
        return NEURON_OK;
    size_t larger =
        (size_t)neuron_min_count(2 * (int64_t)(count + more) + 64, (int64_t)pickle->limit);
    void *moved = neuron_allocate(pickle->buffer->context, larger, size);
    if (!moved)
        return NEURON_E_MEMORY;
    if (count > 0)
        memcpy(moved, *elements, count * size);
    neuron_release(pickle->buffer->context, *elements);
    *elements = moved;
    *capacity = larger;
    return NEURON_OK;
}

int neuron_pickle_reserve(neuron_pickle *pickle, neuron_pickle_values *values, size_t more)
{
    void *at = values->at;
    int status = grow(pickle, &at, values->count, &values->capacity, more, sizeof *values->at);
    values->at = at;
    return status;
}

int neuron_pickle_push(neuron_pickle *pickle, neuron_pickle_value value)
{
    RETURN_IF_ERROR(neuron_pickle_reserve(pickle, &pickle->stack, 1));
    pickle->stack.at[pickle->stack.count++] = value;
    return NEURON_OK;
}

int neuron_pickle_push_object(neuron_pickle *pickle, neuron_pickle_kind kind,
                              neuron_pickle_object object)
{
    void *objects = pickle->objects;
    int status = grow(pickle, &objects, pickle->object_count, &pickle->object_capacity, 1,
                      sizeof *pickle->objects);
    pickle->objects = objects;
    RETURN_IF_ERROR(status);
    pickle->objects[pickle->object_count] = object;
    return neuron_pickle_push(
        pickle, (neuron_pickle_value){.kind = kind, .number = (int64_t)pickle->object_count++});
}

int neuron_pickle_top(neuron_pickle *pickle, neuron_pickle_value **value)
{
    size_t count = pickle->stack.count;
    if (count == 0 || pickle->stack.at[count - 1].kind == NEURON_PICKLE_MARK)
        return neuron_pickle_fail(pickle, "the pickle needs a value where %s is",
                                  count == 0 ? "none" : "a mark");
    *value = &pickle->stack.at[count - 1];
    return NEURON_OK;
}

int neuron_pickle_pop(neuron_pickle *pickle, neuron_pickle_value *value)
{
    neuron_pickle_value *uppermost;
    RETURN_IF_ERROR(neuron_pickle_top(pickle, &uppermost));
    *value = *uppermost;
    pickle->stack.count--;
    return NEURON_OK;
}

/* The items are moved to the end of the cells first, unless they are there. */
int neuron_pickle_append(neuron_pickle *pickle, neuron_pickle_object *object, size_t count)
{
    neuron_pickle_values *cells = &pickle->cells;
    bool last = object->first + object->count == cells->count;
    RETURN_IF_ERROR(neuron_pickle_reserve(pickle, cells, count + (last ? 0 : object->count)));
    if (!last) {
        if (object->count > 0)
            memcpy(cells->at + cells->count, cells->at + object->first,
                   object->count * sizeof *cells->at);
        object->first = cells->count;
        cells->count += object->count;
    }
    pickle->stack.count -= count;
    if (count > 0)
        memcpy(cells->at + cells->count, pickle->stack.at + pickle->stack.count,
               count * sizeof *cells->at);
    cells->count += count;
    object->count += count;
    return NEURON_OK;
}

int neuron_pickle_count_to_mark(neuron_pickle *pickle, size_t *count)
{
    const neuron_pickle_values *stack = &pickle->stack;
    for (*count = 0; *count < stack->count; ++*count)
        if (stack->at[stack->count - 1 - *count].kind == NEURON_PICKLE_MARK)
            return NEURON_OK;
    return neuron_pickle_fail(pickle, "the pickle needs a mark among %zu values", stack->count);
}

bool neuron_pickle_has_values(const neuron_pickle_values *stack, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (i >= stack->count || stack->at[stack->count - 1 - i].kind == NEURON_PICKLE_MARK)
            return false;
    return true;
}

void neuron_pickle_close(neuron_pickle *pickle)
{
    neuron_context_t *context = pickle->buffer->context;
    neuron_release(context, pickle->stack.at);
    neuron_release(context, pickle->memo.at);
    neuron_release(context, pickle->cells.at);
    neuron_release(context, pickle->objects);
}
