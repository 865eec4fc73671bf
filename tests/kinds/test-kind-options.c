/* Things of all kinds, against what libneuron/options.h tells of them: each option has the default,
 * the words and the bounds that it is said to have. */
#include "kernels/kernels.h"
#include "registry-layers.h"
#include "test-models.h"

#include <math.h>
#include <stdio.h>

enum { SIZE = 8, EXAMPLES = 4, TEXT = 400 };

static neuron_context_t *context;

static void set_up(void)
{
    context = test_context();
}

static void tear_down(void)
{
    neuron_context_unref(context);
}

/* ---- Things of all families ---- */

typedef struct thing {
    void *handle;
    neuron_graph_t *graph; /* of a layer's node */
} thing;

/* The calls of a family, with handles of any type. */
typedef struct calls {
    const char *family;
    int (*create)(thing *made, const char *kind, const char *options);
    void (*destroy)(thing *made);
    int (*set)(void *handle, const char *options);
    int (*set_number)(void *handle, const char *option, double value);
    int (*get_number)(const void *handle, const char *option, double *value);
    int (*get_text)(const void *handle, const char *option, char *text);
} calls;

#define CALLS(family)                                                                              \
    static void destroy_##family(thing *made)                                                      \
    {                                                                                              \
        neuron_##family##_unref(made->handle);                                                     \
    }                                                                                              \
    SETTERS(family)

#define SETTERS(family)                                                                            \
    static int set_##family(void *handle, const char *options)                                     \
    {                                                                                              \
        return neuron_##family##_set(handle, options);                                             \
    }                                                                                              \
    static int set_number_##family(void *handle, const char *option, double value)                 \
    {                                                                                              \
        return neuron_##family##_set_number(handle, option, value);                                \
    }                                                                                              \
    static int get_number_##family(const void *handle, const char *option, double *value)          \
    {                                                                                              \
        return neuron_##family##_get_number(value, handle, option);                                \
    }                                                                                              \
    static int get_text_##family(const void *handle, const char *option, char *text)               \
    {                                                                                              \
        return neuron_##family##_get_text(text, TEXT, NULL, handle, option);                       \
    }

#define ROW(name, family)                                                                          \
    {                                                                                              \
        name, create_##family, destroy_##family, set_##family, set_number_##family,                \
            get_number_##family, get_text_##family                                                 \
    }

CALLS(optimizer)
CALLS(loss)
CALLS(callback)
CALLS(augmentation)
CALLS(trainer)
CALLS(context)
SETTERS(node)

static int create_optimizer(thing *made, const char *kind, const char *options)
{
    return neuron_optimizer_create((neuron_optimizer_t **)&made->handle, context, kind, options);
}

static int create_loss(thing *made, const char *kind, const char *options)
{
    return neuron_loss_create((neuron_loss_t **)&made->handle, context, kind, options);
}

static int create_callback(thing *made, const char *kind, const char *options)
{
    return neuron_callback_create((neuron_callback_t **)&made->handle, context, kind, options);
}

static int create_augmentation(thing *made, const char *kind, const char *options)
{
    ck_assert_str_eq(kind, "augmentation");
    return neuron_augmentation_create((neuron_augmentation_t **)&made->handle, context, options);
}

static int create_trainer(thing *made, const char *kind, const char *options)
{
    neuron_optimizer_t *sgd;
    neuron_trainer_t *trainer;
    neuron_dataset_t *glyphs = test_glyphs(context, EXAMPLES, SIZE);
    neuron_graph_t *graph = test_linear(context, SIZE);
    ck_assert_str_eq(kind, "trainer");
    assert_ok(neuron_optimizer_create(&sgd, context, "sgd", NULL));
    assert_ok(neuron_trainer_create(&trainer, graph, sgd, glyphs));
    neuron_optimizer_unref(sgd);
    neuron_graph_unref(graph);
    neuron_dataset_unref(glyphs);
    made->handle = trainer;
    return neuron_trainer_set(trainer, options);
}

static int create_context(thing *made, const char *kind, const char *options)
{
    ck_assert_str_eq(kind, "context");
    return neuron_context_create((neuron_context_t **)&made->handle, options);
}

static int create_node(thing *made, const char *kind, const char *options)
{
    assert_ok(neuron_graph_create(&made->graph, context));
    neuron_node_t *x = neuron_input(made->graph, (const int64_t[]){SIZE, SIZE, 2}, 3);
    made->handle = registry_add(made->graph, neuron_layer_find(kind), x);
    ck_assert_ptr_nonnull(made->handle);
    return neuron_node_set(made->handle, options);
}

static void destroy_node(thing *made)
{
    neuron_graph_unref(made->graph);
}

static const calls families[] = {ROW("optimizer", optimizer), ROW("loss", loss),
                                 ROW("callback", callback),   ROW("augmentation", augmentation),
                                 ROW("trainer", trainer),     ROW("context", context),
                                 ROW("layer", node)};

enum { FAMILIES = sizeof families / sizeof families[0] };

/* Calls a function for each option of each kind of a family. */
static void each_option(const calls *family,
                        void (*visit)(const calls *, const char *, const neuron_option_t *))
{
    for (int32_t i = 0; i < neuron_kind_count(family->family); i++) {
        const char *kind = neuron_kind_name(family->family, i);
        const neuron_option_t *option;
        for (int32_t j = 0; (option = neuron_kind_option(family->family, kind, j)); j++)
            visit(family, kind, option);
    }
}

static bool is_word(const neuron_option_t *option)
{
    int32_t type = neuron_option_type(option);
    return type == NEURON_OPTION_WORD || type == NEURON_OPTION_WORDS;
}

static thing create(const calls *family, const char *kind, const char *options)
{
    thing made = {0};
    int status = family->create(&made, kind, options);
    assert_that(status == NEURON_OK, "%s: %s", options ? options : kind, neuron_error_last());
    return made;
}

/* A layer's shape, the axis of -1 and so many places are read as what they are for its input. */
static bool is_worked_out(const char *name)
{
    return strncmp(name, "extent_", 7) == 0 || strcmp(name, "axis") == 0 ||
           strcmp(name, "count") == 0;
}

/* A new one has what is said to be the default. */
static void check_default(const calls *family, const char *kind, const neuron_option_t *option)
{
    const char *name = neuron_option_name(option);
    thing made = create(family, kind, NULL);
    char text[TEXT];
    double value = -7;
    assert_ok(family->get_text(made.handle, name, text));
    if (is_word(option)) {
        ck_assert_str_eq(text, neuron_option_word(option, 0));
        assert_status(family->get_number(made.handle, name, &value), NEURON_E_ARGUMENT);
    } else if (!is_worked_out(name)) {
        double standard = neuron_option_default(option);
        assert_ok(family->get_number(made.handle, name, &value));
        assert_that(value == standard || (isnan(value) && isnan(standard)), "%s: %s is %g, not %g",
                    kind, name, value, standard);
        ck_assert(isnan(standard) == (text[0] == '\0'));
    }
    family->destroy(&made);
}

/* One is made with the default as text, and with what is read of it, alone and with all others. */
static void check_text(const calls *family, const char *kind, const neuron_option_t *option)
{
    const char *name = neuron_option_name(option);
    char value[TEXT], text[2 * TEXT], all[TEXT], again[TEXT];
    thing made = create(family, kind, NULL);
    assert_ok(family->get_text(made.handle, name, value));
    assert_ok(family->get_text(made.handle, NULL, all));
    snprintf(text, sizeof text, "%s=%s", name, value);
    family->destroy(&made);
    if (value[0] != '\0') {
        ck_assert_ptr_nonnull(strstr(all, text));
        made = create(family, kind, text);
        assert_ok(family->get_text(made.handle, NULL, again));
        ck_assert_str_eq(again, all);
        family->destroy(&made);
    }
    made = create(family, kind, all);
    assert_ok(family->get_text(made.handle, NULL, again));
    ck_assert_str_eq(again, all);
    family->destroy(&made);
}

/* Every word is taken, and no other, nor a number. */
static void check_choices(const calls *family, const char *kind, const neuron_option_t *option)
{
    char text[TEXT], read[TEXT];
    const char *name = neuron_option_name(option), *word;
    for (int32_t i = 0; (word = neuron_option_word(option, i)); i++) {
        if (family->create == create_context && i > 0 && !neuron_kernels_find(word))
            continue; /* what another processor has */
        snprintf(text, sizeof text, "%s=%s", name, word);
        thing made = create(family, kind, text);
        assert_ok(family->get_text(made.handle, name, read));
        ck_assert_str_eq(read, word);
        assert_status(family->set_number(made.handle, name, i), NEURON_E_ARGUMENT);
        snprintf(text, sizeof text, "%s=%sx", name, word);
        assert_status(family->set(made.handle, text), NEURON_E_ARGUMENT);
        family->destroy(&made);
    }
}

static thing remade(thing *made, const calls *family, const char *kind, const char *options)
{
    family->destroy(made);
    return create(family, kind, options);
}

/* Of a layer and of a trainer not every number within the bounds fits the rest; what lies beyond is
 * refused as such. */
static void check_numbers(const calls *family, const char *kind, const neuron_option_t *option)
{
    const char *name = neuron_option_name(option);
    double low = neuron_option_minimum(option), high = neuron_option_maximum(option);
    if (is_word(option))
        return;
    const double beyond[] = {nextafter(low, -INFINITY), nextafter(high, INFINITY), NAN};
    for (size_t i = 0; i < sizeof beyond / sizeof beyond[0]; i++) {
        thing made = create(family, kind, NULL);
        int status = family->set_number(made.handle, name, beyond[i]);
        assert_that(status == NEURON_E_ARGUMENT && strstr(neuron_error_last(), "; it must be "),
                    "%s: %s = %g: %s", kind, name, beyond[i], neuron_error_last());
        family->destroy(&made);
    }
    if (family->create == create_node || family->create == create_trainer)
        return;
    for (int i = 0; i < 2; i++) {
        thing made = create(family, kind, NULL);
        double value, bound = i ? high : low;
        if (!strcmp(name, "memory_limit") && i > 0)
            made = remade(&made, family, kind, "memory_limit=9007199254740991"); /* for good */
        assert_ok(family->set_number(made.handle, name, bound));
        assert_ok(family->get_number(made.handle, name, &value));
        ck_assert(value == bound);
        family->destroy(&made);
    }
}

START_TEST(things_are_as_they_are_described)
{
    each_option(&families[_i], check_default);
    each_option(&families[_i], check_text);
    each_option(&families[_i], check_choices);
    each_option(&families[_i], check_numbers);
}
END_TEST

/* And no others. */
START_TEST(things_have_no_other_options)
{
    const calls *family = &families[_i];
    const char *kind;
    for (int32_t i = 0; (kind = neuron_kind_name(family->family, i)); i++) {
        if (!neuron_kind_option(family->family, kind, 0))
            continue;
        char all[TEXT];
        int32_t named = 0, listed = 0;
        thing made = create(family, kind, NULL);
        const neuron_option_t *option;
        assert_ok(family->get_text(made.handle, NULL, all));
        for (const char *sign = all; (sign = strchr(sign, '=')); sign++)
            named++;
        for (int32_t j = 0; (option = neuron_kind_option(family->family, kind, j)); j++)
            listed += is_word(option) || !isnan(neuron_option_default(option));
        ck_assert_int_eq(named, listed);
        family->destroy(&made);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kind-options");
    TCase *tests = tcase_create("kind-options");
    tcase_set_timeout(tests, 0);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, things_are_as_they_are_described, 0, FAMILIES);
    tcase_add_loop_test(tests, things_have_no_other_options, 0, FAMILIES);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
