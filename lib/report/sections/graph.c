/* A network: its size, a diagram of its layers, a table of them, and the time that each takes. */
#include "report/document/report.h"

#include <libneuron/graph.h>
#include <libneuron/layers.h>
#include <libneuron/summary.h>

#include "base/float-mode.h"
#include "base/options/options.h"
#include "report/charts/bars.h"
#include "report/charts/diagram.h"

#include <stdio.h>
#include <string.h>

enum { BATCH = 1, PROFILE };
enum { REPEATS = 10 };

static const neuron_option rows[] = {
    NEURON_INTEGER(BATCH, "batch", 1, 1 << 20, 32, "examples that memory and time are told for"),
    NEURON_FLAG(PROFILE, "profile", 0, "run the graph to show the time that each layer takes")};
static const neuron_option_table table = NEURON_OPTION_TABLE(rows);

typedef struct layers {
    const neuron_graph_t *graph;
    int64_t count, batch;
    int64_t *parameters;        /* of each node */
    neuron_diagram_edge *edges; /* from each input */
    int64_t edge_count;
    double *seconds; /* NULL if they are not measured */
} layers;

/* The node that an array belongs to: nodes and their arrays have the same order. */
static int64_t node_of(const layers *l, const char *array, int64_t first)
{
    size_t length = (size_t)(strrchr(array, '.') - array);
    for (int64_t i = first; i < l->count; i++) {
        const char *name = neuron_node_name(neuron_graph_node(l->graph, i));
        if (strlen(name) == length && memcmp(name, array, length) == 0)
            return i;
    }
    return first;
}

static int count_parameters(layers *l)
{
    int64_t node = 0;
    for (int64_t i = 0; i < neuron_graph_array_count(l->graph); i++) {
        int64_t shape[NEURON_RANK_MAX], product = 1;
        int32_t rank;
        RETURN_IF_ERROR(neuron_graph_array_shape(shape, &rank, l->graph, i));
        for (int32_t k = 0; k < rank; k++)
            product *= shape[k];
        node = node_of(l, neuron_graph_array_name(l->graph, i), node);
        l->parameters[node] += product;
    }
    return NEURON_OK;
}

static int64_t count_edges(const neuron_graph_t *graph)
{
    int64_t count = 0;
    for (int64_t i = 0; i < neuron_graph_node_count(graph); i++)
        count += neuron_node_input_count(neuron_graph_node(graph, i));
    return count;
}

/* Nodes come after their inputs, mostly the next one. */
static void find_edges(layers *l)
{
    for (int64_t to = 0; to < l->count; to++) {
        const neuron_node_t *node = neuron_graph_node(l->graph, to);
        for (int64_t k = 0; k < neuron_node_input_count(node); k++) {
            int64_t from = to - 1;
            while (from > 0 && neuron_graph_node(l->graph, from) != neuron_node_input(node, k))
                from--;
            l->edges[l->edge_count++] = (neuron_diagram_edge){from, to};
        }
    }
}

/* Names that the library makes begin with the type. */
static bool tells_type(const neuron_node_t *node)
{
    const char *type = neuron_node_layer(node);
    return strncmp(neuron_node_name(node), type, strlen(type)) == 0;
}

/* "conv2d, 26 × 26 × 32, 320 parameters" */
static int add_detail(neuron_names *details, const layers *l, int64_t i)
{
    const neuron_node_t *node = neuron_graph_node(l->graph, i);
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    neuron_figure dimensions, count;
    NEURON_BUFFER(text, details->texts.context);
    RETURN_IF_ERROR(neuron_node_shape(shape, &rank, node));
    if (!tells_type(node)) {
        neuron_buffer_put(&text, neuron_node_layer(node));
        neuron_buffer_put(&text, " \xc2\xb7 ");
    }
    neuron_buffer_put(&text, neuron_figure_shape(&dimensions, shape, rank));
    if (l->parameters[i] > 0) {
        neuron_buffer_put(&text, " \xc2\xb7 ");
        neuron_buffer_put(&text, neuron_figure_count(&count, l->parameters[i]));
        neuron_buffer_put(&text, " parameters");
    }
    neuron_buffer_add(&text, "", 1);
    RETURN_IF_ERROR(neuron_buffer_status(&text));
    neuron_names_add(details, text.bytes);
    return neuron_names_status(details);
}

static int put_options(neuron_section *section, const neuron_node_t *node)
{
    size_t needed;
    NEURON_BUFFER(room, section->html.context);
    RETURN_IF_ERROR(neuron_node_get_text(NULL, 0, &needed, node, NULL));
    char *text = neuron_buffer_room(&room, (int64_t)needed, 1);
    if (!text)
        return NEURON_E_MEMORY;
    RETURN_IF_ERROR(neuron_node_get_text(text, needed, NULL, node, NULL));
    neuron_table_cell(section, text);
    return NEURON_OK;
}

static void put_inputs(neuron_section *section, const neuron_node_t *node)
{
    neuron_buffer_put(&section->html, "<td>");
    for (int64_t k = 0; k < neuron_node_input_count(node); k++)
        neuron_buffer_print(&section->html, k == 0 ? "<bdi>%s</bdi>" : ", <bdi>%s</bdi>",
                            neuron_node_name(neuron_node_input(node, k)));
    neuron_buffer_put(&section->html, "</td>");
}

static int put_row(neuron_section *section, const layers *l, int64_t i)
{
    const neuron_node_t *node = neuron_graph_node(l->graph, i);
    int64_t shape[NEURON_RANK_MAX], bytes = 4;
    int32_t rank;
    neuron_figure figure;
    RETURN_IF_ERROR(neuron_node_shape(shape, &rank, node));
    for (int32_t k = 0; k < rank; k++)
        bytes *= shape[k];
    neuron_table_row(section, neuron_node_name(node));
    neuron_table_cell(section, neuron_node_layer(node));
    neuron_table_cell(section, neuron_figure_shape(&figure, shape, rank));
    neuron_table_count(section, l->parameters[i]);
    neuron_table_number(section, neuron_figure_bytes(&figure, bytes * l->batch));
    if (l->seconds)
        neuron_table_number(section, neuron_figure_seconds(&figure, l->seconds[i]));
    put_inputs(section, node);
    return put_options(section, node);
}

static int put_table(neuron_section *section, const layers *l)
{
    char head[64];
    snprintf(head, sizeof head, "Output of %" PRId64, l->batch);
    neuron_table_column(section, "Layer", false);
    neuron_table_column(section, "Type", false);
    neuron_table_column(section, "Output shape", false);
    neuron_table_column(section, "Parameters", true);
    neuron_table_column(section, head, true);
    if (l->seconds)
        neuron_table_column(section, "Time", true);
    neuron_table_column(section, "Inputs", false);
    neuron_table_column(section, "Options", false);
    for (int64_t i = 0; i < l->count; i++)
        RETURN_IF_ERROR(put_row(section, l, i));
    return NEURON_OK;
}

static int put_facts(neuron_section *section, const layers *l)
{
    neuron_figure figure;
    int64_t bytes;
    char name[64];
    neuron_facts_begin(section);
    neuron_fact_count(section, "Layers", l->count);
    neuron_fact_count(section, "Parameters", neuron_graph_parameter_count(l->graph));
    neuron_fact_count(section, "Trainable", neuron_graph_trainable_parameter_count(l->graph));
    neuron_fact(section, "Memory of parameters",
                neuron_figure_bytes(&figure, 4 * neuron_graph_parameter_count(l->graph)));
    RETURN_IF_ERROR(neuron_graph_memory(&bytes, l->graph, l->batch, NULL));
    snprintf(name, sizeof name, "Working memory, predicting %" PRId64, l->batch);
    neuron_fact(section, name, neuron_figure_bytes(&figure, bytes));
    int status = neuron_graph_memory(&bytes, l->graph, l->batch, "training=yes");
    snprintf(name, sizeof name, "Working memory, training %" PRId64, l->batch);
    if (status == NEURON_OK)
        neuron_fact(section, name, neuron_figure_bytes(&figure, bytes));
    neuron_facts_end(section);
    return status == NEURON_E_UNSUPPORTED ? NEURON_OK : status;
}

static int put_diagram(neuron_section *section, const layers *l)
{
    NEURON_NAMES(heads, section->html.context);
    NEURON_NAMES(details, section->html.context);
    for (int64_t i = 0; i < l->count; i++) {
        neuron_names_add(&heads, neuron_node_name(neuron_graph_node(l->graph, i)));
        RETURN_IF_ERROR(add_detail(&details, l, i));
    }
    RETURN_IF_ERROR(neuron_names_status(&heads));
    const neuron_diagram diagram = {"layers", "Layers", &heads,       &details,
                                    l->count, l->edges, l->edge_count};
    if (!neuron_diagram_fits(&diagram)) {
        neuron_write_note(section, "There are too many layers for a diagram.");
        neuron_table_begin(section, "Layers");
        RETURN_IF_ERROR(put_table(section, l));
        neuron_table_end(section);
        return NEURON_OK;
    }
    neuron_chart chart = neuron_diagram_draw(section, &diagram);
    neuron_chart_table(&chart);
    RETURN_IF_ERROR(put_table(section, l));
    neuron_chart_end_table(&chart);
    return NEURON_OK;
}

static int put_times(neuron_section *section, const layers *l)
{
    char title[96];
    NEURON_NAMES(names, section->html.context);
    NEURON_BUFFER(room, section->html.context);
    double *shown = neuron_buffer_room(&room, l->count, sizeof *shown);
    if (!shown)
        return NEURON_E_MEMORY;
    int64_t count = 0;
    for (int64_t i = 0; i < l->count; i++)
        if (l->seconds[i] > 0) {
            neuron_names_add(&names, neuron_node_name(neuron_graph_node(l->graph, i)));
            shown[count++] = l->seconds[i];
        }
    snprintf(title, sizeof title, "Time of each layer to predict a batch of %" PRId64, l->batch);
    const char *series = "Time";
    neuron_bars_draw(section, &(neuron_bars){.name = "time",
                                             .title = title,
                                             .what = "Layer",
                                             .names = &names,
                                             .count = count,
                                             .series = &series,
                                             .series_count = 1,
                                             .values = shown,
                                             .write = neuron_bars_seconds});
    neuron_write_note(section,
                      "Layers that are computed in the pass of another one are not listed.");
    return neuron_buffer_status(&section->html);
}

static int put_all(neuron_section *section, layers *l, bool measures)
{
    neuron_context_t *context = section->html.context;
    NEURON_BUFFER(parameters, context);
    NEURON_BUFFER(edges, context);
    NEURON_BUFFER(seconds, context);
    l->parameters = neuron_buffer_room(&parameters, l->count, sizeof *l->parameters);
    l->edges = neuron_buffer_room(&edges, count_edges(l->graph), sizeof *l->edges);
    if (!l->parameters || !l->edges)
        return NEURON_E_MEMORY;
    if (measures) {
        l->seconds = neuron_buffer_room(&seconds, l->count, sizeof *l->seconds);
        if (!l->seconds)
            return NEURON_E_MEMORY;
        RETURN_IF_ERROR(
            neuron_graph_profile(l->seconds, (size_t)l->count, NULL, l->graph, l->batch, REPEATS));
    }
    RETURN_IF_ERROR(count_parameters(l));
    find_edges(l);
    RETURN_IF_ERROR(put_facts(section, l));
    neuron_charts_begin(section);
    RETURN_IF_ERROR(put_diagram(section, l));
    if (measures) {
        neuron_buffer_put(&section->html, "<div>\n");
        RETURN_IF_ERROR(put_times(section, l));
        neuron_buffer_put(&section->html, "</div>\n");
    }
    neuron_charts_end(section);
    return NEURON_OK;
}

int neuron_report_add_graph(neuron_report_t *report, const char *heading,
                            const neuron_graph_t *graph, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(report);
    CHECK_ARGUMENT(graph);
    neuron_options given;
    neuron_options_reset(&given, &table);
    RETURN_IF_ERROR(neuron_options_parse(&given, options, __func__));
    if (neuron_graph_output_count(graph) == 0)
        return neuron_fail(NEURON_E_STATE, "%s: the graph is not finished", __func__);
    layers l = {.graph = graph,
                .count = neuron_graph_node_count(graph),
                .batch = (int64_t)neuron_options_value(&given, BATCH)};
    NEURON_SECTION(section, report, heading, "Network");
    RETURN_IF_ERROR(put_all(&section, &l, neuron_options_value(&given, PROFILE) != 0));
    return neuron_report_add(report, &section);
}
