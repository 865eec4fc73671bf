/* Datasets side by side: what each example is made of, in whatever is derived of them. */
#include "data/dataset.h"
#include "test-common.h"

#include <math.h>

enum { COUNT = 12, SIDE = 2, PIXELS = SIDE * SIDE, WIDTH = 3, KINDS = 4 };

/* Of example i the parts know it: its pixels are i, its numbers begin with i + 0.5, its kind is
 * i % KINDS, its size 10 i and -i, its mark i % 2. */
typedef struct scene {
    neuron_context_t *context;
    neuron_dataset_t *images, *numbers, *kinds, *sizes, *marks;
} scene;

static const char *const names[] = {"north", "east", "south", "west"};

static neuron_tensor_t *wrap(neuron_context_t *context, int32_t type, const int64_t *shape,
                             int32_t rank, const void *data)
{
    neuron_tensor_t *tensor;
    assert_ok(neuron_tensor_copy(&tensor, context, type, shape, rank, (void *)(uintptr_t)data));
    return tensor;
}

/* Takes both tensors; labels of classes if there are any. */
static neuron_dataset_t *make(neuron_context_t *context, neuron_tensor_t *examples,
                              neuron_tensor_t *targets, int64_t classes)
{
    neuron_dataset_t *made;
    assert_ok(classes > 0 ? neuron_dataset_create(&made, context, examples, targets, classes)
                          : neuron_dataset_create_with_targets(&made, context, examples, targets));
    neuron_tensor_unref(examples);
    neuron_tensor_unref(targets);
    return made;
}

static scene set_up_in(neuron_context_t *context)
{
    scene s = {.context = context};
    uint8_t pixels[COUNT * PIXELS];
    float numbers[COUNT * WIDTH], sizes[COUNT * 2];
    int32_t kinds[COUNT], marks[COUNT];
    const int64_t images[] = {COUNT, SIDE, SIDE, 1}, rows[] = {COUNT, WIDTH}, pairs[] = {COUNT, 2};
    for (int i = 0; i < COUNT; i++) {
        memset(pixels + (ptrdiff_t)i * PIXELS, i, PIXELS);
        for (int k = 0; k < WIDTH; k++)
            numbers[i * WIDTH + k] = (float)i + 0.5f + (float)k;
        sizes[i * 2] = (float)(10 * i);
        sizes[i * 2 + 1] = (float)-i;
        kinds[i] = i % KINDS;
        marks[i] = i % 2;
    }
    s.images = make(context, wrap(context, NEURON_TYPE_U8, images, 4, pixels), NULL, 0);
    s.numbers = make(context, wrap(context, NEURON_TYPE_F32, rows, 2, numbers), NULL, 0);
    s.kinds = make(context, wrap(context, NEURON_TYPE_F32, rows, 2, numbers),
                   wrap(context, NEURON_TYPE_I32, images, 1, kinds), KINDS);
    s.sizes = make(context, wrap(context, NEURON_TYPE_F32, rows, 2, numbers),
                   wrap(context, NEURON_TYPE_F32, pairs, 2, sizes), 0);
    s.marks = make(context, wrap(context, NEURON_TYPE_U8, images, 4, pixels),
                   wrap(context, NEURON_TYPE_I32, images, 1, marks), 2);
    assert_ok(neuron_dataset_set_class_names(s.kinds, names, KINDS));
    return s;
}

static scene set_up(void)
{
    return set_up_in(test_context());
}

static void tear_down(scene *s)
{
    neuron_dataset_unref(s->images);
    neuron_dataset_unref(s->numbers);
    neuron_dataset_unref(s->kinds);
    neuron_dataset_unref(s->sizes);
    neuron_dataset_unref(s->marks);
    neuron_context_unref(s->context);
}

static neuron_dataset_t *zip(const scene *s)
{
    neuron_dataset_t *zipped, *inputs[] = {s->images, s->numbers};
    neuron_dataset_t *targets[] = {s->kinds, s->sizes, s->marks};
    assert_ok(neuron_dataset_zip(&zipped, inputs, 2, targets, 3));
    return zipped;
}

/* The labels and targets of a part are those of `ids`. */
static void expect_targets(neuron_dataset_t *d, int64_t index, const int64_t *ids, int64_t count)
{
    neuron_dataset_t *part;
    int32_t labels[2 * COUNT];
    assert_ok(neuron_dataset_target(&part, d, index));
    ck_assert_int_eq(neuron_dataset_count(part), count);
    assert_ok(neuron_dataset_read(NULL, labels, part, 0, count));
    for (int64_t i = 0; i < count && index != 1; i++)
        assert_that(labels[i] == ids[i] % (index == 0 ? KINDS : 2), "target %d of example %d",
                    (int)index, (int)i);
    if (index == 1) {
        float values[4 * COUNT];
        size_t needed;
        assert_ok(neuron_dataset_read_targets(values, 4 * COUNT, &needed, part, 0, count));
        ck_assert_uint_eq(needed, (size_t)(2 * count));
        for (int64_t i = 0; i < count; i++)
            assert_that(values[2 * i] == (float)(10 * ids[i]) &&
                            values[2 * i + 1] == (float)-ids[i],
                        "sizes of example %d", (int)i);
    }
    neuron_dataset_unref(part);
}

/* All parts of a dataset are of these examples, in this order. */
static void expect(neuron_dataset_t *d, const int64_t *ids, int64_t count)
{
    neuron_dataset_t *part;
    float values[2 * COUNT * PIXELS];
    int32_t labels[2 * COUNT];
    ck_assert_int_eq(neuron_dataset_count(d), count);
    ck_assert_int_eq(neuron_dataset_input_count(d), 2);
    ck_assert_int_eq(neuron_dataset_target_count(d), 3);
    assert_ok(neuron_dataset_read(values, labels, d, 0, count)); /* the first of each */
    for (int64_t i = 0; i < count; i++)
        assert_that(lrintf(values[i * PIXELS] * 255) == ids[i] && labels[i] == ids[i] % KINDS,
                    "example %d", (int)i);
    assert_ok(neuron_dataset_input(&part, d, 0));
    assert_ok(neuron_dataset_read(values, NULL, part, 0, count));
    for (int64_t i = 0; i < count * PIXELS; i++)
        assert_that(lrintf(values[i] * 255) == ids[i / PIXELS], "pixel %d", (int)i);
    neuron_dataset_unref(part);
    assert_ok(neuron_dataset_input(&part, d, 1));
    ck_assert_int_eq(neuron_dataset_target_count(part), 0);
    ck_assert_int_eq(neuron_dataset_class_count(part), 1);
    assert_ok(neuron_dataset_read(values, labels, part, 0, count));
    for (int64_t i = 0; i < count * WIDTH; i++)
        assert_that(values[i] == (float)ids[i / WIDTH] + 0.5f + (float)(i % WIDTH), "number %d",
                    (int)i);
    for (int64_t i = 0; i < count; i++)
        ck_assert_int_eq(labels[i], 0);
    neuron_dataset_unref(part);
    for (int64_t k = 0; k < 3; k++)
        expect_targets(d, k, ids, count);
}

START_TEST(an_example_is_of_all)
{
    scene s = set_up();
    neuron_dataset_t *zipped = zip(&s), *part;
    int64_t ids[COUNT], shape[NEURON_RANK_MAX];
    int32_t rank;
    for (int64_t i = 0; i < COUNT; i++)
        ids[i] = i;
    expect(zipped, ids, COUNT);
    assert_ok(neuron_dataset_shape(shape, &rank, zipped));
    ck_assert(rank == 3 && shape[0] == SIDE && shape[2] == 1);
    ck_assert_int_eq(neuron_dataset_type(zipped), NEURON_TYPE_U8);
    ck_assert_int_eq(neuron_dataset_class_count(zipped), KINDS);
    ck_assert_str_eq(neuron_dataset_class_name(zipped, 2), "south");
    assert_ok(neuron_dataset_target(&part, zipped, 0));
    ck_assert_str_eq(neuron_dataset_class_name(part, 3), "west");
    neuron_dataset_unref(part);
    assert_ok(neuron_dataset_target(&part, zipped, 1));
    ck_assert_int_eq(neuron_dataset_class_count(part), 2);
    ck_assert_ptr_null(neuron_dataset_class_name(part, 0));
    neuron_dataset_unref(part);
    neuron_dataset_unref(zipped);
    tear_down(&s);
}
END_TEST

/* ---- What is derived ---- */

static int64_t id_of(neuron_dataset_t *d, int64_t position)
{
    float pixels[PIXELS];
    assert_ok(neuron_dataset_read(pixels, NULL, d, position, 1));
    return lrintf(pixels[0] * 255);
}

/* The parts are of one order, whatever that is, and together of `wanted` different examples. */
static void expect_one_order(neuron_dataset_t *const *parts, int64_t count, int64_t wanted)
{
    bool seen[COUNT] = {false};
    int64_t all = 0;
    for (int64_t k = 0; k < count; k++) {
        int64_t ids[2 * COUNT], size = neuron_dataset_count(parts[k]);
        for (int64_t i = 0; i < size; i++) {
            ids[i] = id_of(parts[k], i);
            all += !seen[ids[i]];
            seen[ids[i]] = true;
        }
        expect(parts[k], ids, size);
    }
    ck_assert_int_eq(all, wanted);
}

static int thirds(int32_t *keep, int64_t position, int32_t label, void *user_data)
{
    (void)label;
    (void)user_data;
    *keep = position % 3 == 0;
    return 0;
}

START_TEST(parts_stay_together)
{
    scene s = set_up();
    neuron_dataset_t *zipped = zip(&s), *made[2];
    assert_ok(neuron_dataset_subset(&made[0], zipped, 4, 3));
    expect(made[0], (const int64_t[]){4, 5, 6}, 3);
    assert_ok(neuron_dataset_select(&made[1], made[0], (const int64_t[]){2, 0, 2, 1}, 4));
    expect(made[1], (const int64_t[]){6, 4, 6, 5}, 4);
    neuron_dataset_unref(made[0]);
    assert_ok(neuron_dataset_subset(&made[0], made[1], 4, 0));
    expect(made[0], NULL, 0);
    neuron_dataset_unref(made[0]);
    neuron_dataset_unref(made[1]);

    assert_ok(neuron_dataset_filter_by(&made[0], zipped, thirds, NULL));
    expect(made[0], (const int64_t[]){0, 3, 6, 9}, 4);
    neuron_dataset_unref(made[0]);
    assert_ok(neuron_dataset_filter(&made[0], zipped, (const int32_t[]){1, 2}, 2));
    expect(made[0], (const int64_t[]){1, 2, 5, 6, 9, 10}, 6);
    neuron_dataset_unref(made[0]);

    assert_ok(neuron_dataset_shuffle(&made[0], zipped, 3));
    ck_assert(id_of(made[0], 0) != 0 || id_of(made[0], 1) != 1);
    expect_one_order(made, 1, COUNT);
    neuron_dataset_unref(made[0]);
    assert_ok(neuron_dataset_sample(&made[0], zipped, NULL, 0, 2 * COUNT, 3));
    ck_assert_int_eq(neuron_dataset_count(made[0]), 2 * COUNT);
    int64_t ids[2 * COUNT];
    for (int64_t i = 0; i < 2 * COUNT; i++)
        ids[i] = id_of(made[0], i);
    expect(made[0], ids, 2 * COUNT);
    neuron_dataset_unref(made[0]);
    assert_ok(neuron_dataset_k_fold(&made[0], &made[1], zipped, 3, 1, 1));
    expect_one_order(made, 2, COUNT);
    neuron_dataset_unref(made[0]);
    neuron_dataset_unref(made[1]);
    neuron_dataset_unref(zipped);
    tear_down(&s);
}
END_TEST

/* The split is by the classes of the first target. */
START_TEST(splits_are_stratified)
{
    scene s = set_up();
    neuron_dataset_t *zipped = zip(&s), *made[2];
    int64_t counts[KINDS];
    assert_ok(neuron_dataset_split(made, zipped, (const double[]){2 / 3.0, 1 / 3.0}, 2, 1,
                                   "order=stratified"));
    for (int k = 0; k < 2; k++) {
        assert_ok(neuron_dataset_class_counts(counts, KINDS, made[k]));
        for (int c = 0; c < KINDS; c++)
            ck_assert_int_eq(counts[c], k == 0 ? 2 : 1);
    }
    expect_one_order(made, 2, COUNT);
    neuron_dataset_unref(made[0]);
    neuron_dataset_unref(made[1]);
    neuron_dataset_unref(zipped);
    tear_down(&s);
}
END_TEST

/* ---- Labels of the first target ---- */

START_TEST(calls_mean_the_first_target)
{
    static const char *const others[] = {"a", "b", "c", "d"};
    scene s = set_up();
    neuron_dataset_t *zipped = zip(&s), *made, *part;
    int32_t labels[COUNT];
    assert_ok(neuron_dataset_set_class_names(zipped, others, KINDS));
    assert_ok(neuron_dataset_target(&part, zipped, 0));
    ck_assert_str_eq(neuron_dataset_class_name(zipped, 1), "b");
    ck_assert_str_eq(neuron_dataset_class_name(part, 1), "b");
    ck_assert_str_eq(neuron_dataset_class_name(s.kinds, 1), "east"); /* which stays */
    neuron_dataset_unref(part);

    assert_ok(neuron_dataset_filter_renumbered(&made, zipped, (const int32_t[]){3, 1}, 2));
    assert_ok(neuron_dataset_target(&part, made, 0));
    ck_assert_int_eq(neuron_dataset_class_count(made), 2);
    ck_assert_int_eq(neuron_dataset_class_count(part), 2);
    ck_assert_str_eq(neuron_dataset_class_name(made, 0), "d");
    for (int again = 0; again < 2; again++) {
        assert_ok(neuron_dataset_read(NULL, labels, again ? part : made, 0, 6));
        for (int i = 0; i < 6; i++)
            ck_assert_int_eq(labels[i], (i + 1) % 2); /* examples 1, 3, 5, 7, 9, 11 */
    }
    expect_targets(made, 1, (const int64_t[]){1, 3, 5, 7, 9, 11}, 6);
    neuron_dataset_unref(part);
    neuron_dataset_unref(made);

    assert_ok(neuron_dataset_one_hot(&made, zipped));
    float targets[KINDS];
    size_t needed;
    assert_ok(neuron_dataset_read_targets(targets, KINDS, &needed, made, 6, 1));
    ck_assert(needed == KINDS && targets[2] == 1 && targets[0] == 0);
    assert_ok(neuron_dataset_target(&part, made, 0));
    assert_ok(neuron_dataset_read_targets(targets, KINDS, &needed, part, 7, 1));
    ck_assert(targets[3] == 1 && targets[2] == 0);
    neuron_dataset_unref(part);
    expect_targets(made, 2, (const int64_t[]){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, COUNT);
    assert_status(neuron_dataset_one_hot(&part, made), NEURON_E_TYPE);
    neuron_dataset_unref(made);
    neuron_dataset_unref(zipped);
    tear_down(&s);
}
END_TEST

/* ---- Weights ---- */

START_TEST(weights_multiply)
{
    scene s = set_up();
    float kinds[COUNT], sizes[COUNT], all[COUNT], read[COUNT];
    for (int i = 0; i < COUNT; i++) {
        kinds[i] = (float)(i % 3);
        sizes[i] = 0.5f * (float)i;
        all[i] = i < 4 ? 0.25f : 2;
    }
    assert_ok(neuron_dataset_set_weights(s.kinds, kinds, COUNT));
    assert_ok(neuron_dataset_set_weights(s.sizes, sizes, COUNT));
    assert_ok(neuron_dataset_set_weights(s.numbers, sizes, COUNT)); /* an input has none */
    neuron_dataset_t *zipped = zip(&s), *made;
    for (int64_t i = 0; i < COUNT; i++) {
        ck_assert(neuron_dataset_weight_at(zipped, 0, i) == (double)kinds[i]);
        ck_assert(neuron_dataset_weight_at(zipped, 1, i) == (double)sizes[i]);
        ck_assert(neuron_dataset_weight_at(zipped, 2, i) == 1);
    }
    assert_ok(neuron_dataset_set_weights(zipped, all, COUNT));
    assert_ok(neuron_dataset_select(&made, zipped, (const int64_t[]){7, 2, 7, 5}, 4));
    static const int64_t ids[] = {7, 2, 7, 5};
    for (int64_t i = 0; i < 4; i++) {
        double whole = (double)all[ids[i]];
        ck_assert(neuron_dataset_weight_at(made, 0, i) == whole * (double)kinds[ids[i]]);
        ck_assert(neuron_dataset_weight_at(made, 1, i) == whole * (double)sizes[ids[i]]);
        ck_assert(neuron_dataset_weight_at(made, 2, i) == whole);
    }
    assert_ok(neuron_dataset_read_weights(read, made, 0, 4)); /* of the first target */
    for (int i = 0; i < 4; i++)
        ck_assert(read[i] == all[ids[i]] * kinds[ids[i]]);
    /* Of an example that is there twice each place has a weight of its own. */
    assert_ok(neuron_dataset_set_weights(made, (const float[]){1, 2, 3, 4}, 4));
    ck_assert(neuron_dataset_weight_at(made, 2, 0) == 1 &&
              neuron_dataset_weight_at(made, 2, 2) == 3);
    assert_status(neuron_dataset_set_weights(zipped, all, 4), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_set_weights(made, (const float[]){1, 2, -3, 4}, 4), NEURON_E_DATA);
    ck_assert(neuron_dataset_weight_at(made, 2, 2) == 3);
    assert_ok(neuron_dataset_set_weights(made, NULL, 0));
    ck_assert(neuron_dataset_weight_at(made, 2, 2) == 1);
    neuron_dataset_unref(made);
    neuron_dataset_unref(zipped);
    tear_down(&s);
}
END_TEST

/* ---- Of what may be zipped ---- */

/* What is zipped keeps its own examples, scale, names and weights. */
START_TEST(later_changes_stay_apart)
{
    scene s = set_up();
    neuron_dataset_t *zipped = zip(&s);
    float values[PIXELS];
    assert_ok(neuron_dataset_set_scale(s.images, 2, 1));
    assert_ok(neuron_dataset_set_class_names(s.kinds, NULL, 0));
    assert_ok(neuron_dataset_set_weights(s.marks, (const float[COUNT]){0}, COUNT));
    assert_ok(neuron_dataset_read(values, NULL, zipped, 3, 1));
    ck_assert_float_eq_tol(values[0], 3 / 255.0f, 1e-8f);
    ck_assert_str_eq(neuron_dataset_class_name(zipped, 0), "north");
    ck_assert(neuron_dataset_weight_at(zipped, 2, 3) == 1);
    assert_ok(neuron_dataset_set_scale(zipped, 3, 0));
    assert_ok(neuron_dataset_read(values, NULL, s.images, 3, 1));
    ck_assert(values[0] == 7);
    assert_ok(neuron_dataset_read(values, NULL, zipped, 3, 1));
    ck_assert(values[0] == 9);
    neuron_dataset_unref(zipped);
    tear_down(&s);
}
END_TEST

/* A dataset twice, one that was zipped, and parts in other orders. */
START_TEST(zipped_sets_are_zipped_again)
{
    scene s = set_up();
    neuron_dataset_t *first = zip(&s), *again, *moved, *part;
    neuron_dataset_t *inputs[] = {s.kinds, first, s.kinds}, *targets[] = {s.marks, first};
    int32_t labels[COUNT];
    float values[COUNT * PIXELS];
    assert_ok(neuron_dataset_zip(&again, inputs, 3, targets, 2));
    ck_assert_int_eq(neuron_dataset_input_count(again), 4);
    ck_assert_int_eq(neuron_dataset_target_count(again), 4);
    assert_ok(neuron_dataset_select(&moved, again, (const int64_t[]){9, 1}, 2));
    neuron_dataset_unref(again);
    neuron_dataset_unref(first);
    static const int64_t widths[] = {WIDTH, PIXELS, WIDTH, WIDTH};
    static const float ones[] = {9.5f, 9 / 255.0f, 9.5f, 9.5f};
    for (int64_t k = 0; k < 4; k++) {
        assert_ok(neuron_dataset_input(&part, moved, k));
        assert_ok(neuron_dataset_read(values, NULL, part, 0, 2));
        ck_assert(values[0] == ones[k] && values[widths[k]] == (k == 1 ? 1 / 255.0f : 1.5f));
        neuron_dataset_unref(part);
    }
    static const int32_t marks[] = {1, 9 % KINDS, 0, 1};
    for (int64_t k = 0; k < 4; k++) {
        assert_ok(neuron_dataset_target(&part, moved, k));
        assert_ok(neuron_dataset_read(NULL, labels, part, 0, 2));
        if (k != 2)
            ck_assert_int_eq(labels[0], marks[k]);
        neuron_dataset_unref(part);
    }
    neuron_dataset_unref(moved);
    tear_down(&s);
}
END_TEST

/* One input and one target are as before, but of two datasets. */
START_TEST(one_of_each)
{
    scene s = set_up();
    neuron_dataset_t *zipped, *none;
    int32_t labels[COUNT];
    float values[COUNT * PIXELS];
    assert_ok(neuron_dataset_zip(&zipped, &s.images, 1, &s.marks, 1));
    ck_assert_int_eq(neuron_dataset_input_count(zipped), 1);
    ck_assert_int_eq(neuron_dataset_target_count(zipped), 1);
    assert_ok(neuron_dataset_read(values, labels, zipped, 0, COUNT));
    for (int i = 0; i < COUNT; i++)
        ck_assert(labels[i] == i % 2 && lrintf(values[i * PIXELS] * 255) == i);
    assert_ok(neuron_dataset_zip(&none, (neuron_dataset_t *[]){s.numbers, s.images}, 2, NULL, 0));
    ck_assert_int_eq(neuron_dataset_input_count(none), 2);
    ck_assert_int_eq(neuron_dataset_target_count(none), 0);
    ck_assert_int_eq(neuron_dataset_target_count(s.numbers), 0);
    ck_assert_int_eq(neuron_dataset_target_count(s.kinds), 1);
    ck_assert_int_eq(neuron_dataset_input_count(NULL), 0);
    ck_assert_int_eq(neuron_dataset_target_count(NULL), 0);
    neuron_dataset_unref(none);
    neuron_dataset_unref(zipped);
    tear_down(&s);
}
END_TEST

/* A stream's examples are their positions. */
static int read_positions(void *examples, int32_t *labels, const int64_t *positions, int64_t count,
                          void *user_data)
{
    (void)user_data;
    for (int64_t i = 0; i < count; i++) {
        if (examples)
            ((float *)examples)[i] = (float)positions[i];
        if (labels)
            labels[i] = (int32_t)(positions[i] % 2);
    }
    return 0;
}

START_TEST(streams_are_among_them)
{
    scene s = set_up();
    neuron_dataset_t *stream, *zipped, *made, *part;
    float values[3];
    int32_t labels[3];
    assert_ok(neuron_dataset_create_stream(
        &stream, s.context, read_positions, NULL, NULL, COUNT,
        test_stream_options((const int64_t[]){1}, 1, NEURON_TYPE_F32, 2)));
    assert_ok(
        neuron_dataset_zip(&zipped, (neuron_dataset_t *[]){s.numbers, stream}, 2, &s.kinds, 1));
    neuron_dataset_unref(stream);
    assert_ok(neuron_dataset_select(&made, zipped, (const int64_t[]){8, 3, 8}, 3));
    assert_ok(neuron_dataset_input(&part, made, 1));
    assert_ok(neuron_dataset_read(values, labels, part, 0, 3));
    ck_assert(values[0] == 8 && values[1] == 3 && values[2] == 8);
    neuron_dataset_unref(part);
    neuron_dataset_unref(made);
    neuron_dataset_unref(zipped);
    tear_down(&s);
}
END_TEST

/* ---- Refused ---- */

START_TEST(refusals_say_why)
{
    scene s = set_up();
    neuron_dataset_t *zipped = zip(&s), *few, *made = s.images, *weighted;
    neuron_dataset_t *inputs[] = {s.images, NULL}, *targets[] = {s.kinds, s.numbers};
    assert_ok(neuron_dataset_subset(&few, s.sizes, 0, 5));
    assert_status(neuron_dataset_zip(NULL, inputs, 1, targets, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_zip(&made, NULL, 1, targets, 1), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(made);
    assert_status(neuron_dataset_zip(&made, inputs, 0, targets, 1), NEURON_E_ARGUMENT);
    assert_message("input_count is 0");
    assert_status(neuron_dataset_zip(&made, inputs, 2, targets, 1), NEURON_E_ARGUMENT);
    assert_message("inputs[1] is NULL");
    assert_status(neuron_dataset_zip(&made, inputs, 1, NULL, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_zip(&made, inputs, 1, targets, -1), NEURON_E_ARGUMENT);
    assert_message("target_count is -1");
    assert_status(neuron_dataset_zip(&made, inputs, 1, targets, 2), NEURON_E_DATA);
    assert_message("targets[1] has no labels or targets");
    targets[1] = few;
    assert_status(neuron_dataset_zip(&made, inputs, 1, targets, 2), NEURON_E_DATA);
    assert_message("targets[1] has 5 examples, inputs[0] has 12");
    inputs[1] = few;
    assert_status(neuron_dataset_zip(&made, inputs, 2, targets, 1), NEURON_E_DATA);
    assert_message("inputs[1] has 5 examples, inputs[0] has 12");
    assert_ok(neuron_dataset_subset(&weighted, zipped, 0, COUNT));
    assert_ok(neuron_dataset_set_weights(weighted, (const float[COUNT]){1}, COUNT));
    assert_status(neuron_dataset_zip(&made, inputs, 1, &weighted, 1), NEURON_E_UNSUPPORTED);
    assert_message("targets[0] was zipped and given weights afterwards");
    ck_assert_ptr_null(made);

    assert_status(neuron_dataset_join(&made, (neuron_dataset_t *[]){s.images, zipped}, 2),
                  NEURON_E_UNSUPPORTED);
    assert_message("neuron_dataset_join: the dataset has several inputs or targets");
    assert_status(neuron_dataset_grayscale(&made, zipped), NEURON_E_UNSUPPORTED);
    assert_status(neuron_dataset_input(&made, zipped, 2), NEURON_E_ARGUMENT);
    assert_message("index is 2; it must be 0 or 1");
    assert_status(neuron_dataset_input(&made, zipped, -1), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_target(&made, zipped, 3), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_target(&made, s.numbers, 0), NEURON_E_ARGUMENT);
    assert_message("the dataset has no targets");
    assert_status(neuron_dataset_one_hot(&made, s.numbers), NEURON_E_TYPE);
    assert_message("the dataset has no labels");
    ck_assert_ptr_null(made);
    neuron_dataset_unref(weighted);
    neuron_dataset_unref(few);
    neuron_dataset_unref(zipped);
    tear_down(&s);
}
END_TEST

/* ---- Memory ---- */

static int use(const scene *s)
{
    neuron_dataset_t *inputs[] = {s->images, s->numbers};
    neuron_dataset_t *targets[] = {s->kinds, s->sizes, s->marks};
    neuron_dataset_t *zipped = NULL, *made = NULL, *hot = NULL, *part = NULL, *again = NULL;
    int status = neuron_dataset_zip(&zipped, inputs, 2, targets, 3);
    if (status == NEURON_OK)
        status = neuron_dataset_set_weights(zipped, (const float[COUNT]){1}, COUNT);
    if (status == NEURON_OK)
        status = neuron_dataset_filter_renumbered(&made, zipped, (const int32_t[]){3, 1}, 2);
    if (status == NEURON_OK)
        status = neuron_dataset_one_hot(&hot, zipped);
    if (status == NEURON_OK)
        status = neuron_dataset_set_class_names(hot, names, KINDS);
    if (status == NEURON_OK)
        status = neuron_dataset_target(&part, made, 1);
    if (status == NEURON_OK)
        status = neuron_dataset_zip(&again, &zipped, 1, NULL, 0);
    neuron_dataset_unref(again);
    neuron_dataset_unref(part);
    neuron_dataset_unref(hot);
    neuron_dataset_unref(made);
    neuron_dataset_unref(zipped);
    return status;
}

START_TEST(no_memory_loses_nothing)
{
    test_memory memory;
    scene s = set_up_in(test_limited_context(&memory));
    long live = memory.live, allocations = 0;
    for (;; allocations++) {
        memory.left = allocations;
        int status = use(&s);
        test_refill(&memory);
        ck_assert_int_eq(memory.live, live);
        if (status == NEURON_OK)
            break;
        assert_status(status, NEURON_E_MEMORY);
    }
    ck_assert_int_gt(allocations, 60);
    tear_down(&s);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("zip");
    TCase *tests = tcase_create("zip");
    tcase_set_timeout(tests, 0);
    tcase_add_test(tests, an_example_is_of_all);
    tcase_add_test(tests, parts_stay_together);
    tcase_add_test(tests, splits_are_stratified);
    tcase_add_test(tests, calls_mean_the_first_target);
    tcase_add_test(tests, weights_multiply);
    tcase_add_test(tests, later_changes_stay_apart);
    tcase_add_test(tests, zipped_sets_are_zipped_again);
    tcase_add_test(tests, one_of_each);
    tcase_add_test(tests, streams_are_among_them);
    tcase_add_test(tests, refusals_say_why);
    tcase_add_test(tests, no_memory_loses_nothing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
