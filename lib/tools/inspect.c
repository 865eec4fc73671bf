/* libneuron-inspect: what a file is, and what is in it. */
#include "tools/formats.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const tool_t tool = {
    "libneuron-inspect",
    "usage: libneuron-inspect [OPTION...] FILE...\n"
    "\n"
    "Says what each file is, by its contents: models with their layers, memory,\n"
    "inputs, classes and texts; arrays, images, tables, archives and folders with\n"
    "what is in them.\n"
    "\n"
    "  -b, --batch=COUNT     tell the memory for as many examples at a time; 1\n"
    "      --help            print this, and end\n"
    "      --version         print the version, and end\n"
    "\n"
    "It ends with 0, with 1 if a file could not be read, and with 2 if it was called\n"
    "otherwise.\n",
};

enum { LIST_MOST = 12 };

/* ---- Models ---- */

static const char *node_shape(const neuron_node_t *node, char text[TOOL_SHAPE])
{
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank = 0;
    (void)neuron_node_shape(shape, &rank, node);
    return tool_shape(shape, rank, text);
}

static int columns_of(void)
{
    int columns = tool_columns();
    return columns > 0 ? columns : 80;
}

/* How bytes become an input. */
static void print_scale(const neuron_graph_t *graph, const char *input)
{
    size_t count = 0;
    double scale, offset;
    if (neuron_graph_scales(NULL, NULL, 0, &count, graph, input) < 0 || count == 0)
        return;
    if (count > 1)
        printf(", of bytes scaled by channel");
    else if (neuron_graph_scales(&scale, &offset, 1, NULL, graph, input) == NEURON_OK)
        printf(offset < 0 || offset > 0 ? ", of byte * %.6g %c %.6g" : ", of byte * %.6g", scale,
               offset < 0 ? '-' : '+', fabs(offset));
}

/* Names in lines that fit, the first of them. */
static void print_names(const char *label, const char *(*name_at)(const void *list, int64_t index),
                        const void *list)
{
    int columns = columns_of(), used = (int)strlen(label) + 4, indent = 4;
    int64_t k = 0;
    printf("  %s:", label);
    for (const char *name; (name = name_at(list, k)) != NULL && k < 5 * LIST_MOST; k++) {
        int size = (int)strlen(name) + 2;
        if (used + size > columns) {
            printf("\n%*s", indent - 1, "");
            used = indent;
        }
        putchar(' ');
        tool_print_name(name);
        putchar(name_at(list, k + 1) ? ',' : '\n');
        used += size;
    }
    if (k == 5 * LIST_MOST && name_at(list, k))
        printf(" ...\n");
}

typedef struct classes {
    const neuron_graph_t *graph;
    const char *output;
} classes_t;

static const char *class_at(const void *list, int64_t index)
{
    const classes_t *classes = list;
    return neuron_graph_class_name(classes->graph, classes->output, index);
}

static void print_ends(const neuron_graph_t *graph)
{
    char text[TOOL_SHAPE];
    for (int64_t i = 0; i < neuron_graph_input_count(graph); i++) {
        const neuron_node_t *node = neuron_graph_input(graph, i);
        printf("  input ");
        tool_print_name(neuron_node_name(node));
        printf(": %s", node_shape(node, text));
        print_scale(graph, neuron_node_name(node));
        putchar('\n');
    }
    for (int64_t i = 0; i < neuron_graph_output_count(graph); i++) {
        const neuron_node_t *node = neuron_graph_output(graph, i);
        const classes_t classes = {graph, neuron_node_name(node)};
        printf("  output ");
        tool_print_name(neuron_node_name(node));
        printf(": %s\n", node_shape(node, text));
        if (class_at(&classes, 0))
            print_names("classes", class_at, &classes);
    }
}

static const char *field_at(const void *list, int64_t index)
{
    return neuron_preparation_field_name(list, index);
}

static void print_table(const neuron_graph_t *graph)
{
    neuron_preparation_t *preparation;
    if (neuron_graph_preparation(&preparation, graph) < 0)
        return;
    if (*neuron_preparation_field_name(preparation, 0))
        print_names("columns of a table", field_at, preparation);
    else
        printf("  columns of a table: %s without names\n",
               tool_count(neuron_preparation_field_count(preparation)));
    neuron_preparation_unref(preparation);
}

/* The first line of a text. */
static void print_metadata(const neuron_graph_t *graph)
{
    const char *key;
    for (int64_t i = 0; (key = neuron_graph_metadata_key(graph, i)) != NULL; i++) {
        const char *text = neuron_graph_metadata(graph, key);
        int room = columns_of() - (int)strlen(key) - 6;
        int size = (int)strcspn(text, "\n"), shown = size < room ? size : room > 20 ? room - 4 : 20;
        printf("  ");
        tool_print_name(key);
        printf(": %.*s%s\n", shown < size ? shown : size, text,
               shown < size || text[size] ? " ..." : "");
    }
}

static bool fits(const char *text)
{
    size_t columns = (size_t)columns_of();
    for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
        if (strcspn(text, "\n") > columns)
            return false;
    return true;
}

/* A line for each layer where the table is too wide. */
static void print_layers(const neuron_graph_t *graph)
{
    char text[TOOL_SHAPE];
    for (int64_t i = 0; i < neuron_graph_node_count(graph); i++) {
        const neuron_node_t *node = neuron_graph_node(graph, i);
        printf("  ");
        tool_print_name(neuron_node_name(node));
        printf(" (%s)\n    %s\n", neuron_node_layer(node), node_shape(node, text));
    }
    printf("  parameters: %s\n", tool_count(neuron_graph_parameter_count(graph)));
}

static bool print_summary(const neuron_graph_t *graph, int64_t batch)
{
    size_t size = 0;
    if (neuron_graph_summary(NULL, 0, &size, graph, batch) < 0)
        return false;
    char *text = tool_allocate(&tool, size, 1);
    bool done = neuron_graph_summary(text, size, NULL, graph, batch) == NEURON_OK;
    if (done && fits(text))
        fputs(text, stdout);
    else if (done)
        print_layers(graph);
    free(text);
    return done;
}

static bool print_memory(const neuron_graph_t *graph, int64_t batch)
{
    int64_t bytes;
    if (neuron_graph_memory(&bytes, graph, batch, NULL) < 0)
        return false;
    printf("  memory: %s of parameters, %s to predict %s at a time\n",
           tool_bytes(4 * neuron_graph_parameter_count(graph)), tool_bytes(bytes),
           tool_count(batch));
    return true;
}

static bool print_model(const content_t *content, neuron_context_t *context, int64_t batch)
{
    neuron_graph_t *graph;
    const format_t *format = format_by_kind(content->kind);
    if (!format || !format->read)
        return true;
    if (format->read(&graph, context, content->path) < 0) {
        if (content->kind == CONTENT_HDF5) { /* which may be of any program */
            printf("  no model: %s\n", neuron_error_last());
            return true;
        }
        tool_complain_of_call(&tool);
        return false;
    }
    print_ends(graph);
    print_table(graph);
    print_metadata(graph);
    bool done = print_memory(graph, batch) && print_summary(graph, batch);
    if (!done)
        tool_complain_of_call(&tool);
    neuron_graph_unref(graph);
    return done;
}

/* ---- Arrays ---- */

static void print_array(const char *name, json_t *entry)
{
    char text[TOOL_SHAPE];
    int64_t shape[NEURON_RANK_MAX] = {0};
    json_t *extents = json_object_get(entry, "shape");
    size_t rank = json_array_size(extents);
    for (size_t a = 0; a < rank && a < NEURON_RANK_MAX; a++)
        shape[a] = json_integer_value(json_array_get(extents, a));
    const char *type = json_string_value(json_object_get(entry, "dtype"));
    printf("  ");
    tool_print_name(name);
    printf(": %s %s\n", type ? type : "?",
           tool_shape(shape, rank < NEURON_RANK_MAX ? (int32_t)rank : NEURON_RANK_MAX, text));
}

static bool print_weights(const content_t *content)
{
    char *text = content_safetensors_header(content->path);
    json_t *header = text ? json_loads(text, 0, NULL) : NULL;
    const char *name;
    json_t *entry;
    int64_t count = 0;
    json_object_foreach(header, name, entry) if (strcmp(name, "__metadata__") != 0 &&
                                                 count++ < 2 * LIST_MOST) print_array(name, entry);
    if (count > 2 * LIST_MOST)
        printf("  ... %s arrays in all\n", tool_count(count));
    free(text);
    json_decref(header);
    if (!header)
        tool_complain(&tool, "%s: its header is damaged", content->path);
    return header != NULL;
}

static const char *type_name(int32_t type)
{
    return type == NEURON_TYPE_U8    ? "bytes"
           : type == NEURON_TYPE_I32 ? "integers"
           : type == NEURON_TYPE_I64 ? "integers"
                                     : "floats";
}

static void print_tensor(const neuron_tensor_t *tensor)
{
    char text[TOOL_SHAPE];
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank = neuron_tensor_rank(tensor);
    for (int32_t a = 0; a < rank; a++)
        shape[a] = neuron_tensor_extent(tensor, a);
    printf("  %s, %s", tool_shape(shape, rank, text), type_name(neuron_tensor_type(tensor)));
}

/* The range of what floats there are. */
static void print_range(const neuron_tensor_t *tensor)
{
    const float *values = neuron_tensor_data_const(tensor);
    double least = INFINITY, most = -INFINITY;
    for (int64_t i = 0;
         neuron_tensor_type(tensor) == NEURON_TYPE_F32 && i < neuron_tensor_count(tensor); i++) {
        least = fmin(least, (double)values[i]);
        most = fmax(most, (double)values[i]);
    }
    if (least <= most)
        printf(", from %.6g to %.6g", least, most);
    putchar('\n');
}

/* What a call has loaded, unless it failed. */
static bool print_loaded(int status, neuron_tensor_t *tensor)
{
    if (status < 0) {
        tool_complain_of_call(&tool);
        return false;
    }
    print_tensor(tensor);
    print_range(tensor);
    neuron_tensor_unref(tensor);
    return true;
}

typedef struct archive {
    neuron_context_t *context;
    const char *path;
    int64_t count;
    bool good, arrays;
} archive_t;

static void print_member(const char *name, int64_t size, void *user_data)
{
    archive_t *archive = user_data;
    neuron_tensor_t *tensor;
    if (archive->count++ >= 2 * LIST_MOST)
        return;
    printf("  ");
    tool_print_name(name);
    if (!archive->arrays) {
        printf(": %s\n", tool_bytes(size));
        return;
    }
    putchar(':');
    int status = neuron_tensor_load_npz(&tensor, archive->context, archive->path, name);
    archive->good &= print_loaded(status, tensor);
}

static bool print_archive(const content_t *content, neuron_context_t *context)
{
    archive_t archive = {context, content->path, 0, true, content->kind == CONTENT_NPZ};
    if (!content_each_member(content->path, print_member, &archive)) {
        tool_complain(&tool, "%s: the archive is damaged", content->path);
        return false;
    }
    if (archive.count > 2 * LIST_MOST)
        printf("  ... %s members in all\n", tool_count(archive.count));
    return archive.good;
}

static bool print_npy(const content_t *content, neuron_context_t *context)
{
    neuron_tensor_t *tensor;
    int status = neuron_tensor_load_npy(&tensor, context, content->path);
    return print_loaded(status, tensor);
}

static bool print_idx(const content_t *content)
{
    char text[TOOL_SHAPE];
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank = content_idx_shape(content, shape);
    printf("  %s, bytes\n", tool_shape(shape, rank, text));
    return true;
}

/* ---- Images, tables and folders ---- */

static bool print_image(const content_t *content, neuron_context_t *context)
{
    neuron_tensor_t *image;
    if (neuron_tensor_load_image(&image, context, content->path, NULL, NULL, 0) < 0) {
        tool_complain_of_call(&tool);
        return false;
    }
    printf("  %" PRId64 " columns, %" PRId64 " rows, %s\n", neuron_tensor_extent(image, 2),
           neuron_tensor_extent(image, 1),
           neuron_tensor_extent(image, 3) == 1 ? "grey" : "with colours");
    neuron_tensor_unref(image);
    return true;
}

/* A table is tried with what is told of none; text that is none is told by its lines alone. */
static bool print_text(const content_t *content, neuron_context_t *context)
{
    neuron_dataset_t *dataset;
    (void)neuron_context_set_log(context, NEURON_LOG_WARNING, NULL, NULL, NULL);
    if (neuron_dataset_load_csv(&dataset, context, content->path,
                                "label=none, categories=one_hot, missing=mark") < 0) {
        printf("  no table: %s\n", neuron_error_last());
        return true;
    }
    const neuron_preparation_t *preparation = neuron_dataset_preparation(dataset);
    printf("  a table of %s rows, %s columns\n", tool_count(neuron_dataset_count(dataset)),
           tool_count(neuron_preparation_field_count(preparation)));
    if (*neuron_preparation_field_name(preparation, 0))
        print_names("columns", field_at, preparation);
    neuron_dataset_unref(dataset);
    return true;
}

static bool print_folder(const content_t *content, neuron_context_t *context)
{
    neuron_dataset_t *dataset;
    char text[TOOL_SHAPE];
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    if (neuron_dataset_load_folder(&dataset, context, content->path) < 0) {
        printf("  no folder of images: %s\n", neuron_error_last());
        return true;
    }
    if (neuron_dataset_shape(shape, &rank, dataset) == NEURON_OK)
        printf("  %s images of %s, in a folder for each class\n",
               tool_count(neuron_dataset_count(dataset)), tool_shape(shape, rank, text));
    int64_t classes = neuron_dataset_class_count(dataset);
    int64_t *counts = tool_allocate(&tool, (size_t)classes, sizeof *counts);
    (void)neuron_dataset_class_counts(counts, classes, dataset);
    for (int64_t k = 0; k < classes; k++) {
        printf("  ");
        tool_print_name(neuron_dataset_class_name(dataset, k));
        printf(": %s\n", tool_count(counts[k]));
    }
    free(counts);
    neuron_dataset_unref(dataset);
    return true;
}

static bool inspect(const content_t *content, neuron_context_t *context, int64_t batch)
{
    switch (content->kind) {
    case CONTENT_MODEL:
    case CONTENT_ONNX:
    case CONTENT_KERAS:
    case CONTENT_HDF5:
        return print_model(content, context, batch);
    case CONTENT_TRAINING:
    case CONTENT_WEIGHTS:
    case CONTENT_STATE_DICT:
        return print_weights(content);
    case CONTENT_NPZ:
    case CONTENT_ZIP:
        return print_archive(content, context);
    case CONTENT_NPY:
        return print_npy(content, context);
    case CONTENT_PNG:
    case CONTENT_PNM:
        return print_image(content, context);
    case CONTENT_IDX:
        return print_idx(content);
    case CONTENT_TEXT:
        return print_text(content, context);
    case CONTENT_FOLDER:
        return print_folder(content, context);
    default:
        return true;
    }
}

static bool inspect_path(const char *path, int64_t batch)
{
    const content_t content = content_of(path);
    if (content.kind == CONTENT_MISSING) {
        tool_complain(&tool, "%s: %s", path, strerror(errno));
        return false;
    }
    tool_print_name(path);
    printf(": %s%s", content_name(content.kind), content.packed ? ", packed by gzip" : "");
    if (content.kind != CONTENT_FOLDER)
        printf(", %s", tool_bytes(content.size));
    putchar('\n');
    neuron_context_t *context = tool_context(&tool, false);
    bool done = inspect(&content, context, batch);
    neuron_context_unref(context);
    return done;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"batch", required_argument, NULL, 'b'},
                                            {"help", no_argument, NULL, TOOL_HELP},
                                            {"version", no_argument, NULL, TOOL_VERSION},
                                            {NULL, 0, NULL, 0}};
    int64_t batch = 1;
    int status = TOOL_DONE;
    tool_begin(&tool, argv);
    for (int given; (given = getopt_long(argc, argv, "b:", options, NULL)) != -1;) {
        if (given != 'b')
            tool_tell(&tool, given);
        batch = tool_number(&tool, "--batch", optarg, 1, 1000000);
    }
    if (optind == argc)
        tool_misused(&tool, "there is no FILE");
    for (int i = optind; i < argc; i++)
        if (!inspect_path(argv[i], batch))
            status = TOOL_FAILED;
    return tool_finish(&tool, status);
}
