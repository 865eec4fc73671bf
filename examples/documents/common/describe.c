/* What a run is, without running it: its data, network and training, in words. All of it is read
 * from what the run would train with. */
#include "example.h"
#include "settings.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_WIDTH = 16, SHAPE_WIDTH = 9 };

/* A text that grows as a file. */
typedef struct {
    FILE *file;
    char *bytes;
    size_t size;
} text_t;

static void open_text(text_t *text)
{
    text->file = open_memstream(&text->bytes, &text->size);
    if (text->file == NULL)
        example_fail("out of memory");
}

/* To be freed. */
static char *close_text(text_t *text)
{
    if (fclose(text->file) != 0)
        example_fail("out of memory");
    return text->bytes;
}

/* ---- The network ---- */

static void write_shape(FILE *file, const int64_t *shape, int32_t rank)
{
    for (int32_t i = 0; i < rank; i++)
        fprintf(file, "%s%lld", i > 0 ? "x" : "", (long long)shape[i]);
}

/* How much of a node's name says what it is a copy of, "F1" of "F1/dense"; 0 if it is none. */
static int copied(const neuron_node_t *node)
{
    const char *slash = strchr(neuron_node_name(node), '/');

    return slash != NULL ? (int)(slash - neuron_node_name(node)) : 0;
}

static void write_inputs(FILE *file, const neuron_node_t *node)
{
    for (int32_t i = 0; i < neuron_node_input_count(node); i++) {
        const neuron_node_t *input = neuron_node_input(node, i);
        int member = copied(input);

        fprintf(file, "%s%.*s", i > 0 ? ", " : "",
                member > 0 ? member : (int)strlen(neuron_node_name(input)),
                neuron_node_name(input));
    }
}

static bool follows_the_one_before(const neuron_graph_t *graph, int64_t index)
{
    const neuron_node_t *node = neuron_graph_node(graph, index);

    return index == 0 || (neuron_node_input_count(node) == 1 &&
                          neuron_node_input(node, 0) == neuron_graph_node(graph, index - 1));
}

static char *shape_text(const neuron_node_t *node)
{
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    text_t text;

    must(neuron_node_shape(shape, &rank, node));
    open_text(&text);
    write_shape(text.file, shape, rank);
    return close_text(&text);
}

/* What a layer is set to, and its inputs where these are not the layer before. */
static char *node_text(const neuron_graph_t *graph, int64_t index)
{
    const neuron_node_t *node = neuron_graph_node(graph, index);
    text_t text;

    open_text(&text);
    settings_of_node(text.file, graph, node);
    if (!follows_the_one_before(graph, index)) {
        fputs(ftell(text.file) > 0 ? ", of " : "of ", text.file);
        write_inputs(text.file, node);
    }
    return close_text(&text);
}

/* A line for a layer: its name, which tells its kind unless that stands behind, the shape of what
 * it puts out, and the rest. */
static void write_node(FILE *file, const neuron_graph_t *graph, int64_t index)
{
    const neuron_node_t *node = neuron_graph_node(graph, index);
    const char *name = neuron_node_name(node);
    const char *layer = neuron_node_layer(node);
    char *shape = shape_text(node);
    char *rest = node_text(graph, index);

    fprintf(file, "    %-*s ", NAME_WIDTH, name);
    if (strncmp(name, layer, strlen(layer)) != 0)
        fprintf(file, "(%s) ", layer);
    if (rest[0] == '\0')
        fprintf(file, "%s\n", shape);
    else
        fprintf(file, "%-*s %s\n", SHAPE_WIDTH, shape, rest);
    free(shape);
    free(rest);
}

/* Of a committee's members, which runs of their own describe, only what joins them. */
static char *network_text(const neuron_graph_t *graph)
{
    text_t text;

    open_text(&text);
    for (int32_t i = 0; i < neuron_graph_node_count(graph); i++)
        if (copied(neuron_graph_node(graph, i)) == 0)
            write_node(text.file, graph, i);
    return close_text(&text);
}

/* Describes a network once: of one that comes again, only which it is. */
static void print_network(const char *id, const neuron_graph_t *graph)
{
    static struct {
        const char *id;
        char *text;
    } known[EXAMPLE_RUNS_MAX];
    static int count;
    char *text = network_text(graph);
    int same = 0;

    while (same < count && strcmp(known[same].text, text) != 0)
        same++;
    printf("  network      %lld parameters, %lld of them trainable",
           (long long)neuron_graph_parameter_count(graph),
           (long long)neuron_graph_trainable_parameter_count(graph));
    if (same < count) {
        printf("; the layers of %s\n", known[same].id);
        free(text);
        return;
    }
    printf("\n%s", text);
    if (count == EXAMPLE_RUNS_MAX)
        example_fail("too many runs");
    known[count].id = id;
    known[count++].text = text;
}

/* ---- The training ---- */

static void add_words(example_settings_t *settings, const char *name, const char *words)
{
    if (words == NULL || words[0] == '\0')
        return;
    if (settings->count == EXAMPLE_SETTINGS_MAX || strlen(words) >= EXAMPLE_TEXT_MAX)
        example_fail("%s: too long to describe", name);
    settings->rows[settings->count].name = name;
    strcpy(settings->rows[settings->count++].text, words);
}

static void add(example_settings_t *settings, const char *name, text_t *text)
{
    char *words = close_text(text);

    add_words(settings, name, words);
    free(words);
}

static void add_optimizer(example_settings_t *settings, const neuron_trainer_t *trainer)
{
    text_t text;

    open_text(&text);
    settings_of_optimizer(text.file, neuron_trainer_optimizer(trainer));
    add(settings, "optimizer", &text);
}

static void add_loss(const example_t *example, example_settings_t *settings,
                     const example_training_t *training)
{
    neuron_loss_t *loss = neuron_loss_ref(training->loss);
    text_t text;

    if (loss == NULL)
        must(neuron_loss_create(&loss, example->context, "cross_entropy", NULL));
    open_text(&text);
    settings_of_loss(text.file, loss);
    if (training->loss_note != NULL)
        fprintf(text.file, ": %s", training->loss_note);
    add(settings, "loss", &text);
    neuron_loss_unref(loss);
}

static void add_length(example_settings_t *settings, const neuron_trainer_t *trainer)
{
    double batch_size;
    double epochs;
    double shuffled;
    text_t text;

    must(neuron_trainer_get_number(&batch_size, trainer, "batch_size"));
    must(neuron_trainer_get_number(&epochs, trainer, "epochs"));
    must(neuron_trainer_get_number(&shuffled, trainer, "shuffle"));
    open_text(&text);
    fprintf(text.file, "%.0f epochs at most, batches of %.0f%s", epochs, batch_size,
            shuffled != 0 ? "" : ", in order");
    add(settings, "length", &text);
}

static void add_callbacks(example_settings_t *settings, const example_training_t *training)
{
    const char *before = "";
    text_t text;

    open_text(&text);
    for (int i = 0; i < EXAMPLE_CALLBACKS_MAX; i++) {
        if (training->callbacks[i] == NULL)
            continue;
        fputs(before, text.file);
        settings_of_callback(text.file, training->callbacks[i]);
        if (training->schedule_note != NULL &&
            strcmp(neuron_callback_kind(training->callbacks[i]), "schedule") == 0)
            fprintf(text.file, ": %s", training->schedule_note);
        before = "; ";
    }
    add(settings, "callbacks", &text);
}

static void add_augmentation(example_settings_t *settings, const char *name,
                             const neuron_augmentation_t *augmentation)
{
    text_t text;

    open_text(&text);
    if (augmentation != NULL)
        settings_of_augmentation(text.file, augmentation);
    add(settings, name, &text);
}

void example_settings(const example_t *example, const neuron_trainer_t *trainer,
                      const example_training_t *training, example_settings_t *settings)
{
    *settings = (example_settings_t){0};
    add_words(settings, "split", example->split);
    add_augmentation(settings, "filters", example->filters);
    add_words(settings, "search", training->search);
    add_optimizer(settings, trainer);
    add_loss(example, settings, training);
    add_length(settings, trainer);
    add_callbacks(settings, training);
    add_augmentation(settings, "augmentation", training->augmentation);
    add_words(settings, "keeps",
              training->keep_best ? "the epoch with the best validation accuracy"
                                  : "the last epoch");
}

/* ---- The whole ---- */

static void write_scale(FILE *file, const neuron_dataset_t *dataset)
{
    double scale;
    double offset;

    must(neuron_dataset_scales(&scale, &offset, 1, NULL, dataset));
    fprintf(file, "times %.4g", scale);
    if (offset != 0)
        fprintf(file, " plus %.4g", offset);
}

static void print_data(const example_t *example)
{
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    bool same = strcmp(example->data_name, example->data_set) == 0;

    must(neuron_dataset_shape(shape, &rank, example->train));
    printf("  data         %s%s%s, ", example->data_set, same ? "" : ", here ",
           same ? "" : example->data_name);
    write_shape(stdout, shape, rank);
    printf(" %s ", neuron_dataset_type(example->train) == NEURON_TYPE_U8 ? "bytes" : "numbers");
    write_scale(stdout, example->train);
    printf("; %lld to train with, %lld to validate, %lld to test",
           (long long)neuron_dataset_count(example->train),
           (long long)neuron_dataset_count(example->validation),
           (long long)neuron_dataset_count(example->test));
    printf("%s%s\n", example->data_note != NULL ? "; " : "",
           example->data_note != NULL ? example->data_note : "");
}

void example_describe(const example_t *example, const char *id, const neuron_graph_t *graph,
                      const example_settings_t *settings)
{
    const example_program_t *program = example->program;
    int index = example_run_index(program, id);

    if (!example_wants(example, id))
        return;
    printf("%s  %s\n", id, program->runs[index].description);
    print_data(example);
    print_network(program->runs[index].id, graph);
    for (int i = 0; i < settings->count; i++)
        printf("  %-12s %s\n", settings->rows[i].name, settings->rows[i].text);
    putchar('\n');
}

void example_settings_of_committee(const example_t *example, const neuron_graph_t *committee,
                                   bool weighted, example_settings_t *settings)
{
    const neuron_node_t *last =
        neuron_graph_node(committee, neuron_graph_node_count(committee) - 1);
    text_t text;

    *settings = (example_settings_t){0};
    add_words(settings, "split", example->split);
    open_text(&text);
    fprintf(text.file, "%s of ", neuron_node_layer(last));
    write_inputs(text.file, last);
    if (weighted)
        fputs(", weighted by their validation accuracies", text.file);
    add(settings, "committee", &text);
}
