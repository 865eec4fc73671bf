/* The few things of NumPy's that a pickle may name. Nothing of them is called: what they would make
 * is known. */
#include "data/codec/pickle-machine.h"

#include <inttypes.h>
#include <string.h>

/* What messages show of a name that comes from a file. */
#define NAME "%.*s"
enum { NAME_MAX = 60 };

typedef enum global { RECONSTRUCT, FROM_BUFFER, ARRAY, TYPE } global;

static const struct {
    const char *module, *name;
    global which;
} globals[] = {
    {"numpy.core.multiarray", "_reconstruct", RECONSTRUCT},
    {"numpy._core.multiarray", "_reconstruct", RECONSTRUCT},
    {"numpy.core.numeric", "_frombuffer", FROM_BUFFER},
    {"numpy._core.numeric", "_frombuffer", FROM_BUFFER},
    {"numpy", "ndarray", ARRAY},
    {"numpy", "dtype", TYPE},
};

static bool is_text(const neuron_pickle_value *value, const char *text)
{
    return value->kind == NEURON_PICKLE_BYTES && value->size == strlen(text) &&
           memcmp(value->bytes, text, value->size) == 0;
}

static int shown(const neuron_pickle_value *text)
{
    return text->size < NAME_MAX ? (int)text->size : NAME_MAX;
}

int neuron_pickle_push_global(neuron_pickle *pickle, const neuron_pickle_value *module,
                              const neuron_pickle_value *name)
{
    for (size_t i = 0; i < sizeof globals / sizeof globals[0]; i++)
        if (is_text(module, globals[i].module) && is_text(name, globals[i].name))
            return neuron_pickle_push(pickle, (neuron_pickle_value){.kind = NEURON_PICKLE_GLOBAL,
                                                                    .number = globals[i].which});
    return neuron_pickle_fail(pickle, "\"" NAME "." NAME "\" is refused", shown(module),
                              (const char *)module->bytes, shown(name), (const char *)name->bytes);
}

/* The values of a tuple of `count`; NULL if it is none. */
static const neuron_pickle_value *items(const neuron_pickle *pickle,
                                        const neuron_pickle_value *tuple, size_t count)
{
    if (tuple->kind != NEURON_PICKLE_TUPLE)
        return NULL;
    const neuron_pickle_object *object = neuron_pickle_object_of(pickle, tuple);
    return object->count == count ? pickle->cells.at + object->first : NULL;
}

/* Fills an array in: bytes of the type that is known, in C's order. */
static int fill(const neuron_pickle *pickle, neuron_pickle_object *array,
                const neuron_pickle_value *shape, const neuron_pickle_value *type,
                const neuron_pickle_value *content)
{
    const neuron_pickle_value *extent = items(pickle, shape, 2);
    if (!extent || extent[0].kind != NEURON_PICKLE_NUMBER ||
        extent[1].kind != NEURON_PICKLE_NUMBER || type->kind != NEURON_PICKLE_TYPE ||
        content->kind != NEURON_PICKLE_BYTES)
        return neuron_pickle_fail(pickle, "an array is not one of bytes with %d axes", 2);
    array->extent[0] = extent[0].number;
    array->extent[1] = extent[1].number;
    array->bytes = content->bytes;
    array->size = content->size;
    return NEURON_OK;
}

static int make_type(neuron_pickle *pickle, const neuron_pickle_value *arguments)
{
    const neuron_pickle_value *argument = items(pickle, arguments, 3);
    if (!argument || argument->kind != NEURON_PICKLE_BYTES)
        return neuron_pickle_fail(pickle, "a type of elements without %s", "a name");
    if (!is_text(argument, "u1"))
        return neuron_pickle_fail(pickle, "elements are of type \"" NAME "\", not \"u1\"",
                                  shown(argument), (const char *)argument->bytes);
    return neuron_pickle_push(pickle, (neuron_pickle_value){.kind = NEURON_PICKLE_TYPE});
}

static int make_filled(neuron_pickle *pickle, const neuron_pickle_value *arguments)
{
    neuron_pickle_object array = {.first = 0};
    const neuron_pickle_value *argument = items(pickle, arguments, 4);
    if (!argument || !is_text(&argument[3], "C"))
        return neuron_pickle_fail(pickle, "an array is not in the order of %s", "C");
    RETURN_IF_ERROR(fill(pickle, &array, &argument[2], &argument[1], &argument[0]));
    return neuron_pickle_push_object(pickle, NEURON_PICKLE_ARRAY, array);
}

int neuron_pickle_reduce(neuron_pickle *pickle)
{
    neuron_pickle_value arguments, callable;
    RETURN_IF_ERROR(neuron_pickle_pop(pickle, &arguments));
    RETURN_IF_ERROR(neuron_pickle_pop(pickle, &callable));
    if (callable.kind != NEURON_PICKLE_GLOBAL)
        return neuron_pickle_fail(pickle, "%s cannot be called",
                                  neuron_pickle_kind_name(callable.kind));
    switch ((global)callable.number) {
    case TYPE:
        return make_type(pickle, &arguments);
    case FROM_BUFFER:
        return make_filled(pickle, &arguments);
    case RECONSTRUCT:
        return neuron_pickle_push_object(pickle, NEURON_PICKLE_ARRAY,
                                         (neuron_pickle_object){.first = 0});
    default:
        return neuron_pickle_fail(pickle, "\"%s\" is refused", "numpy.ndarray");
    }
}

/* The state of an array: version, shape, type, whether in Fortran's order, bytes. That of a type
 * says nothing about bytes. */
int neuron_pickle_build(neuron_pickle *pickle)
{
    neuron_pickle_value state, target;
    RETURN_IF_ERROR(neuron_pickle_pop(pickle, &state));
    RETURN_IF_ERROR(neuron_pickle_pop(pickle, &target));
    if (target.kind == NEURON_PICKLE_ARRAY) {
        const neuron_pickle_value *part = items(pickle, &state, 5);
        if (!part || part[3].kind != NEURON_PICKLE_NUMBER || part[3].number != 0)
            return neuron_pickle_fail(pickle, "an array is not in the order of %s", "C");
        RETURN_IF_ERROR(
            fill(pickle, &pickle->objects[target.number], &part[1], &part[2], &part[4]));
    } else if (target.kind != NEURON_PICKLE_TYPE) {
        return neuron_pickle_fail(pickle, "%s cannot be given a state",
                                  neuron_pickle_kind_name(target.kind));
    }
    return neuron_pickle_push(pickle, target);
}
