/* Networks as text, which compare reads as well, in peers/peer_rows.py. Statements end in a
 * semicolon or a line's end. First what is not a layer:
 *
 *      name WORD           for the table; batch N: examples of a training step
 *      loss KIND           as the library calls it, with hyphens; default: cross-entropy
 *      input EXTENT...     [values], or [height, width, channels]
 *
 * then the layers, each of which takes what the one before it gave:
 *
 *      dense UNITS                         flatten, global-average, global-max
 *      conv FILTERS WINDOW [STRIDE] [same]           depthwise WINDOW [STRIDE] [same]
 *      max-pool WINDOW [STRIDE] [same]               average-pool WINDOW [STRIDE] [same]
 *      dilated FILTERS WINDOW DILATION [same]        grouped FILTERS WINDOW GROUPS [same]
 *      transpose FILTERS WINDOW [STRIDE] [same]      conv1d FILTERS WINDOW [STRIDE] [same]
 *      max-pool1d WINDOW [STRIDE] [same]             average-pool1d WINDOW [STRIDE] [same]
 *      global-average1d, global-max1d                upsample FACTOR, upsample-bilinear FACTOR
 *      slice COUNT, rescale SCALE, standardize, unstandardize, permute (channels to the front)
 *      quantized-dense UNITS                         quantized-conv FILTERS WINDOW [same]
 *      norm, layer-norm, dropout RATE, noise DEVIATION, rotation FACTOR, pad PIXELS
 *      relu, tanh, ..., leaky-relu SLOPE, elu ALPHA, clip MAXIMUM (from 0), softmax, log-softmax
 *      temperature-scaling, vector-scaling, piecewise-linear POINTS, prediction-set
 *      keep NAME           gives the present value a name
 *      from NAME           goes on from such a value
 *      add NAME..., multiply NAME..., average NAME..., weighted-average NAME..., vote NAME...,
 *      uncertainty NAME..., concat NAME...      joins it with others; weights are 1, 2 and so on */
#include "bench.h"

#include "graph/graph.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 8, WORD_SIZE = 48, KEPT_MAX = 32 };

typedef struct {
    char words[WORDS_MAX][WORD_SIZE];
    int count; /* of words */
    bool same; /* if it was the last of them, which is taken off */
} statement_t;

typedef struct {
    const char *row; /* for messages */
    neuron_graph_t *graph;
    neuron_node_t *last;
    struct {
        char name[WORD_SIZE];
        neuron_node_t *node;
    } kept[KEPT_MAX];
    int kept_count;
} drawing_t;

/* ---- Words and numbers ---- */

static bool ends_statement(char c)
{
    return c == ';' || c == '\n' || c == '\0';
}

/* Reads the statement at *text and moves behind it. */
static statement_t read_statement(const char *row, const char **text)
{
    statement_t statement = {.count = 0};
    const char *c = *text;
    while (!ends_statement(*c)) {
        size_t length = strcspn(c, " \t\r;\n");
        if (length >= WORD_SIZE || (length > 0 && statement.count == WORDS_MAX))
            bench_usage_error("%s: too long: \"%.40s\"", row, c);
        if (length > 0)
            memcpy(statement.words[statement.count++], c, length);
        c += length + (ends_statement(c[length]) ? 0 : 1);
    }
    *text = *c ? c + 1 : c;
    if (statement.count > 1 && strcmp(statement.words[statement.count - 1], "same") == 0) {
        statement.same = true;
        statement.count--;
    }
    return statement;
}

/* The next statement with a word in it; one without at the end. */
static statement_t next_statement(const char *row, const char **text)
{
    while (**text) {
        statement_t statement = read_statement(row, text);
        if (statement.count > 0)
            return statement;
    }
    return (statement_t){.count = 0};
}

static double number(const char *row, const statement_t *statement, int word)
{
    if (word >= statement->count)
        bench_usage_error("%s: a number is missing after \"%s\"", row, statement->words[0]);
    char *end;
    double value = strtod(statement->words[word], &end);
    if (end == statement->words[word] || *end != '\0')
        bench_usage_error("%s: \"%s\" takes a number, not \"%s\"", row, statement->words[0],
                          statement->words[word]);
    return value;
}

static int64_t whole(const char *row, const statement_t *statement, int word)
{
    double value = number(row, statement, word);
    if (!(value >= 0 && value <= 1 << 24) || value != (double)(int64_t)value)
        bench_usage_error("%s: \"%s\" takes a whole number, not \"%s\"", row, statement->words[0],
                          statement->words[word]);
    return (int64_t)value;
}

/* ---- What comes first ---- */

static bool is_called(const char *kind, const char *name)
{
    while (*kind && (*kind == '_' ? '-' : *kind) == *name) {
        kind++;
        name++;
    }
    return *kind == '\0' && *name == '\0';
}

static const char *loss_kind(const char *row, const char *name)
{
    for (int32_t i = 0; i < neuron_kind_count("loss"); i++)
        if (is_called(neuron_kind_name("loss", i), name))
            return neuron_kind_name("loss", i);
    bench_usage_error("%s: there is no loss \"%s\"", row, name);
}

static bool read_head(bench_network_t *network, const statement_t *statement)
{
    const char *word = statement->words[0];
    if (strcmp(word, "name") == 0) {
        snprintf(network->name, sizeof network->name, "%s", statement->words[1]);
    } else if (strcmp(word, "batch") == 0) {
        network->batch = whole(network->name, statement, 1);
    } else if (strcmp(word, "loss") == 0) {
        network->loss = loss_kind(network->name, statement->words[1]);
    } else if (strcmp(word, "input") == 0) {
        network->rank = statement->count - 1;
        if (network->rank < 1 || network->rank > 3)
            bench_usage_error("%s: an input has one to three extents", network->name);
        for (int32_t i = 0; i < network->rank; i++)
            network->shape[i] = whole(network->name, statement, i + 1);
    } else {
        return false;
    }
    return true;
}

bench_network_t bench_read_network(const char *name, const char *description, const char *text)
{
    bench_network_t network = {.description = description, .text = text, .batch = 1};
    network.loss = "cross_entropy";
    snprintf(network.name, sizeof network.name, "%s", name);
    for (;;) {
        statement_t statement = next_statement(network.name, &text);
        if (statement.count == 0 || !read_head(&network, &statement))
            break;
    }
    if (network.rank == 0)
        bench_usage_error("%s: there is no input before the first layer", network.name);
    if (network.batch < 1)
        bench_usage_error("%s: a batch has at least one example", network.name);
    return network;
}

/* ---- Layers ---- */

static neuron_node_t *norm(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_batch_norm(graph, x, NULL);
}

static neuron_node_t *layer_norm(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_layer_norm(graph, x, NULL);
}

static neuron_node_t *gelu(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_gelu(graph, x, NULL);
}

static neuron_node_t *softmax(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_softmax(graph, x, NULL);
}

static neuron_node_t *rotation(neuron_graph_t *graph, neuron_node_t *x, double factor)
{
    return neuron_random_rotation(graph, x, factor, NULL);
}

/* As many of the last axis. */
static neuron_node_t *slice(neuron_graph_t *graph, neuron_node_t *x, double count)
{
    return neuron_slice(graph, x, 0, (int64_t)count, NULL);
}

static neuron_node_t *rescale(neuron_graph_t *graph, neuron_node_t *x, double scale)
{
    return neuron_rescale(graph, x, scale, 1);
}

static neuron_node_t *upsample(neuron_graph_t *graph, neuron_node_t *x, double factor)
{
    return neuron_upsample2d(graph, x, (int64_t)factor, (int64_t)factor, NULL);
}

static neuron_node_t *upsample_bilinear(neuron_graph_t *graph, neuron_node_t *x, double factor)
{
    return neuron_upsample2d(graph, x, (int64_t)factor, (int64_t)factor, "interpolation=bilinear");
}

static neuron_node_t *permute(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_permute(graph, x, (const int32_t[]){2, 0, 1}, 3);
}

static neuron_node_t *log_softmax(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_log_softmax(graph, x, NULL);
}

static neuron_node_t *temperature(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_temperature_scaling(graph, x, NULL);
}

static neuron_node_t *prediction_set(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_prediction_set(graph, x, "method=aps");
}

static neuron_node_t *vector_scaling(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_vector_scaling(graph, x, NULL);
}

static neuron_node_t *piecewise_linear(neuron_graph_t *graph, neuron_node_t *x, double points)
{
    return neuron_piecewise_linear(graph, x, (int64_t)points, "normalize=yes");
}

static neuron_node_t *clip(neuron_graph_t *graph, neuron_node_t *x, double maximum)
{
    return neuron_clip(graph, x, 0, maximum);
}

static const struct {
    const char *name;
    neuron_node_t *(*make)(neuron_graph_t *graph, neuron_node_t *input);
} plain_layers[] = {
    {"flatten", neuron_flatten},
    {"global-average1d", neuron_global_average_pool1d},
    {"global-max1d", neuron_global_max_pool1d},
    {"standardize", neuron_standardize},
    {"unstandardize", neuron_unstandardize},
    {"global-average", neuron_global_average_pool2d},
    {"global-max", neuron_global_max_pool2d},
    {"norm", norm},
    {"layer-norm", layer_norm},
    {"relu", neuron_relu},
    {"tanh", neuron_tanh},
    {"sigmoid", neuron_sigmoid},
    {"prelu", neuron_prelu},
    {"gelu", gelu},
    {"silu", neuron_silu},
    {"hard-swish", neuron_hard_swish},
    {"selu", neuron_selu},
    {"softplus", neuron_softplus},
    {"softsign", neuron_softsign},
    {"exponential", neuron_exponential},
    {"softmax", softmax},
    {"log-softmax", log_softmax},
    {"permute", permute},
    {"temperature-scaling", temperature},
    {"vector-scaling", vector_scaling},
    {"prediction-set", prediction_set},
};

static const struct {
    const char *name;
    neuron_node_t *(*make)(neuron_graph_t *graph, neuron_node_t *input, double value);
} number_layers[] = {
    {"dropout", neuron_dropout},
    {"noise", neuron_gaussian_noise},
    {"rotation", rotation},
    {"leaky-relu", neuron_leaky_relu},
    {"elu", neuron_elu},
    {"clip", clip},
    {"slice", slice},
    {"piecewise-linear", piecewise_linear},
    {"rescale", rescale},
    {"upsample", upsample},
    {"upsample-bilinear", upsample_bilinear},
};

static bool draw_simple(drawing_t *drawing, const statement_t *statement)
{
    const char *word = statement->words[0];
    for (size_t i = 0; i < sizeof plain_layers / sizeof *plain_layers; i++) {
        if (strcmp(plain_layers[i].name, word) == 0) {
            drawing->last = plain_layers[i].make(drawing->graph, drawing->last);
            return true;
        }
    }
    for (size_t i = 0; i < sizeof number_layers / sizeof *number_layers; i++) {
        if (strcmp(number_layers[i].name, word) == 0) {
            double value = number(drawing->row, statement, 1);
            drawing->last = number_layers[i].make(drawing->graph, drawing->last, value);
            return true;
        }
    }
    return false;
}

/* Sets options, mostly the strides, if word number `word` is there, and the padding. */
static void set_options(drawing_t *drawing, const statement_t *statement, int word,
                        const char *option, const char *other)
{
    neuron_node_t *node = drawing->last;
    if (!node)
        return; /* finishing the graph says why */
    if (word < statement->count) {
        double value = (double)whole(drawing->row, statement, word);
        bench_must(neuron_node_set_number(node, option, value));
        if (other)
            bench_must(neuron_node_set_number(node, other, value));
    }
    if (statement->same)
        bench_must(neuron_node_set(node, "padding=same"));
}

static void set_window(drawing_t *drawing, const statement_t *statement, int word)
{
    set_options(drawing, statement, word, "stride_height", "stride_width");
}

/* Layers with filters. */
static bool draw_convolution(drawing_t *drawing, const statement_t *statement)
{
    static const struct {
        const char *word, *option, *other;
    } words[] = {
        {"conv", "stride_height", "stride_width"},
        {"dilated", "dilation_height", "dilation_width"},
        {"grouped", "groups", NULL},
        {"transpose", "stride_height", "stride_width"},
        {"conv1d", "stride", NULL},
    };
    neuron_graph_t *graph = drawing->graph;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i].word, statement->words[0]) != 0)
            continue;
        int64_t filters = whole(drawing->row, statement, 1);
        int64_t window = whole(drawing->row, statement, 2);
        neuron_node_t *x = drawing->last;
        drawing->last = i == 3   ? neuron_conv2d_transpose(graph, x, filters, window, window, NULL)
                        : i == 4 ? neuron_conv1d(graph, x, filters, window, NULL)
                                 : neuron_conv2d(graph, x, filters, window, window, NULL);
        set_options(drawing, statement, 3, words[i].option, words[i].other);
        return true;
    }
    return false;
}

static bool draw_pooling_1d(drawing_t *drawing, const statement_t *statement)
{
    bool max = strcmp(statement->words[0], "max-pool1d") == 0;
    if (!max && strcmp(statement->words[0], "average-pool1d") != 0)
        return false;
    int64_t window = whole(drawing->row, statement, 1);
    drawing->last = max ? neuron_max_pool1d(drawing->graph, drawing->last, window, NULL)
                        : neuron_average_pool1d(drawing->graph, drawing->last, window, NULL);
    set_options(drawing, statement, 2, "stride", NULL);
    return true;
}

static bool draw_window(drawing_t *drawing, const statement_t *statement)
{
    neuron_graph_t *graph = drawing->graph;
    const char *word = statement->words[0];
    if (draw_convolution(drawing, statement) || draw_pooling_1d(drawing, statement))
        return true;
    bool depthwise = strcmp(word, "depthwise") == 0, max = strcmp(word, "max-pool") == 0;
    if (!depthwise && !max && strcmp(word, "average-pool") != 0)
        return false;
    int64_t window = whole(drawing->row, statement, 1);
    drawing->last = depthwise ? neuron_depthwise_conv2d(graph, drawing->last, window, window, NULL)
                    : max     ? neuron_max_pool2d(graph, drawing->last, window, window, NULL)
                              : neuron_average_pool2d(graph, drawing->last, window, window, NULL);
    set_window(drawing, statement, 2);
    return true;
}

/* Layers that otherwise come of a trained graph. */
static bool draw_quantized(drawing_t *drawing, const statement_t *statement)
{
    bool dense = strcmp(statement->words[0], "quantized-dense") == 0;
    const neuron_layer *layer =
        dense ? &neuron_layer_quantized_dense : &neuron_layer_quantized_conv2d;
    if (!dense && strcmp(statement->words[0], "quantized-conv") != 0)
        return false;
    neuron_options options;
    neuron_options_reset(&options, &layer->options);
    neuron_options_put(&options, dense ? NEURON_NODE_UNITS : NEURON_NODE_FILTERS,
                       (double)whole(drawing->row, statement, 1));
    if (!dense) {
        double window = (double)whole(drawing->row, statement, 2);
        neuron_options_put(&options, NEURON_NODE_KERNEL_HEIGHT, window);
        neuron_options_put(&options, NEURON_NODE_KERNEL_WIDTH, window);
        neuron_options_put(&options, NEURON_NODE_PADDING,
                           statement->same ? NEURON_PADDING_SAME : NEURON_PADDING_VALID);
    }
    drawing->last =
        neuron_graph_add(drawing->graph, layer, NULL, &drawing->last, 1, &options, NULL);
    return true;
}

static void keep(drawing_t *drawing, const statement_t *statement)
{
    int place = 0; /* a name may be used again */
    while (place < drawing->kept_count &&
           strcmp(drawing->kept[place].name, statement->words[1]) != 0)
        place++;
    if (place == KEPT_MAX)
        bench_usage_error("%s: more than %d kept values", drawing->row, KEPT_MAX);
    memcpy(drawing->kept[place].name, statement->words[1], WORD_SIZE);
    drawing->kept[place].node = drawing->last;
    drawing->kept_count += place == drawing->kept_count;
}

static neuron_node_t *find_kept(const drawing_t *drawing, const char *name)
{
    for (int i = 0; i < drawing->kept_count; i++)
        if (strcmp(drawing->kept[i].name, name) == 0)
            return drawing->kept[i].node;
    bench_usage_error("%s: no value was kept as \"%s\"", drawing->row, name);
}

static neuron_node_t *join(neuron_graph_t *graph, const char *word, neuron_node_t *const *inputs,
                           int32_t count)
{
    static const double weights[WORDS_MAX] = {1, 2, 3, 4, 5, 6, 7, 8};
    if (strcmp(word, "add") == 0)
        return neuron_add(graph, inputs, count);
    if (strcmp(word, "multiply") == 0)
        return neuron_multiply(graph, inputs, count);
    if (strcmp(word, "average") == 0)
        return neuron_average(graph, inputs, count);
    if (strcmp(word, "weighted-average") == 0)
        return neuron_weighted_average(graph, inputs, count, weights);
    if (strcmp(word, "vote") == 0)
        return neuron_vote(graph, inputs, count, NULL);
    if (strcmp(word, "uncertainty") == 0)
        return neuron_uncertainty(graph, inputs, count, NULL, "measure=mutual_information");
    return neuron_concat(graph, inputs, count, NULL);
}

static bool draw_join(drawing_t *drawing, const statement_t *statement)
{
    static const char *const words[] = {"add",    "multiply", "average",    "weighted-average",
                                        "concat", "vote",     "uncertainty"};
    neuron_node_t *inputs[WORDS_MAX] = {drawing->last};
    size_t place = 0;
    while (place < sizeof words / sizeof *words && strcmp(words[place], statement->words[0]) != 0)
        place++;
    if (place == sizeof words / sizeof *words)
        return false;
    for (int i = 1; i < statement->count; i++)
        inputs[i] = find_kept(drawing, statement->words[i]);
    drawing->last = join(drawing->graph, statement->words[0], inputs, statement->count);
    return true;
}

static void draw_statement(drawing_t *drawing, const statement_t *statement)
{
    const char *word = statement->words[0];
    if (strcmp(word, "dense") == 0) {
        int64_t units = whole(drawing->row, statement, 1);
        drawing->last = neuron_dense(drawing->graph, drawing->last, units, NULL);
    } else if (strcmp(word, "pad") == 0) {
        int64_t pixels = whole(drawing->row, statement, 1);
        drawing->last =
            neuron_zero_pad2d(drawing->graph, drawing->last, pixels, pixels, pixels, pixels);
    } else if (strcmp(word, "keep") == 0) {
        keep(drawing, statement);
    } else if (strcmp(word, "from") == 0) {
        drawing->last = find_kept(drawing, statement->words[1]);
    } else if (!draw_simple(drawing, statement) && !draw_window(drawing, statement) &&
               !draw_quantized(drawing, statement) && !draw_join(drawing, statement)) {
        bench_usage_error("%s: there is no layer \"%s\"", drawing->row, word);
    }
}

neuron_node_t *bench_draw(neuron_graph_t **graph, neuron_context_t *context,
                          const bench_network_t *network)
{
    bench_must(neuron_graph_create(graph, context));
    bench_must(neuron_graph_set_name(*graph, network->name));
    drawing_t drawing = {.row = network->name, .graph = *graph};
    drawing.last = neuron_input(*graph, network->shape, network->rank);
    bench_network_t head = *network; /* what read_head() finds is known already */
    const char *text = network->text;
    for (;;) {
        statement_t statement = next_statement(network->name, &text);
        if (statement.count == 0)
            break;
        if (!read_head(&head, &statement))
            draw_statement(&drawing, &statement);
        if (!drawing.last)
            bench_must(neuron_graph_finish(*graph, NULL)); /* which says why */
    }
    return drawing.last;
}
