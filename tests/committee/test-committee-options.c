/* What libneuron-committee tells of its options: names, their order, their bounds; nothing for what
 * it does not do. tests/abi/options.txt has all of them. */
#include "test-common.h"

#include <libneuron-committee/committees.h>

#include <math.h>
#include <stdio.h>

enum { TEXT = 400 };

static const struct {
    const char *what, *options;
} lists[] = {
    {"search", "goal folds serve patience "}, {"cascade", "measure threshold "},
    {"cascade_tune", "tolerance "},           {"calibration", "method output multi_label "},
    {"committee_prune", "goal fill "},
};

START_TEST(options_are_told_in_their_order)
{
    char text[TEXT] = "";
    const neuron_option_t *option;
    for (int64_t i = 0; (option = neuron_committee_option(lists[_i].what, i)); i++) {
        ck_assert_ptr_nonnull(neuron_option_help(option));
        ck_assert_ptr_eq(neuron_committee_option(lists[_i].what, i), option);
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s ",
                 neuron_option_name(option));
    }
    ck_assert_str_eq(text, lists[_i].options);
}
END_TEST

START_TEST(an_option_is_one_of_the_core)
{
    const neuron_option_t *threshold = neuron_committee_option("cascade", 1);
    ck_assert_int_eq(neuron_option_type(threshold), NEURON_OPTION_REAL);
    ck_assert_double_eq(neuron_option_minimum(threshold), 0);
    ck_assert_double_eq(neuron_option_maximum(threshold), 2);
    ck_assert_double_eq(neuron_option_default(threshold), 0.9);
    ck_assert_str_eq(neuron_option_word(neuron_committee_option("cascade", 0), 0), "confidence");
}
END_TEST

START_TEST(there_are_no_others)
{
    ck_assert_ptr_null(neuron_committee_option("search", -1));
    ck_assert_ptr_null(neuron_committee_option("search", INT64_MAX));
    ck_assert_ptr_null(neuron_committee_option("optimizer", 0));
    ck_assert_ptr_null(neuron_committee_option("", 0));
    ck_assert_ptr_null(neuron_committee_option(NULL, 0));
    ck_assert_int_eq(neuron_kind_count("search"), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("committee options");
    TCase *tests = tcase_create("all");
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, options_are_told_in_their_order, 0, sizeof lists / sizeof lists[0]);
    tcase_add_test(tests, an_option_is_one_of_the_core);
    tcase_add_test(tests, there_are_no_others);
    return run_suite(suite);
}
