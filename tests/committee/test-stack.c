/* Stacking: the layer that joins members has the least loss, and graphs of the caller's join them
 * too. */
#include "test-models.h"

#include <libneuron-committee/committees.h>

#include <math.h>
#include <stdio.h>

enum { MEMBERS = 3, EXAMPLES = 80, CLASSES = 3, SIDE = MEMBERS * CLASSES };

static neuron_context_t *context;
static uint32_t state;

static void set_up(void)
{
    context = test_context();
    state = 4321;
}

static void tear_down(void)
{
    neuron_context_unref(context);
}

static double draw(void)
{
    state = state * 1664525u + 1013904223u;
    return ((double)(state >> 8) + 0.5) / (1 << 24);
}

typedef enum kind { KIND_CLASSES, KIND_LABELS, KIND_SINGLE, KIND_NUMBERS } kind;

static int outputs_of(kind what)
{
    return what == KIND_SINGLE ? 1 : what == KIND_NUMBERS ? 2 : CLASSES;
}

/* Two numbers, and what a member puts out for them. */
static neuron_graph_t *graph_of(int seed, kind what)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    assert_ok(neuron_graph_set_seed(g, (uint64_t)seed));
    neuron_node_t *x = neuron_input(g, (const int64_t[]){2}, 1);
    neuron_node_t *y = neuron_dense(g, x, outputs_of(what), NULL);
    if (what == KIND_CLASSES)
        y = neuron_softmax(g, y, NULL);
    else if (what != KIND_NUMBERS)
        y = neuron_sigmoid(g, y);
    assert_ok(neuron_graph_finish(g, y));
    return g;
}

static neuron_tensor_t *tensor(int32_t type, int64_t count, int64_t size)
{
    neuron_tensor_t *made;
    assert_ok(
        neuron_tensor_create(&made, context, type, (const int64_t[]){count, size}, size ? 2 : 1));
    return made;
}

static const char *const class_names[CLASSES] = {"one", "two", "three"};

static neuron_dataset_t *points(kind what)
{
    int size = outputs_of(what);
    neuron_tensor_t *examples = tensor(NEURON_TYPE_F32, EXAMPLES, 2);
    neuron_tensor_t *labels = what == KIND_CLASSES ? tensor(NEURON_TYPE_I32, EXAMPLES, 0)
                                                   : tensor(NEURON_TYPE_F32, EXAMPLES, size);
    neuron_dataset_t *dataset;
    float *x = neuron_tensor_data(examples);
    for (int i = 0; i < EXAMPLES; i++) {
        int label = (int)(draw() * CLASSES);
        x[2 * i] = (float)(draw() + (label == 1));
        x[2 * i + 1] = (float)(draw() + (label == 2));
        for (int k = 0; k < size; k++)
            if (what == KIND_CLASSES)
                ((int32_t *)neuron_tensor_data(labels))[i] = label;
            else
                ((float *)neuron_tensor_data(labels))[i * size + k] =
                    what == KIND_NUMBERS ? (float)(draw() + label * (k + 1))
                                         : (float)(x[2 * i + k % 2] + (float)draw() > 1.3f);
    }
    if (what == KIND_CLASSES) {
        assert_ok(neuron_dataset_create(&dataset, context, examples, labels, CLASSES));
        assert_ok(neuron_dataset_set_class_names(dataset, class_names, CLASSES));
    } else {
        assert_ok(neuron_dataset_create_with_targets(&dataset, context, examples, labels));
    }
    neuron_tensor_unref(examples);
    neuron_tensor_unref(labels);
    return dataset;
}

typedef struct world {
    kind what;
    int size;
    neuron_graph_t *members[MEMBERS];
    neuron_dataset_t *dataset, *side_by_side;
    float x[EXAMPLES * SIDE], t[EXAMPLES * CLASSES]; /* without gaps where there are fewer */
} world;

static world make(kind what)
{
    world w = {.what = what, .size = outputs_of(what), .dataset = points(what)};
    for (int m = 0; m < MEMBERS; m++)
        w.members[m] = graph_of(m + 1, what);
    assert_ok(neuron_committee_outputs(&w.side_by_side, w.members, MEMBERS, w.dataset));
    assert_ok(neuron_dataset_read(w.x, NULL, w.side_by_side, 0, EXAMPLES));
    assert_ok(
        neuron_dataset_read_targets(w.t, EXAMPLES * CLASSES, NULL, w.side_by_side, 0, EXAMPLES));
    return w;
}

static void drop(world *w)
{
    for (int m = 0; m < MEMBERS; m++)
        neuron_graph_unref(w->members[m]);
    neuron_dataset_unref(w->dataset);
    neuron_dataset_unref(w->side_by_side);
}

static int stack(neuron_graph_t **committee, const world *w, const char *options)
{
    return neuron_committee_stack(committee, context, w->members, MEMBERS, w->dataset, options);
}

/* ---- The layer ---- */

enum { PARAMETERS = SIDE * CLASSES + CLASSES };

/* What the layer, kernel before bias, puts out for an example, in double. */
static void apply(double y[CLASSES], const world *w, const double *p, int example)
{
    int size = w->size, side = MEMBERS * size;
    double sum = 0;
    for (int k = 0; k < size; k++) {
        y[k] = p[side * size + k];
        for (int j = 0; j < side; j++)
            y[k] += (double)w->x[example * side + j] * p[j * size + k];
        sum += exp(y[k]);
    }
    for (int k = 0; k < size; k++)
        if (w->what == KIND_CLASSES)
            y[k] = exp(y[k]) / sum;
        else if (w->what != KIND_NUMBERS)
            y[k] = 1 / (1 + exp(-y[k]));
}

static double loss(const world *w, const double *p, double l2)
{
    int size = w->size, side = MEMBERS * size;
    double sum = 0, y[CLASSES];
    for (int i = 0; i < side * size; i++)
        sum += l2 / 2 * p[i] * p[i];
    for (int i = 0; i < EXAMPLES; i++) {
        apply(y, w, p, i);
        for (int k = 0; k < size; k++) {
            double t = (double)w->t[i * size + k];
            if (w->what == KIND_NUMBERS)
                sum += (y[k] - t) * (y[k] - t) / 2;
            else if (w->what == KIND_CLASSES)
                sum -= t * log(y[k]);
            else
                sum -= t * log(y[k]) + (1 - t) * log(1 - y[k]);
        }
    }
    return sum;
}

/* No parameter of the layer that was fitted can change for the better, and what the committee
 * predicts is what the layer makes of its members. */
static void assert_stacked(kind what, const char *options, double l2)
{
    world w = make(what);
    neuron_graph_t *committee;
    float values[PARAMETERS];
    double p[PARAMETERS], y[CLASSES];
    int size = w.size, kernel = MEMBERS * size * size, count = kernel + size;
    assert_ok(stack(&committee, &w, options));
    int64_t last = neuron_graph_array_count(committee) - 1;
    assert_ok(neuron_graph_read_array(values, (size_t)kernel, NULL, committee, last - 1));
    assert_ok(neuron_graph_read_array(values + kernel, (size_t)size, NULL, committee, last));
    for (int i = 0; i < count; i++)
        p[i] = (double)values[i];
    double least = loss(&w, p, l2);
    for (int i = 0; i < count; i++)
        for (int side = -1; side <= 1; side += 2) {
            double kept = p[i], change = 1e-3 * side;
            p[i] += change;
            ck_assert_double_gt(loss(&w, p, l2), least);
            p[i] = kept;
        }
    neuron_tensor_t *output = tensor(NEURON_TYPE_F32, EXAMPLES, size);
    assert_ok(neuron_graph_predict_dataset(committee, w.dataset, output));
    for (int i = 0; i < EXAMPLES; i++) {
        apply(y, &w, p, i);
        for (int k = 0; k < size; k++)
            ck_assert_double_eq_tol((double)((float *)neuron_tensor_data(output))[i * size + k],
                                    y[k], 1e-5);
    }
    neuron_tensor_unref(output);
    neuron_graph_unref(committee);
    drop(&w);
}

START_TEST(the_layer_has_the_least_loss)
{
    assert_stacked(KIND_CLASSES, NULL, 1);
    assert_stacked(KIND_CLASSES, "l2=0.05", 0.05);
    assert_stacked(KIND_LABELS, "l2=0.5", 0.5);
    assert_stacked(KIND_SINGLE, NULL, 1);
    assert_stacked(KIND_NUMBERS, "l2=2", 2);
}
END_TEST

/* ---- Tables ---- */

/* The log loss of weights for each member and class. */
static double class_loss(const world *w, const double *weights)
{
    double sum = 0;
    for (int i = 0; i < EXAMPLES; i++) {
        double all = 0, of_truth = 0;
        for (int j = 0; j < SIDE; j++) {
            double part = weights[j] * (double)w->x[i * SIDE + j];
            all += part;
            of_truth += part * (double)w->t[i * CLASSES + j % CLASSES];
        }
        sum -= log(of_truth / all);
    }
    return sum;
}

/* Of each class the weights are those that the committee's predictions show, and none can change
 * for the better. */
START_TEST(weights_for_each_class)
{
    world w = make(KIND_CLASSES);
    neuron_graph_t *committee;
    float y[2 * CLASSES];
    double weights[SIDE], expected[CLASSES];
    assert_ok(stack(&committee, &w, "method=class_weights, iterations=100000"));
    int64_t first = neuron_graph_array_count(committee) - 2 * (MEMBERS + 1);
    for (int m = 0; m < MEMBERS; m++) {
        assert_ok(neuron_graph_read_array(y, 2 * CLASSES, NULL, committee, first + 2 * m + 1));
        for (int k = 0; k < CLASSES; k++)
            weights[m * CLASSES + k] = (double)y[2 * k + 1];
    }
    double least = class_loss(&w, weights);
    for (int j = 0; j < SIDE; j++)
        for (int side = -1; side <= 1; side += 2) {
            double kept = weights[j];
            weights[j] += side * fmin(0.02, kept);
            ck_assert_double_ge(class_loss(&w, weights), least - 1e-6);
            weights[j] = kept;
        }
    neuron_tensor_t *output = tensor(NEURON_TYPE_F32, EXAMPLES, CLASSES);
    assert_ok(neuron_graph_predict_dataset(committee, w.dataset, output));
    for (int i = 0; i < EXAMPLES; i++) {
        double all = 0;
        for (int k = 0; k < CLASSES; k++)
            expected[k] = 0;
        for (int j = 0; j < SIDE; j++) {
            expected[j % CLASSES] += weights[j] * (double)w.x[i * SIDE + j];
            all += weights[j] * (double)w.x[i * SIDE + j];
        }
        for (int k = 0; k < CLASSES; k++)
            ck_assert_double_eq_tol((double)((float *)neuron_tensor_data(output))[i * CLASSES + k],
                                    expected[k] / all, 1e-5);
    }
    neuron_tensor_unref(output);
    neuron_graph_unref(committee);
    drop(&w);
}
END_TEST

/* With as many points as examples a value becomes its exact rank. */
START_TEST(means_of_ranks)
{
    world w = make(KIND_CLASSES);
    neuron_graph_t *committee;
    char options[40];
    snprintf(options, sizeof options, "method=ranks, points=%d", EXAMPLES);
    assert_ok(stack(&committee, &w, options));
    neuron_tensor_t *output = tensor(NEURON_TYPE_F32, EXAMPLES, CLASSES);
    assert_ok(neuron_graph_predict_dataset(committee, w.dataset, output));
    for (int i = 0; i < EXAMPLES; i++) {
        double ranks[CLASSES] = {0}, all = 0;
        for (int j = 0; j < SIDE; j++)
            for (int other = 0; other < EXAMPLES; other++)
                ranks[j % CLASSES] += w.x[other * SIDE + j] < w.x[i * SIDE + j];
        for (int k = 0; k < CLASSES; k++)
            all += ranks[k];
        for (int k = 0; k < CLASSES; k++)
            ck_assert_double_eq_tol((double)((float *)neuron_tensor_data(output))[i * CLASSES + k],
                                    ranks[k] / all, 1e-4);
    }
    neuron_tensor_unref(output);
    neuron_graph_unref(committee);
    drop(&w);
    w = make(KIND_SINGLE); /* of one output the rank itself */
    assert_ok(stack(&committee, &w, "method=ranks"));
    output = tensor(NEURON_TYPE_F32, EXAMPLES, 1);
    assert_ok(neuron_graph_predict_dataset(committee, w.dataset, output));
    double mean = 0;
    for (int i = 0; i < EXAMPLES; i++)
        mean += (double)((float *)neuron_tensor_data(output))[i] / EXAMPLES;
    ck_assert_double_eq_tol(mean, 0.5, 0.01);
    neuron_tensor_unref(output);
    neuron_graph_unref(committee);
    drop(&w);
}
END_TEST

/* The outputs that are there already give the same, bit for bit; fewer iterations another one. */
START_TEST(from_outputs)
{
    world w = make(KIND_CLASSES);
    neuron_graph_t *committee, *again, *short_one;
    neuron_tensor_t *outputs[MEMBERS], *labels = tensor(NEURON_TYPE_I32, EXAMPLES, 0);
    float a[PARAMETERS], b[PARAMETERS];
    assert_ok(neuron_dataset_read(NULL, neuron_tensor_data(labels), w.dataset, 0, EXAMPLES));
    for (int m = 0; m < MEMBERS; m++) {
        outputs[m] = tensor(NEURON_TYPE_F32, EXAMPLES, CLASSES);
        assert_ok(neuron_graph_predict_dataset(w.members[m], w.dataset, outputs[m]));
    }
    assert_ok(neuron_graph_set_class_names(w.members[1], NULL, class_names, CLASSES));
    assert_ok(stack(&committee, &w, NULL));
    assert_ok(neuron_committee_stack_from_outputs(&again, context, w.members, MEMBERS, outputs,
                                                  labels, NULL));
    assert_ok(stack(&short_one, &w, "iterations=1"));
    int64_t kernel = neuron_graph_array_count(committee) - 2;
    assert_ok(neuron_graph_read_array(a, SIDE * CLASSES, NULL, committee, kernel));
    assert_ok(neuron_graph_read_array(b, SIDE * CLASSES, NULL, again, kernel));
    ck_assert_mem_eq(a, b, SIDE * CLASSES * sizeof *a);
    assert_ok(neuron_graph_read_array(b, SIDE * CLASSES, NULL, short_one, kernel));
    ck_assert_mem_ne(a, b, SIDE * CLASSES * sizeof *a);
    ck_assert_str_eq(neuron_graph_name(committee), "committee");
    ck_assert_str_eq(neuron_graph_class_name(committee, NULL, 2), "three");
    for (int m = 0; m < MEMBERS; m++)
        neuron_tensor_unref(outputs[m]);
    neuron_tensor_unref(labels);
    neuron_graph_unref(committee);
    neuron_graph_unref(again);
    neuron_graph_unref(short_one);
    drop(&w);
}
END_TEST

/* ---- Graphs of the caller's ---- */

static neuron_graph_t *combiner_of(int64_t side, int64_t size)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_input(g, &side, 1);
    x = neuron_relu(g, neuron_dense(g, x, 5, NULL));
    assert_ok(neuron_graph_finish(g, neuron_softmax(g, neuron_dense(g, x, size, NULL), NULL)));
    return g;
}

/* A combiner learns from what the members put out; the committee predicts what it makes of that,
 * and training the committee further leaves the members as they are. */
START_TEST(a_trained_combiner)
{
    world w = make(KIND_CLASSES);
    neuron_graph_t *combiner = combiner_of(SIDE, CLASSES), *committee;
    neuron_optimizer_t *optimizer;
    neuron_trainer_t *trainer;
    float before[2 * CLASSES], after[2 * CLASSES];
    assert_ok(neuron_optimizer_create(&optimizer, context, "adam", "learning_rate=0.05"));
    assert_ok(neuron_trainer_create(&trainer, combiner, optimizer, w.side_by_side));
    assert_ok(neuron_trainer_set(trainer, "epochs=3, batch_size=16"));
    assert_ok(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    assert_ok(neuron_committee_join(&committee, context, w.members, MEMBERS, combiner));
    neuron_tensor_t *expected = tensor(NEURON_TYPE_F32, EXAMPLES, CLASSES);
    neuron_tensor_t *output = tensor(NEURON_TYPE_F32, EXAMPLES, CLASSES);
    assert_ok(neuron_graph_predict_dataset(combiner, w.side_by_side, expected));
    assert_ok(neuron_graph_predict_dataset(committee, w.dataset, output));
    for (int i = 0; i < EXAMPLES * CLASSES; i++)
        ck_assert_float_eq_tol(((float *)neuron_tensor_data(output))[i],
                               ((float *)neuron_tensor_data(expected))[i], 1e-6f);
    assert_ok(neuron_graph_read_array(before, 2 * CLASSES, NULL, committee, 0));
    assert_ok(neuron_trainer_create(&trainer, committee, optimizer, w.dataset));
    assert_ok(neuron_trainer_set(trainer, "epochs=1, batch_size=16"));
    assert_ok(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    assert_ok(neuron_graph_read_array(after, 2 * CLASSES, NULL, committee, 0));
    ck_assert_mem_eq(before, after, sizeof before);
    assert_ok(neuron_graph_predict_dataset(committee, w.dataset, expected));
    ck_assert_mem_ne(neuron_tensor_data(expected), neuron_tensor_data(output),
                     EXAMPLES * CLASSES * sizeof(float));
    neuron_tensor_unref(expected);
    neuron_tensor_unref(output);
    neuron_optimizer_unref(optimizer);
    neuron_graph_unref(committee);
    neuron_graph_unref(combiner);
    drop(&w);
}
END_TEST

/* ---- The dataset ---- */

START_TEST(outputs_side_by_side)
{
    world w = make(KIND_CLASSES);
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank, labels[2][EXAMPLES];
    float weights[EXAMPLES], read[EXAMPLES];
    neuron_dataset_t *weighted;
    neuron_tensor_t *output = tensor(NEURON_TYPE_F32, EXAMPLES, CLASSES);
    assert_ok(neuron_dataset_shape(shape, &rank, w.side_by_side));
    ck_assert_int_eq(rank, 1);
    ck_assert_int_eq(shape[0], SIDE);
    ck_assert_int_eq(neuron_dataset_count(w.side_by_side), EXAMPLES);
    ck_assert_str_eq(neuron_dataset_class_name(w.side_by_side, 1), "two");
    assert_ok(neuron_dataset_read(NULL, labels[0], w.dataset, 0, EXAMPLES));
    assert_ok(neuron_dataset_read(NULL, labels[1], w.side_by_side, 0, EXAMPLES));
    ck_assert_mem_eq(labels[0], labels[1], sizeof labels[0]);
    for (int m = 0; m < MEMBERS; m++) {
        assert_ok(neuron_graph_predict_dataset(w.members[m], w.dataset, output));
        for (int i = 0; i < EXAMPLES; i++)
            ck_assert_mem_eq(w.x + i * SIDE + m * CLASSES,
                             (float *)neuron_tensor_data(output) + i * CLASSES,
                             CLASSES * sizeof(float));
    }
    for (int i = 0; i < EXAMPLES; i++)
        weights[i] = (float)(i % 3);
    assert_ok(neuron_dataset_set_weights(w.dataset, weights, EXAMPLES));
    assert_ok(neuron_committee_outputs(&weighted, w.members, MEMBERS, w.dataset));
    assert_ok(neuron_dataset_read_weights(read, weighted, 0, EXAMPLES));
    ck_assert_mem_eq(read, weights, sizeof weights);
    neuron_dataset_unref(weighted);
    neuron_tensor_unref(output);
    drop(&w);
}
END_TEST

/* ---- What is refused ---- */

START_TEST(refused)
{
    world w = make(KIND_CLASSES), numbers = make(KIND_NUMBERS);
    neuron_graph_t *committee = w.members[0], *wrong, *map;
    neuron_dataset_t *empty = w.dataset;
    assert_status(stack(&committee, &w, "l2=0"), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(committee);
    assert_status(stack(&committee, &w, "l3=1"), NEURON_E_ARGUMENT);
    assert_message("l2");
    assert_status(
        neuron_committee_stack(&committee, context, w.members, MEMBERS, numbers.dataset, NULL),
        NEURON_E_SHAPE);
    neuron_graph_t *mixed[] = {w.members[0], numbers.members[0]};
    assert_status(neuron_committee_outputs(&empty, mixed, 2, w.dataset), NEURON_E_SHAPE);
    ck_assert_ptr_null(empty);
    wrong = combiner_of(SIDE - 1, CLASSES);
    assert_status(neuron_committee_join(&committee, context, w.members, MEMBERS, wrong),
                  NEURON_E_SHAPE);
    assert_message("takes 8; 3 members put out 3 numbers each");
    neuron_graph_unref(wrong);
    assert_ok(neuron_graph_create(&wrong, context));
    assert_status(neuron_committee_join(&committee, context, w.members, MEMBERS, wrong),
                  NEURON_E_STATE);
    assert_status(neuron_committee_join(&committee, context, &wrong, 1, w.members[0]),
                  NEURON_E_STATE);
    assert_status(neuron_committee_join(&committee, context, w.members, MEMBERS, NULL),
                  NEURON_E_ARGUMENT);
    neuron_graph_unref(wrong);
    assert_status(neuron_committee_stack(&committee, context, numbers.members, MEMBERS,
                                         numbers.dataset, "method=class_weights"),
                  NEURON_E_UNSUPPORTED);
    assert_status(neuron_committee_stack(&committee, context, numbers.members, MEMBERS,
                                         numbers.dataset, "method=ranks"),
                  NEURON_E_UNSUPPORTED);
    neuron_dataset_t *two;
    assert_ok(neuron_dataset_filter(&two, w.dataset, (const int32_t[]){0, 2}, 2));
    assert_status(neuron_committee_stack(&committee, context, w.members, MEMBERS, two,
                                         "method=class_weights"),
                  NEURON_E_DATA);
    assert_message("no example of class 1");
    neuron_dataset_unref(two);
    /* Maps: every place is of a class. */
    assert_ok(neuron_graph_create(&map, context));
    neuron_node_t *x = neuron_input(map, (const int64_t[]){2, 2, 2}, 3);
    assert_ok(neuron_graph_finish(map, neuron_softmax(map, x, NULL)));
    neuron_tensor_t *examples, *targets;
    neuron_dataset_t *maps;
    assert_ok(neuron_tensor_create(&examples, context, NEURON_TYPE_F32,
                                   (const int64_t[]){1, 2, 2, 2}, 4));
    assert_ok(
        neuron_tensor_create(&targets, context, NEURON_TYPE_F32, (const int64_t[]){1, 2, 2, 2}, 4));
    for (int i = 0; i < 8; i += 2)
        ((float *)neuron_tensor_data(targets))[i] = 1;
    assert_ok(neuron_dataset_create_with_targets(&maps, context, examples, targets));
    assert_status(neuron_committee_stack(&committee, context, &map, 1, maps, NULL),
                  NEURON_E_UNSUPPORTED);
    neuron_dataset_unref(maps);
    neuron_tensor_unref(examples);
    neuron_tensor_unref(targets);
    neuron_graph_unref(map);
    drop(&w);
    drop(&numbers);
}
END_TEST

/* ---- Memory ---- */

static void fail_each(kind what, const char *options)
{
    int status = NEURON_E_MEMORY;
    for (long n = 0; status != NEURON_OK; n++) {
        test_memory memory = {0};
        neuron_context_t *usual = context;
        neuron_graph_t *committee;
        context = test_limited_context(&memory);
        world w = make(what);
        atomic_store(&memory.left, n);
        status = stack(&committee, &w, options);
        test_refill(&memory);
        ck_assert(status == NEURON_OK || (status == NEURON_E_MEMORY && !committee));
        neuron_graph_unref(committee);
        drop(&w);
        neuron_context_unref(context);
        ck_assert_int_eq(atomic_load(&memory.live), 0);
        context = usual;
        ck_assert_int_lt(n, 2000);
    }
}

START_TEST(failed_allocations)
{
    fail_each(KIND_LABELS, "iterations=5");
    fail_each(KIND_CLASSES, "method=class_weights, iterations=3");
    fail_each(KIND_SINGLE, "method=ranks, points=5");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stacking");
    TCase *tests = tcase_create("stacking");
    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, the_layer_has_the_least_loss);
    tcase_add_test(tests, weights_for_each_class);
    tcase_add_test(tests, means_of_ranks);
    tcase_add_test(tests, from_outputs);
    tcase_add_test(tests, a_trained_combiner);
    tcase_add_test(tests, outputs_side_by_side);
    tcase_add_test(tests, refused);
    tcase_add_test(tests, failed_allocations);
    return run_suite(suite);
}
