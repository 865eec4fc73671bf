/* A layer outside of any graph, with memory of just the size that it asked for, filled with NaN. */
#ifndef LAYER_FIXTURE_H
#define LAYER_FIXTURE_H

#include "base/context.h"
#include "kernels/kernels.h"
#include "layers/layer.h"
#include "test-common.h"

#include <math.h>

typedef struct layer_fixture {
    neuron_context_t *context;
    neuron_shape input_shape;
    neuron_spec spec;
    int64_t batch, input_count, output_count; /* of the batch */
    float *input, *output, *output_gradient, *input_gradient;
    float *values[NEURON_ARRAYS_MAX], *gradients[NEURON_ARRAYS_MAX];
    const float *inputs[1];
    float *input_gradients[1];
    size_t scratch_bytes;
    neuron_fused fused;
    void *operation;
    int64_t planned; /* the batch that memory is there for */
    neuron_run run;
} layer_fixture;

/* The names of all sets of kernels, and those of them that this processor runs. */
static const char *const kernel_names[] = {"baseline", "neon", "avx2", "avx512"};
enum { KERNEL_NAMES = sizeof kernel_names / sizeof *kernel_names };

static inline void *fixture_memory(size_t bytes)
{
    void *memory = NULL;
    ck_assert_int_eq(posix_memalign(&memory, NEURON_ALIGNMENT, bytes ? bytes : 1), 0);
    memset(memory, 0xff, bytes);
    return memory;
}

static inline float *fixture_floats(int64_t count)
{
    return fixture_memory((size_t)count * sizeof(float));
}

/* Numbers in [-0.5, 0.5), the same for the same stream. */
static inline void fixture_fill(float *values, int64_t count, uint32_t stream)
{
    neuron_random_reader reader = neuron_random_read(7, NEURON_RANDOM_INITIALIZE, stream);
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)(neuron_random_uniform(&reader) - 0.5);
}

/* `planned` is the batch that memory is planned for. */
static inline void fixture_open(layer_fixture *fixture, const neuron_layer *layer,
                                const neuron_setting *settings, const neuron_shape *input,
                                int64_t planned, int64_t batch, int32_t threads,
                                const neuron_kernels *kernels, bool training)
{
    *fixture = (layer_fixture){.input_shape = *input, .batch = batch};
    assert_ok(neuron_context_create(&fixture->context, NULL));
    assert_ok(neuron_context_set_number(fixture->context, "threads", threads));
    neuron_spec *spec = &fixture->spec;
    spec->layer = layer;
    spec->input_count = 1;
    spec->inputs = &fixture->input_shape;
    neuron_options_make(&spec->options, &layer->options, settings);
    assert_ok(layer->infer(spec, "layer_1"));
    neuron_needs needs = {0};
    if (layer->operation_size > 0) {
        fixture->operation = calloc(1, layer->operation_size);
        ck_assert_ptr_nonnull(fixture->operation);
    }
    const neuron_plan_request request = {.spec = spec,
                                         .node = "layer_1",
                                         .fused = &fixture->fused,
                                         .batch = planned,
                                         .training = training,
                                         .threads = threads,
                                         .kernels = kernels,
                                         .operation = fixture->operation};
    if (layer->plan)
        assert_ok(layer->plan(&request, &needs));
    fixture->planned = planned;
    fixture->scratch_bytes = needs.scratch;

    fixture->input_count = neuron_shape_count(input) * batch;
    fixture->output_count = neuron_shape_count(&spec->output) * batch;
    fixture->input = fixture_floats(fixture->input_count);
    fixture->input_gradient = fixture_floats(fixture->input_count);
    fixture->output = fixture_floats(fixture->output_count);
    fixture->output_gradient = fixture_floats(fixture->output_count);
    fixture_fill(fixture->input, fixture->input_count, 100);
    fixture_fill(fixture->output_gradient, fixture->output_count, 101);
    for (int32_t i = 0; i < spec->array_count; i++) {
        int64_t count = neuron_shape_count(&spec->arrays[i].shape);
        fixture->values[i] = fixture_floats(count);
        fixture_fill(fixture->values[i], count, (uint32_t)i);
        if (spec->arrays[i].trainable)
            fixture->gradients[i] = fixture_floats(count);
    }
    fixture->inputs[0] = fixture->input;
    fixture->input_gradients[0] = fixture->input_gradient;
    fixture->run = (neuron_run){
        .spec = spec,
        .kernels = kernels,
        .pool = fixture->context->pool,
        .batch = batch,
        .operation = fixture->operation,
        .fused = &fixture->fused,
        .training = training,
        .inputs = fixture->inputs,
        .output = fixture->output,
        .output_gradient = fixture->output_gradient,
        .input_gradients = fixture->input_gradients,
        .values = fixture->values,
        .gradients = fixture->gradients,
        .saved = fixture_memory(needs.saved),
        .scratch = fixture_memory(needs.scratch),
        .prepared = fixture_memory(needs.prepared),
    };
}

static inline void fixture_forward(layer_fixture *fixture)
{
    if (fixture->spec.layer->prepare)
        fixture->spec.layer->prepare(&fixture->run);
    assert_ok(fixture->spec.layer->forward(&fixture->run));
}

static inline void fixture_close(layer_fixture *fixture)
{
    free(fixture->operation);
    free(fixture->run.prepared);
    free(fixture->run.saved);
    free(fixture->run.scratch);
    free(fixture->input);
    free(fixture->input_gradient);
    free(fixture->output);
    free(fixture->output_gradient);
    for (int i = 0; i < NEURON_ARRAYS_MAX; i++) {
        free(fixture->values[i]);
        free(fixture->gradients[i]);
    }
    neuron_context_unref(fixture->context);
}

static inline void assert_same_bytes(const float *a, const float *b, int64_t count)
{
    ck_assert_mem_eq(a, b, (size_t)count * sizeof *a);
}

/* All that a training step writes is the same, to the bit. */
static inline void fixture_assert_same(const layer_fixture *a, const layer_fixture *b)
{
    assert_same_bytes(a->output, b->output, a->output_count);
    assert_same_bytes(a->input_gradient, b->input_gradient, a->input_count);
    for (int32_t i = 0; i < a->spec.array_count; i++) {
        int64_t count = neuron_shape_count(&a->spec.arrays[i].shape);
        assert_same_bytes(a->values[i], b->values[i], count);
        if (a->gradients[i])
            assert_same_bytes(a->gradients[i], b->gradients[i], count);
    }
}

/* Runs a layer without options forward and backward in one thread, and in five with memory for two
 * examples more: all bytes must be the same. */
static inline void fixture_open_both(layer_fixture *one, layer_fixture *many,
                                     const neuron_layer *layer, const neuron_shape *shape,
                                     int64_t batch)
{
    const neuron_kernels *kernels = neuron_kernels_choose();
    fixture_open(one, layer, NULL, shape, batch, batch, 1, kernels, true);
    fixture_open(many, layer, NULL, shape, batch + 2, batch, 5, kernels, true);
    layer_fixture *both[] = {one, many};
    for (int i = 0; i < 2; i++) {
        fixture_forward(both[i]);
        assert_ok(layer->backward(&both[i]->run));
    }
    fixture_assert_same(one, many);
}

#endif
