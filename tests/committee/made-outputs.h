/* What members of a committee might put out for some examples, and what is right. */
#ifndef MADE_OUTPUTS_H
#define MADE_OUTPUTS_H

#include "test-models.h"

#include <math.h>

enum { MEMBERS = 4, EXAMPLES = 60, CLASSES = 3 };

static neuron_context_t *context;
static uint32_t state;

static inline void set_up(void)
{
    context = test_context();
    state = 12345;
}

static inline void tear_down(void)
{
    neuron_context_unref(context);
}

static inline double draw(void)
{
    state = state * 1664525u + 1013904223u;
    return ((double)(state >> 8) + 0.5) / (1 << 24);
}

/* What members put out for some examples, and what is right. */
typedef struct world {
    int64_t examples, size;
    neuron_tensor_t *outputs[MEMBERS], *targets;
    float *x[MEMBERS];
} world;

static inline neuron_tensor_t *tensor(int32_t type, int64_t count, int64_t size)
{
    neuron_tensor_t *made;
    assert_ok(
        neuron_tensor_create(&made, context, type, (const int64_t[]){count, size}, size ? 2 : 1));
    return made;
}

static inline world make(int64_t examples, int64_t size)
{
    world w = {.examples = examples, .size = size};
    for (int m = 0; m < MEMBERS; m++) {
        w.outputs[m] = tensor(NEURON_TYPE_F32, examples, size);
        w.x[m] = neuron_tensor_data(w.outputs[m]);
    }
    return w;
}

/* Probabilities of classes; members further behind know less. */
static inline world classes(void)
{
    world w = make(EXAMPLES, CLASSES);
    w.targets = tensor(NEURON_TYPE_I32, EXAMPLES, 0);
    int32_t *labels = neuron_tensor_data(w.targets);
    for (int i = 0; i < EXAMPLES; i++) {
        labels[i] = (int32_t)(draw() * CLASSES);
        for (int m = 0; m < MEMBERS; m++) {
            double values[CLASSES], sum = 0;
            for (int k = 0; k < CLASSES; k++)
                sum += values[k] = exp(3 * draw() + (k == labels[i] ? 1.5 - 0.3 * m : 0));
            for (int k = 0; k < CLASSES; k++)
                w.x[m][i * CLASSES + k] = (float)(values[k] / sum);
        }
    }
    return w;
}

/* Numbers from 0 to 1 and what they should be: labels, or any numbers. */
static inline world numbers(int64_t size, bool labels)
{
    world w = make(EXAMPLES, size);
    w.targets = tensor(NEURON_TYPE_F32, EXAMPLES, size);
    float *t = neuron_tensor_data(w.targets);
    for (int64_t i = 0; i < EXAMPLES * size; i++) {
        t[i] = labels ? (float)(draw() > 0.4) : (float)draw();
        for (int m = 0; m < MEMBERS; m++)
            w.x[m][i] = (float)fmin(1, fmax(0, (double)t[i] * 0.5 + (0.4 + 0.2 * m) * draw()));
    }
    return w;
}

static inline void drop(world *w)
{
    for (int m = 0; m < MEMBERS; m++)
        neuron_tensor_unref(w->outputs[m]);
    neuron_tensor_unref(w->targets);
}

#endif
