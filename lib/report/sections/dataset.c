/* What a dataset has: a table of facts, the number of examples of each class, and some examples. */
#include "report/document/report.h"

#include <libneuron/dataset.h>
#include <libneuron/tensor.h>

#include "base/float-mode.h"
#include "base/options/options.h"
#include "report/charts/bars.h"
#include "report/sections/samples.h"
#include "report/sections/tiles.h"

enum { SAMPLES = 1 };

static const neuron_option rows[] = {
    NEURON_INTEGER(SAMPLES, "samples", 0, 400, 30, "how many examples are shown as pictures"),
    NEURON_SAMPLES_OPTIONS};
static const neuron_option_table table = NEURON_OPTION_TABLE(rows);

/* "byte × 0.00392 + 0", or that each channel has its own. */
static int put_scale(neuron_section *section, const neuron_dataset_t *dataset)
{
    size_t count;
    double scale, offset;
    neuron_figure a, b;
    RETURN_IF_ERROR(neuron_dataset_scales(NULL, NULL, 0, &count, dataset));
    neuron_table_row(section, "Inputs are");
    if (count != 1) {
        neuron_table_cell(section, "scaled by channel");
        return NEURON_OK;
    }
    RETURN_IF_ERROR(neuron_dataset_scales(&scale, &offset, 1, NULL, dataset));
    neuron_buffer_print(&section->html, "<td>value \xc3\x97 %s", neuron_figure_short(&a, scale));
    if (offset != 0)
        neuron_buffer_print(&section->html, " + %s", neuron_figure_short(&b, offset));
    neuron_buffer_put(&section->html, "</td>");
    return NEURON_OK;
}

static void put_fact(neuron_section *section, const char *name, int64_t count)
{
    neuron_figure figure;
    neuron_table_row(section, name);
    neuron_table_cell(section, neuron_figure_count(&figure, count));
}

static int put_facts(neuron_section *section, const neuron_dataset_t *dataset)
{
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    neuron_figure figure;
    RETURN_IF_ERROR(neuron_dataset_shape(shape, &rank, dataset));
    neuron_table_begin(section, "What the dataset has");
    neuron_table_column(section, "Fact", false);
    neuron_table_column(section, "Value", false);
    put_fact(section, "Examples", neuron_dataset_count(dataset));
    if (neuron_dataset_input_count(dataset) > 1)
        put_fact(section, "Inputs", neuron_dataset_input_count(dataset));
    neuron_table_row(section, "Shape of one");
    neuron_table_cell(section, neuron_figure_shape(&figure, shape, rank));
    neuron_table_row(section, "Stored as");
    neuron_table_cell(section,
                      neuron_dataset_type(dataset) == NEURON_TYPE_U8 ? "bytes" : "float32");
    RETURN_IF_ERROR(put_scale(section, dataset));
    if (neuron_dataset_target_count(dataset) > 1)
        put_fact(section, "Targets", neuron_dataset_target_count(dataset));
    if (neuron_dataset_target_count(dataset) > 0)
        put_fact(section, "Classes or outputs", neuron_dataset_class_count(dataset));
    neuron_table_end(section);
    return NEURON_OK;
}

static int put_counts(neuron_section *section, const neuron_dataset_t *dataset)
{
    int64_t count = neuron_dataset_class_count(dataset);
    neuron_context_t *context = section->html.context;
    NEURON_BUFFER(room, context);
    NEURON_BUFFER(more_room, context);
    NEURON_NAMES(names, context);
    int64_t *counts = neuron_buffer_room(&room, count, sizeof *counts);
    double *values = neuron_buffer_room(&more_room, count, sizeof *values);
    if (!counts || !values)
        return NEURON_E_MEMORY;
    RETURN_IF_ERROR(neuron_dataset_class_counts(counts, count, dataset));
    for (int64_t k = 0; k < count; k++) {
        values[k] = (double)counts[k];
        neuron_names_add_number(&names, neuron_dataset_class_name(dataset, k), k);
    }
    const char *series = "Examples";
    neuron_bars_draw(section, &(neuron_bars){.name = "class-counts",
                                             .title = "Examples of each class",
                                             .what = "Class",
                                             .names = &names,
                                             .count = count,
                                             .series = &series,
                                             .series_count = 1,
                                             .values = values,
                                             .write = neuron_bars_count});
    return neuron_buffer_status(&section->html);
}

/* The places of the first example of each class, then of the second of each, and so on. Returns
 * how many there are of those that are wanted. */
static int64_t choose(int64_t *chosen, int64_t wanted, const int32_t *labels, int64_t count,
                      int64_t *next, int64_t classes)
{
    int64_t found = 0;
    for (int64_t last = -1; found < wanted && last != found;) {
        last = found;
        for (int64_t k = 0; k < classes && found < wanted; k++) {
            while (next[k] < count && labels[next[k]] != k)
                next[k]++;
            if (next[k] < count)
                chosen[found++] = next[k]++;
        }
    }
    return found;
}

static int put_sample(neuron_section *section, neuron_samples *samples, int64_t index,
                      int32_t label, bool has_labels)
{
    NEURON_BUFFER(alt, section->html.context);
    RETURN_IF_ERROR(neuron_samples_read(samples, index));
    const char *name = neuron_dataset_class_name(samples->dataset, label);
    neuron_buffer_print(&alt, "Example %" PRId64, index);
    if (has_labels && name) {
        neuron_buffer_put(&alt, " of ");
        neuron_buffer_put(&alt, name);
    } else if (has_labels) {
        neuron_buffer_print(&alt, " of class %d", (int)label);
    }
    neuron_buffer_add(&alt, "", 1);
    RETURN_IF_ERROR(neuron_buffer_status(&alt));
    RETURN_IF_ERROR(neuron_tile_begin(section, &samples->image, alt.bytes));
    if (has_labels)
        neuron_write_class(&section->html, samples->dataset, label);
    else
        neuron_buffer_print(&section->html, "%" PRId64, index);
    neuron_tile_end(section);
    return NEURON_OK;
}

static int put_samples(neuron_section *section, const neuron_dataset_t *dataset,
                       const neuron_options *options, const char *who)
{
    neuron_context_t *context = section->html.context;
    int64_t wanted = (int64_t)neuron_options_value(options, SAMPLES);
    int64_t count = neuron_dataset_count(dataset), classes = neuron_dataset_class_count(dataset);
    bool are_images, has_labels = neuron_dataset_target_count(dataset) > 0;
    NEURON_SAMPLES(samples, context);
    RETURN_IF_ERROR(neuron_samples_begin(&samples, &are_images, dataset, options, who));
    if (!are_images || wanted == 0)
        return NEURON_OK;
    NEURON_BUFFER(room, context);
    NEURON_BUFFER(label_room, context);
    int64_t *chosen = neuron_buffer_room(&room, wanted + classes, sizeof *chosen);
    int32_t *labels = neuron_buffer_room(&label_room, count, sizeof *labels);
    if (!chosen || !labels)
        return NEURON_E_MEMORY;
    RETURN_IF_ERROR(neuron_dataset_read(NULL, labels, dataset, 0, count));
    int64_t found = choose(chosen, wanted, labels, count, chosen + wanted, classes);
    neuron_write_heading(section, "Some examples");
    neuron_tiles_begin(section);
    for (int64_t i = 0; i < found; i++)
        RETURN_IF_ERROR(put_sample(section, &samples, chosen[i], labels[chosen[i]], has_labels));
    neuron_tiles_end(section);
    return NEURON_OK;
}

int neuron_report_add_dataset(neuron_report_t *report, const char *heading,
                              const neuron_dataset_t *dataset, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(report);
    CHECK_ARGUMENT(dataset);
    neuron_options given;
    neuron_options_reset(&given, &table);
    RETURN_IF_ERROR(neuron_options_parse(&given, options, __func__));
    NEURON_SECTION(section, report, heading, "Data");
    neuron_charts_begin(&section);
    RETURN_IF_ERROR(put_facts(&section, dataset));
    if (neuron_dataset_target_count(dataset) > 0)
        RETURN_IF_ERROR(put_counts(&section, dataset));
    neuron_charts_end(&section);
    RETURN_IF_ERROR(put_samples(&section, dataset, &given, __func__));
    return neuron_report_add(report, &section);
}
