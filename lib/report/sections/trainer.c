/* The settings of a training: what it is of, its optimizer, loss, callbacks and options. */
#include "report/document/report.h"

#include "base/float-mode.h"
#include "train/trainer.h"

#include <math.h>

/* A kind with its options, "adam: learning_rate=0.001, ...". `ask` tells the options' text as the
 * public calls do. */
typedef int (*asker)(char *text, size_t capacity, size_t *needed, const void *object);

static int ask_optimizer(char *text, size_t capacity, size_t *needed, const void *object)
{
    return neuron_optimizer_get_text(text, capacity, needed, object, NULL);
}

static int ask_loss(char *text, size_t capacity, size_t *needed, const void *object)
{
    return neuron_loss_get_text(text, capacity, needed, object, NULL);
}

static int ask_callback(char *text, size_t capacity, size_t *needed, const void *object)
{
    return neuron_callback_get_text(text, capacity, needed, object, NULL);
}

static int ask_trainer(char *text, size_t capacity, size_t *needed, const void *object)
{
    return neuron_trainer_get_text(text, capacity, needed, object, NULL);
}

static int put_object(neuron_section *section, const char *what, const char *kind, asker ask,
                      const void *object)
{
    size_t needed;
    RETURN_IF_ERROR(ask(NULL, 0, &needed, object));
    NEURON_BUFFER(room, section->html.context);
    char *text = neuron_buffer_room(&room, (int64_t)needed, 1);
    if (!text)
        return NEURON_E_MEMORY;
    RETURN_IF_ERROR(ask(text, needed, NULL, object));
    neuron_table_row(section, what);
    neuron_buffer_print(&section->html, *text && *kind ? "<td>%s: %s</td>" : "<td>%s%s</td>", kind,
                        text);
    return NEURON_OK;
}

static void put_count(neuron_section *section, const char *what, double count)
{
    neuron_figure figure;
    if (!isfinite(count))
        return;
    neuron_table_row(section, what);
    neuron_table_cell(section, neuron_figure_count(&figure, (int64_t)count));
}

static int put_losses(neuron_section *section, const neuron_trainer_t *trainer)
{
    for (int64_t i = 0; i < neuron_graph_output_count(trainer->graph); i++) {
        const neuron_loss_t *loss = trainer->losses[i].loss;
        NEURON_BUFFER(what, section->html.context);
        neuron_buffer_put(&what, "Loss");
        if (neuron_graph_output_count(trainer->graph) > 1) {
            neuron_buffer_put(&what, " of ");
            neuron_buffer_put(&what, neuron_history_output_name(trainer->history, i));
        }
        neuron_buffer_add(&what, "", 1);
        RETURN_IF_ERROR(neuron_buffer_status(&what));
        RETURN_IF_ERROR(put_object(section, what.bytes, neuron_loss_kind(loss), ask_loss, loss));
    }
    return NEURON_OK;
}

static int ask_augmentation(char *text, size_t capacity, size_t *needed, const void *object)
{
    return neuron_augmentation_get_text(text, capacity, needed, object, NULL);
}

/* The trainer has its settings alone, of which this makes what can be asked. */
static int put_augmentation(neuron_section *section, const neuron_trainer_t *trainer)
{
    if (!trainer->settings.augments)
        return NEURON_OK;
    struct neuron_augmentation shown = {.settings = trainer->settings.augmentation};
    neuron_handle_init(&shown.handle, NEURON_HANDLE_AUGMENTATION);
    return put_object(section, "Augmentation", "", ask_augmentation, &shown);
}

static int put_callbacks(neuron_section *section, const neuron_trainer_t *trainer)
{
    for (int64_t i = 0; i < trainer->callbacks.count; i++) {
        const neuron_callback_t *callback = trainer->callbacks.entries[i].callback;
        RETURN_IF_ERROR(put_object(section, "Callback", neuron_callback_kind(callback),
                                   ask_callback, callback));
    }
    if (trainer->callbacks.function_count > 0)
        put_count(section, "Functions of the program", trainer->callbacks.function_count);
    return NEURON_OK;
}

static void put_data(neuron_section *section, const neuron_trainer_t *trainer)
{
    if (trainer->data.train)
        put_count(section, "Training examples", (double)neuron_dataset_count(trainer->data.train));
    if (trainer->data.validation)
        put_count(section, "Validation examples",
                  (double)neuron_dataset_count(trainer->data.validation));
}

static double seconds_of(const neuron_history_t *history)
{
    double sum = 0, seconds = 0;
    for (int64_t i = 0; i < neuron_history_epochs(history); i++)
        if (neuron_history_value(&seconds, history, i, "seconds") == NEURON_OK)
            sum += seconds;
    return sum;
}

/* Where it is, and why it stopped. */
static void put_progress(neuron_section *section, const neuron_trainer_t *trainer)
{
    neuron_figure figure;
    const char *reason = neuron_trainer_stop_reason(trainer);
    put_count(section, "Epochs done", (double)neuron_history_epochs(trainer->history));
    put_count(section, "Steps done", neuron_trainer_progress(trainer, "all_steps"));
    neuron_table_row(section, "Learning rate at the end");
    neuron_table_cell(
        section, neuron_figure_short(&figure, neuron_trainer_progress(trainer, "learning_rate")));
    neuron_table_row(section, "Time");
    neuron_table_cell(section, neuron_figure_seconds(&figure, seconds_of(trainer->history)));
    if (reason && *reason) {
        neuron_table_row(section, "Stopped by");
        neuron_table_cell(section, reason);
    }
}

static int put_all(neuron_section *section, const neuron_trainer_t *trainer)
{
    neuron_table_row(section, "Network");
    neuron_table_cell(section, neuron_graph_name(trainer->graph));
    put_count(section, "Trainable parameters",
              (double)neuron_graph_trainable_parameter_count(trainer->graph));
    RETURN_IF_ERROR(put_object(section, "Optimizer", neuron_optimizer_kind(trainer->optimizer),
                               ask_optimizer, trainer->optimizer));
    RETURN_IF_ERROR(put_losses(section, trainer));
    RETURN_IF_ERROR(put_object(section, "Options", "", ask_trainer, trainer));
    RETURN_IF_ERROR(put_callbacks(section, trainer));
    RETURN_IF_ERROR(put_augmentation(section, trainer));
    put_data(section, trainer);
    put_progress(section, trainer);
    return NEURON_OK;
}

int neuron_report_add_trainer(neuron_report_t *report, const char *heading,
                              const neuron_trainer_t *trainer)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(report);
    CHECK_ARGUMENT(trainer);
    NEURON_SECTION(section, report, heading, "Training");
    neuron_table_begin(&section, "The training and its settings");
    neuron_table_column(&section, "Setting", false);
    neuron_table_column(&section, "Value", false);
    RETURN_IF_ERROR(put_all(&section, trainer));
    neuron_table_end(&section);
    return neuron_report_add(report, &section);
}
