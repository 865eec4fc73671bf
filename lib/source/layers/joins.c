/* Layers that join several values: sums, products, means and votes. */
#include "source/layers/layer.h"

#include "layers/joins/join.h"
#include "source/text/number.h"

#include <stdio.h>

/* Inputs that are written out one behind the other; more of them are a loop. */
enum { WRITTEN_MOST = 8, AXES_MOST = NEURON_RANK_MAX };

static double weight_of(const neuron_node_t *node, int64_t input)
{
    return node->weights ? node->weights[input] : 1;
}

/* The weights of the inputs as an array of floats whose sum is 1. */
static void write_weights(neuron_writer *writer)
{
    const neuron_node_t *node = writer->step->node;
    int64_t count = node->spec.input_count;
    double all = 0;
    float *weights = neuron_writer_floats(writer, count);
    if (!weights)
        return;
    for (int64_t i = 0; i < count; i++)
        all += weight_of(node, i);
    for (int64_t i = 0; i < count; i++)
        weights[i] = (float)(weight_of(node, i) / all);
    if (neuron_write_arrays_now(writer, node))
        neuron_write_floats(writer, node, "weights", weights, count);
    neuron_release(writer->graph->context, weights);
}

static void write_average(neuron_writer *writer)
{
    write_weights(writer);
    neuron_write_lines(writer, "for (long i = 0; i < @count@; i++) {\n");
    WRITE(writer,
          "float sum = 0.0f;\n"
          "for (int j = 0; j < @inputs@; j++) {\n"
          "sum += @node@_weights[j] * x[j][i];\n"
          "}\n",
          NUMBER("inputs", writer->step->node->spec.input_count));
    char channel[48];
    snprintf(channel, sizeof channel, "i %% %" PRId64, neuron_source_channels(writer->step->node));
    neuron_write_store(writer, "y[i]", "sum", channel);
    neuron_write_lines(writer, "}\n");
}

enum { JOIN = NEURON_SOURCE_CHAINS | NEURON_SOURCE_IN_PLACE | NEURON_SOURCE_MANY };
const neuron_source_layer neuron_source_average = {
    .name = "average", .flags = JOIN, .write = write_average};
const neuron_source_layer neuron_source_weighted_average = {
    .name = "weighted_average", .flags = JOIN, .write = write_average};

/* ---- Sums and products, also of unlike shapes ---- */

/* Axes of the output, from the first one, with the steps of each input along them. Axes that follow
 * each other and are alike for all inputs are one. */
typedef struct axes {
    int64_t count;
    int64_t extent[AXES_MOST];
} axes;

/* Floats from one place of an axis of the output to the next, in an input: 0 where that has one
 * place for all. */
static int64_t step_of(const neuron_node_t *node, int64_t input, int64_t axis)
{
    const neuron_shape *from = &node->spec.inputs[input], *to = &node->spec.output;
    int64_t own = axis - (to->rank - from->rank), step = 1;
    if (own < 0 || from->extent[own] == 1)
        return 0;
    for (int64_t a = own + 1; a < from->rank; a++)
        step *= from->extent[a];
    return step;
}

static bool is_broadcast(const neuron_node_t *node)
{
    for (int64_t i = 0; i < node->spec.input_count; i++)
        if (neuron_shape_count(&node->spec.inputs[i]) != neuron_shape_count(&node->spec.output))
            return true;
    return false;
}

/* What an input's value is called at a place of the output. */
static void write_place(neuron_writer *writer, int64_t input)
{
    const neuron_node_t *node = writer->step->node;
    const neuron_shape *to = &node->spec.output;
    WRITE(writer, "const float v@input@ = x[@input@][0", NUMBER("input", input));
    for (int64_t a = 0; a < to->rank; a++) {
        int64_t step = step_of(node, input, a);
        if (step > 0)
            WRITE(writer, " + i@axis@ * @step@", NUMBER("axis", a), NUMBER("step", step));
    }
    neuron_write_lines(writer, "];\n");
}

/* Loops over all places, in which the value is joined input by input. */
static void write_broadcast(neuron_writer *writer, char operation)
{
    const neuron_node_t *node = writer->step->node;
    const neuron_shape *to = &node->spec.output;
    const char sign[] = {operation, '\0'};
    neuron_write_lines(writer, "long i = 0;\n");
    for (int64_t a = 0; a < to->rank; a++)
        WRITE(writer, "for (long i@axis@ = 0; i@axis@ < @extent@; i@axis@++) {\n",
              NUMBER("axis", a), NUMBER("extent", to->extent[a]));
    for (int64_t i = 0; i < node->spec.input_count; i++)
        write_place(writer, i);
    neuron_write_lines(writer, "float joined = v0;\n");
    for (int64_t i = 1; i < node->spec.input_count; i++)
        WRITE(writer, "joined @sign@= v@input@;\n", TEXT("sign", sign), NUMBER("input", i));
    char channel[16];
    snprintf(channel, sizeof channel, "i%d", (int)(to->rank - 1));
    neuron_write_store(writer, "y[i]", "joined", channel);
    neuron_write_lines(writer, "i++;\n");
    for (int64_t a = 0; a < to->rank; a++)
        neuron_write_lines(writer, "}\n");
}

static void write_alike(neuron_writer *writer, char operation)
{
    char text[WRITTEN_MOST * 16] = "x[0][i]";
    size_t length = 7;
    int64_t count = writer->step->node->spec.input_count;
    if (count <= WRITTEN_MOST) {
        for (int i = 1; i < (int)count; i++)
            length +=
                (size_t)snprintf(text + length, sizeof text - length, " %c x[%d][i]", operation, i);
        neuron_write_each(writer, text);
        return;
    }
    const char sign[] = {operation, '\0'};
    char channel[48];
    snprintf(channel, sizeof channel, "i %% %" PRId64, neuron_source_channels(writer->step->node));
    WRITE(writer,
          "for (long i = 0; i < @count@; i++) {\n"
          "float joined = x[0][i];\n"
          "for (int j = 1; j < @inputs@; j++) {\n"
          "joined @sign@= x[j][i];\n"
          "}\n",
          NUMBER("inputs", count), TEXT("sign", sign));
    neuron_write_store(writer, "y[i]", "joined", channel);
    neuron_write_lines(writer, "}\n");
}

static void write_join(neuron_writer *writer, char operation)
{
    if (is_broadcast(writer->step->node))
        write_broadcast(writer, operation);
    else
        write_alike(writer, operation);
}

static void write_add(neuron_writer *writer)
{
    write_join(writer, '+');
}

static void write_multiply(neuron_writer *writer)
{
    write_join(writer, '*');
}

const neuron_source_layer neuron_source_add = {.name = "add", .flags = JOIN, .write = write_add};
const neuron_source_layer neuron_source_multiply = {
    .name = "multiply", .flags = JOIN, .write = write_multiply};

/* ---- Votes ---- */

/* All points that an input has to give. */
static const char *points_text(int64_t classes, char text[NEURON_DOUBLE_TEXT])
{
    return neuron_double_text((double)classes * (double)(classes - 1) / 2, text);
}

/* As many weights as inputs, in double: sums of them decide. */
static void write_vote_weights(neuron_writer *writer)
{
    const neuron_node_t *node = writer->step->node;
    WRITE(writer, "static const double weight[@inputs@] = {",
          NUMBER("inputs", node->spec.input_count));
    for (int64_t i = 0; i < node->spec.input_count; i++) {
        char text[NEURON_DOUBLE_TEXT];
        WRITE(writer, "@comma@@weight@", TEXT("comma", i > 0 ? ", " : ""),
              TEXT("weight", neuron_double_text(weight_of(node, i), text)));
    }
    neuron_write_lines(writer, "};\n");
}

/* One output says which of two classes it is. */
static void write_vote_for_one(neuron_writer *writer)
{
    WRITE(writer,
          "for (long i = 0; i < @count@; i++) {\n"
          "double yes = 0.0, no = 0.0, balance = 0.0;\n"
          "for (int j = 0; j < @inputs@; j++) {\n"
          "const float v = x[j][i];\n"
          "if (v > 0.5f) {\n"
          "yes += weight[j];\n"
          "} else if (v <= 0.5f) {\n"
          "no += weight[j];\n"
          "}\n"
          "if (v == v) {\n"
          "balance += weight[j] * ((double)v - 0.5);\n"
          "}\n"
          "}\n"
          "const int tie = fabs(yes - no) <= 3.552713678800501e-15 * (yes + no);\n"
          "const float share = tie ? 0.5f : (float)(yes / (yes + no));\n"
          "if (tie ? balance > 0.0 : yes > no) {\n"
          "y[i] = fmaxf(share, nextafterf(0.5f, 1.0f));\n"
          "} else {\n"
          "y[i] = yes + no > 0.0 ? fminf(share, 0.5f) : (float)NAN;\n"
          "}\n"
          "}\n",
          NUMBER("inputs", writer->step->node->spec.input_count));
}

/* Each input votes for its largest class, or for all by their rank. Among those that lead alike the
 * values decide. */
static void write_vote_for_classes(neuron_writer *writer, int64_t classes)
{
    char text[NEURON_DOUBLE_TEXT];
    bool borda =
        neuron_source_option(writer->step->node, NEURON_NODE_BALLOT) == NEURON_BALLOT_BORDA;
    neuron_field inputs = NUMBER("inputs", writer->step->node->spec.input_count);
    neuron_field extent = NUMBER("classes", classes);
    WRITE(writer,
          "for (long row = 0; row < @count@; row += @classes@) {\n"
          "long choice[@inputs@];\n"
          "double votes[@classes@] = {0.0}, support[@classes@] = {0.0};\n"
          "double all = 0.0, lead = 0.0;\n"
          "for (int j = 0; j < @inputs@; j++) {\n"
          "choice[j] = 0;\n"
          "for (long k = 0; k < @classes@; k++) {\n"
          "const float v = x[j][row + k];\n"
          "if (v != v) {\n"
          "choice[j] = -1;\n"
          "break;\n"
          "}\n"
          "choice[j] = v > x[j][row + choice[j]] ? k : choice[j];\n"
          "}\n"
          "if (choice[j] < 0) {\n"
          "continue;\n"
          "}\n"
          "all += weight[j];\n"
          "for (long k = 0; k < @classes@; k++) {\n"
          "support[k] += weight[j] * (double)x[j][row + k];\n"
          "}\n",
          inputs, extent);
    if (borda)
        WRITE(writer,
              "for (long k = 0; k < @classes@; k++) {\n"
              "double points = 0.0;\n"
              "for (long other = 0; other < @classes@; other++) {\n"
              "const float mine = x[j][row + k], theirs = x[j][row + other];\n"
              "points += other == k ? 0.0 : mine > theirs ? 1.0 : mine == theirs ? 0.5 : 0.0;\n"
              "}\n"
              "votes[k] += weight[j] * (points / @points@);\n"
              "}\n",
              extent, TEXT("points", points_text(classes, text)));
    else
        neuron_write_lines(writer, "votes[choice[j]] += weight[j];\n");
    neuron_write_lines(writer, "}\n");
    WRITE(writer,
          "for (long k = 0; k < @classes@; k++) {\n"
          "y[row + k] = all > 0.0 ? (float)(votes[k] / all) : (float)NAN;\n"
          "lead = votes[k] > lead ? votes[k] : lead;\n"
          "}\n"
          "long winner = -1;\n"
          "for (long k = 0; k < @classes@; k++) {\n"
          "const int leads = votes[k] > 0.0 &&\n"
          "fabs(votes[k] - lead) <= 3.552713678800501e-15 * (votes[k] + lead);\n"
          "if (leads && (winner < 0 || support[k] > support[winner])) {\n"
          "winner = k;\n"
          "}\n"
          "}\n"
          "float others = 0.0f;\n"
          "for (long k = 0; k < @classes@; k++) {\n"
          "others = k != winner && y[row + k] > others ? y[row + k] : others;\n"
          "}\n"
          "if (winner >= 0 && y[row + winner] <= others) {\n"
          "y[row + winner] = nextafterf(others, 2.0f);\n"
          "}\n"
          "}\n",
          extent);
}

static void write_vote(neuron_writer *writer)
{
    int64_t classes = neuron_source_channels(writer->step->node);
    writer->needs_math = true;
    write_vote_weights(writer);
    if (classes == 1)
        write_vote_for_one(writer);
    else
        write_vote_for_classes(writer, classes);
}

const neuron_source_layer neuron_source_vote = {
    .name = "vote", .flags = NEURON_SOURCE_MANY, .write = write_vote};

/* ---- How sure several are ---- */

/* Lines before the measure: the weights, what each input has for a class, and the mean. */
static void write_means(neuron_writer *writer, int64_t values)
{
    neuron_field classes = NUMBER("classes", values > 1 ? values : 2);
    WRITE(writer,
          "for (long i = 0; i < @count@; i++) {\n"
          "float p[@inputs@][@classes@], mean[@classes@] = {0.0f};\n"
          "float shares[@classes@] = {0.0f};\n"
          "float all = 0.0f, entropy = 0.0f, expected = 0.0f, first = -1.0f, second = -1.0f;\n"
          "float most = 0.0f, alike = 0.0f;\n"
          "for (int j = 0; j < @inputs@; j++) {\n"
          "long choice = 0;\n",
          NUMBER("inputs", writer->step->node->spec.input_count), classes);
    if (values > 1)
        WRITE(writer,
              "for (long k = 0; k < @classes@; k++) {\n"
              "p[j][k] = x[j][i * @classes@ + k];\n"
              "}\n",
              classes);
    else
        neuron_write_lines(writer, "p[j][1] = x[j][i];\n"
                                   "p[j][0] = 1.0f - x[j][i];\n");
    WRITE(writer,
          "for (long k = 0; k < @classes@; k++) {\n"
          "const float v = p[j][k] < @least@ ? @least@ : p[j][k];\n"
          "mean[k] += @node@_weights[j] * p[j][k];\n"
          "expected -= @node@_weights[j] * p[j][k] * logf(v);\n"
          "all += p[j][k];\n"
          "choice = p[j][k] > p[j][choice] ? k : choice;\n"
          "}\n"
          "shares[choice] += @node@_weights[j];\n"
          "}\n",
          classes, TEXT("least", "1.17549435e-38f"));
}

/* What the measures are, by their places in the list of words. */
static const char *const measures[] = {
    "entropy",
    "expected",
    "entropy > expected ? entropy - expected : 0.0f",
    "1.0f - most > 1e-6f ? 1.0f - most : 0.0f",
    "1.0f - alike > 1e-6f ? (1.0f - alike) * @pairs@ : 0.0f",
    "first - second",
    "first",
    "first >= @threshold@ ? 1.0f : 0.0f",
};

static void write_uncertainty(neuron_writer *writer)
{
    const neuron_node_t *node = writer->step->node;
    const neuron_shape *shape = &node->spec.inputs[0];
    int64_t values = shape->extent[shape->rank - 1];
    char pairs[NEURON_FLOAT_TEXT], threshold[NEURON_FLOAT_TEXT];
    double all = 0, own = 0;
    for (int64_t i = 0; i < node->spec.input_count; i++)
        all += weight_of(node, i);
    for (int64_t i = 0; i < node->spec.input_count; i++)
        own += weight_of(node, i) / all * (weight_of(node, i) / all);
    neuron_float_text(1 - own > 1e-12 ? (float)(1 / (1 - own)) : 0, pairs);
    neuron_float_text((float)neuron_source_real(node, NEURON_NODE_THRESHOLD), threshold);
    writer->needs_math = true;
    write_weights(writer);
    write_means(writer, values);
    WRITE(writer,
          "for (long k = 0; k < @classes@; k++) {\n"
          "const float v = mean[k] < @least@ ? @least@ : mean[k];\n"
          "entropy -= mean[k] * logf(v);\n"
          "second = mean[k] > first ? first : mean[k] > second ? mean[k] : second;\n"
          "first = mean[k] > first ? mean[k] : first;\n"
          "most = shares[k] > most ? shares[k] : most;\n"
          "alike += shares[k] * shares[k];\n"
          "}\n",
          NUMBER("classes", values > 1 ? values : 2), TEXT("least", "1.17549435e-38f"));
    neuron_write_lines(writer, "const float told = ");
    WRITE(writer, measures[neuron_source_option(node, NEURON_NODE_MEASURE)], TEXT("pairs", pairs),
          TEXT("threshold", threshold));
    neuron_write_lines(writer, ";\n"
                               "y[i] = all != all ? (float)NAN : told;\n"
                               "(void)entropy;\n"
                               "(void)expected;\n"
                               "(void)first;\n"
                               "(void)second;\n"
                               "(void)most;\n"
                               "(void)alike;\n"
                               "}\n");
}

const neuron_source_layer neuron_source_uncertainty = {
    .name = "uncertainty", .flags = NEURON_SOURCE_MANY, .write = write_uncertainty};
