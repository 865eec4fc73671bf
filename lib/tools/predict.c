/* libneuron-predict: what a model says of files. */
#include "tools/data.h"
#include "tools/formats.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const tool_t tool = {
    "libneuron-predict",
    "usage: libneuron-predict [OPTION...] MODEL FILE...\n"
    "\n"
    "Predicts what is in the files: images (PNG, PBM, PGM, PPM), rows of a table\n"
    "(CSV), arrays of NumPy (.npy, .npz) and IDX files. What a file is, its contents\n"
    "tell. Of classes the likeliest are printed with their shares, else the numbers.\n"
    "\n"
    "  -k, --top=COUNT       so many classes; 3\n"
    "  -c, --csv             a row for each example, with all numbers\n"
    "  -x, --x=NAME          the array of an .npz archive\n"
    "      --table=OPTIONS   how a table is read, for a model that has not learnt\n"
    "                        from one: separator=;, header=absent\n"
    "      --scale=WORD      scale stored numbers as those of the training set: yes,\n"
    "                        no, or auto: bytes and tables, the default\n"
    "      --help            print this, and end\n"
    "      --version         print the version, and end\n"
    "\n"
    "It ends with 0, with 1 if a file could not be predicted, after all others were,\n"
    "and with 2 if it was called otherwise.\n",
};

typedef struct work {
    neuron_context_t *context;
    neuron_graph_t *graph;
    data_request_t request;
    int64_t top, outputs; /* numbers of an example */
    bool csv, named;      /* classes have names */
    bool heads;           /* the first line of CSV is printed */
} work_t;

/* ---- Printing ---- */

static const char *class_name(const work_t *work, int64_t k)
{
    return neuron_graph_class_name(work->graph, NULL, k);
}

/* A field of CSV, in quotes where it has to be. */
static void print_field(const char *text)
{
    if (!text[strcspn(text, ",\"\r\n")]) {
        fputs(text, stdout);
        return;
    }
    putchar('"');
    for (; *text; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    putchar('"');
}

static void print_heads(work_t *work)
{
    if (work->heads)
        return;
    work->heads = true;
    fputs("file,example", stdout);
    for (int64_t k = 0; k < work->outputs; k++) {
        char number[32];
        const char *name = work->outputs > 1 ? class_name(work, k) : NULL;
        snprintf(number, sizeof number, "output_%" PRId64, k);
        putchar(',');
        print_field(name ? name : number);
    }
    putchar('\n');
}

static void print_row(work_t *work, const char *path, int64_t example, const float *values)
{
    print_heads(work);
    print_field(path);
    printf(",%" PRId64, example);
    for (int64_t k = 0; k < work->outputs; k++)
        printf(",%.9g", (double)values[k]);
    putchar('\n');
}

/* Whether the numbers are shares of classes. */
static bool are_shares(const float *values, int64_t count)
{
    double sum = 0;
    for (int64_t k = 0; k < count; k++) {
        if (!(values[k] >= 0))
            return false;
        sum += (double)values[k];
    }
    return count > 1 && fabs(sum - 1) < 1e-3;
}

/* Parts of a line behind a name, in lines that fit a terminal. */
typedef struct line {
    int columns, used, indent;
} line_t;

static void print_part(line_t *line, const char *text)
{
    int size = (int)strlen(text) + 2;
    if (line->columns > 0 && line->used + size > line->columns && line->used > line->indent) {
        printf("\n%*s", line->indent - 1, "");
        line->used = line->indent;
    }
    putchar(' ');
    tool_print_name(text);
    line->used += size;
}

static void print_classes(work_t *work, line_t *line, const float *values)
{
    bool *told = tool_allocate(&tool, (size_t)work->outputs, sizeof *told);
    for (int64_t i = 0; i < work->top && i < work->outputs; i++) {
        int64_t best = -1;
        for (int64_t k = 0; k < work->outputs; k++)
            if (!told[k] && (best < 0 || values[k] > values[best]))
                best = k;
        told[best] = true;
        const char *name = class_name(work, best),
                   *comma = i + 1 < work->top && i + 1 < work->outputs ? "," : "";
        char *text = name
                         ? tool_text(&tool, "%s %.1f %%%s", name, 100 * (double)values[best], comma)
                         : tool_text(&tool, "class %" PRId64 " %.1f %%%s", best,
                                     100 * (double)values[best], comma);
        print_part(line, text);
        free(text);
    }
    free(told);
}

/* One output that says which of two classes it is. */
static void print_one(work_t *work, line_t *line, float value)
{
    const char *name = class_name(work, value > 0.5f);
    char *text = name ? tool_text(&tool, "%s (%.6g)", name, (double)value)
                      : tool_text(&tool, "%.6g", (double)value);
    print_part(line, text);
    free(text);
}

static void print_numbers(work_t *work, line_t *line, const float *values)
{
    enum { MOST = 16 };
    for (int64_t k = 0; k < work->outputs && k < MOST; k++) {
        char *text = tool_text(&tool, "%.6g", (double)values[k]);
        print_part(line, text);
        free(text);
    }
    if (work->outputs > MOST) {
        char *text = tool_text(&tool, "... %s numbers, all with --csv", tool_count(work->outputs));
        print_part(line, text);
        free(text);
    }
}

static void print_example(work_t *work, const char *path, int64_t example, int64_t count,
                          const float *values)
{
    if (work->csv) {
        print_row(work, path, example, values);
        return;
    }
    char *name = count > 1 ? tool_text(&tool, "%s[%" PRId64 "]:", path, example)
                           : tool_text(&tool, "%s:", path);
    line_t line = {.columns = tool_columns(), .used = (int)strlen(name), .indent = 4};
    tool_print_name(name);
    if (work->outputs == 1)
        print_one(work, &line, *values);
    else if (are_shares(values, work->outputs))
        print_classes(work, &line, values);
    else
        print_numbers(work, &line, values);
    putchar('\n');
    free(name);
}

static void print_output(work_t *work, const char *path, const neuron_tensor_t *output)
{
    const float *values = neuron_tensor_data_const(output);
    int64_t count = neuron_tensor_extent(output, 0);
    for (int64_t e = 0; e < count; e++)
        print_example(work, path, e, count, values + e * work->outputs);
}

/* ---- Predicting ---- */

static neuron_tensor_t *make_output(const work_t *work, int64_t count)
{
    int64_t shape[NEURON_RANK_MAX + 1] = {count};
    int32_t rank;
    neuron_tensor_t *output = NULL;
    if (neuron_graph_output_shape(shape + 1, &rank, work->graph) < 0 ||
        neuron_tensor_create(&output, work->context, NEURON_TYPE_F32, shape, rank + 1) < 0)
        tool_complain_of_call(&tool);
    return output;
}

static bool predict_image(work_t *work, const char *path)
{
    size_t count = 0;
    neuron_tensor_t *image = NULL, *output = NULL;
    (void)neuron_graph_scales(NULL, NULL, 0, &count, work->graph, NULL);
    double *scales = tool_allocate(&tool, 2 * count, sizeof *scales);
    bool done = (count == 0 || neuron_graph_scales(scales, scales + count, count, NULL, work->graph,
                                                   NULL) == NEURON_OK) &&
                neuron_tensor_load_image(&image, work->context, path, scales, scales + count,
                                         count) == NEURON_OK;
    if (!done)
        tool_complain_of_call(&tool);
    output = done ? make_output(work, 1) : NULL;
    done = output != NULL;
    if (done && neuron_graph_predict(work->graph, image, output) < 0) {
        tool_complain(&tool, "%s: %s", path, neuron_error_last());
        done = false;
    }
    if (done)
        print_output(work, path, output);
    neuron_tensor_unref(output);
    neuron_tensor_unref(image);
    free(scales);
    return done;
}

static bool predict_data(work_t *work, const char *path)
{
    work->request.path = path;
    neuron_dataset_t *dataset = data_to_predict(&tool, work->graph, work->context, &work->request);
    neuron_tensor_t *output = dataset ? make_output(work, neuron_dataset_count(dataset)) : NULL;
    bool done = output != NULL;
    if (done && neuron_graph_predict_dataset(work->graph, dataset, output) < 0) {
        tool_complain(&tool, "%s: %s", path, neuron_error_last());
        done = false;
    }
    if (done)
        print_output(work, path, output);
    neuron_tensor_unref(output);
    neuron_dataset_unref(dataset);
    return done;
}

static bool predict(work_t *work, const char *path)
{
    const content_t content = content_of(path);
    switch (content.kind) {
    case CONTENT_PNG:
    case CONTENT_PNM:
        return predict_image(work, path);
    case CONTENT_TEXT:
    case CONTENT_NPY:
    case CONTENT_NPZ:
    case CONTENT_IDX:
        return predict_data(work, path);
    case CONTENT_MISSING:
        tool_complain(&tool, "%s: %s", path, strerror(errno));
        return false;
    case CONTENT_JPEG:
        tool_complain(&tool,
                      "%s is a JPEG image, which is not read; any image program makes PNG of it",
                      path);
        return false;
    default:
        tool_complain(&tool, "%s is %s, which has nothing to predict", path,
                      content_name(content.kind));
        return false;
    }
}

/* ---- The call ---- */

static work_t read_call(int argc, char **argv)
{
    enum { TABLE = TOOL_OWN, SCALE };
    static const struct option options[] = {
        {"top", required_argument, NULL, 'k'},        {"csv", no_argument, NULL, 'c'},
        {"x", required_argument, NULL, 'x'},          {"table", required_argument, NULL, TABLE},
        {"scale", required_argument, NULL, SCALE},    {"help", no_argument, NULL, TOOL_HELP},
        {"version", no_argument, NULL, TOOL_VERSION}, {NULL, 0, NULL, 0}};
    work_t work = {.top = 3};
    tool_begin(&tool, argv);
    for (int given; (given = getopt_long(argc, argv, "k:cx:", options, NULL)) != -1;)
        switch (given) {
        case 'k':
            work.top = tool_number(&tool, "--top", optarg, 1, 65536);
            break;
        case 'c':
            work.csv = true;
            break;
        case 'x':
            work.request.x = optarg;
            break;
        case TABLE:
            work.request.table = optarg;
            break;
        case SCALE:
            work.request.scale = data_scale(&tool, optarg);
            break;
        default:
            tool_tell(&tool, given);
        }
    if (argc - optind < 2)
        tool_misused(&tool, "there must be a MODEL and a FILE");
    return work;
}

static int64_t count_outputs(const neuron_graph_t *graph)
{
    int64_t shape[NEURON_RANK_MAX], count = 1;
    int32_t rank = 0;
    (void)neuron_graph_output_shape(shape, &rank, graph);
    for (int32_t a = 0; a < rank; a++)
        count *= shape[a];
    return count;
}

int main(int argc, char **argv)
{
    work_t work = read_call(argc, argv);
    int status = TOOL_DONE;
    work.context = tool_context(&tool, false);
    work.graph = format_load(&tool, work.context, argv[optind]);
    if (!work.graph || !data_fits(&tool, work.graph)) {
        status = TOOL_FAILED;
    } else {
        work.outputs = count_outputs(work.graph);
        for (int i = optind + 1; i < argc; i++)
            if (!predict(&work, argv[i]))
                status = TOOL_FAILED;
    }
    neuron_graph_unref(work.graph);
    neuron_context_unref(work.context);
    return tool_finish(&tool, status);
}
