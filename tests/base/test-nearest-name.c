/* The name that was most likely meant, and what is said of kinds that there are not. */
#include "test-common.h"

#include "base/options/options.h"

#include <stdio.h>

#define FORTY "abcdefghijabcdefghijabcdefghijabcdefghij"

typedef struct names {
    const char *const *names;
    int64_t count;
} names;

static const char *name_at(const void *list, int64_t index)
{
    const names *all = list;
    return index < all->count ? all->names[index] : NULL;
}

static const char *const known[] = {"learning_rate",
                                    "momentum",
                                    "beta_1",
                                    "beta_2",
                                    "rho",
                                    "epsilon",
                                    "weight_decay",
                                    "clip_norm",
                                    "clip_global_norm",
                                    "padding",
                                    FORTY,
                                    FORTY "k",
                                    "stride_height",
                                    "stride_width",
                                    "aaa",
                                    "zzz"};
static const names all_names = {known, sizeof known / sizeof known[0]};

static const struct {
    const char *name, *nearest;
} misspelt[] = {
    {"learning_rat", "learning_rate"},   /* one left out, */
    {"learning_ratee", "learning_rate"}, /* put in, */
    {"learning_rite", "learning_rate"},  /* changed, */
    {"laerning_rate", "learning_rate"},  /* swapped */
    {"LEARNING_RATE", "learning_rate"},
    {"learningrate", "learning_rate"},
    {"lr", "learning_rate"},
    {"wd", "weight_decay"},
    {"cgn", "clip_global_norm"},
    {"cn", "clip_norm"},
    {"momen", "momentum"},
    {"m", "momentum"},
    {"eps", "epsilon"},
    {"pad", "padding"},
    {"beta2", "beta_2"},
    {"beta_3", "beta_1"}, /* the first of those as near */
    {"stride", "stride_height"},
    {"stride_widht", "stride_width"}, /* the nearer one, although it comes later */
    {"roh", "rho"},
    {"rh", "rho"},
    {"xho", "rho"},
    {"xyo", "rho"}, /* two of three letters are others, */
    {"xyq", NULL},  /* or all */
    {"rl", NULL},   /* letters in another order */
    {"lrx", NULL},
    {"lrs", NULL},
    {"paddxyz", "padding"}, /* three of seven */
    {"padwxyz", NULL},      /* four */
    {"wdecay", NULL},
    {"", NULL},
    {FORTY, FORTY},
    /* One letter from a name that is too long, two from another. */
    {"bcdefghijabcdefghijabcdefghijabcdefghijk", FORTY},
    {"AAA", "aaa"},
    {"ZZZ", "zzz"},
    {"x" FORTY, NULL}, /* longer than any name is */
    {"completely_different", NULL},
};

START_TEST(the_nearest_name_is_told)
{
    char text[NEURON_NEAREST_TEXT], expected[NEURON_NEAREST_TEXT] = "", given[64];
    size_t length = strlen(misspelt[_i].name);
    if (misspelt[_i].nearest)
        snprintf(expected, sizeof expected, "; did you mean \"%s\"?", misspelt[_i].nearest);
    memset(text, '#', sizeof text);
    ck_assert_ptr_eq(neuron_nearest_name(misspelt[_i].name, length, name_at, &all_names, text),
                     text);
    ck_assert_str_eq(text, expected);
    /* A part of a text does not end with a zero. */
    snprintf(given, sizeof given, "%s_rate=1", misspelt[_i].name);
    neuron_nearest_name(given, length, name_at, &all_names, text);
    ck_assert_str_eq(text, expected);
    neuron_nearest_name(misspelt[_i].name, length, name_at, &(names){NULL, 0}, text);
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(kinds_that_are_not_there_are_refused)
{
    static const char *const few[] = {"adam", "sgd"};
    static const char *const many[] = {FORTY "0", FORTY "1", FORTY "2", FORTY "3",
                                       FORTY "4", FORTY "5", FORTY "6", FORTY "7",
                                       FORTY "8", FORTY "9", FORTY "a", FORTY "b"};
    const names list = {few, 2}, long_list = {many, 12};
    assert_status(neuron_refuse_kind(NULL, "rule", name_at, &list, "optimizer"), NEURON_E_ARGUMENT);
    assert_message("optimizer: rule is NULL; it must not be");
    assert_status(neuron_refuse_kind("adm", "rule", name_at, &list, "optimizer"),
                  NEURON_E_ARGUMENT);
    assert_message("optimizer: there is no rule \"adm\"; did you mean \"adam\"?");
    assert_status(neuron_refuse_kind("lion", "rule", name_at, &list, "optimizer"),
                  NEURON_E_ARGUMENT);
    assert_message("optimizer: there is no rule \"lion\", but adam, sgd");
    assert_status(neuron_refuse_kind("", "rule", name_at, &list, "optimizer"), NEURON_E_ARGUMENT);
    assert_message("optimizer: there is no rule \"\", but adam, sgd");
    assert_status(neuron_refuse_kind(FORTY "klm", "rule", name_at, &list, "it"), NEURON_E_ARGUMENT);
    assert_message("it: there is no rule \"" FORTY "\", but adam, sgd");
    assert_status(neuron_refuse_kind("lion", "rule", name_at, &long_list, "it"), NEURON_E_ARGUMENT);
    assert_message("it: there is no rule \"lion\", but " FORTY "0, " FORTY "1, ");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nearest-name");
    TCase *tests = tcase_create("nearest-name");
    tcase_add_loop_test(tests, the_nearest_name_is_told, 0, sizeof misspelt / sizeof *misspelt);
    tcase_add_test(tests, kinds_that_are_not_there_are_refused);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
