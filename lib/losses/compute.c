/* A loss at work on a batch: examples are divided among the threads of the pool by their number
 * alone, and each has a result of its own, so that nothing depends on how many threads there are.
 * The formulas are in the files of the kinds; a function of the caller's comes before all. */
#include "losses/loss.h"

#include "base/checked.h"
#include "base/compiler/attributes.h"
#include "losses/cross-entropy.h"

#include <inttypes.h>
#include <math.h>

enum { EXAMPLES_PER_TASK = 16 };

NEURON_COLD int neuron_loss_check_targets(const neuron_loss_t *loss, const float *targets,
                                          const int64_t *rows, int64_t count, int64_t outputs,
                                          const char *who)
{
    const neuron_loss_row *kind = loss->kind;
    for (int64_t i = 0; kind->accepts && i < count; i++)
        if (!kind->accepts(targets + rows[i] * outputs, outputs))
            return neuron_fail(NEURON_E_DATA,
                               "%s: %s needs %s, but the dataset has targets of any kind (example "
                               "%" PRId64 " is the first)",
                               who, kind->name, kind->needs, i);
    return NEURON_OK;
}

/* The sum or mean over the outputs of a kind that is defined for each output by itself. */
static double compute_points(const neuron_loss_t *loss, const neuron_loss_example *example,
                             double scale, float *gradient)
{
    neuron_loss_points all = {.loss = loss, .kernels = example->kernels, .logits = example->logits};
    double sum = 0, factor = loss->kind->sums ? 1 : 1.0 / (double)example->outputs;
    for (int64_t first = 0; first < example->outputs; first += all.count) {
        all.count = neuron_min_count(NEURON_LOSS_POINTS, example->outputs - first);
        all.outputs = example->output + first;
        all.targets = example->target + first;
        loss->kind->points(&all);
        for (int32_t i = 0; i < all.count; i++)
            sum += all.values[i];
        for (int32_t i = 0; gradient && i < all.count; i++)
            gradient[first + i] = (float)(all.slopes[i] * factor * scale);
    }
    return sum * factor;
}

static bool all_finite(const float *values, int64_t count)
{
    float seen = 0;
    for (int32_t i = 0; i < count; i++)
        seen += values[i] * 0.0f;
    return seen == 0;
}

static double compute_example(const neuron_loss_t *loss, const neuron_loss_example *example,
                              double scale, float *gradient)
{
    const neuron_loss_row *kind = loss->kind;
    if (kind->prepare)
        kind->prepare(loss, example->target, example->outputs);
    return kind->compute ? kind->compute(loss, example, scale, gradient)
                         : compute_points(loss, example, scale, gradient);
}

/* What the caller's function said. */
static double take_example(double loss, double scale, float *gradient, int64_t outputs)
{
    for (int32_t i = 0; gradient && i < outputs; i++)
        gradient[i] = (float)((double)gradient[i] * scale);
    return loss;
}

typedef struct loss_job {
    const neuron_loss_t *loss;
    const neuron_loss_batch *batch;
    const double *losses; /* by the caller's function, with gradients; NULL if it has none */
    neuron_loss_result *results;
    float *gradients;
} loss_job;

static double loss_of(const loss_job *job, int64_t i, const neuron_loss_example *example,
                      float *gradient)
{
    int64_t whole = job->batch->whole > 0 ? job->batch->whole : job->batch->count;
    double scale = job->batch->weights[i] / (double)whole;
    double value = job->losses ? take_example(job->losses[i], scale, gradient, example->outputs)
                               : compute_example(job->loss, example, scale, gradient);
    /* Clipping would hide what has gone wrong. */
    return isfinite(value) && !all_finite(example->output, example->outputs) ? NAN : value;
}

static void compute_one(const loss_job *job, int64_t i)
{
    const neuron_loss_batch *batch = job->batch;
    int64_t offset = i * batch->outputs;
    const neuron_loss_example example = {
        .kernels = batch->kernels,
        .output = batch->predictions + offset,
        .target = batch->targets + offset,
        .outputs = batch->outputs,
        .label = batch->labels[i],
        .logits = batch->logits,
    };
    float *gradient = job->gradients ? job->gradients + offset : NULL;
    neuron_loss_result result = {.predicted = neuron_class_taken(example.output, batch->outputs,
                                                                 batch->threshold, example.label)};
    if (job->loss)
        result.loss = batch->weights[i] * loss_of(job, i, &example, gradient);
    bool finite = !gradient || all_finite(gradient, batch->outputs);
    for (int32_t k = 0; !finite && k < batch->outputs; k++) {
        result.overflow |= isinf(gradient[k]) != 0;
        result.undefined |= isnan(gradient[k]) != 0;
    }
    job->results[i] = result;
}

static void compute_task(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const loss_job *job = work;
    int64_t end = neuron_min_count(job->batch->count, (task + 1) * EXAMPLES_PER_TASK);
    for (int64_t i = task * EXAMPLES_PER_TASK; i < end; i++)
        compute_one(job, i);
}

neuron_loss_result *neuron_loss_allocate_results(neuron_context_t *context, int64_t count,
                                                 bool by_caller)
{
    return neuron_allocate(context, neuron_size(count),
                           sizeof(neuron_loss_result) + (by_caller ? sizeof(double) : 0));
}

int neuron_loss_compute(const neuron_loss_t *loss, neuron_pool *pool,
                        const neuron_loss_batch *batch, neuron_loss_result *results,
                        float *gradients)
{
    loss_job job = {.loss = loss, .batch = batch, .results = results, .gradients = gradients};
    if (loss && loss->function) {
        double *losses = (double *)(results + batch->count);
        RETURN_IF_ERROR(neuron_loss_call(loss, batch, losses, gradients));
        job.losses = losses;
    }
    neuron_pool_run(pool, neuron_ceil_divide(batch->count, EXAMPLES_PER_TASK), compute_task, &job);
    return NEURON_OK;
}

void neuron_loss_smooth(const neuron_loss_t *loss, float *target, int64_t outputs, double average)
{
    double smoothing = neuron_loss_option_value(loss, NEURON_LOSS_LABEL_SMOOTHING);
    for (int32_t i = 0; smoothing > 0 && i < outputs; i++)
        target[i] = (float)((double)target[i] * (1 - smoothing) + smoothing * average);
}
