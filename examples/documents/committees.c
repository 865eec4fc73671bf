/* Committees compared: what joining does, on the division of Fashion-MNIST that document 004 makes.
 *
 *     committees DATA FILE [SEED...]
 *
 * DATA is the folder with the four files of Fashion-MNIST, or "generated" for a short try on drawn
 * figures. FILE gets a table in Markdown: of each way to make a committee the accuracy and more on
 * images that nobody has learnt from, as mean and deviation over the seeds (1, 2 and 3), and how
 * well its members together know their mistakes. Each seed divides the 70,000 images anew, 86 % to
 * train with, 10 % to validate and 4 % to test, and half of those that validate are kept for sets
 * of classes.
 * Members are three networks of a hidden layer of 128 and two with a convolution of 32 filters, as
 * the document has them, trained for 10 epochs of Adam in batches of 64; nothing was tried out on
 * the images that are tested. Temperature and share of the student's loss, and its epochs, were
 * chosen by the images that validate of the seeds 11 and 12. */
#include <libneuron-committee/committees.h>
#include <libneuron/libneuron.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MEMBERS = 5,
    CLASSES = 10,
    SEEDS_MAX = 16,
    WAYS_MAX = 28,
    FIGURES = 9,
    MEASURES = 6,
    EPOCHS = 10,
    STUDENT = 32, /* hidden units */
    STUDENT_EPOCHS = 30
};

static const char *const figure_names[FIGURES] = {
    "accuracy",     "log loss",      "calibration error", "risk-coverage area", "surest 90 %",
    "sets of 90 %", "their classes", "sets of 99 %",      "their classes"};

/* Of these the last two are large where the members are sure. */
static const char *const measures[MEASURES] = {
    "entropy", "expected_entropy", "mutual_information", "disagreement", "margin", "confidence"};

/* One way to make a committee, and its figures of each seed. */
typedef struct {
    const char *name;
    double figures[FIGURES][SEEDS_MAX];
} way_t;

/* What is made of one seed's images. */
typedef struct {
    neuron_context_t *context;
    neuron_optimizer_t *adam;
    neuron_dataset_t *train, *validation, *calibration, *test;
    way_t *ways;
    double noticed[MEASURES][SEEDS_MAX]; /* how well each measure tells mistakes */
    int way_count, seed_index;
    int epochs, snapshot_epochs, student_epochs;
    uint64_t seed;
} experiment_t;

static void must(int status)
{
    if (status < 0) {
        fprintf(stderr, "committees: %s\n", neuron_error_last());
        exit(EXIT_FAILURE);
    }
}

static neuron_node_t *classify(neuron_graph_t *g, neuron_node_t *x)
{
    neuron_node_t *h = neuron_relu(g, neuron_dense(g, neuron_flatten(g, x), 128, NULL));

    return neuron_softmax(g, neuron_dense(g, h, 10, NULL), NULL);
}

/* A member: the first three are shallow, the others have a convolution. */
static neuron_graph_t *build(experiment_t *e, int kind, const char *name, uint64_t seed)
{
    neuron_graph_t *g;

    must(neuron_graph_create(&g, e->context));
    must(neuron_graph_set_name(g, name));
    must(neuron_graph_set_seed(g, seed));
    neuron_node_t *x = neuron_input(g, (const int64_t[]){28, 28, 1}, 3);
    if (kind >= 3)
        x = neuron_max_pool2d(g, neuron_relu(g, neuron_conv2d(g, x, 32, 3, 3, NULL)), 2, 2, NULL);
    must(neuron_graph_finish(g, classify(g, x)));
    return g;
}

/* ---- Figures ---- */

static way_t *way_of(experiment_t *e, const char *name)
{
    for (int i = 0; i < e->way_count; i++)
        if (strcmp(e->ways[i].name, name) == 0)
            return &e->ways[i];
    e->ways[e->way_count].name = name;
    return &e->ways[e->way_count++];
}

static double metric(const neuron_evaluation_t *evaluation, const char *name, const char *options)
{
    double value;

    must(neuron_evaluation_metric(&value, evaluation, name, NEURON_AVERAGE_DEFAULT, options));
    return value;
}

static neuron_tensor_t *numbers(experiment_t *e, int32_t type, int64_t count, int64_t each)
{
    neuron_tensor_t *tensor;

    must(neuron_tensor_create(&tensor, e->context, type, (const int64_t[]){count, each},
                              each ? 2 : 1));
    return tensor;
}

/* The classes of the images that are tested. */
static neuron_tensor_t *test_classes(experiment_t *e)
{
    int64_t count = neuron_dataset_count(e->test);
    neuron_tensor_t *classes = numbers(e, NEURON_TYPE_I32, count, 0);

    must(neuron_dataset_read(NULL, neuron_tensor_data(classes), e->test, 0, count));
    return classes;
}

/* Of what share of the images the set has the class, where `promised` was fitted to those that
 * calibrate, and how many classes are in a set. */
static void judge_sets(experiment_t *e, const neuron_graph_t *graph, const char *promised,
                       double *coverage, double *size)
{
    int64_t count = neuron_dataset_count(e->test);
    neuron_graph_t *with_sets;
    neuron_tensor_t *classes = test_classes(e);
    neuron_tensor_t *outputs[] = {numbers(e, NEURON_TYPE_F32, count, CLASSES),
                                  numbers(e, NEURON_TYPE_F32, count, CLASSES)};

    must(neuron_graph_add_prediction_sets(&with_sets, graph, e->calibration, promised));
    must(neuron_graph_predict_dataset_many(with_sets, e->test, outputs, 2));
    const float *sets = neuron_tensor_data_const(outputs[1]);
    const int32_t *truth = neuron_tensor_data_const(classes);
    *coverage = *size = 0;
    for (int64_t i = 0; i < count; i++) {
        *coverage += (double)sets[i * CLASSES + truth[i]] / (double)count;
        for (int k = 0; k < CLASSES; k++)
            *size += (double)sets[i * CLASSES + k] / (double)count;
    }
    neuron_tensor_unref(outputs[0]);
    neuron_tensor_unref(outputs[1]);
    neuron_tensor_unref(classes);
    neuron_graph_unref(with_sets);
}

static void judge(experiment_t *e, const char *name, const neuron_graph_t *graph)
{
    way_t *way = way_of(e, name);
    neuron_evaluation_t *evaluation;

    must(neuron_graph_evaluate(&evaluation, graph, e->test, NULL, "scores=yes"));
    double figures[FIGURES] = {metric(evaluation, "accuracy", NULL),
                               metric(evaluation, "log_loss", NULL),
                               metric(evaluation, "expected_calibration_error", "bins=15"),
                               metric(evaluation, "risk_coverage_area", NULL),
                               metric(evaluation, "accuracy_at_coverage", "coverage=0.9")};
    judge_sets(e, graph, "coverage=0.9", &figures[FIGURES - 4], &figures[FIGURES - 3]);
    judge_sets(e, graph, "coverage=0.99", &figures[FIGURES - 2], &figures[FIGURES - 1]);
    for (int f = 0; f < FIGURES; f++)
        way->figures[f][e->seed_index] = figures[f];
    printf("seed %llu  %-44s accuracy %.4f  log loss %.4f\n", (unsigned long long)e->seed, name,
           figures[0], figures[1]);
    fflush(stdout);
    neuron_evaluation_unref(evaluation);
}

/* ---- Ways to train ---- */

/* Trains members of both kinds on all images, or each on a sample of its own. */
static void train_members(experiment_t *e, neuron_graph_t *members[MEMBERS], const char *method)
{
    neuron_committee_trainer_t *trainer;
    char options[80];

    snprintf(options, sizeof options, "method=%s, epochs=%d, batch_size=64", method, e->epochs);
    must(neuron_committee_trainer_create(&trainer, e->context, e->adam, e->train, options));
    for (int m = 0; m < MEMBERS; m++) {
        char name[32];
        snprintf(name, sizeof name, "member_%d", m + 1);
        members[m] = build(e, m, name, 100 * e->seed + (uint64_t)m);
        must(neuron_committee_trainer_add_member(trainer, members[m]));
    }
    must(neuron_committee_trainer_run(NULL, trainer));
    neuron_committee_trainer_unref(trainer);
}

static int build_snapshot(neuron_graph_t **graph, neuron_context_t *context, int64_t member,
                          void *user_data)
{
    experiment_t *e = user_data;

    (void)context;
    (void)member;
    *graph = build(e, 3, "snapshot", 100 * e->seed + 60);
    return 0;
}

/* One network with a convolution, whose rate begins anew: its members are what it was then. */
static neuron_graph_t *train_snapshots(experiment_t *e)
{
    neuron_committee_trainer_t *trainer;
    neuron_graph_t *committee;
    char options[80];

    snprintf(options, sizeof options, "method=snapshot, members=%d, epochs=%d, batch_size=64",
             MEMBERS, e->snapshot_epochs);
    must(neuron_committee_trainer_create(&trainer, e->context, e->adam, e->train, options));
    must(neuron_committee_trainer_set_builder(trainer, build_snapshot, e, NULL));
    must(neuron_committee_trainer_run(&committee, trainer));
    neuron_committee_trainer_unref(trainer);
    return committee;
}

/* One network, of which the parameters of the last epochs are averaged if `averages`. */
static neuron_graph_t *train_one(experiment_t *e, int kind, int averages)
{
    neuron_graph_t *graph = build(e, kind, "one", 100 * e->seed + 60);
    neuron_trainer_t *trainer;
    neuron_callback_t *average;

    must(neuron_trainer_create(&trainer, graph, e->adam, e->train));
    must(neuron_trainer_set(trainer, "batch_size=64"));
    must(neuron_trainer_set_number(trainer, "epochs", e->epochs));
    if (averages) {
        must(neuron_callback_create(&average, e->context, "weight_averaging", NULL));
        must(neuron_callback_set_number(average, "start", e->epochs / 2));
        must(neuron_trainer_add_callback(trainer, average));
        neuron_callback_unref(average);
    }
    must(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    return graph;
}

/* ---- Ways to join ---- */

static neuron_graph_t *best_of(experiment_t *e, neuron_graph_t *members[MEMBERS])
{
    int best = 0;
    double accuracies[MEMBERS];

    for (int m = 0; m < MEMBERS; m++) {
        neuron_evaluation_t *evaluation;
        must(neuron_graph_evaluate(&evaluation, members[m], e->validation, NULL, NULL));
        accuracies[m] = neuron_evaluation_accuracy(evaluation);
        best = accuracies[m] > accuracies[best] ? m : best;
        neuron_evaluation_unref(evaluation);
    }
    return members[best];
}

static neuron_graph_t *join(experiment_t *e, neuron_graph_t *members[MEMBERS], const char *rule,
                            const char *method)
{
    double weights[MEMBERS];
    neuron_graph_t *committee;

    if (method)
        must(neuron_committee_weights(weights, members, MEMBERS, e->validation, method));
    must(neuron_committee_create(&committee, e->context, members, MEMBERS, method ? weights : NULL,
                                 rule));
    return committee;
}

static void judge_once(experiment_t *e, const char *name, neuron_graph_t *graph)
{
    judge(e, name, graph);
    neuron_graph_unref(graph);
}

/* The share of pairs of a mistake and a right answer in which the measure is larger for the
 * mistake: the area under the curve of finding mistakes by it. */
static double notices(experiment_t *e, const neuron_tensor_t *probabilities,
                      const neuron_tensor_t *measured, const neuron_tensor_t *classes, double sign)
{
    int64_t count = neuron_tensor_extent(classes, 0);
    const float *p = neuron_tensor_data_const(probabilities),
                *from = neuron_tensor_data_const(measured);
    const int32_t *truth = neuron_tensor_data_const(classes);
    neuron_tensor_t *scores = numbers(e, NEURON_TYPE_F32, count, 2);
    neuron_tensor_t *mistakes = numbers(e, NEURON_TYPE_I32, count, 0);
    neuron_evaluation_t *evaluation;

    for (int64_t i = 0; i < count; i++) {
        int taken = 0;
        for (int k = 1; k < CLASSES; k++)
            taken = p[i * CLASSES + k] > p[i * CLASSES + taken] ? k : taken;
        ((int32_t *)neuron_tensor_data(mistakes))[i] = taken != truth[i];
        ((float *)neuron_tensor_data(scores))[2 * i] = (float)-sign * from[i];
        ((float *)neuron_tensor_data(scores))[2 * i + 1] = (float)sign * from[i];
    }
    must(neuron_evaluation_create_from_outputs(&evaluation, e->context, scores, mistakes, NULL,
                                               "scores=yes"));
    double area = metric(evaluation, "roc_auc", NULL);
    neuron_evaluation_unref(evaluation);
    neuron_tensor_unref(mistakes);
    neuron_tensor_unref(scores);
    return area;
}

/* What the measures of how sure the members are know of the mistakes of their mean. */
static void judge_measures(experiment_t *e, neuron_graph_t *members[MEMBERS])
{
    int64_t count = neuron_dataset_count(e->test);
    neuron_graph_t *committee;
    neuron_tensor_t *classes = test_classes(e);
    neuron_tensor_t *outputs[1 + MEASURES] = {numbers(e, NEURON_TYPE_F32, count, CLASSES)};
    char options[160] = "uncertainty=";

    for (int k = 0; k < MEASURES; k++) {
        outputs[1 + k] = numbers(e, NEURON_TYPE_F32, count, 1);
        strcat(strcat(options, k ? " " : ""), measures[k]);
    }
    must(neuron_committee_create(&committee, e->context, members, MEMBERS, NULL, options));
    must(neuron_graph_predict_dataset_many(committee, e->test, outputs, 1 + MEASURES));
    for (int k = 0; k < MEASURES; k++)
        e->noticed[k][e->seed_index] =
            notices(e, outputs[0], outputs[1 + k], classes, k < MEASURES - 2 ? 1 : -1);
    for (int k = 0; k <= MEASURES; k++)
        neuron_tensor_unref(outputs[k]);
    neuron_tensor_unref(classes);
    neuron_graph_unref(committee);
}

static neuron_graph_t *build_student(experiment_t *e)
{
    neuron_graph_t *g;

    must(neuron_graph_create(&g, e->context));
    must(neuron_graph_set_name(g, "student"));
    must(neuron_graph_set_seed(g, 100 * e->seed + 80));
    neuron_node_t *x = neuron_flatten(g, neuron_input(g, (const int64_t[]){28, 28, 1}, 3));
    neuron_node_t *h = neuron_relu(g, neuron_dense(g, x, STUDENT, NULL));
    must(neuron_graph_finish(g, neuron_softmax(g, neuron_dense(g, h, CLASSES, NULL), NULL)));
    return g;
}

/* A small network that learns from the images, or from what a teacher says of them. */
static neuron_graph_t *train_student(experiment_t *e, const neuron_graph_t *teacher)
{
    neuron_graph_t *student = build_student(e);
    neuron_dataset_t *examples = neuron_dataset_ref(e->train);
    neuron_trainer_t *trainer;
    neuron_loss_t *loss;

    if (teacher) {
        neuron_dataset_unref(examples);
        must(neuron_dataset_distil(&examples, e->train, teacher, NULL));
    }
    must(neuron_trainer_create(&trainer, student, e->adam, examples));
    must(neuron_trainer_set(trainer, "batch_size=64"));
    must(neuron_trainer_set_number(trainer, "epochs", e->student_epochs));
    if (teacher) {
        must(
            neuron_loss_create(&loss, e->context, "distillation", "temperature=2, soft_share=0.9"));
        must(neuron_trainer_set_loss(trainer, loss));
        neuron_loss_unref(loss);
    }
    must(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_dataset_unref(examples);
    return student;
}

static void join_all(experiment_t *e, neuron_graph_t *members[MEMBERS])
{
    static const struct {
        const char *name, *options;
    } stacks[] = {{"weights for each class", "method=class_weights"},
                  {"mean of ranks", "method=ranks"},
                  {"stacking", "method=logistic"}};
    neuron_graph_t *stacked, *calibrated, *mean = join(e, members, "rule=mean", NULL);

    judge(e, "the best member by validation", best_of(e, members));
    judge(e, "mean", mean);
    judge_once(e, "majority vote", join(e, members, "rule=majority_vote", NULL));
    judge_once(e, "Borda count", join(e, members, "rule=borda", NULL));
    judge_once(e, "mean weighted by accuracy",
               join(e, members, "rule=weighted_mean", "method=accuracy"));
    judge_once(e, "greedy selection", join(e, members, "rule=weighted_mean", "method=greedy"));
    judge_once(e, "convex weights", join(e, members, "rule=weighted_mean", "method=convex"));
    for (size_t k = 0; k < sizeof stacks / sizeof stacks[0]; k++) {
        must(neuron_committee_stack(&stacked, e->context, members, MEMBERS, e->validation,
                                    stacks[k].options));
        judge_once(e, stacks[k].name, stacked);
    }
    must(neuron_graph_calibrate(&calibrated, mean, e->validation, "method=temperature"));
    judge_once(e, "mean, its temperature calibrated", calibrated);
    judge_once(e, "a student of the mean", train_student(e, mean));
    judge_once(e, "the student's network, taught by the images", train_student(e, NULL));
    judge_measures(e, members);
    neuron_graph_unref(mean);
}

/* ---- One seed, and all ---- */

static void divide(experiment_t *e, neuron_dataset_t *all)
{
    static const double fractions[] = {0.86, 0.05, 0.05, 0.04};
    neuron_dataset_t *parts[4];

    must(neuron_dataset_split(parts, all, fractions, 4, e->seed, "order=stratified"));
    e->train = parts[0];
    e->validation = parts[1];
    e->calibration = parts[2];
    e->test = parts[3];
}

static void run_seed(experiment_t *e, neuron_dataset_t *all)
{
    neuron_graph_t *members[MEMBERS];

    must(neuron_context_set_seed(e->context, e->seed));
    divide(e, all);
    train_members(e, members, "initialization");
    join_all(e, members);
    for (int m = 0; m < MEMBERS; m++)
        neuron_graph_unref(members[m]);
    train_members(e, members, "bagging");
    judge_once(e, "bagging: mean of members of samples", join(e, members, "rule=mean", NULL));
    for (int m = 0; m < MEMBERS; m++)
        neuron_graph_unref(members[m]);
    judge_once(e, "one convolutional network", train_one(e, 3, 0));
    judge_once(e, "its weights averaged (SWA)", train_one(e, 3, 1));
    judge_once(e, "snapshots of one training of 20 epochs", train_snapshots(e));
    neuron_dataset_unref(e->train);
    neuron_dataset_unref(e->validation);
    neuron_dataset_unref(e->calibration);
    neuron_dataset_unref(e->test);
}

static void write_figure(FILE *file, const double *values, int count)
{
    double mean = 0, squares = 0;

    for (int i = 0; i < count; i++)
        mean += values[i] / count;
    for (int i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    if (count > 1)
        fprintf(file, " %.4f ± %.4f |", mean, sqrt(squares / (count - 1)));
    else
        fprintf(file, " %.4f |", mean);
}

static void write_table(const char *path, const experiment_t *e, const uint64_t *seeds, int count)
{
    FILE *file = fopen(path, "w");

    if (!file) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    fputs("# Committees on Fashion-MNIST\n\nWritten by `committees DATA FILE", file);
    for (int i = 0; i < count; i++)
        fprintf(file, " %llu", (unsigned long long)seeds[i]);
    fprintf(file,
            "`.\n"
            "Each seed divides the 70,000 images anew: 86 %% to train with, 5 %% to join and "
            "to calibrate by,\n5 %% to make sets by, 4 %% to test, of each class. %d members "
            "train for %d epochs of Adam in batches of 64:\nthree networks of a hidden layer "
            "of 128, two with a convolution of 32 filters before it.\nFigures are of the "
            "images that are tested, mean and deviation over the seeds.\n\n",
            MEMBERS, e->epochs);
    fprintf(file,
            "The calibration error is the expected one, of 15 bins; of the surest 90 %% of "
            "the images the accuracy\nis told. Sets of classes are made to have the true one "
            "in 90 or 99 %% of cases: in how many they have\nit, and how many classes they "
            "take for that; a set has one class at least. The student has %d hidden\nunits "
            "and learns for %d epochs.\n\n| committee |",
            STUDENT, e->student_epochs);
    for (int f = 0; f < FIGURES; f++)
        fprintf(file, " %s |", figure_names[f]);
    fputs("\n| --- |", file);
    for (int f = 0; f < FIGURES; f++)
        fputs(" --- |", file);
    fputc('\n', file);
    for (int i = 0; i < e->way_count; i++) {
        fprintf(file, "| %s |", e->ways[i].name);
        for (int f = 0; f < FIGURES; f++)
            write_figure(file, e->ways[i].figures[f], count);
        fputc('\n', file);
    }
    fputs("\nHow well the members together know the mistakes of their mean: the area under the ROC "
          "curve of finding\nmistakes by the measure, 0.5 for one that knows nothing.\n\n"
          "| measure | area |\n| --- | --- |\n",
          file);
    for (int k = 0; k < MEASURES; k++) {
        fprintf(file, "| %s |", measures[k]);
        write_figure(file, e->noticed[k], count);
        fputc('\n', file);
    }
    if (fclose(file) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
}

static neuron_dataset_t *load(neuron_context_t *context, const char *folder)
{
    static const char *const parts[] = {"train", "t10k"};
    neuron_dataset_t *sets[2], *all;

    if (strcmp(folder, "generated") == 0) {
        must(neuron_dataset_generate_glyphs(&all, context, 2000, 28, 28, 1));
        return all;
    }
    for (int i = 0; i < 2; i++) {
        char images[4096], labels[4096];
        snprintf(images, sizeof images, "%s/%s-images-idx3-ubyte.gz", folder, parts[i]);
        snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte.gz", folder, parts[i]);
        must(neuron_dataset_load_idx(&sets[i], context, images, labels, 10));
    }
    must(neuron_dataset_join(&all, sets, 2));
    neuron_dataset_unref(sets[0]);
    neuron_dataset_unref(sets[1]);
    must(neuron_dataset_reshape(all, (const int64_t[]){28, 28, 1}, 3));
    return all;
}

int main(int argc, char **argv)
{
    static way_t ways[WAYS_MAX];
    experiment_t e = {.ways = ways};
    uint64_t seeds[SEEDS_MAX] = {1, 2, 3};
    int count = 3;

    if (argc < 3 || argc - 3 > SEEDS_MAX) {
        fputs("usage: committees DATA FILE [SEED...]\n", stderr);
        return 2;
    }
    if (argc > 3)
        for (count = 0; count < argc - 3; count++)
            seeds[count] = strtoull(argv[count + 3], NULL, 10);
    must(neuron_context_create(&e.context, NULL));
    must(neuron_optimizer_create(&e.adam, e.context, "adam", NULL));
    neuron_dataset_t *all = load(e.context, argv[1]);
    e.epochs = strcmp(argv[1], "generated") == 0 ? 2 : EPOCHS;
    e.snapshot_epochs = e.epochs == EPOCHS ? 4 : 1;
    e.student_epochs = e.epochs == EPOCHS ? STUDENT_EPOCHS : 2;
    for (e.seed_index = 0; e.seed_index < count; e.seed_index++) {
        e.seed = seeds[e.seed_index];
        run_seed(&e, all);
        write_table(argv[2], &e, seeds, e.seed_index + 1);
    }
    neuron_dataset_unref(all);
    neuron_optimizer_unref(e.adam);
    neuron_context_unref(e.context);
    return EXIT_SUCCESS;
}
