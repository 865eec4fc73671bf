/* The five calls by which the numbers of every handle are set, read and bounded. */
#include "test-models.h"

/* The calls of one handle, which forget its type. */
typedef struct calls {
    int (*set_int)(void *object, int32_t option, int64_t value);
    int (*set_float)(void *object, int32_t option, double value);
    int (*get_int)(const void *object, int32_t option, int64_t *value);
    int (*get_float)(const void *object, int32_t option, double *value);
    int (*bounds)(const void *object, int32_t option, double *minimum, double *maximum);
} calls;

#define CALLS_OF(handle)                                                                           \
    static int handle##_set_int(void *object, int32_t option, int64_t value)                       \
    {                                                                                              \
        return neuron_##handle##_set_int(object, option, value);                                   \
    }                                                                                              \
    static int handle##_set_float(void *object, int32_t option, double value)                      \
    {                                                                                              \
        return neuron_##handle##_set_float(object, option, value);                                 \
    }                                                                                              \
    static int handle##_get_int(const void *object, int32_t option, int64_t *value)                \
    {                                                                                              \
        return neuron_##handle##_get_int(object, option, value);                                   \
    }                                                                                              \
    static int handle##_get_float(const void *object, int32_t option, double *value)               \
    {                                                                                              \
        return neuron_##handle##_get_float(object, option, value);                                 \
    }                                                                                              \
    static int handle##_bounds(const void *object, int32_t option, double *low, double *high)      \
    {                                                                                              \
        return neuron_##handle##_bounds(object, option, low, high);                                \
    }                                                                                              \
    static const calls of_##handle = {handle##_set_int, handle##_set_float, handle##_get_int,      \
                                      handle##_get_float, handle##_bounds};

CALLS_OF(augmentation)
CALLS_OF(callback)
CALLS_OF(loss)
CALLS_OF(node)
CALLS_OF(optimizer)
CALLS_OF(trainer)

/* An option that is a whole number is set and read by no call for real ones. */
static void check_whole(const calls *c, void *object, int32_t option, int64_t value)
{
    int64_t whole = -7;
    double real = -7, low, high;
    assert_ok(c->bounds(object, option, &low, &high));
    ck_assert(low <= (double)value && (double)value <= high);
    assert_ok(c->set_int(object, option, value));
    assert_ok(c->get_int(object, option, &whole));
    ck_assert_int_eq(whole, value);
    assert_status(c->get_float(object, option, &real), NEURON_E_ARGUMENT);
    assert_message("is an integer");
    assert_status(c->set_int(object, option, INT64_MAX), NEURON_E_ARGUMENT);
    ck_assert(real == -7);
}

/* And the other way round. */
static void check_real(const calls *c, void *object, int32_t option, double value)
{
    int64_t whole = -7;
    double real = -7, low, high;
    assert_ok(c->bounds(object, option, &low, &high));
    ck_assert(low <= value && value <= high);
    assert_ok(c->set_float(object, option, value));
    assert_ok(c->get_float(object, option, &real));
    ck_assert(real == value);
    assert_status(c->get_int(object, option, &whole), NEURON_E_ARGUMENT);
    assert_message("is a real number");
    ck_assert_int_eq(whole, -7);
}

/* What is refused changes nothing; `whole` or `real` is 0 for a handle
 * that has none of that kind. */
static void check_refused(const calls *c, void *object, int32_t whole, int32_t real)
{
    int64_t before, after;
    double was, is;
    if (whole != 0) {
        assert_ok(c->get_int(object, whole, &before));
        assert_status(c->set_float(object, whole, 1), NEURON_E_ARGUMENT);
        assert_message("is an integer");
        assert_ok(c->get_int(object, whole, &after));
        ck_assert_int_eq(before, after);
    }
    if (real != 0) {
        assert_ok(c->get_float(object, real, &was));
        assert_status(c->set_int(object, real, 1), NEURON_E_ARGUMENT);
        assert_message("is a real number");
        assert_ok(c->get_float(object, real, &is));
        ck_assert(was == is);
    }
    assert_status(c->set_int(object, 7, 1), NEURON_E_ARGUMENT);
    assert_status(c->set_float(object, 7, 1), NEURON_E_ARGUMENT);
    assert_status(c->get_int(object, 7, &after), NEURON_E_ARGUMENT);
    assert_status(c->get_float(object, 7, &is), NEURON_E_ARGUMENT);
    assert_status(c->bounds(object, 7, &was, &is), NEURON_E_ARGUMENT);
    assert_message("has no option 7");
}

START_TEST(settings_alone)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *sgd;
    neuron_loss_t *huber;
    neuron_callback_t *plateau;
    neuron_augmentation_t *images;
    assert_ok(neuron_optimizer_create(&sgd, context, NEURON_OPTIMIZER_SGD));
    check_whole(&of_optimizer, sgd, NEURON_OPTIMIZER_NESTEROV, 1);
    check_real(&of_optimizer, sgd, NEURON_OPTIMIZER_MOMENTUM, 0.5);
    check_refused(&of_optimizer, sgd, NEURON_OPTIMIZER_NESTEROV, NEURON_OPTIMIZER_MOMENTUM);
    neuron_optimizer_unref(sgd);
    assert_ok(neuron_loss_create(&huber, context, NEURON_LOSS_HUBER));
    check_real(&of_loss, huber, NEURON_LOSS_DELTA, 0.5);
    check_refused(&of_loss, huber, 0, NEURON_LOSS_DELTA);
    neuron_loss_unref(huber);
    assert_ok(neuron_callback_create(&plateau, context, NEURON_CALLBACK_REDUCE_ON_PLATEAU));
    check_whole(&of_callback, plateau, NEURON_CALLBACK_PATIENCE, 3);
    check_real(&of_callback, plateau, NEURON_CALLBACK_FACTOR, 0.5);
    check_refused(&of_callback, plateau, NEURON_CALLBACK_PATIENCE, NEURON_CALLBACK_FACTOR);
    neuron_callback_unref(plateau);
    assert_ok(neuron_augmentation_create(&images, context));
    check_whole(&of_augmentation, images, NEURON_AUGMENTATION_BLUR, 2);
    check_real(&of_augmentation, images, NEURON_AUGMENTATION_ZOOM, 0.5);
    check_refused(&of_augmentation, images, NEURON_AUGMENTATION_BLUR, NEURON_AUGMENTATION_ZOOM);
    neuron_augmentation_unref(images);
    neuron_context_unref(context);
}
END_TEST

START_TEST(a_training)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = test_mlp(context, 8);
    neuron_dataset_t *glyphs = test_glyphs(context, 20, 8);
    neuron_optimizer_t *sgd;
    neuron_trainer_t *trainer;
    assert_ok(neuron_optimizer_create(&sgd, context, NEURON_OPTIMIZER_SGD));
    assert_ok(neuron_trainer_create(&trainer, graph, sgd, glyphs));
    check_whole(&of_trainer, trainer, NEURON_TRAINER_BATCH_SIZE, 5);
    check_real(&of_trainer, trainer, NEURON_TRAINER_VALIDATION_SPLIT, 0.5);
    check_refused(&of_trainer, trainer, NEURON_TRAINER_BATCH_SIZE, NEURON_TRAINER_VALIDATION_SPLIT);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(sgd);
    neuron_dataset_unref(glyphs);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(a_layer)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){4, 4, 1}, 3);
    neuron_node_t *node = neuron_random_rotation(graph, x, 0.25);
    check_whole(&of_node, node, NEURON_NODE_FILL_MODE, NEURON_FILL_WRAP);
    check_real(&of_node, node, NEURON_NODE_FILL_VALUE, 0.5);
    check_refused(&of_node, node, NEURON_NODE_FILL_MODE, NEURON_NODE_FILL_VALUE);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("option-calls");
    TCase *tests = tcase_create("option-calls");
    tcase_add_test(tests, settings_alone);
    tcase_add_test(tests, a_training);
    tcase_add_test(tests, a_layer);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
