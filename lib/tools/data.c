/* Datasets of files by what the files are. */
#include "tools/data.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* What all steps work with. */
typedef struct job {
    const tool_t *tool;
    const neuron_graph_t *graph;
    neuron_context_t *context;
    const data_request_t *request;
    content_t content;
    int64_t classes;   /* that the output can tell apart */
    bool scales_bytes; /* what was stored are bytes, or a table's numbers */
} job_t;

/* ---- The model ---- */

bool data_fits(const tool_t *tool, const neuron_graph_t *graph)
{
    if (neuron_graph_input_count(graph) == 1 && neuron_graph_output_count(graph) == 1)
        return true;
    tool_complain(tool, "the model must have one input and one output; it has %d and %d",
                  (int)neuron_graph_input_count(graph), (int)neuron_graph_output_count(graph));
    return false;
}

static int64_t outputs_of(const neuron_graph_t *graph)
{
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank = 0;
    (void)neuron_graph_output_shape(shape, &rank, graph);
    return rank > 0 ? shape[rank - 1] : 1;
}

/* The names of the model's classes, which the caller frees; NULL if they are not known. */
static const char **names_of(const job_t *job, int64_t *count)
{
    *count = 0;
    while (neuron_graph_class_name(job->graph, NULL, *count))
        ++*count;
    if (*count == 0)
        return NULL;
    const char **names = tool_allocate(job->tool, (size_t)*count, sizeof *names);
    for (int64_t k = 0; k < *count; k++)
        names[k] = neuron_graph_class_name(job->graph, NULL, k);
    return names;
}

/* ---- Arrays ---- */

/* An IDX file as a tensor of bytes. The library loads pairs of them only. */
static int load_idx(neuron_tensor_t **tensor, const job_t *job, const content_t *content)
{
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank = content_idx_shape(content, shape);
    int status = neuron_tensor_create(tensor, job->context, NEURON_TYPE_U8, shape, rank);
    if (status < 0)
        return status;
    gzFile file = gzopen(content->path, "rb");
    int64_t left = neuron_tensor_count(*tensor), read = 1;
    unsigned char *to = neuron_tensor_data(*tensor);
    bool good = file && gzseek(file, 4 + 4 * rank, SEEK_SET) >= 0;
    while (good && left > 0 && read > 0) {
        read = gzread(file, to, left < 1 << 20 ? (unsigned)left : 1 << 20);
        to += read > 0 ? read : 0;
        left -= read > 0 ? read : 0;
    }
    good = file && gzclose(file) == Z_OK && good;
    if (good && left == 0)
        return NEURON_OK;
    tool_complain(job->tool, "%s: ends before its array does", content->path);
    neuron_tensor_unref(*tensor);
    *tensor = NULL;
    return 1; /* said already */
}

static int load_array(neuron_tensor_t **tensor, const job_t *job, const content_t *content,
                      const char *name)
{
    switch (content->kind) {
    case CONTENT_NPZ:
        return neuron_tensor_load_npz(tensor, job->context, content->path, name);
    case CONTENT_NPY:
        return neuron_tensor_load_npy(tensor, job->context, content->path);
    case CONTENT_IDX:
        return load_idx(tensor, job, content);
    default:
        tool_complain(job->tool, "%s is %s, not an array", content->path,
                      content_name(content->kind));
        return 1;
    }
}

/* Gives examples the shape of the model's input where it has as many numbers, and one alone an
 * axis of examples. */
static neuron_tensor_t *shaped(const job_t *job, neuron_tensor_t *examples)
{
    int64_t shape[NEURON_RANK_MAX + 1], size = 1;
    int32_t rank = 0;
    (void)neuron_graph_input_shape(shape + 1, &rank, job->graph);
    for (int32_t a = 1; a <= rank; a++)
        size *= shape[a];
    int64_t count = neuron_tensor_count(examples);
    bool one = neuron_tensor_rank(examples) <= rank && count == size;
    shape[0] = one ? 1 : neuron_tensor_rank(examples) > 0 ? neuron_tensor_extent(examples, 0) : 1;
    if (shape[0] * size != count)
        return examples; /* the library says what is wrong */
    neuron_tensor_t *made;
    if (neuron_tensor_wrap(&made, job->context, neuron_tensor_type(examples), shape, rank + 1,
                           neuron_tensor_data(examples)) < 0)
        return examples;
    /* The other tensor, whose memory it is, goes with it. */
    (void)neuron_tensor_set_destroy(made, examples,
                                    (neuron_destroy_function_t)(void (*)(void))neuron_tensor_unref);
    return made;
}

/* ---- Tables ---- */

/* The first line that is no comment, unpacked; "" if there is none. */
static const char *first_line(const content_t *content, char line[CONTENT_HEAD + 1])
{
    const char *text = (const char *)content->head;
    size_t size = content->head_size;
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        size -= 3;
    }
    snprintf(line, CONTENT_HEAD + 1, "%.*s", (int)size, text);
    line[strcspn(line, "\r\n")] = '\0';
    return line;
}

/* Whether the line has the name as one of its fields, or, of a table without names, as many
 * fields as columns. */
static bool line_has(const char *line, const char *name, size_t columns)
{
    if (*name == '\0') {
        size_t fields = 1;
        for (const char *c = line; *c; c++)
            fields += strchr(",;\t|", *c) != NULL;
        return fields >= columns;
    }
    size_t length = strlen(name);
    for (const char *at = line; (at = strstr(at, name)) != NULL; at++) {
        char before = at == line ? ',' : at[-1], behind = at[length];
        if (strchr(",;\t|\" ", before) && strchr(",;\t|\" ", behind)) /* the end, too */
            return true;
    }
    return false;
}

/* Whether a table has what the model's own has as labels or targets: else examples would get
 * class 0. */
static bool has_labels(const job_t *job, const neuron_preparation_t *preparation)
{
    char line[CONTENT_HEAD + 1];
    size_t size = 0, index;
    if (neuron_preparation_json(NULL, 0, &size, preparation) < 0)
        return false;
    char *text = tool_allocate(job->tool, size, 1);
    (void)neuron_preparation_json(text, size, NULL, preparation);
    json_t *json = json_loads(text, 0, NULL), *columns = json_object_get(json, "columns"), *column;
    bool found = true, any = false;
    first_line(&job->content, line);
    json_array_foreach(columns, index, column)
    {
        const char *role = json_string_value(json_object_get(column, "role"));
        const char *name = json_string_value(json_object_get(column, "name"));
        if (role && (strcmp(role, "label") == 0 || strcmp(role, "target") == 0)) {
            any = true;
            found = found && line_has(line, name ? name : "", json_array_size(columns));
        }
    }
    json_decref(json);
    free(text);
    return any && found;
}

static int load_table(neuron_dataset_t **dataset, job_t *job, bool labelled)
{
    neuron_preparation_t *preparation = NULL;
    job->scales_bytes = true;
    if (job->request->table)
        return neuron_dataset_load_csv(dataset, job->context, job->content.path,
                                       job->request->table);
    if (neuron_graph_preparation(&preparation, job->graph) < 0) {
        job->scales_bytes = false;
        return neuron_dataset_load_csv(dataset, job->context, job->content.path,
                                       labelled ? NULL : "label=none");
    }
    int status = 1;
    if (labelled && !has_labels(job, preparation))
        tool_complain(job->tool,
                      "%s: has no labels: not the column that the model has learnt them from",
                      job->content.path);
    else
        status =
            neuron_dataset_load_csv_prepared(dataset, job->context, job->content.path, preparation);
    neuron_preparation_unref(preparation);
    return status;
}

/* ---- To predict ---- */

static int unlabelled(neuron_dataset_t **dataset, job_t *job)
{
    neuron_tensor_t *examples = NULL;
    const content_t *content = &job->content;
    int status;
    if (content->kind == CONTENT_TEXT)
        return load_table(dataset, job, false);
    if (content->kind == CONTENT_NPZ && !job->request->x) {
        tool_complain(job->tool, "%s: --x says which array of the archive has the examples",
                      content->path);
        return 1;
    }
    status = load_array(&examples, job, content, job->request->x);
    if (status != NEURON_OK)
        return status;
    job->scales_bytes = neuron_tensor_type(examples) == NEURON_TYPE_U8;
    examples = shaped(job, examples);
    status = neuron_dataset_create_with_targets(dataset, job->context, examples, NULL);
    neuron_tensor_unref(examples);
    return status;
}

/* ---- With labels ---- */

/* The arrays of an archive by the names that are usual. */
static bool find_arrays(const job_t *job, const char **x, const char **y)
{
    static const char *const usual[][2] = {
        {"x_test", "y_test"}, {"X_test", "y_test"}, {"x", "y"},        {"X", "y"},
        {"images", "labels"}, {"data", "labels"},   {"data", "target"}};
    *x = job->request->x;
    *y = job->request->y;
    for (size_t i = 0; i < sizeof usual / sizeof *usual && !(*x && *y); i++) {
        char names[2][64];
        for (int j = 0; j < 2; j++)
            snprintf(names[j], sizeof names[j], "%s.npy", usual[i][j]);
        if (content_has_member(job->content.path, names[0]) &&
            content_has_member(job->content.path, names[1])) {
            *x = *x ? *x : usual[i][0];
            *y = *y ? *y : usual[i][1];
        }
    }
    if (!*x || !*y)
        tool_complain(job->tool,
                      "%s: --x and --y say which arrays have the examples and the labels",
                      job->content.path);
    return *x && *y;
}

/* Class numbers where the model has several outputs and the labels are integers, else
 * targets of any kind. */
static int make_dataset(neuron_dataset_t **dataset, const job_t *job, neuron_tensor_t *examples,
                        neuron_tensor_t *labels)
{
    int64_t count = neuron_tensor_rank(examples) > 0 ? neuron_tensor_extent(examples, 0) : 0;
    bool whole = neuron_tensor_type(labels) != NEURON_TYPE_F32;
    if (!whole || job->classes < 2 || neuron_tensor_count(labels) != count)
        return neuron_dataset_create_with_targets(dataset, job->context, examples, labels);
    neuron_tensor_t *flat;
    int status = neuron_tensor_wrap(&flat, job->context, neuron_tensor_type(labels), &count, 1,
                                    neuron_tensor_data(labels));
    if (status < 0)
        return status;
    status = neuron_dataset_create(dataset, job->context, examples, flat, job->classes);
    neuron_tensor_unref(flat);
    return status;
}

static int load_arrays(neuron_dataset_t **dataset, job_t *job)
{
    const char *x = NULL, *y = NULL;
    neuron_tensor_t *examples = NULL, *labels = NULL;
    content_t other = job->content;
    if (job->content.kind == CONTENT_NPZ && !job->request->labels) {
        if (!find_arrays(job, &x, &y))
            return 1;
    } else if (job->request->labels) {
        other = content_of(job->request->labels);
        x = job->request->x;
        y = job->request->y;
        if (other.kind == CONTENT_MISSING) {
            tool_complain(job->tool, "%s: %s", other.path, strerror(errno));
            return 1;
        }
    } else {
        tool_complain(job->tool, "%s: --labels says which file has the labels", job->content.path);
        return 1;
    }
    int status = load_array(&examples, job, &job->content, x);
    if (status == NEURON_OK)
        status = load_array(&labels, job, &other, y);
    if (status == NEURON_OK) {
        job->scales_bytes = neuron_tensor_type(examples) == NEURON_TYPE_U8;
        examples = shaped(job, examples);
        status = make_dataset(dataset, job, examples, labels);
    }
    neuron_tensor_unref(examples);
    neuron_tensor_unref(labels);
    return status;
}

/* A dataset that has nothing but the model's names of classes. */
static int make_names(neuron_dataset_t **dataset, const job_t *job, const char *const *names,
                      int64_t count)
{
    static const int64_t one[] = {1, 1};
    neuron_tensor_t *example = NULL, *label = NULL;
    int status = neuron_tensor_create(&example, job->context, NEURON_TYPE_F32, one, 2);
    if (status == NEURON_OK)
        status = neuron_tensor_create(&label, job->context, NEURON_TYPE_I32, one, 1);
    if (status == NEURON_OK) {
        memset(neuron_tensor_data(example), 0, sizeof(float));
        memset(neuron_tensor_data(label), 0, sizeof(int32_t));
        status = neuron_dataset_create(dataset, job->context, example, label, count);
    }
    if (status == NEURON_OK)
        status = neuron_dataset_set_class_names(*dataset, names, count);
    neuron_tensor_unref(example);
    neuron_tensor_unref(label);
    return status;
}

/* With the model's classes, if it knows what they are called. */
static int load_folder(neuron_dataset_t **dataset, job_t *job)
{
    int64_t count;
    neuron_dataset_t *classes = NULL;
    const char **names = names_of(job, &count);
    job->scales_bytes = true;
    if (!names)
        return neuron_dataset_load_folder(dataset, job->context, job->content.path);
    int status = make_names(&classes, job, names, count);
    if (status == NEURON_OK)
        status = neuron_dataset_load_folder_as(dataset, job->context, job->content.path, classes);
    neuron_dataset_unref(classes);
    free(names);
    return status;
}

static int labelled(neuron_dataset_t **dataset, job_t *job)
{
    switch (job->content.kind) {
    case CONTENT_TEXT:
        return load_table(dataset, job, true);
    case CONTENT_FOLDER:
        return load_folder(dataset, job);
    case CONTENT_CIFAR10:
        job->scales_bytes = true;
        return neuron_dataset_load_cifar10(dataset, job->context, &job->content.path, 1);
    case CONTENT_PICKLE:
        job->scales_bytes = true;
        return neuron_dataset_load_cifar10_pickle(dataset, job->context, &job->content.path, 1);
    default:
        return load_arrays(dataset, job);
    }
}

/* ---- Scales ---- */

int data_scale(const tool_t *tool, const char *word)
{
    static const char *const words[] = {"auto", "yes", "no"};
    for (int i = 0; i < 3; i++)
        if (strcmp(word, words[i]) == 0)
            return i;
    tool_misused(tool, "--scale is \"%s\"; it must be auto, yes or no", word);
}

static int set_scales(neuron_dataset_t *dataset, const job_t *job)
{
    size_t count = 0;
    bool wanted = job->request->scale == DATA_SCALE_AUTO ? job->scales_bytes
                                                         : job->request->scale == DATA_SCALE_YES;
    int status = neuron_graph_scales(NULL, NULL, 0, &count, job->graph, NULL);
    if (status < 0 || count == 0 || !wanted)
        return status;
    double *scales = tool_allocate(job->tool, 2 * count, sizeof *scales);
    status = neuron_graph_scales(scales, scales + count, count, NULL, job->graph, NULL);
    if (status == NEURON_OK)
        status = neuron_dataset_set_scales(dataset, scales, scales + count, count);
    free(scales);
    return status;
}

typedef int (*loader_t)(neuron_dataset_t **dataset, job_t *job);

static neuron_dataset_t *load(const tool_t *tool, const neuron_graph_t *graph,
                              neuron_context_t *context, const data_request_t *request,
                              loader_t loader)
{
    neuron_dataset_t *dataset = NULL;
    job_t job = {.tool = tool,
                 .graph = graph,
                 .context = context,
                 .request = request,
                 .content = content_of(request->path),
                 .classes = outputs_of(graph)};
    if (job.content.kind == CONTENT_MISSING) {
        tool_complain(tool, "%s: %s", request->path, strerror(errno));
        return NULL;
    }
    int status = loader(&dataset, &job);
    if (status == NEURON_OK)
        status = set_scales(dataset, &job);
    if (status < 0)
        tool_complain(tool, "%s: %s", request->path, neuron_error_last());
    if (status != NEURON_OK) {
        neuron_dataset_unref(dataset);
        return NULL;
    }
    return dataset;
}

neuron_dataset_t *data_to_predict(const tool_t *tool, const neuron_graph_t *graph,
                                  neuron_context_t *context, const data_request_t *request)
{
    return load(tool, graph, context, request, unlabelled);
}

neuron_dataset_t *data_to_evaluate(const tool_t *tool, const neuron_graph_t *graph,
                                   neuron_context_t *context, const data_request_t *request)
{
    return load(tool, graph, context, request, labelled);
}
