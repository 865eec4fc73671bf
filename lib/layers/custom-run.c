/* What the callbacks of custom layers may ask of a call. */
#include "layers/custom.h"

#include <inttypes.h>

#include "base/float-mode.h"

static bool has_input(const neuron_custom_run_t *run, int64_t index)
{
    return NEURON_IS(run) && index >= 0 && index < run->run->spec->input_count;
}

static bool has_array(const neuron_custom_run_t *run, int64_t index)
{
    return NEURON_IS(run) && index >= 0 && index < run->run->spec->array_count;
}

/* `from` is NULL for what there is not. */
static void give_shape(const neuron_shape *from, int64_t *shape, int32_t *rank)
{
    if (rank)
        *rank = 0;
    if (from && shape && rank)
        neuron_shape_get(from, shape, rank);
}

const char *neuron_custom_run_name(const neuron_custom_run_t *run)
{
    return NEURON_IS(run) ? run->run->node : NULL;
}

int64_t neuron_custom_run_batch(const neuron_custom_run_t *run)
{
    return NEURON_IS(run) ? run->run->batch : 0;
}

int32_t neuron_custom_run_training(const neuron_custom_run_t *run)
{
    return NEURON_IS(run) && !run->run->predicts;
}

int64_t neuron_custom_run_input_count(const neuron_custom_run_t *run)
{
    return NEURON_IS(run) ? run->run->spec->input_count : 0;
}

int64_t neuron_custom_run_input_size(const neuron_custom_run_t *run, int64_t index)
{
    return has_input(run, index) ? neuron_shape_count(&run->run->spec->inputs[index]) : 0;
}

void neuron_custom_run_input_shape(int64_t *shape, int32_t *rank, const neuron_custom_run_t *run,
                                   int64_t index)
{
    give_shape(has_input(run, index) ? &run->run->spec->inputs[index] : NULL, shape, rank);
}

const float *neuron_custom_run_input(const neuron_custom_run_t *run, int64_t index)
{
    return has_input(run, index) && run->run->inputs ? run->run->inputs[index] : NULL;
}

int64_t neuron_custom_run_output_size(const neuron_custom_run_t *run)
{
    return NEURON_IS(run) ? neuron_shape_count(&run->run->spec->output) : 0;
}

void neuron_custom_run_output_shape(int64_t *shape, int32_t *rank, const neuron_custom_run_t *run)
{
    give_shape(NEURON_IS(run) ? &run->run->spec->output : NULL, shape, rank);
}

float *neuron_custom_run_output(const neuron_custom_run_t *run)
{
    return NEURON_IS(run) ? run->run->output : NULL;
}

const float *neuron_custom_run_output_gradient(const neuron_custom_run_t *run)
{
    return NEURON_IS(run) && run->backward ? run->run->output_gradient : NULL;
}

float *neuron_custom_run_input_gradient(const neuron_custom_run_t *run, int64_t index)
{
    return has_input(run, index) && run->backward ? run->run->input_gradients[index] : NULL;
}

int64_t neuron_custom_run_array_size(const neuron_custom_run_t *run, int64_t index)
{
    return has_array(run, index) ? neuron_shape_count(&run->run->spec->arrays[index].shape) : 0;
}

void neuron_custom_run_array_shape(int64_t *shape, int32_t *rank, const neuron_custom_run_t *run,
                                   int64_t index)
{
    give_shape(has_array(run, index) ? &run->run->spec->arrays[index].shape : NULL, shape, rank);
}

float *neuron_custom_run_array(const neuron_custom_run_t *run, int64_t index)
{
    return has_array(run, index) ? run->values[index] : NULL;
}

float *neuron_custom_run_array_gradient(const neuron_custom_run_t *run, int64_t index)
{
    return has_array(run, index) && run->backward ? run->run->gradients[index] : NULL;
}

float *neuron_custom_run_saved(const neuron_custom_run_t *run)
{
    return NEURON_IS(run) ? run->run->saved : NULL;
}

/* Four to each of the 2^32 blocks that a step has. */
static const int64_t random_max = (int64_t)4 << 32;

int neuron_custom_run_random(float *numbers, const neuron_custom_run_t *run, int64_t first,
                             int64_t count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(run);
    CHECK_ROOM(numbers, count);
    if (first < 0 || count < 0 || first > random_max || count > random_max - first)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: first is %" PRId64 " and count %" PRId64
                           "; both must be 0 or more, and their sum at most 2^34",
                           __func__, first, count);
    uint32_t block[4];
    for (int64_t i = 0, place = first; i < count; i++, place++) {
        if (i == 0 || place % 4 == 0)
            neuron_random_block(&run->run->random, run->run->random_first + (uint64_t)place / 4,
                                block);
        numbers[i] = neuron_random_float(block[place % 4]);
    }
    return NEURON_OK;
}
