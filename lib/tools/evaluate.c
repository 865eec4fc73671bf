/* libneuron-evaluate: how well a model does on examples with labels. */
#include "tools/data.h"
#include "tools/formats.h"

#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef TOOLS_HAVE_REPORT
#include <libneuron-report/terminal.h>
#endif

static const tool_t tool = {
    "libneuron-evaluate",
    "usage: libneuron-evaluate [OPTION...] MODEL DATA\n"
    "\n"
    "Predicts examples whose labels are known, and prints the figures: accuracy and\n"
    "loss, a row for each class, the confusion of classes; of numbers the errors.\n"
    "DATA is a folder with a sub-folder of images for each class, a table (CSV), an\n"
    ".npz archive, an .npy array or IDX file with the labels in another, or a batch\n"
    "of CIFAR-10.\n"
    "\n"
    "  -l, --labels=FILE     where the labels of an array are\n"
    "  -x, --x=NAME          the array of an .npz archive with the examples,\n"
    "  -y, --y=NAME          and that with the labels; as a rule found by themselves\n"
    "      --table=OPTIONS   how a table is read, for a model that has not learnt\n"
    "                        from one: label=income, separator=;\n"
    "      --kind=OPTIONS    what is judged: kind=multi_label, threshold=0.4\n"
    "      --loss=NAME       another loss than the one that goes with the labels\n"
    "      --scale=WORD      scale stored numbers as those of the training set: yes,\n"
    "                        no, or auto: bytes and tables, the default\n"
    "  -j, --json            print all figures as JSON\n"
    "      --help            print this, and end\n"
    "      --version         print the version, and end\n"
    "\n"
    "It ends with 0, with 1 if there are no figures, and with 2 if it was called\n"
    "otherwise.\n",
};

typedef struct call {
    const char *model, *kind, *loss;
    data_request_t data;
    bool json;
} call_t;

/* ---- JSON ---- */

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static void add_figures(json_t *to, const neuron_evaluation_t *evaluation, int64_t row)
{
    if (strcmp(neuron_evaluation_kind(evaluation), "regression") == 0) {
        json_object_set_new(to, "mean_absolute_error",
                            number(neuron_evaluation_mean_absolute_error(evaluation, row)));
        json_object_set_new(to, "root_mean_squared_error",
                            number(neuron_evaluation_root_mean_squared_error(evaluation, row)));
        json_object_set_new(to, "r2", number(neuron_evaluation_r2(evaluation, row)));
        return;
    }
    json_object_set_new(to, "precision", number(neuron_evaluation_precision(evaluation, row)));
    json_object_set_new(to, "recall", number(neuron_evaluation_recall(evaluation, row)));
    json_object_set_new(to, "f1", number(neuron_evaluation_f1(evaluation, row)));
    if (strcmp(neuron_evaluation_kind(evaluation), "pixels") == 0)
        json_object_set_new(to, "iou", number(neuron_evaluation_iou(evaluation, row)));
}

static json_t *rows_of(const neuron_evaluation_t *evaluation)
{
    json_t *rows = json_array();
    for (int64_t k = 0; k < neuron_evaluation_row_count(evaluation); k++) {
        json_t *row = json_object();
        const char *name = neuron_evaluation_row_name(evaluation, k);
        json_object_set_new(row, "name",
                            name ? json_string(name) : json_sprintf("%lld", (long long)k));
        add_figures(row, evaluation, k);
        json_object_set_new(row, "support", json_integer(neuron_evaluation_support(evaluation, k)));
        json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *averages_of(const neuron_evaluation_t *evaluation)
{
    static const struct {
        const char *name;
        int64_t row;
    } averages[] = {{"macro", NEURON_AVERAGE_MACRO},
                    {"weighted", NEURON_AVERAGE_WEIGHTED},
                    {"micro", NEURON_AVERAGE_MICRO},
                    {"samples", NEURON_AVERAGE_SAMPLES}};
    json_t *made = json_object();
    bool regression = strcmp(neuron_evaluation_kind(evaluation), "regression") == 0;
    bool labels = strcmp(neuron_evaluation_kind(evaluation), "multi_label") == 0;
    for (size_t i = 0; i < sizeof averages / sizeof *averages; i++) {
        if ((regression && i > 0) || (!labels && averages[i].row == NEURON_AVERAGE_SAMPLES))
            continue;
        json_t *average = json_object();
        add_figures(average, evaluation, averages[i].row);
        json_object_set_new(made, averages[i].name, average);
    }
    return made;
}

/* NULL for kinds that have none. */
static json_t *confusion_of(const neuron_evaluation_t *evaluation)
{
    enum { MOST = 4096 };
    int64_t count = neuron_evaluation_row_count(evaluation);
    if (count > MOST || neuron_evaluation_confusion(evaluation, 0, 0) < 0)
        return NULL;
    json_t *matrix = json_array();
    for (int64_t truth = 0; truth < count; truth++) {
        json_t *row = json_array();
        for (int64_t taken = 0; taken < count; taken++)
            json_array_append_new(
                row, json_integer(neuron_evaluation_confusion(evaluation, truth, taken)));
        json_array_append_new(matrix, row);
    }
    return matrix;
}

static bool print_json(const call_t *call, const neuron_evaluation_t *evaluation)
{
    json_t *all = json_object(), *confusion = confusion_of(evaluation);
    json_object_set_new(all, "model", json_string(call->model));
    json_object_set_new(all, "data", json_string(call->data.path));
    json_object_set_new(all, "kind", json_string(neuron_evaluation_kind(evaluation)));
    json_object_set_new(all, "examples", json_integer(neuron_evaluation_count(evaluation)));
    json_object_set_new(all, "loss", number(neuron_evaluation_loss(evaluation)));
    if (strcmp(neuron_evaluation_kind(evaluation), "regression") != 0)
        json_object_set_new(all, "accuracy", number(neuron_evaluation_accuracy(evaluation)));
    json_object_set_new(all, "rows", rows_of(evaluation));
    json_object_set_new(all, "averages", averages_of(evaluation));
    if (confusion)
        json_object_set_new(all, "confusion", confusion);
    char *text = json_dumps(all, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    if (text)
        puts(text);
    else
        tool_complain(&tool, "there is no memory for the figures");
    free(text);
    json_decref(all);
    return text != NULL;
}

/* ---- Text ---- */

#ifdef TOOLS_HAVE_REPORT
static void print_confusion(const neuron_evaluation_t *evaluation)
{
    char options[64];
    size_t size = 0;
    int columns = tool_columns();
    columns = columns > 0 ? columns : 80;
    snprintf(options, sizeof options, "columns=%d, unicode=%s",
             columns < 20     ? 20
             : columns > 1000 ? 1000
                              : columns,
             neuron_terminal_unicode() ? "yes" : "no");
    if (neuron_terminal_confusion(NULL, 0, &size, evaluation, options) < 0)
        return;
    char *text = tool_allocate(&tool, size, 1);
    if (neuron_terminal_confusion(text, size, NULL, evaluation, options) == NEURON_OK)
        printf("\n%s", text);
    free(text);
}
#else
/* The pairs of classes that are confused most. */
static void print_confusion(const neuron_evaluation_t *evaluation)
{
    enum { PAIRS = 10 };
    int64_t count = neuron_evaluation_row_count(evaluation), last = INT64_MAX, last_place = -1;
    for (int pair = 0; pair < PAIRS; pair++) {
        int64_t most = 0, place = -1;
        for (int64_t i = 0; i < count * count; i++) {
            int64_t cell = neuron_evaluation_confusion(evaluation, i / count, i % count);
            bool next = cell < last || (cell == last && i > last_place);
            if (i / count != i % count && next && cell > most) {
                most = cell;
                place = i;
            }
        }
        if (place < 0)
            return;
        if (pair == 0)
            puts("\nconfused most:");
        const char *truth = neuron_evaluation_row_name(evaluation, place / count);
        const char *taken = neuron_evaluation_row_name(evaluation, place % count);
        if (truth && taken)
            printf("  %s taken for %s: %s\n", truth, taken, tool_count(most));
        else
            printf("  %" PRId64 " taken for %" PRId64 ": %s\n", place / count, place % count,
                   tool_count(most));
        last = most;
        last_place = place;
    }
}
#endif

static bool print_text(const neuron_evaluation_t *evaluation)
{
    size_t size = 0;
    double accuracy = neuron_evaluation_accuracy(evaluation);
    printf("%s examples, loss %.4f", tool_count(neuron_evaluation_count(evaluation)),
           neuron_evaluation_loss(evaluation));
    if (isfinite(accuracy))
        printf(", accuracy %.4f", accuracy);
    puts("\n");
    if (neuron_evaluation_report(NULL, 0, &size, evaluation, NULL, 4) < 0) {
        tool_complain_of_call(&tool);
        return false;
    }
    char *text = tool_allocate(&tool, size, 1);
    if (neuron_evaluation_report(text, size, NULL, evaluation, NULL, 4) == NEURON_OK)
        fputs(text, stdout);
    free(text);
    if (neuron_evaluation_confusion(evaluation, 0, 0) >= 0)
        print_confusion(evaluation);
    return true;
}

/* ---- The call ---- */

static call_t read_call(int argc, char **argv)
{
    enum { TABLE = TOOL_OWN, KIND, LOSS, SCALE };
    static const struct option options[] = {{"labels", required_argument, NULL, 'l'},
                                            {"x", required_argument, NULL, 'x'},
                                            {"y", required_argument, NULL, 'y'},
                                            {"table", required_argument, NULL, TABLE},
                                            {"kind", required_argument, NULL, KIND},
                                            {"loss", required_argument, NULL, LOSS},
                                            {"scale", required_argument, NULL, SCALE},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, TOOL_HELP},
                                            {"version", no_argument, NULL, TOOL_VERSION},
                                            {NULL, 0, NULL, 0}};
    call_t call = {.json = false};
    tool_begin(&tool, argv);
    for (int given; (given = getopt_long(argc, argv, "l:x:y:j", options, NULL)) != -1;)
        switch (given) {
        case 'l':
            call.data.labels = optarg;
            break;
        case 'x':
            call.data.x = optarg;
            break;
        case 'y':
            call.data.y = optarg;
            break;
        case 'j':
            call.json = true;
            break;
        case TABLE:
            call.data.table = optarg;
            break;
        case KIND:
            call.kind = optarg;
            break;
        case LOSS:
            call.loss = optarg;
            break;
        case SCALE:
            call.data.scale = data_scale(&tool, optarg);
            break;
        default:
            tool_tell(&tool, given);
        }
    if (argc - optind != 2)
        tool_misused(&tool, "there are %d arguments; there must be MODEL and DATA", argc - optind);
    call.model = argv[optind];
    call.data.path = argv[optind + 1];
    return call;
}

static bool evaluate(const call_t *call, neuron_context_t *context, neuron_graph_t *graph)
{
    neuron_evaluation_t *evaluation = NULL;
    neuron_loss_t *loss = NULL;
    neuron_dataset_t *dataset = data_to_evaluate(&tool, graph, context, &call->data);
    bool done = dataset != NULL;
    if (done && call->loss && neuron_loss_create(&loss, context, call->loss, NULL) < 0) {
        tool_complain_of_call(&tool);
        done = false;
    }
    if (done && neuron_graph_evaluate(&evaluation, graph, dataset, loss, call->kind) < 0) {
        tool_complain(&tool, "%s: %s", call->data.path, neuron_error_last());
        done = false;
    }
    if (done)
        done = call->json ? print_json(call, evaluation) : print_text(evaluation);
    neuron_evaluation_unref(evaluation);
    neuron_loss_unref(loss);
    neuron_dataset_unref(dataset);
    return done;
}

int main(int argc, char **argv)
{
    const call_t call = read_call(argc, argv);
    neuron_context_t *context = tool_context(&tool, false);
    neuron_graph_t *graph = format_load(&tool, context, call.model);
    bool done = graph && data_fits(&tool, graph) && evaluate(&call, context, graph);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
    return tool_finish(&tool, done ? TOOL_DONE : TOOL_FAILED);
}
