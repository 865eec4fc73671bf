/* What runs will take: a few steps of each training are timed. */
#include "example.h"

#include <time.h>

/* Epochs of a run that ends by itself, where the document does not say
 * after how many its own did. */
enum { EPOCHS_SUPPOSED = 30, STEPS_LEAST = 3 };

static const double seconds_of_look = 0.4;

/* To predict an example takes about a third of a step's time for it. */
static const double prediction_share = 1.0 / 3;

typedef struct {
    double start;
    double cpu_start;
    double first; /* the step after which the clocks were started, as the first one prepares much */
    double per_step;
    double cpu_per_step;
} look_t;

static double cpu_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int after_step(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    look_t *look = user_data;
    double step = neuron_trainer_progress(trainer, "step");
    double steps = neuron_trainer_progress(trainer, "steps");
    double elapsed = example_clock() - look->start;

    (void)event;
    if (step > look->first) {
        look->per_step = elapsed / (step - look->first);
        look->cpu_per_step = (cpu_clock() - look->cpu_start) / (step - look->first);
    }
    if (step == 1 && steps > 1)
        *look = (look_t){example_clock(), cpu_clock(), step, elapsed, 0};
    return (step > STEPS_LEAST && elapsed > seconds_of_look) || step == steps ? NEURON_STOP : 0;
}

static double epochs_expected(const example_t *example, const char *id,
                              const example_training_t *training)
{
    const example_program_t *program = example->program;
    int64_t reported = program->runs[example_run_index(program, id)].reported.epochs;

    if (example->options.epochs != 0 || training->callbacks[0] == NULL)
        return (double)example_epochs(example, training->epochs);
    int64_t supposed = reported != 0 ? reported : EPOCHS_SUPPOSED;
    return (double)(supposed < training->epochs ? supposed : training->epochs);
}

example_cost_t example_estimate(const example_t *example, const char *id, neuron_trainer_t *trainer,
                                const example_training_t *training)
{
    double trained = (double)neuron_dataset_count(example->train);
    double validated = (double)neuron_dataset_count(example->validation);
    double steps = ceil(trained / (double)training->batch_size);
    double epochs = epochs_expected(example, id, training) * (double)(1 + training->trials);
    look_t look = {.start = example_clock(), .cpu_start = cpu_clock()};

    must(neuron_trainer_add_function(trainer, NEURON_EVENT_STEP_END, after_step, &look, NULL));
    int status = neuron_trainer_run(NULL, trainer);
    if (status != NEURON_STOP)
        must(status);
    double share = steps * epochs * (1 + prediction_share * validated / trained);
    return (example_cost_t){look.per_step * share, look.cpu_per_step * share};
}
