/* Parameters in two bytes each: how they are rounded, and which files have them. */
#include "model-examples.h"

#include "model/safetensors.h"

#include <float.h>
#include <math.h>

static neuron_context_t *context;

static void set_up(void)
{
    context = test_context();
}

static void tear_down(void)
{
    neuron_context_unref(context);
}

static const struct {
    const char *name;
    const char *storage;
    int infinite; /* its bits */
} types[] = {{"F16", "f16", 0x7c00}, {"BF16", "bf16", 0x7f80}};

static float widen(const char *dtype, uint16_t bits)
{
    const unsigned char bytes[] = {(unsigned char)bits, (unsigned char)(bits >> 8)};
    const neuron_safetensors_entry entry = {.dtype = dtype, .data = bytes, .size = 2};
    float value;
    neuron_safetensors_copy_floats(&value, &entry);
    return value;
}

static void check(const char *dtype, float value, int bits)
{
    uint16_t found;
    neuron_safetensors_narrow(&found, dtype, &value, 1);
    assert_that(found == bits, "%s of %a: %04x, not %04x", dtype, value, found, bits);
    value = -value;
    neuron_safetensors_narrow(&found, dtype, &value, 1);
    assert_that(found == (bits | 0x8000), "%s of %a: %04x", dtype, value, found);
}

/* Each number is itself; what lies between two goes to the nearer, and from the middle to the even
 * one. The number behind the largest is infinite, as far as rounding goes. */
START_TEST(numbers_are_rounded_to_the_nearest)
{
    const char *dtype = types[_i].name;
    for (int bits = 0; bits < types[_i].infinite; bits++) {
        float low = widen(dtype, (uint16_t)bits), step = low - widen(dtype, (uint16_t)(bits - 1));
        if (bits == 0)
            step = widen(dtype, 1);
        /* Of BF16 the middle between the largest and what would follow is finite, just so. */
        float middle = low + 0.5f * step;
        if (bits > 0 && bits + 1 < types[_i].infinite)
            middle = (float)(((double)low + (double)widen(dtype, (uint16_t)(bits + 1))) / 2);
        check(dtype, low, bits);
        check(dtype, nextafterf(middle, 0), bits);
        check(dtype, middle, bits + bits % 2);
        check(dtype, nextafterf(middle, INFINITY), bits + 1);
    }
    check(dtype, INFINITY, types[_i].infinite);
    check(dtype, FLT_MAX, types[_i].infinite);
    float nothing = NAN;
    uint16_t bits;
    ck_assert(neuron_safetensors_narrow(&bits, dtype, &nothing, 1));
    ck_assert(isnan(widen(dtype, bits)));
}
END_TEST

static int64_t find_array(const neuron_graph_t *graph, const char *name)
{
    int64_t index = 0;
    while (strcmp(neuron_graph_array_name(graph, index), name) != 0)
        index++;
    return index;
}

START_TEST(files_are_half_as_large)
{
    neuron_graph_t *graph = example_network(context, "network"), *loaded;
    neuron_safetensors *file;
    size_t size;
    float before[6], after[6], outputs[6];
    /* Statistics that F16 has no room for. */
    int64_t variance = find_array(graph, "batch_norm.moving_variance");
    assert_ok(neuron_graph_write_array(graph, variance, (const float[]){0.1f, 100000}, 2));
    example_predict(context, graph, outputs);
    assert_ok(neuron_graph_set_storage(graph, types[_i].storage));
    unsigned char *bytes = example_save(graph, &size);
    assert_ok(neuron_safetensors_parse(&file, context, bytes, size, "it"));
    for (size_t i = 0; i < neuron_safetensors_count(file); i++) {
        const neuron_safetensors_entry *entry = neuron_safetensors_at(file, i);
        bool moving = strstr(entry->name, "moving") != NULL;
        ck_assert_str_eq(entry->dtype, moving ? "F32" : types[_i].name);
    }
    neuron_safetensors_close(file);
    example_predict(context, graph, before);
    ck_assert_mem_eq(before, outputs, sizeof before);

    assert_ok(neuron_graph_load_memory(&loaded, context, bytes, size));
    float kernel[72], rounded[72];
    size_t count;
    int64_t index = find_array(graph, "dense.kernel");
    assert_ok(neuron_graph_read_array(kernel, 72, &count, graph, index));
    assert_ok(neuron_graph_read_array(rounded, 72, NULL, loaded, index));
    for (size_t i = 0; i < count; i++) {
        uint16_t narrow;
        ck_assert(neuron_safetensors_narrow(&narrow, types[_i].name, &kernel[i], 1));
        ck_assert(rounded[i] == widen(types[_i].name, narrow));
    }
    example_predict(context, loaded, after);
    for (int i = 0; i < 6; i++)
        ck_assert(fabsf(after[i] - before[i]) < 0.02f);
    neuron_graph_unref(loaded);
    neuron_graph_unref(graph);
    free(bytes);
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    neuron_graph_t *graph = example_network(context, "network");
    size_t size;
    int64_t bias = find_array(graph, "dense.bias");
    assert_ok(neuron_graph_set_storage(graph, "f16"));
    assert_ok(neuron_graph_write_array(graph, bias, (const float[]){1, -65519, INFINITY}, 3));
    free(example_save(graph, &size));
    assert_ok(neuron_graph_write_array(graph, bias, (const float[]){1, -65520, 2}, 3));
    assert_status(neuron_graph_save_memory(NULL, 0, &size, graph), NEURON_E_NOT_FINITE);
    assert_message("array \"dense.bias\": a number is too large for F16");
    assert_ok(neuron_graph_set_storage(graph, "bf16"));
    free(example_save(graph, &size));
    assert_status(neuron_graph_set_storage(graph, "f8"), NEURON_E_ARGUMENT);
    assert_message("network: there is no storage \"f8\", but f32, f16, bf16");
    assert_status(neuron_graph_set_storage(NULL, "f32"), NEURON_E_ARGUMENT);
    neuron_graph_unref(graph);
}
END_TEST

/* Each allocation of a save fails in turn. */
START_TEST(memory_may_run_out)
{
    test_memory memory = {.left = 0};
    neuron_context_t *limited = test_limited_context(&memory);
    neuron_graph_t *graph = example_network(limited, "network");
    size_t size;
    assert_ok(neuron_graph_set_storage(graph, "bf16"));
    int status = NEURON_E_MEMORY, count = 0;
    for (; status == NEURON_E_MEMORY; count++) {
        memory.left = count;
        status = neuron_graph_save_memory(NULL, 0, &size, graph);
    }
    assert_ok(status);
    ck_assert_int_gt(count, 6);
    neuron_graph_unref(graph);
    neuron_context_unref(limited);
    ck_assert_int_eq(atomic_load(&memory.live), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("storage");
    TCase *tests = tcase_create("storage");
    tcase_set_timeout(tests, 0);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, numbers_are_rounded_to_the_nearest, 0, 2);
    tcase_add_loop_test(tests, files_are_half_as_large, 0, 2);
    tcase_add_test(tests, what_does_not_fit_is_refused);
    tcase_add_test(tests, memory_may_run_out);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
