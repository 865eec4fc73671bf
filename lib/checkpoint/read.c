/* Reads the state of a training. All of a file is checked against the trainer that is to
 * go on before any of it is used, so that a failure leaves the trainer as it was.
 * write.c is the other way. */
#include "checkpoint/training-file.h"

#include "base/float-mode.h"
#include "base/text/number.h"
#include "base/files/json.h"
#include "model/model.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* What a file says of a training; nothing of it is used before all of it is checked. */
typedef struct state {
    const char *source;
    neuron_run_progress progress;
    neuron_rate rate;
    neuron_options options; /* of the optimizer */
    neuron_history_t *history;
    neuron_output_sums *sums; /* of each output */
    neuron_callback_entry *callbacks;
} state;

int neuron_state_bad(const char *source, const char *key)
{
    return neuron_fail(NEURON_E_FORMAT, "%s: \"%s\" of the training is missing or wrong", source,
                       key);
}

bool neuron_state_read_figure(double *value, const json_t *json)
{
    const char *text = json_string_value(json);
    bool infinite = text && (strcmp(text, "inf") == 0 || strcmp(text, "-inf") == 0);
    if (infinite)
        *value = text[0] == '-' ? -INFINITY : INFINITY;
    else
        *value = json_is_number(json) ? json_number_value(json) : NAN;
    return infinite || json_is_number(json) || json_is_null(json);
}

int neuron_state_read_count(int64_t *value, const json_t *object, const char *key, int64_t most,
                            const char *source)
{
    const json_t *found = json_object_get(object, key);
    *value = json_integer_value(found);
    if (!json_is_integer(found) || *value < 0 || *value > most)
        return neuron_state_bad(source, key);
    return NEURON_OK;
}

static int read_count(const state *s, const json_t *object, const char *key, int64_t *value)
{
    return neuron_state_read_count(value, object, key, INT64_MAX, s->source);
}

static int read_real(const state *s, const json_t *object, const char *key, double *value)
{
    const json_t *found = json_object_get(object, key);
    if (!json_is_number(found))
        return neuron_state_bad(s->source, key);
    *value = json_number_value(found);
    return NEURON_OK;
}

static int check_settings(const state *s, const json_t *object, const neuron_trainer_t *trainer)
{
    int64_t version;
    RETURN_IF_ERROR(read_count(s, object, "version", &version));
    if (version != NEURON_STATE_VERSION)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: is of version %" PRId64 "; this library reads version %d",
                           s->source, version, NEURON_STATE_VERSION);
    return neuron_state_check_settings(object, trainer, s->source);
}

static int read_options(state *s, const json_t *object, const neuron_rule *rule)
{
    static const char key[] = "optimizer_options";
    RETURN_IF_ERROR(neuron_state_read_options(&s->options, &rule->options, object, key, s->source));
    return neuron_optimizer_options_agree(&s->options) ? NEURON_OK
                                                       : neuron_state_bad(s->source, key);
}

static int read_progress(state *s, const json_t *object, const neuron_trainer_t *trainer)
{
    neuron_run_progress *progress = &s->progress;
    int64_t updates, optimizer_steps;
    const json_t *seed = json_object_get(object, "seed");
    if (!json_is_integer(seed))
        return neuron_state_bad(s->source, "seed");
    progress->seed = (uint64_t)json_integer_value(seed);
    RETURN_IF_ERROR(read_count(s, object, "epoch", &progress->epoch));
    RETURN_IF_ERROR(read_count(s, object, "step", &progress->step));
    RETURN_IF_ERROR(read_count(s, object, "updates", &updates));
    if (!neuron_state_read_figure(&progress->loss_sum, json_object_get(object, "loss_sum")))
        return neuron_state_bad(s->source, "loss_sum");
    RETURN_IF_ERROR(read_count(s, object, "right", &progress->correct));
    RETURN_IF_ERROR(read_count(s, object, "seen", &progress->seen));
    RETURN_IF_ERROR(read_real(s, object, "seconds", &progress->seconds));
    if (!neuron_state_read_figure(&progress->last_loss, json_object_get(object, "last_loss")))
        return neuron_state_bad(s->source, "last_loss");
    const json_t *single = json_object_get(object, "single_steps");
    progress->single_steps = json_integer_value(single);
    if (!json_is_integer(single) || progress->single_steps > updates)
        return neuron_state_bad(s->source, "single_steps");
    progress->updates = (uint64_t)updates;
    RETURN_IF_ERROR(
        neuron_state_read_count(&optimizer_steps, object, "optimizer_steps", updates, s->source));
    progress->optimizer_steps = (uint64_t)optimizer_steps;
    if (progress->correct > progress->seen)
        return neuron_state_bad(s->source, "right");
    if (neuron_trainer_shards(trainer)) /* what an epoch has is known when ranks meet */
        return progress->epoch > INT32_MAX ? neuron_state_bad(s->source, "epoch") : NEURON_OK;
    int64_t steps = neuron_training_steps(trainer);
    if (progress->epoch > INT32_MAX || (steps > 0 && progress->epoch > INT64_MAX / steps - 1))
        return neuron_state_bad(s->source, "epoch");
    if (progress->step > steps)
        return neuron_state_bad(s->source, "step");
    if ((uint64_t)updates - (uint64_t)progress->single_steps !=
        (uint64_t)(progress->epoch * steps + progress->step))
        return neuron_state_bad(s->source, "updates");
    /* The rest of the epoch is added to them. */
    const neuron_dataset_t *train = trainer->data.train;
    if (progress->seen > (train ? train->count : 0))
        return neuron_state_bad(s->source, "seen");
    return NEURON_OK;
}

/* There are some where there are several outputs. */
static int read_sums(state *s, const json_t *object, const neuron_trainer_t *trainer)
{
    const json_t *list = json_object_get(object, "output_sums");
    int64_t count = trainer->graph->output_count;
    s->sums = neuron_allocate_zero(trainer->context, neuron_size(count), sizeof *s->sums);
    if (!s->sums)
        return NEURON_E_MEMORY;
    bool fits = count == 1 || json_array_size(list) == (size_t)count;
    for (int32_t i = 0; fits && count > 1 && i < count; i++) {
        const json_t *row = json_array_get(list, (size_t)i), *right = json_array_get(row, 1);
        neuron_output_sums *sums = &s->sums[i];
        sums->correct = json_integer_value(right);
        fits = json_array_size(row) == 2 &&
               neuron_state_read_figure(&sums->loss, json_array_get(row, 0)) &&
               json_is_integer(right) && sums->correct >= 0 && sums->correct <= s->progress.seen;
    }
    return fits ? NEURON_OK : neuron_state_bad(s->source, "output_sums");
}

static int read_history(state *s, const json_t *object, const neuron_trainer_t *trainer)
{
    const json_t *list = json_object_get(object, "history");
    if (!json_is_array(list) || (int64_t)json_array_size(list) != s->progress.epoch)
        return neuron_state_bad(s->source, "history");
    RETURN_IF_ERROR(neuron_history_create(&s->history, trainer->graph));
    neuron_history_set_metrics(s->history, trainer->history->metrics);
    RETURN_IF_ERROR(neuron_history_reserve(s->history, s->progress.epoch));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        size_t size = (size_t)s->history->row_size;
        if (json_array_size(row) != size)
            return neuron_state_bad(s->source, "history");
        double *figures = neuron_history_append(s->history);
        for (size_t j = 0; j < size; j++)
            if (!neuron_state_read_figure(&figures[j], json_array_get(row, j)))
                return neuron_state_bad(s->source, "history");
    }
    return NEURON_OK;
}

static int read_state(state *s, const neuron_safetensors *file, const neuron_trainer_t *trainer)
{
    const char *text = neuron_safetensors_text(file, NEURON_STATE_KEY);
    if (!text)
        return neuron_fail(NEURON_E_FORMAT, "%s: holds no training (key \"%s\" is missing)",
                           s->source, NEURON_STATE_KEY);
    json_t *object;
    RETURN_IF_ERROR(neuron_json_parse(&object, trainer->context, text, strlen(text), 0, s->source));
    int status = check_settings(s, object, trainer);
    if (status == NEURON_OK)
        status = read_options(s, object, trainer->optimizer->rule);
    if (status == NEURON_OK)
        status = read_progress(s, object, trainer);
    if (status == NEURON_OK)
        status = neuron_callbacks_read(&s->callbacks, &s->progress, &s->rate, object, trainer,
                                       s->source);
    if (status == NEURON_OK)
        status = read_sums(s, object, trainer);
    if (status == NEURON_OK)
        status = read_history(s, object, trainer);
    json_decref(object);
    return status;
}

/* All slots are there, or none if no step was done. */
static int check_slots(const state *s, const neuron_safetensors *file,
                       const neuron_trainer_t *trainer)
{
    neuron_shape shape = neuron_slot_shape(trainer);
    for (int32_t i = 0; i < trainer->optimizer->rule->slot_count; i++) {
        char name[NEURON_SLOT_NAME_SIZE];
        const neuron_safetensors_entry *entry;
        neuron_slot_name(name, i);
        if (s->progress.updates > 0 || neuron_safetensors_find(file, name))
            RETURN_IF_ERROR(neuron_safetensors_need_floats(&entry, file, name, &shape));
    }
    return NEURON_OK;
}

/* Cannot fail: everything was checked and all memory is there. */
static void take_over(neuron_trainer_t *trainer, const state *s, const neuron_safetensors *file)
{
    neuron_model_take(trainer->graph, file);
    for (int32_t i = 0; i < trainer->optimizer->rule->slot_count; i++) {
        char name[NEURON_SLOT_NAME_SIZE];
        neuron_slot_name(name, i);
        const neuron_safetensors_entry *entry = neuron_safetensors_find(file, name);
        if (entry) /* else the first step fills them */
            neuron_safetensors_copy_floats(neuron_step_slots(trainer->step)[i], entry);
    }
    neuron_optimizer_take_options(trainer->optimizer, &s->options);
    /* The handle stays: callers may hold it. */
    neuron_history_truncate(trainer->history, 0);
    for (int64_t i = 0; i < s->history->epochs; i++)
        memcpy(neuron_history_append(trainer->history), neuron_history_row(s->history, i),
               (size_t)s->history->row_size * sizeof(double));
    memcpy(trainer->sums, s->sums, (size_t)trainer->graph->output_count * sizeof *s->sums);
    trainer->progress = s->progress;
    trainer->rate = s->rate;
    trainer->rate.changes = trainer->optimizer->rate_changes - s->rate.changes;
    neuron_callbacks_take(trainer, s->callbacks, file);
}

/* Closes the file. */
static int load(neuron_trainer_t *trainer, neuron_safetensors *file)
{
    state s = {.source = neuron_safetensors_source(file)};
    int status = neuron_model_check(trainer->graph, file);
    if (status == NEURON_OK)
        status = read_state(&s, file, trainer);
    if (status == NEURON_OK)
        status = check_slots(&s, file, trainer);
    if (status == NEURON_OK)
        status = neuron_callbacks_check_values(s.callbacks, file, trainer);
    if (status == NEURON_OK)
        status = neuron_trainer_prepare(trainer);
    if (status == NEURON_OK)
        status = neuron_history_reserve(trainer->history, s.history->epochs);
    if (status == NEURON_OK) {
        take_over(trainer, &s, file);
        neuron_log(trainer->context, NEURON_LOG_INFO, "training",
                   "continuing %s after %" PRId64 " epochs and %" PRId64 " steps", s.source,
                   s.progress.epoch, s.progress.step);
    }
    neuron_release(trainer->context, s.callbacks);
    neuron_release(trainer->context, s.sums);
    neuron_history_unref(s.history);
    neuron_safetensors_close(file);
    return status;
}

static int check_idle(const neuron_trainer_t *trainer)
{
    return trainer->run.running ? neuron_fail(NEURON_E_STATE, "trainer: is running") : NEURON_OK;
}

int neuron_trainer_load(neuron_trainer_t *trainer, const char *path)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(trainer);
    CHECK_ARGUMENT(path);
    neuron_hold_end_left();
    RETURN_IF_ERROR(check_idle(trainer));
    neuron_safetensors *file;
    RETURN_IF_ERROR(neuron_safetensors_open(&file, trainer->context, path));
    return load(trainer, file);
}

int neuron_trainer_load_memory(neuron_trainer_t *trainer, const void *bytes, size_t size)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(trainer);
    CHECK_ARGUMENT(bytes);
    neuron_hold_end_left();
    RETURN_IF_ERROR(check_idle(trainer));
    neuron_safetensors *file;
    RETURN_IF_ERROR(neuron_safetensors_parse(&file, trainer->context, bytes, size, "memory"));
    return load(trainer, file);
}
