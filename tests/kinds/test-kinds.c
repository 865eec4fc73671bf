/* What libneuron/options.h tells of kinds and options: all are there, named, explained and within
 * their bounds. What the things themselves take is in test-kind-options.c. */
#include "registry-layers.h"
#include "test-common.h"

#include <math.h>
#include <stdio.h>

static const char *const families[] = {"optimizer",    "loss",    "callback", "augmentation",
                                       "quantization", "trainer", "layer",    "context",
                                       "committee",    "split",   "memory"};

enum { FAMILIES = sizeof families / sizeof families[0], TEXT = 400 };

/* Calls a function for each option of each kind of a family. */
static void each_option(const char *family, void (*visit)(const char *, const neuron_option_t *))
{
    for (int32_t i = 0; i < neuron_kind_count(family); i++) {
        const char *kind = neuron_kind_name(family, i);
        const neuron_option_t *option;
        for (int32_t j = 0; (option = neuron_kind_option(family, kind, j)); j++)
            visit(kind, option);
    }
}

static bool is_word(const neuron_option_t *option)
{
    int32_t type = neuron_option_type(option);
    return type == NEURON_OPTION_WORD || type == NEURON_OPTION_WORDS;
}

/* ---- Families and kinds ---- */

static const struct {
    const char *family, *kinds;
} lists[] = {
    {"optimizer", "sgd adam rmsprop adagrad adadelta adamw adamax nadam "},
    {"loss", "binary_cross_entropy cross_entropy distillation hinge huber kullback_leibler "
             "mean_absolute_error "
             "mean_squared_error mean_squared_logarithmic_error squared_hinge "},
    {"callback", "cosine_schedule early_stopping exponential_schedule reduce_on_plateau "
                 "step_schedule stop_on_nan warm_up weight_averaging "},
    {"augmentation", "augmentation "},
    {"quantization", "quantization "},
    {"trainer", "trainer "},
    {"context", "context "},
    {"committee", "committee "},
    {"split", "split "},
    {"memory", "memory "},
};

START_TEST(families_have_their_kinds)
{
    char text[TEXT] = "";
    const char *family = lists[_i].family, *kind;
    for (int32_t i = 0; (kind = neuron_kind_name(family, i)); i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s ", kind);
    ck_assert_str_eq(text, lists[_i].kinds);
}
END_TEST

START_TEST(layers_are_those_of_the_registry)
{
    ck_assert_int_eq(neuron_kind_count("layer"), REGISTRY_LAYERS);
    for (int32_t i = 0; neuron_layers[i]; i++)
        ck_assert_str_eq(neuron_kind_name("layer", i), neuron_layers[i]->name);
}
END_TEST

START_TEST(kinds_are_counted)
{
    const char *family = families[_i];
    int64_t count = neuron_kind_count(family);
    ck_assert_int_ge(count, 1);
    for (int32_t i = 0; i < count; i++) {
        const char *name = neuron_kind_name(family, i);
        ck_assert_ptr_nonnull(name);
        ck_assert_ptr_eq(neuron_kind_name(family, i), name);
        for (int32_t j = 0; j < i; j++)
            ck_assert_str_ne(neuron_kind_name(family, j), name);
    }
    const int64_t none[] = {count,     count + 1, -1,
                            INT64_MIN, INT64_MAX, (INT64_C(1) << 32) + count - 1};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        ck_assert_ptr_null(neuron_kind_name(family, none[i]));
}
END_TEST

START_TEST(families_that_are_not_there)
{
    static const char *const names[] = {NULL,       "",       "optimizers", "Optimizer",
                                        "optimize", "layers", "adam"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert_int_eq(neuron_kind_count(names[i]), 0);
        ck_assert_ptr_null(neuron_kind_name(names[i], 0));
        ck_assert_ptr_null(neuron_kind_option(names[i], "adam", 0));
    }
}
END_TEST

START_TEST(kinds_that_are_not_there)
{
    static const char *const kinds[][2] = {{"optimizer", "adm"},
                                           {"optimizer", ""},
                                           {"optimizer", NULL},
                                           {"optimizer", "Adam"},
                                           {"loss", "custom"},
                                           {"loss", "adam"},
                                           {"callback", "custom"},
                                           {"layer", "conv"},
                                           {"layer", ""},
                                           {"layer", NULL},
                                           {"trainer", ""},
                                           {"trainer", NULL},
                                           {"trainer", "quantization"},
                                           {"augmentation", "trainer"}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        ck_assert_ptr_null(neuron_kind_option(kinds[i][0], kinds[i][1], 0));
    /* Kinds without options. */
    ck_assert_ptr_null(neuron_kind_option("loss", "hinge", 0));
    ck_assert_ptr_null(neuron_kind_option("callback", "stop_on_nan", 0));
    ck_assert_ptr_null(neuron_kind_option("layer", "relu", 0));
}
END_TEST

START_TEST(no_option_has_nothing)
{
    ck_assert_ptr_null(neuron_option_name(NULL));
    ck_assert_ptr_null(neuron_option_help(NULL));
    ck_assert_ptr_null(neuron_option_word(NULL, 0));
    ck_assert_int_eq(neuron_option_type(NULL), 0);
    ck_assert(isnan(neuron_option_minimum(NULL)));
    ck_assert(isnan(neuron_option_maximum(NULL)));
    ck_assert(isnan(neuron_option_default(NULL)));
}
END_TEST

/* ---- Options ---- */

/* As the headers have them, in their order. */
static const struct {
    const char *family, *kind, *options;
} known[] = {
    {"optimizer", "sgd", "learning_rate momentum nesterov clip_value clip_norm clip_global_norm "},
    {"optimizer", "adam",
     "learning_rate beta_1 beta_2 epsilon clip_value clip_norm clip_global_norm "},
    {"optimizer", "rmsprop",
     "learning_rate rho momentum epsilon epsilon_in_root clip_value clip_norm clip_global_norm "},
    {"optimizer", "adagrad",
     "learning_rate initial_accumulator epsilon epsilon_in_root clip_value clip_norm "
     "clip_global_norm "},
    {"optimizer", "adadelta", "learning_rate rho epsilon clip_value clip_norm clip_global_norm "},
    {"optimizer", "adamw",
     "learning_rate beta_1 beta_2 epsilon weight_decay clip_value clip_norm clip_global_norm "},
    {"optimizer", "adamax",
     "learning_rate beta_1 beta_2 epsilon clip_value clip_norm clip_global_norm "},
    {"optimizer", "nadam",
     "learning_rate beta_1 beta_2 epsilon momentum_decay clip_value clip_norm clip_global_norm "},
    {"loss", "binary_cross_entropy", "label_smoothing "},
    {"loss", "cross_entropy", "label_smoothing "},
    {"loss", "huber", "delta "},
    {"callback", "early_stopping",
     "monitor output mode patience min_delta baseline start restore_best "},
    {"callback", "reduce_on_plateau",
     "monitor output mode factor patience min_delta cooldown min_rate "},
    {"callback", "step_schedule", "factor length start per_step "},
    {"callback", "exponential_schedule", "factor length start per_step "},
    {"callback", "cosine_schedule", "alpha length start per_step restart "},
    {"callback", "warm_up", "length start per_step "},
    {"augmentation", "augmentation",
     "rotation width_shift height_shift zoom shear horizontal_flip vertical_flip brightness_low "
     "brightness_high fill_mode fill_value noise blur sharpen "},
    {"quantization", "quantization", "range percentile examples symmetric "},
    {"trainer", "trainer",
     "epochs batch_size micro_batch_size shuffle validation_split workers "
     "metrics parts callbacks overlap data order "},
    {"committee", "committee", "rule uncertainty abstain_below "},
    {"split", "split", "order "},
    {"memory", "memory", "training "},
};

START_TEST(options_are_those_of_the_headers)
{
    char text[TEXT] = "";
    const neuron_option_t *option;
    for (int32_t i = 0; (option = neuron_kind_option(known[_i].family, known[_i].kind, i)); i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s ",
                 neuron_option_name(option));
    assert_that(strcmp(text, known[_i].options) == 0, "%s: %s", known[_i].kind, text);
}
END_TEST

START_TEST(options_are_counted)
{
    const char *family = families[_i], *kind;
    for (int32_t i = 0; (kind = neuron_kind_name(family, i)); i++) {
        int64_t count = 0;
        while (neuron_kind_option(family, kind, count))
            count++;
        const int64_t none[] = {count,     count + 1, -1,
                                INT64_MIN, INT64_MAX, (INT64_C(1) << 32) + count - 1};
        for (size_t j = 0; j < sizeof none / sizeof none[0]; j++)
            ck_assert_ptr_null(neuron_kind_option(family, kind, none[j]));
        for (int32_t j = 0; j < count; j++) {
            const char *name = neuron_option_name(neuron_kind_option(family, kind, j));
            for (int64_t k = 0; k < j; k++)
                ck_assert_str_ne(neuron_option_name(neuron_kind_option(family, kind, k)), name);
        }
    }
}
END_TEST

/* A name that can stand in text, and one line of help. */
static void check_words_of(const char *kind, const neuron_option_t *option)
{
    const char *name = neuron_option_name(option), *help = neuron_option_help(option);
    ck_assert_ptr_nonnull(name);
    ck_assert_ptr_nonnull(help);
    size_t letters = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    assert_that(name[0] != '\0' && name[letters] == '\0', "%s: \"%s\"", kind, name);
    bool printable = help[0] != '\0' && strlen(help) <= 80;
    for (const char *c = help; *c; c++)
        printable = printable && *c >= ' ' && *c <= '~';
    assert_that(printable, "%s: %s: \"%s\"", kind, name, help);
}

static void check_bounds_of(const char *kind, const neuron_option_t *option)
{
    double low = neuron_option_minimum(option), high = neuron_option_maximum(option);
    double standard = neuron_option_default(option);
    const char *name = neuron_option_name(option);
    int32_t type = neuron_option_type(option);
    if (is_word(option) || type == NEURON_OPTION_TEXT) {
        ck_assert(isnan(low) && isnan(high) && isnan(standard));
        return;
    }
    assert_that(low < high, "%s: %s", kind, name);
    assert_that(isnan(standard) ? type == NEURON_OPTION_REAL : low <= standard && standard <= high,
                "%s: %s is %g", kind, name, standard);
    if (type == NEURON_OPTION_FLAG)
        ck_assert(low == 0 && high == 1 && (standard == 0 || standard == 1));
    else if (type == NEURON_OPTION_INTEGER)
        ck_assert(floor(low) == low && floor(high) == high && floor(standard) == standard);
    else
        ck_assert_int_eq(type, NEURON_OPTION_REAL);
    ck_assert_ptr_null(neuron_option_word(option, 0));
}

static void check_list_of(const char *kind, const neuron_option_t *option)
{
    int64_t count = 0;
    (void)kind;
    ck_assert_ptr_null(neuron_option_word(option, -1));
    ck_assert_ptr_null(neuron_option_word(option, INT32_MIN));
    ck_assert_ptr_null(neuron_option_word(option, INT32_MAX));
    for (const char *word; (word = neuron_option_word(option, count)); count++)
        for (int32_t i = 0; i < count; i++)
            ck_assert_str_ne(neuron_option_word(option, i), word);
    ck_assert(is_word(option) ? count >= 2 : count == 0);
    ck_assert_ptr_null(neuron_option_word(option, count + 1));
}

START_TEST(options_are_described)
{
    each_option(families[_i], check_words_of);
    each_option(families[_i], check_bounds_of);
    each_option(families[_i], check_list_of);
}
END_TEST

/* All words, and in which order. */
START_TEST(words_are_all_there)
{
    static const struct {
        const char *family, *kind, *option, *words;
    } cases[] = {
        {"augmentation", "augmentation", "fill_mode", "nearest constant reflect wrap "},
        {"layer", "random_rotation", "fill_mode", "reflect nearest constant wrap "},
        {"layer", "conv2d", "padding", "valid same "},
        {"quantization", "quantization", "range", "mse min_max percentile "},
        {"callback", "early_stopping", "mode", "auto smallest largest "},
        {"callback", "early_stopping", "monitor",
         "validation_loss loss accuracy validation_accuracy validation_precision "},
        {"trainer", "trainer", "metrics", "none precision recall f1 iou subset_accuracy "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const neuron_option_t *option;
        const char *word;
        char text[TEXT] = "";
        int32_t place = 0;
        while ((option = neuron_kind_option(cases[i].family, cases[i].kind, place)) &&
               strcmp(neuron_option_name(option), cases[i].option) != 0)
            place++;
        for (int32_t j = 0; (word = neuron_option_word(option, j)); j++)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s ", word);
        size_t size = strlen(cases[i].words); /* the first of many */
        ck_assert_int_eq(strncmp(text, cases[i].words, size), 0);
        ck_assert(text[size] == '\0' || i > 4);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kinds");
    TCase *tests = tcase_create("kinds");
    tcase_add_loop_test(tests, families_have_their_kinds, 0, sizeof lists / sizeof lists[0]);
    tcase_add_test(tests, layers_are_those_of_the_registry);
    tcase_add_loop_test(tests, kinds_are_counted, 0, FAMILIES);
    tcase_add_test(tests, families_that_are_not_there);
    tcase_add_test(tests, kinds_that_are_not_there);
    tcase_add_test(tests, no_option_has_nothing);
    tcase_add_loop_test(tests, options_are_those_of_the_headers, 0, sizeof known / sizeof known[0]);
    tcase_add_loop_test(tests, options_are_counted, 0, FAMILIES);
    tcase_add_loop_test(tests, options_are_described, 0, FAMILIES);
    tcase_add_test(tests, words_are_all_there);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
