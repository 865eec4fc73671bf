/* What the headers of files cannot hold. */
#include "test-common.h"

#include "io/json.h"

#include <math.h>

START_TEST(a_number_that_is_none_is_refused)
{
    const double wrong[] = {NAN, INFINITY, -INFINITY};
    json_t *object = json_object(), *list = json_array();
    for (int i = 0; i < 3; i++) {
        assert_status(neuron_json_set_real(object, "best", wrong[i]), NEURON_E_NUMBER);
        assert_message("\"best\" is ");
        assert_message("which the header of a file cannot hold");
        assert_status(neuron_json_append_real(list, wrong[i]), NEURON_E_NUMBER);
        assert_message("which the header of a file cannot hold");
    }
    assert_ok(neuron_json_set_real(object, "best", 0.5));
    assert_ok(neuron_json_append_real(list, 0.25));
    ck_assert_double_eq(json_real_value(json_object_get(object, "best")), 0.5);
    ck_assert_double_eq(json_real_value(json_array_get(list, 0)), 0.25);
    ck_assert_uint_eq(json_array_size(list), 1);
    json_decref(object);
    json_decref(list);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json");
    TCase *cases = tcase_create("json");
    suite_add_tcase(suite, cases);
    tcase_add_test(cases, a_number_that_is_none_is_refused);
    return run_suite(suite);
}
