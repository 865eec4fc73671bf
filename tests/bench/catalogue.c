/* The list of single operations: the layers that the networks have, with what else a training step
 * of theirs does, and a table of every kind of layer, loss and optimizer by shape. */
#include "kernels.h"

#include "graph/graph.h"
#include "layers/layer.h"
#include "losses/loss.h"
#include "optimize/optimizer.h"

#include <stdlib.h>
#include <string.h>

/* Every statement on every input, which is ended by a bar, as is the statement. Of what the words
 * say the last layer is meant; each of its inputs is an array of its own. */
static const struct {
    int batch;
    const char *inputs, *statements;
} table[] = {
    {64, "28 28 6|32 32 64|",
     "relu|tanh|sigmoid|leaky-relu 0.1|elu 1|prelu|gelu|silu|hard-swish|selu|softplus|softsign|"
     "exponential|dropout 0.5|noise 0.1|norm|layer-norm|keep a; add a|keep a; multiply a|"
     "keep a; average a|keep a; weighted-average a|keep a; concat a|keep a; add a a|pad 1|"
     "clip 6|permute|"},
    {128, "512|", "relu|tanh|gelu|dropout 0.5|norm|layer-norm|keep a; add a|keep a; concat a|"},
    {128, "10|1000|",
     "softmax|log-softmax|keep a; vote a|softmax; keep a; uncertainty a|softmax; "
     "temperature-scaling|softmax; vector-scaling|"
     "softmax; piecewise-linear 100|softmax; prediction-set|"},
    {64, "28 28 1|32 32 3|", "rotation 0.1|"},
    {64, "28 28 1|28 28 3|28 28 6|28 28 20|28 28 64|",
     "max-pool 2|average-pool 2|max-pool 3 2 same|average-pool 3 2 same|max-pool 3 1 same|"
     "average-pool 3 1 same|max-pool 2 1|"},
    {64, "28 28 6|8 8 128|", "global-average|global-max|"},
    {64, "28 28 1|", "conv 6 5 same|conv 32 3|conv 8 7 same|"},
    {64, "14 14 6|", "conv 16 5|"},
    {64, "32 32 3|", "conv 16 3 same|conv 64 3 same|conv 32 3 2 same|conv 32 7|"},
    {8, "112 112 3|", "conv 64 7 2 same|"},
    {64, "32 32 16|", "conv 16 3 same|conv 32 3 2 same|conv 32 1 2 same|"},
    {64, "16 16 20|", "conv 21 1|conv 37 3 same|conv 50 5|"},
    {64, "32 32 32|", "conv 64 1|conv 32 5 same|conv 32 7 same|"},
    {64, "32 32 64|", "conv 10 1|conv 128 1|conv 64 3 same|conv 64 3 2 same|"},
    {64, "8 8 256|", "conv 512 1|conv 256 3 same|conv 512 3 2 same|"},
    {64, "28 28 6|32 32 32|16 16 128|8 8 512|", "depthwise 3 same|depthwise 3 2 same|"},
    {64, "32 32 64|", "depthwise 5 same|depthwise 7 same|"},
    {64, "32 32 64|",
     "dilated 64 3 2 same|grouped 64 3 2 same|grouped 64 3 8 same|grouped 128 1 4|"
     "transpose 64 3 same|transpose 32 2 2|transpose 32 4 2 same|transpose 3 4 2 same|"
     "upsample 2|upsample-bilinear 2|slice 32|rescale 2|standardize|unstandardize|"
     "keep a; global-average; multiply a|keep a; global-average; add a|"},
    {64, "32 32 3|", "dilated 32 3 2 same|upsample 2|upsample-bilinear 2|"},
    {64, "16 16 256|", "grouped 256 3 32 same|grouped 256 3 256 same|"},
    {64, "4096 1|", "conv1d 16 9 same|conv1d 16 9 2 same|"},
    {64, "1024 64|",
     "conv1d 64 3 same|conv1d 128 5 2 same|max-pool1d 2|average-pool1d 2|max-pool1d 3 2 same|"
     "global-average1d|global-max1d|"},
    {128, "64|512|784|", "dense 10|dense 64|dense 512|"},
    {128, "501|1023|", "dense 77|dense 1025|"},
    {64, "28 28 1|32 32 64|", "quantized-conv 64 3 same|quantized-conv 32 1|"},
    {128, "512|4096|", "quantized-dense 512|quantized-dense 2048|"},
    {128, "4096|", "dense 2048|"},
    {128, "8192|", "dense 4096|"},
};

static const int64_t loss_outputs[] = {10, 784}, optimized[] = {65536, 1 << 21};

/* ---- Entries ---- */

static void add(bench_catalogue_t *catalogue, const bench_kernel_t *kernel)
{
    for (int i = 0; i < catalogue->count; i++) {
        bench_kernel_t *old = &catalogue->kernels[i];
        if (strcmp(old->name, kernel->name) == 0 && old->batch == kernel->batch)
            return;
    }
    size_t size = (size_t)(catalogue->count + 1) * sizeof *catalogue->kernels;
    catalogue->kernels = realloc(catalogue->kernels, size);
    if (!catalogue->kernels)
        bench_fail("out of memory");
    catalogue->kernels[catalogue->count++] = *kernel;
}

/* What tells two layers of the same shapes apart: window and stride, or how many inputs. */
static void print_details(const neuron_spec *spec, char *text, size_t size)
{
    text[0] = '\0';
    if (spec->input_count > 1)
        snprintf(text, size, "/%" PRId64, spec->input_count);
    char words[16];
    if (neuron_options_find(spec->options.table, NEURON_NODE_INTERPOLATION)) {
        bench_must(neuron_options_get_text(&spec->options, "interpolation", words, sizeof words,
                                           NULL, "bench"));
        snprintf(text, size, "/%s", words);
    }
    static const struct {
        int32_t key;
        const char *format;
    } numbers[] = {
        {NEURON_NODE_KERNEL_HEIGHT, "/%d"}, {NEURON_NODE_KERNEL_WIDTH, "x%d"},
        {NEURON_NODE_KERNEL_SIZE, "/%d"},   {NEURON_NODE_STRIDE_HEIGHT, "s%d"},
        {NEURON_NODE_STRIDE, "s%d"},        {NEURON_NODE_DILATION_HEIGHT, "d%d"},
        {NEURON_NODE_GROUPS, "g%d"},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (!neuron_options_find(spec->options.table, numbers[i].key))
            continue;
        int value = (int)neuron_spec_option(spec, numbers[i].key);
        size_t length = strlen(text);
        if (value != 1 || i < 3)
            snprintf(text + length, size - length, numbers[i].format, value);
    }
}

static void add_layer(bench_catalogue_t *catalogue, bench_kernel_t kernel, bench_part_t part)
{
    static const char *const parts[] = {"forward", "backward", "input-gradient", "weight-gradient"};
    const neuron_spec *spec = kernel.spec;
    char in[NEURON_SHAPE_TEXT], out[NEURON_SHAPE_TEXT], layer[32], details[24];
    snprintf(layer, sizeof layer, "%s", spec->layer->name);
    for (char *c = layer; *c; c++)
        *c = *c == '_' ? '-' : *c;
    neuron_shape_text(&spec->inputs[0], in);
    neuron_shape_text(&spec->output, out);
    print_details(spec, details, sizeof details);
    bool same = neuron_shape_equal(&spec->inputs[0], &spec->output);
    snprintf(kernel.name, sizeof kernel.name, "%.22s-%s/%.20s%s%.20s%s", layer, parts[part], in,
             same ? "" : "-", same ? "" : out, details);
    kernel.part = part;
    add(catalogue, &kernel);
}

static neuron_graph_t **new_graph(bench_catalogue_t *catalogue)
{
    size_t size = (size_t)(catalogue->graph_count + 1) * sizeof *catalogue->graphs;
    catalogue->graphs = realloc(catalogue->graphs, size);
    if (!catalogue->graphs)
        bench_fail("out of memory");
    return &catalogue->graphs[catalogue->graph_count++];
}

/* ---- Those of the networks ---- */

static void add_node(bench_catalogue_t *catalogue, bench_kernel_t kernel, const neuron_node_t *node)
{
    const neuron_layer *layer = node->spec.layer;
    kernel.spec = &node->spec;
    if (!layer->forward)
        return;
    add_layer(catalogue, kernel, BENCH_FORWARD);
    if (layer != &neuron_layer_dense && !bench_is_convolution(layer)) {
        add_layer(catalogue, kernel, BENCH_BACKWARD);
        return;
    }
    if (bench_has_trained_inputs(node))
        add_layer(catalogue, kernel, BENCH_INPUT_GRADIENT);
    add_layer(catalogue, kernel, BENCH_WEIGHT_GRADIENT);
}

static void add_network(bench_catalogue_t *catalogue, const bench_options_t *options,
                        const bench_network_t *network)
{
    neuron_graph_t **place = new_graph(catalogue);
    bench_draw(place, catalogue->context, network);
    const neuron_graph_t *graph = *place;
    bench_kernel_t kernel = {.network = network, .kind = "adam"};
    kernel.batch = options->batch_count ? options->batches[0] : network->batch;
    for (int32_t i = 0; i < graph->node_total; i++) {
        const neuron_node_t *node = graph->nodes[i];
        add_node(catalogue, kernel, node);
        for (int32_t a = 0; a < node->spec.array_count; a++)
            if (node->spec.arrays[a].trainable)
                kernel.count += neuron_shape_count(&node->spec.arrays[a].shape);
    }
    kernel.part = BENCH_OPTIMIZE;
    snprintf(kernel.name, sizeof kernel.name, "adam/%lld", (long long)kernel.count);
    add(catalogue, &kernel);
    kernel.part = BENCH_GATHER;
    char shape[NEURON_SHAPE_TEXT];
    neuron_shape_text(neuron_graph_first_input(graph), shape);
    snprintf(kernel.name, sizeof kernel.name, "gather/%.24s", shape);
    add(catalogue, &kernel);
}

/* ---- Those of the table ---- */

static void add_operation(bench_catalogue_t *catalogue, const bench_options_t *options, int batch,
                          const char *input, const char *statement)
{
    bench_kernel_t kernel = {.table = true, .batch = batch};
    if (options->batch_count)
        kernel.batch = options->batches[0];
    snprintf(kernel.text, sizeof kernel.text, "batch %lld; input %.*s; %.*s",
             (long long)kernel.batch, (int)strcspn(input, "|"), input, (int)strcspn(statement, "|"),
             statement);
    bench_network_t network = bench_read_network("table", "", kernel.text);
    const neuron_node_t *node = bench_draw(new_graph(catalogue), catalogue->context, &network);
    kernel.spec = &node->spec;
    add_layer(catalogue, kernel, BENCH_FORWARD);
    if (!(node->spec.layer->flags & NEURON_LAYER_NO_GRADIENT))
        add_layer(catalogue, kernel, BENCH_BACKWARD);
}

static const char *behind_bar(const char *text)
{
    return text + strcspn(text, "|") + 1;
}

static void add_table(bench_catalogue_t *catalogue, const bench_options_t *options)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (const char *input = table[i].inputs; *input; input = behind_bar(input))
            for (const char *word = table[i].statements; *word; word = behind_bar(word))
                add_operation(catalogue, options, table[i].batch, input, word);
}

static void add_loss(bench_catalogue_t *catalogue, const bench_options_t *options, const char *kind,
                     int64_t outputs)
{
    bench_kernel_t kernel = {.table = true, .kind = kind, .count = outputs};
    kernel.batch = options->batch_count ? options->batches[0] : 128;
    char name[32];
    snprintf(name, sizeof name, "%s", kind);
    for (char *c = name; *c; c++)
        *c = *c == '_' ? '-' : *c;
    snprintf(kernel.text, sizeof kernel.text, "batch %lld; loss %s; input %lld",
             (long long)kernel.batch, name, (long long)outputs);
    static const char *const parts[] = {"forward", "backward"};
    for (int i = 0; i < 2; i++) {
        kernel.part = i == 0 ? BENCH_LOSS : BENCH_LOSS_GRADIENT;
        snprintf(kernel.name, sizeof kernel.name, "%s-loss-%s/%lld", name, parts[i],
                 (long long)outputs);
        add(catalogue, &kernel);
    }
}

static void add_optimizer(bench_catalogue_t *catalogue, const char *rule, int64_t count)
{
    bench_kernel_t kernel = {
        .table = true, .part = BENCH_OPTIMIZE, .batch = 1, .kind = rule, .count = count};
    snprintf(kernel.name, sizeof kernel.name, "%s/%lld", rule, (long long)count);
    snprintf(kernel.text, sizeof kernel.text, "optimizer %s; input %lld", rule, (long long)count);
    add(catalogue, &kernel);
}

static void add_losses_and_optimizers(bench_catalogue_t *catalogue, const bench_options_t *options)
{
    for (int32_t k = 0; k < neuron_kind_count("loss"); k++)
        for (size_t i = 0; i < sizeof loss_outputs / sizeof *loss_outputs; i++)
            add_loss(catalogue, options, neuron_kind_name("loss", k), loss_outputs[i]);
    for (int32_t k = 0; k < neuron_kind_count("optimizer"); k++)
        for (size_t i = 0; i < sizeof optimized / sizeof *optimized; i++)
            add_optimizer(catalogue, neuron_kind_name("optimizer", k), optimized[i]);
}

/* ---- All ---- */

bench_catalogue_t bench_catalogue(const bench_options_t *options)
{
    bench_catalogue_t catalogue = {0};
    bench_must(neuron_context_create(&catalogue.context, NULL));
    add_table(&catalogue, options);
    add_losses_and_optimizers(&catalogue, options);
    for (const bench_network_t *network = bench_networks; network->name[0]; network++)
        add_network(&catalogue, options, network);
    return catalogue;
}

void bench_catalogue_drop(bench_catalogue_t *catalogue)
{
    for (int i = 0; i < catalogue->graph_count; i++)
        neuron_graph_unref(catalogue->graphs[i]);
    free(catalogue->graphs);
    free(catalogue->kernels);
    neuron_context_unref(catalogue->context);
}

/* Whether a --row of that name, or beginning, means a kernel: if one has just that name, no other
 * is meant. */
static bool means(const bench_catalogue_t *catalogue, const char *row, const char *name)
{
    for (int i = 0; i < catalogue->count; i++)
        if (strcmp(catalogue->kernels[i].name, row) == 0)
            return strcmp(row, name) == 0;
    return strncmp(name, row, strlen(row)) == 0;
}

bool bench_wants_kernel(const bench_options_t *options, const bench_catalogue_t *catalogue,
                        const bench_kernel_t *kernel)
{
    bool wanted = options->kernels && kernel->table;
    for (int i = 0; !wanted && i < options->row_count; i++)
        wanted = means(catalogue, options->rows[i], kernel->name);
    return wanted;
}

int bench_kernels_count(const bench_options_t *options, const char *prefix)
{
    int found = 0;
    bench_catalogue_t catalogue = bench_catalogue(options);
    for (int i = 0; i < catalogue.count; i++)
        found += means(&catalogue, prefix, catalogue.kernels[i].name);
    bench_catalogue_drop(&catalogue);
    return found;
}

void bench_kernels_list(void)
{
    bench_catalogue_t catalogue = bench_catalogue(&(bench_options_t){0});
    for (int i = 0; i < catalogue.count; i++)
        printf("%-52s batch %lld\n", catalogue.kernels[i].name,
               (long long)catalogue.kernels[i].batch);
    bench_catalogue_drop(&catalogue);
}

void bench_kernels_describe(void)
{
    bench_catalogue_t catalogue = bench_catalogue(&(bench_options_t){0});
    for (int i = 0; i < catalogue.count; i++)
        if (catalogue.kernels[i].table)
            printf("%s\t%s\n", catalogue.kernels[i].name, catalogue.kernels[i].text);
    bench_catalogue_drop(&catalogue);
}
