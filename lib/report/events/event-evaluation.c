/* Evaluations in an event log: figures, the report as text, the confusion matrix as an image. */
#include "report/events/event-log.h"

#include "base/float-mode.h"
#include "base/tensor.h"

#include <libneuron/evaluation.h>

#include <math.h>
#include <string.h>

/* What an evaluation is logged as. */
typedef struct subject {
    neuron_event_log_t *log;
    const char *tag;
    int64_t step;
    const neuron_evaluation_t *evaluation;
} subject;

/* ---- Figures ---- */

typedef struct figure {
    const char *name;
    double value; /* not a number for one that the evaluation does not have */
} figure;

static int put_figures(const subject *of)
{
    const neuron_evaluation_t *evaluation = of->evaluation;
    bool pixels = strcmp(neuron_evaluation_kind(evaluation), "pixels") == 0;
    const figure figures[] = {
        {"loss", neuron_evaluation_loss(evaluation)},
        {"accuracy", neuron_evaluation_accuracy(evaluation)},
        {"macro_f1", neuron_evaluation_f1(evaluation, NEURON_AVERAGE_MACRO)},
        {"mean_iou", pixels ? neuron_evaluation_iou(evaluation, NEURON_AVERAGE_MACRO) : NAN},
        {"mean_absolute_error",
         neuron_evaluation_mean_absolute_error(evaluation, NEURON_AVERAGE_MACRO)},
        {"root_mean_squared_error",
         neuron_evaluation_root_mean_squared_error(evaluation, NEURON_AVERAGE_MACRO)},
        {"r2", neuron_evaluation_r2(evaluation, NEURON_AVERAGE_MACRO)},
    };
    int status = NEURON_OK;
    for (size_t i = 0; status == NEURON_OK && i < sizeof figures / sizeof figures[0]; i++) {
        if (isnan(figures[i].value))
            continue;
        char *tag = neuron_event_join(of->log->context, of->tag, figures[i].name);
        status = tag ? neuron_event_log_put_scalar(of->log, tag, of->step, figures[i].value)
                     : NEURON_E_MEMORY;
        neuron_release(of->log->context, tag);
    }
    return status;
}

/* ---- The report ---- */

/* Markdown shows lines as they are that begin with four blanks. */
static void indent(char *to, const char *from)
{
    static const char blanks[] = "    ";
    for (bool begins = true; *from; from++) {
        if (begins) {
            memcpy(to, blanks, 4);
            to += 4;
        }
        *to++ = *from;
        begins = *from == '\n';
    }
    *to = '\0';
}

static size_t indented_size(const char *text)
{
    size_t size = 1 + 4;
    for (; *text; text++)
        size += *text == '\n' ? 5 : 1;
    return size;
}

static int put_report(const subject *of)
{
    enum { DIGITS = 4 };
    neuron_context_t *context = of->log->context;
    size_t size;
    RETURN_IF_ERROR(neuron_evaluation_report(NULL, 0, &size, of->evaluation, NULL, DIGITS));
    char *text = neuron_allocate(context, size, 1), *tag = NULL, *indented = NULL;
    int status = text ? NEURON_OK : NEURON_E_MEMORY;
    if (status == NEURON_OK)
        status = neuron_evaluation_report(text, size, NULL, of->evaluation, NULL, DIGITS);
    if (status == NEURON_OK) {
        tag = neuron_event_join(context, of->tag, "report");
        indented = tag ? neuron_allocate(context, indented_size(text), 1) : NULL;
        status = indented ? NEURON_OK : NEURON_E_MEMORY;
    }
    if (status == NEURON_OK) {
        indent(indented, text);
        status = neuron_event_log_put_text(of->log, tag, of->step, indented);
    }
    neuron_release(context, indented);
    neuron_release(context, tag);
    neuron_release(context, text);
    return status;
}

/* ---- The confusion matrix ---- */

enum { CLASSES_MAX = 256, PICTURE = 480, CELL_MAX = 40 };

/* From white to dark blue, as red, green and blue. */
static const unsigned char full[3] = {8, 48, 107};

static void paint_cell(unsigned char *pixels, int64_t classes, int64_t extent, int64_t row,
                       int64_t column, double share)
{
    for (int64_t y = row * extent; y < (row + 1) * extent; y++) {
        unsigned char *at = pixels + (y * classes + column) * extent * 3;
        for (int64_t i = 0; i < extent * 3; i++)
            at[i] = (unsigned char)(255.5 - share * (255 - full[i % 3]));
    }
}

static void paint(unsigned char *pixels, const neuron_evaluation_t *evaluation, int64_t classes,
                  int64_t extent)
{
    for (int64_t row = 0; row < classes; row++) {
        int64_t all = neuron_evaluation_support(evaluation, row);
        for (int64_t column = 0; column < classes; column++) {
            int64_t count = neuron_evaluation_confusion(evaluation, row, column);
            double share = all > 0 ? (double)count / (double)all : 0;
            paint_cell(pixels, classes, extent, row, column, share);
        }
    }
}

static int put_confusion(const subject *of)
{
    int64_t classes = neuron_evaluation_row_count(of->evaluation);
    if (classes > CLASSES_MAX || neuron_evaluation_confusion(of->evaluation, 0, 0) < 0)
        return NEURON_OK;
    int64_t extent = neuron_between(1, PICTURE / classes, CELL_MAX);
    const int64_t shape[] = {1, classes * extent, classes * extent, 3};
    neuron_tensor_t *picture;
    RETURN_IF_ERROR(neuron_tensor_create(&picture, of->log->context, NEURON_TYPE_U8, shape, 4));
    paint(picture->data, of->evaluation, classes, extent);
    char *tag = neuron_event_join(of->log->context, of->tag, "confusion");
    int status =
        tag ? neuron_event_log_put_images(of->log, tag, of->step, picture) : NEURON_E_MEMORY;
    neuron_release(of->log->context, tag);
    neuron_tensor_unref(picture);
    return status;
}

int neuron_event_log_add_evaluation(neuron_event_log_t *log, const char *tag, int64_t step,
                                    const neuron_evaluation_t *evaluation)
{
    FLOAT_SCOPE;
    RETURN_IF_ERROR(neuron_event_check(log, tag, step, __func__));
    CHECK_ARGUMENT(evaluation);
    const subject of = {log, tag, step, evaluation};
    size_t before = log->file.size;
    int status = put_figures(&of);
    if (status == NEURON_OK)
        status = put_report(&of);
    if (status == NEURON_OK)
        status = put_confusion(&of);
    return neuron_event_log_done(log, before, status, __func__);
}
