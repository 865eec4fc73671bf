/* Parameters, and sums of products: four rows of a kernel are added at a time, so that a sum is
 * loaded and stored once for all four. */
#include "source/layers/sums.h"

#include <stdio.h>

enum { TOGETHER = 4 };

neuron_source_sums neuron_source_sums_of(int64_t filters, int64_t groups)
{
    static const char *const firsts[] = {"", "first + ", "base + ", "base + first + "};
    int64_t own = filters / groups, block = neuron_block_of(own);
    return (neuron_source_sums){
        .filters = filters,
        .groups = groups,
        .block = block,
        .first = firsts[2 * (groups > 1) + (block < own)],
        .type = "float",
        .weight = "float",
        .minus = "",
    };
}

/* ---- Parameters ---- */

/* What filters are multiplied by, and their biases; both are 1 and 0 where there is nothing. */
static void fill_filters(const neuron_step *step, int64_t filters, float *bias, double *scale)
{
    const float *own = neuron_source_values(step->node, "bias");
    for (int64_t f = 0; f < filters; f++) {
        neuron_affine affine = {1, 0};
        if (step->folded)
            affine = neuron_batch_norm_affine(step->folded, f);
        scale[f] = affine.scale;
        bias[f] = (float)((own ? (double)own[f] : 0) * affine.scale + affine.shift);
    }
}

/* `rows` of a kernel by filters. */
static void fill_kernel(const float *from, int64_t rows, int64_t filters, int64_t channels,
                        const double *scale, float *to)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t f = 0; f < filters; f++) {
            int64_t tap = channels > 0 ? r / channels : 0, c = channels > 0 ? r % channels : 0;
            int64_t at = channels > 0 ? (tap * filters + f) * channels + c : r * filters + f;
            *to++ = (float)((double)from[at] * scale[f]);
        }
}

static int64_t kernel_size(const neuron_node_t *node)
{
    const neuron_node_t *owner = node->owner ? node->owner : node;
    return neuron_shape_count(&owner->spec.arrays[0].shape);
}

static bool has_bias(const neuron_step *step)
{
    return step->folded || neuron_source_values(step->node, "bias");
}

static void write_filled(neuron_writer *writer, int64_t filters, int64_t channels, float *floats)
{
    const neuron_step *step = writer->step;
    int64_t size = kernel_size(step->node);
    float *kernel = floats, *bias = floats + size;
    double *scale = neuron_allocate(writer->graph->context, neuron_size(filters), sizeof *scale);
    if (!scale) {
        writer->status = writer->status < 0 ? writer->status : NEURON_E_MEMORY;
        return;
    }
    fill_filters(step, filters, bias, scale);
    fill_kernel(neuron_source_values(step->node, "kernel"), size / filters, filters, channels,
                scale, kernel);
    neuron_write_floats(writer, step->node, "kernel", kernel, size);
    if (has_bias(step))
        neuron_write_floats(writer, step->node, "bias", bias, filters);
    neuron_release(writer->graph->context, scale);
}

void neuron_write_parameters(neuron_writer *writer, int64_t filters, int64_t channels)
{
    if (!neuron_write_arrays_now(writer, writer->step->node))
        return;
    float *floats = neuron_writer_floats(writer, kernel_size(writer->step->node) + filters);
    if (floats)
        write_filled(writer, filters, channels, floats);
    neuron_release(writer->graph->context, floats);
}

/* ---- Sums ---- */

static int64_t own_of(const neuron_source_sums *sums)
{
    return sums->filters / sums->groups;
}

void neuron_write_sums(neuron_writer *writer, const neuron_source_sums *sums)
{
    if (sums->groups > 1)
        WRITE(writer,
              "for (long group = 0; group < @groups@; group++) {\n"
              "const long base = group * @own@;\n",
              NUMBER("groups", sums->groups), NUMBER("own", own_of(sums)));
    if (sums->block < own_of(sums))
        WRITE(writer, "for (long first = 0; first < @own@; first += @block@) {\n",
              NUMBER("own", own_of(sums)), NUMBER("block", sums->block));
    bool floats = *sums->type == 'f';
    WRITE(writer, "@type@ sum[@block@];\nfor (long f = 0; f < @block@; f++) {\n",
          TEXT("type", sums->type), NUMBER("block", sums->block));
    WRITE(writer,
          !floats                  ? "sum[f] = 0;\n}\n"
          : has_bias(writer->step) ? "sum[f] = @node@_bias[@first@f];\n}\n"
                                   : "sum[f] = 0.0f;\n}\n",
          TEXT("first", sums->first));
}

void neuron_write_sums_end(neuron_writer *writer, const neuron_source_sums *sums, const char *value)
{
    char target[48], channel[40];
    snprintf(channel, sizeof channel, "%sf", sums->first);
    snprintf(target, sizeof target, "y[%s]", channel);
    WRITE(writer, "for (long f = 0; f < @block@; f++) {\n", NUMBER("block", sums->block));
    neuron_write_store(writer, target, value, channel);
    neuron_write_lines(writer, "}\n");
    for (int i = (sums->groups > 1) + (sums->block < own_of(sums)); i > 0; i--)
        neuron_write_lines(writer, "}\n");
}

void neuron_write_products(neuron_writer *writer, const neuron_source_sums *sums, const char *depth,
                           int64_t number)
{
    bool fours = depth || number >= TOGETHER, ones = depth || number % TOGETHER > 0;
    const neuron_field type = TEXT("type", sums->type), minus = TEXT("minus", sums->minus);
    const neuron_field block = NUMBER("block", sums->block), one = NUMBER("one", sums->filters);
    if (depth)
        WRITE(writer, "long n = @depth@;\n", TEXT("depth", depth));
    else
        WRITE(writer, "long n = @depth@;\n", NUMBER("depth", number));
    if (fours)
        WRITE(writer,
              "for (; n >= 4; n -= 4, p += 4, k += @four@) {\n"
              "const @type@ p0 = p[0]@minus@, p1 = p[1]@minus@, p2 = p[2]@minus@, "
              "p3 = p[3]@minus@;\n"
              "for (long f = 0; f < @block@; f++) {\n"
              "sum[f] += p0 * k[f] + p1 * k[f + @one@] + p2 * k[f + @two@] + p3 * k[f + @three@];\n"
              "}\n"
              "}\n",
              type, minus, block, one, NUMBER("two", 2 * sums->filters),
              NUMBER("three", 3 * sums->filters), NUMBER("four", 4 * sums->filters));
    if (ones)
        WRITE(writer,
              "for (; n > 0; n--, p++, k += @one@) {\n"
              "const @type@ p0 = p[0]@minus@;\n"
              "for (long f = 0; f < @block@; f++) {\n"
              "sum[f] += p0 * k[f];\n"
              "}\n"
              "}\n",
              type, minus, block, one);
}

void neuron_write_kernel_at(neuron_writer *writer, const neuron_source_sums *sums, const char *row,
                            int64_t step)
{
    WRITE(writer, "const @weight@ *k = @node@_kernel + @first@(@row@) * @step@;\n",
          TEXT("weight", sums->weight), TEXT("first", sums->first), TEXT("row", row),
          NUMBER("step", step));
}

/* ---- The dense layer ---- */

static void write_dense(neuron_writer *writer)
{
    const neuron_shape *from = &writer->step->node->spec.inputs[0];
    int64_t depth = from->extent[from->rank - 1], rows = neuron_shape_count(from) / depth;
    const neuron_source_sums sums =
        neuron_source_sums_of(neuron_source_channels(writer->step->node), 1);
    neuron_write_parameters(writer, sums.filters, 0);
    if (rows > 1)
        WRITE(writer, "for (long row = 0; row < @rows@; row++, x += @depth@, y += @filters@) {\n",
              NUMBER("rows", rows), NUMBER("depth", depth), NUMBER("filters", sums.filters));
    neuron_write_sums(writer, &sums);
    WRITE(writer, "const float *p = x;\nconst float *k = @node@_kernel@first@;\n",
          TEXT("first", *sums.first ? " + first" : ""));
    neuron_write_products(writer, &sums, NULL, depth);
    neuron_write_sums_end(writer, &sums, "sum[f]");
    if (rows > 1)
        neuron_write_lines(writer, "}\n");
}

const neuron_source_layer neuron_source_dense = {
    .name = "dense",
    .flags = NEURON_SOURCE_CHAINS | NEURON_SOURCE_FOLDS,
    .write = write_dense,
};
