/* What a training shows: a line for each epoch, which libneuron-report redraws while it runs, and
 * pictures of what it works with and comes to. Without that library there are plain lines. */
#include "example.h"

#include <stdlib.h>
#include <unistd.h>

#ifdef EXAMPLE_HAS_REPORT
#include <libneuron-report/terminal.h>

enum { CLASSES_MAX = 100 };

/* Writes a text that is asked for its size first. */
#define PRINT(call)                                                                                \
    do {                                                                                           \
        char *text = NULL;                                                                         \
        size_t size = 0;                                                                           \
        must(call);                                                                                \
        text = malloc(size);                                                                       \
        if (text == NULL)                                                                          \
            example_fail("out of memory");                                                         \
        must(call);                                                                                \
        puts(text);                                                                                \
        free(text);                                                                                \
    } while (0)

/* What lines may be made of where stdout goes. */
static const char *terminal_options(char text[EXAMPLE_TEXT_MAX])
{
    int64_t columns = neuron_terminal_columns(STDOUT_FILENO);

    if (columns < 20 || columns > 1000)
        columns = 80;
    snprintf(text, EXAMPLE_TEXT_MAX, "columns=%lld, color=%d, unicode=%d", (long long)columns,
             neuron_terminal_color(STDOUT_FILENO), neuron_terminal_unicode());
    return text;
}

/* Of a set that has as many of each, it need not be told. */
void example_show_classes(const neuron_dataset_t *dataset)
{
    char options[EXAMPLE_TEXT_MAX];
    int64_t counts[CLASSES_MAX];
    int64_t classes = neuron_dataset_class_count(dataset);
    bool equal = true;

    if (classes < 2 || classes > CLASSES_MAX)
        return;
    must(neuron_dataset_class_counts(counts, classes, dataset));
    for (int64_t i = 1; i < classes; i++)
        equal = equal && counts[i] == counts[0];
    if (!equal)
        PRINT(neuron_terminal_class_counts(text, size, &size, dataset, terminal_options(options)));
}

void example_show_confusion(const neuron_evaluation_t *evaluation)
{
    char options[EXAMPLE_TEXT_MAX];

    puts("true classes (rows), and what they were taken for (columns)");
    PRINT(neuron_terminal_confusion(text, size, &size, evaluation, terminal_options(options)));
}

void example_show_losses(const neuron_history_t *history)
{
    int64_t epochs = neuron_history_epochs(history);
    double *losses = malloc((size_t)(epochs + 1) * sizeof *losses);
    char options[EXAMPLE_TEXT_MAX];

    if (losses == NULL)
        example_fail("out of memory");
    for (int64_t i = 0; i < epochs; i++)
        must(neuron_history_value(&losses[i], history, i, "loss"));
    if (epochs > 1) {
        printf("\nloss of %lld epochs, %.4f to %.4f\n", (long long)epochs, losses[0],
               losses[epochs - 1]);
        PRINT(neuron_terminal_sparkline(text, size, &size, losses, epochs,
                                        terminal_options(options)));
    }
    free(losses);
}

static int print(const void *bytes, size_t size, void *user_data)
{
    (void)user_data;
    return fwrite(bytes, 1, size, stdout) == size && fflush(stdout) == 0 ? 0 : NEURON_E_IO;
}

static void add_progress(const example_t *example, neuron_trainer_t *trainer, const char *id)
{
    char options[EXAMPLE_TEXT_MAX];
    neuron_callback_t *bar;

    snprintf(options, sizeof options, "label=%s, descriptor=%d, redraw=%d, color=%d, unicode=%d",
             id, STDOUT_FILENO, isatty(STDOUT_FILENO), neuron_terminal_color(STDOUT_FILENO),
             neuron_terminal_unicode());
    must(neuron_callback_create_progress_bar(&bar, example->context, print, NULL, NULL, options));
    must(neuron_trainer_add_callback(trainer, bar));
    neuron_callback_unref(bar);
}

#else

void example_show_classes(const neuron_dataset_t *dataset)
{
    (void)dataset;
}

void example_show_confusion(const neuron_evaluation_t *evaluation)
{
    (void)evaluation;
}

void example_show_losses(const neuron_history_t *history)
{
    (void)history;
}

static int print_epoch(neuron_trainer_t *trainer, int32_t event, void *id)
{
    const neuron_history_t *history = neuron_trainer_history(trainer);
    int64_t epoch = neuron_history_epochs(history) - 1;
    double loss;
    double accuracy;

    (void)event;
    must(neuron_history_value(&loss, history, epoch, "validation_loss"));
    must(neuron_history_value(&accuracy, history, epoch, "validation_accuracy"));
    printf("%s  epoch %.0f/%.0f  loss %.4f  accuracy %.4f  validation %.4f %.4f\n",
           (const char *)id, neuron_trainer_progress(trainer, "epoch"),
           neuron_trainer_progress(trainer, "epochs"), neuron_trainer_progress(trainer, "loss"),
           neuron_trainer_progress(trainer, "accuracy"), loss, accuracy);
    return fflush(stdout) == 0 ? 0 : NEURON_E_IO;
}

static void add_progress(const example_t *example, neuron_trainer_t *trainer, const char *id)
{
    (void)example;
    must(neuron_trainer_add_function(trainer, NEURON_EVENT_EPOCH_END, print_epoch, (void *)id,
                                     NULL));
}

#endif

static int save_state(neuron_trainer_t *trainer, int32_t event, void *path)
{
    (void)event;
    return neuron_trainer_save(trainer, path);
}

/* `id` and `state_path`, which may be NULL, are looked at until the end of the run. */
void example_follow(const example_t *example, neuron_trainer_t *trainer, const char *id,
                    const char *state_path)
{
    add_progress(example, trainer, id);
    if (state_path != NULL)
        must(neuron_trainer_add_function(trainer, NEURON_EVENT_EPOCH_END, save_state,
                                         (void *)state_path, NULL));
}
