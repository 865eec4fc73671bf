/* Handles of losses: kinds and options by name, read back, and what is refused. */
#include "test-common.h"

#include <math.h>

static neuron_context_t *context;

static void begin(void)
{
    context = test_context();
}

static void end(void)
{
    neuron_context_unref(context);
}

static int nothing(double *losses, float *gradients, const float *outputs, const float *targets,
                   const int32_t *labels, int64_t count, int64_t size, void *user_data)
{
    (void)losses, (void)gradients, (void)outputs, (void)targets, (void)labels;
    (void)count, (void)size, (void)user_data;
    return 0;
}

START_TEST(bad_input)
{
    neuron_loss_t *loss = (neuron_loss_t *)&loss;
    double value = 7;
    assert_status(neuron_loss_create(NULL, context, "hinge", NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_loss_create(&loss, NULL, "hinge", NULL), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(loss);
    loss = (neuron_loss_t *)&loss;
    assert_status(neuron_loss_create(&loss, context, NULL, NULL), NEURON_E_ARGUMENT);
    assert_message("loss: kind is NULL");
    ck_assert_ptr_null(loss);
    assert_status(neuron_loss_create_custom(&loss, context, NULL, NULL, NULL), NEURON_E_ARGUMENT);
    assert_message("function");
    assert_status(neuron_loss_create_custom(NULL, context, nothing, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_loss_create_custom(&loss, NULL, nothing, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_loss_set(NULL, "delta=1"), NEURON_E_ARGUMENT);
    assert_status(neuron_loss_set_number(NULL, "delta", 1), NEURON_E_ARGUMENT);
    assert_status(neuron_loss_get_number(&value, NULL, "delta"), NEURON_E_ARGUMENT);
    assert_status(neuron_loss_get_text(NULL, 0, NULL, NULL, "delta"), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(neuron_loss_kind(NULL));
    ck_assert_ptr_null(neuron_loss_ref(NULL));
    neuron_loss_unref(NULL);
    assert_ok(neuron_loss_create(&loss, context, "cross_entropy", NULL));
    assert_status(neuron_loss_set(loss, "delta=1"), NEURON_E_ARGUMENT);
    assert_message("cross_entropy: there is no option \"delta\"; its options are label_smoothing");
    assert_status(neuron_loss_set_number(loss, "delta", 1), NEURON_E_ARGUMENT);
    assert_status(neuron_loss_get_number(&value, loss, "delta"), NEURON_E_ARGUMENT);
    assert_status(neuron_loss_get_number(NULL, loss, "label_smoothing"), NEURON_E_ARGUMENT);
    assert_status(neuron_loss_get_number(&value, loss, NULL), NEURON_E_ARGUMENT);
    assert_message("cross_entropy: option is NULL");
    ck_assert(value == 7);
    const double wrong[] = {-0.1, 1.1, NAN, INFINITY};
    for (size_t i = 0; i < 4; i++) {
        assert_status(neuron_loss_set_number(loss, "label_smoothing", wrong[i]), NEURON_E_ARGUMENT);
        assert_message("; it must be 0 to 1");
    }
    assert_ok(neuron_loss_get_number(&value, loss, "label_smoothing"));
    ck_assert(value == 0);
    neuron_loss_unref(loss);
}
END_TEST

START_TEST(unknown_kinds_are_refused_with_the_nearest)
{
    static const struct {
        const char *kind, *message;
    } cases[] = {
        {"huberr", "loss: there is no kind \"huberr\"; did you mean \"huber\"?"},
        {"Hinge", "loss: there is no kind \"Hinge\"; did you mean \"hinge\"?"},
        {"mse", "loss: there is no kind \"mse\"; did you mean \"mean_squared_error\"?"},
        {"bce", "; did you mean \"binary_cross_entropy\"?"},
        {"kullback", "; did you mean \"kullback_leibler\"?"},
        {"custom",
         "loss: there is no kind \"custom\", but binary_cross_entropy, cross_entropy, "
         "distillation, hinge, huber, kullback_leibler, mean_absolute_error, mean_squared_error, "
         "mean_squared_logarithmic_error, squared_hinge"},
        {"", "loss: there is no kind \"\", but binary_cross_entropy"},
        {"huber ", "; did you mean \"huber\"?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        neuron_loss_t *loss = (neuron_loss_t *)&loss;
        assert_status(neuron_loss_create(&loss, context, cases[i].kind, NULL), NEURON_E_ARGUMENT);
        assert_message(cases[i].message);
        ck_assert_ptr_null(loss);
    }
}
END_TEST

START_TEST(options)
{
    neuron_loss_t *loss;
    double value, high = neuron_option_maximum(neuron_kind_option("loss", "huber", 0));
    char text[32];
    ck_assert(high > 1e30 && isfinite(high));
    assert_status(neuron_loss_create(&loss, context, "huber", "delta=0"), NEURON_E_ARGUMENT);
    assert_message("huber: delta is 0; it must be above 0");
    ck_assert_ptr_null(loss);
    assert_ok(neuron_loss_create(&loss, context, "huber", "delta=0.25"));
    assert_ok(neuron_loss_get_number(&value, loss, "delta"));
    ck_assert(value == 0.25);
    neuron_loss_unref(loss);
    assert_ok(neuron_loss_create(&loss, context, "huber", NULL));
    ck_assert_str_eq(neuron_loss_kind(loss), "huber");
    assert_ok(neuron_loss_get_number(&value, loss, "delta"));
    ck_assert(value == 1);
    assert_status(neuron_loss_set(loss, "delta=0"), NEURON_E_ARGUMENT);
    assert_message("huber: delta is 0; it must be above 0");
    assert_status(neuron_loss_set_number(loss, "delta", NAN), NEURON_E_ARGUMENT);
    assert_status(neuron_loss_set_number(loss, "delta", nextafter(high, INFINITY)),
                  NEURON_E_ARGUMENT);
    assert_ok(neuron_loss_get_text(text, sizeof text, NULL, loss, NULL));
    ck_assert_str_eq(text, "delta=1");
    assert_ok(neuron_loss_set_number(loss, "delta", high));
    neuron_loss_t *same = neuron_loss_ref(loss);
    neuron_loss_unref(loss);
    assert_ok(neuron_loss_get_number(&value, same, "delta"));
    ck_assert(value == high);
    neuron_loss_unref(same);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loss-options");
    TCase *cases = tcase_create("loss-options");
    tcase_add_checked_fixture(cases, begin, end);
    tcase_add_test(cases, bad_input);
    tcase_add_test(cases, unknown_kinds_are_refused_with_the_nearest);
    tcase_add_test(cases, options);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
