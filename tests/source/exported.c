#include "exported.h"

#include "graph/graph.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

neuron_graph_t *exported_graph(void)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_context_unref(context);
    return graph;
}

static float next_number(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return (float)(*state >> 8) * 0x1p-22f - 2;
}

void exported_random(float *values, int64_t count, uint32_t seed)
{
    uint32_t state = seed * 7919 + 17;
    for (int64_t i = 0; i < count; i++)
        values[i] = next_number(&state);
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), part = strlen(end);
    return size >= part && strcmp(text + size - part, end) == 0;
}

/* Kernels keep about the size that initialisers give them; variances are positive. */
void exported_fill(neuron_graph_t *graph)
{
    uint32_t state = 5;
    for (int64_t a = 0; a < neuron_graph_array_count(graph); a++) {
        const char *name = neuron_graph_array_name(graph, a);
        size_t count;
        assert_ok(neuron_graph_read_array(NULL, 0, &count, graph, a));
        float *values = malloc(count * sizeof *values);
        ck_assert_ptr_nonnull(values);
        assert_ok(neuron_graph_read_array(values, count, NULL, graph, a));
        bool positive = ends_with(name, "variance") || ends_with(name, "deviation");
        for (size_t i = 0; i < count; i++) {
            float number = next_number(&state);
            if (!ends_with(name, "kernel"))
                values[i] = positive ? 0.3f + fabsf(number) : values[i] + number / 4;
            else if (graph->arrays[a].array->bytes)
                values[i] = rintf(number * 60);
        }
        assert_ok(neuron_graph_write_array(graph, a, values, count));
        free(values);
    }
}

/* ---- Compilers ---- */

#define STRICT "-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wmissing-declarations -Werror"

static int run(const char *compiler, const char *language, const char *more, const char *source)
{
    char command[2048];
    snprintf(command, sizeof command, "%s %s " STRICT " -fPIC -shared %s '%s' -lm", compiler,
             language, more, source);
    return system(command);
}

const char *exported_path(void)
{
    static const char *path;
    if (!path)
        path = test_file("m.c");
    return path;
}

void exported_compile_everywhere(const char *source)
{
    if (*TEST_CPP)
        assert_that(run(TEST_CPP, "-x c++ -std=c++11", "-fsyntax-only", source) == 0, "C++: %s",
                    source);
    if (*TEST_CLANG)
        assert_that(run(TEST_CLANG, "-std=c99 -Wno-unused-command-line-argument", "-fsyntax-only",
                        source) == 0,
                    "clang: %s", source);
}

void *exported_compile(const char *source)
{
    char library[512], output[640];
    static int number; /* what is loaded already has another name */
    snprintf(library, sizeof library, "%s.%d.so", source, number++);
    snprintf(output, sizeof output, "-o '%s'", library);
    assert_that(run(TEST_C, "-std=c99 -Wstrict-prototypes " TEST_TRAPS, output, source) == 0,
                "C: %s", source);
    void *made = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    assert_that(made, "%s", dlerror());
    remove(library);
    return made;
}

/* ---- Comparison ---- */

const void *exported_data(void *library, const char *name)
{
    const void *found = dlsym(library, name);
    assert_that(found, "there is no %s", name);
    return found;
}

exported_function_t exported_function(void *library, const char *name)
{
    void *symbol = dlsym(library, name);
    exported_function_t found;
    assert_that(symbol, "there is no %s", name);
    memcpy(&found, &symbol, sizeof found);
    return found;
}

void exported_unload(void *library)
{
    dlclose(library);
}

/* Calls a function of as many pointers. */
static void call(exported_function_t called, void **p, int64_t count)
{
    switch (count) {
    case 2:
        ((void (*)(void *, void *))called)(p[0], p[1]);
        break;
    case 3:
        ((void (*)(void *, void *, void *))called)(p[0], p[1], p[2]);
        break;
    case 4:
        ((void (*)(void *, void *, void *, void *))called)(p[0], p[1], p[2], p[3]);
        break;
    case 5:
        ((void (*)(void *, void *, void *, void *, void *))called)(p[0], p[1], p[2], p[3], p[4]);
        break;
    default:
        ck_abort_msg("%d arguments", (int)count);
    }
}

/* An input or output, for all examples. */
typedef struct end {
    neuron_tensor_t *tensor;
    float *values;
    int64_t size;
} end;

static end make_end(const neuron_graph_t *graph, const neuron_node_t *node, int64_t examples)
{
    int64_t shape[NEURON_RANK_MAX + 1] = {examples};
    int32_t rank;
    end made = {.size = 1};
    assert_ok(neuron_node_shape(shape + 1, &rank, node));
    for (int32_t a = 1; a <= rank; a++)
        made.size *= shape[a];
    assert_ok(neuron_tensor_create(&made.tensor, graph->context, NEURON_TYPE_F32, shape, rank + 1));
    made.values = neuron_tensor_data(made.tensor);
    return made;
}

void exported_near(const char *what, const float *values, const float *wanted, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        if (isnan(wanted[i]) ? isnan(values[i]) : values[i] == wanted[i])
            continue;
        float size = fmaxf(1, fabsf(wanted[i]));
        assert_that(fabsf(values[i] - wanted[i]) <= 1e-5f * size, "%s: value %d is %.9g, not %.9g",
                    what, (int)i, (double)values[i], (double)wanted[i]);
    }
}

typedef struct comparison {
    end inputs[EXPORTED_ENDS], outputs[EXPORTED_ENDS];
    neuron_tensor_t *from[EXPORTED_ENDS], *to[EXPORTED_ENDS];
    int64_t examples, input_count, output_count;
} comparison;

static comparison make_comparison(const neuron_graph_t *graph, const float *given, int64_t examples)
{
    comparison c = {.examples = examples,
                    .input_count = neuron_graph_input_count(graph),
                    .output_count = neuron_graph_output_count(graph)};
    ck_assert_int_le(c.input_count, EXPORTED_ENDS);
    ck_assert_int_le(c.output_count, EXPORTED_ENDS);
    for (int64_t i = 0; i < c.input_count; i++) {
        end *input = &c.inputs[i];
        *input = make_end(graph, neuron_graph_input(graph, i), examples);
        c.from[i] = input->tensor;
        if (given)
            memcpy(input->values, given, (size_t)(examples * input->size) * sizeof(float));
        else
            exported_random(input->values, examples * input->size, (uint32_t)i + 1);
    }
    for (int64_t i = 0; i < c.output_count; i++) {
        c.outputs[i] = make_end(graph, neuron_graph_output(graph, i), examples);
        c.to[i] = c.outputs[i].tensor;
    }
    assert_ok(neuron_graph_predict_many(graph, c.from, c.input_count, c.to, c.output_count));
    return c;
}

/* Each example by itself; what the memory had before must not matter. */
static void compare(const comparison *c, exported_function_t predict, float *workspace)
{
    void *pointers[2 * EXPORTED_ENDS + 1];
    float *made[EXPORTED_ENDS];
    for (int64_t i = 0; i < c->output_count; i++) {
        made[i] = malloc((size_t)c->outputs[i].size * sizeof(float));
        ck_assert_ptr_nonnull(made[i]);
    }
    for (int64_t e = 0; e < c->examples; e++) {
        int64_t count = 0;
        for (int64_t i = 0; i < c->input_count; i++)
            pointers[count++] = c->inputs[i].values + e * c->inputs[i].size;
        for (int64_t i = 0; i < c->output_count; i++) {
            memset(made[i], 0xff, (size_t)c->outputs[i].size * sizeof(float));
            pointers[count++] = made[i];
        }
        if (workspace)
            pointers[count++] = workspace;
        call(predict, pointers, count);
        for (int64_t i = 0; i < c->output_count; i++)
            exported_near("the output", made[i], c->outputs[i].values + e * c->outputs[i].size,
                          c->outputs[i].size);
    }
    for (int64_t i = 0; i < c->output_count; i++)
        free(made[i]);
}

static void end_comparison(comparison *c)
{
    for (int64_t i = 0; i < c->input_count; i++)
        neuron_tensor_unref(c->from[i]);
    for (int64_t i = 0; i < c->output_count; i++)
        neuron_tensor_unref(c->to[i]);
}

/* The workspace that the file says to need, and not a float more. */
static float *make_workspace(const char *path)
{
    test_bytes text = test_read_file(path);
    const char *define = strstr(text.data, "#define M_WORKSPACE_SIZE ");
    ck_assert_ptr_nonnull(define);
    size_t count = (size_t)strtol(define + 24, NULL, 10);
    free(text.data);
    float *workspace = malloc(count * sizeof *workspace);
    ck_assert_ptr_nonnull(workspace);
    memset(workspace, 0xff, count * sizeof *workspace);
    return workspace;
}

static void check(neuron_graph_t *graph, const char *options, const float *given, int64_t examples)
{
    char all[256];
    const char *path = exported_path();
    comparison c = make_comparison(graph, given, examples);
    snprintf(all, sizeof all, "name=m%s%s", *options ? ", " : "", options);
    assert_ok(neuron_source_export(graph, path, all));
    void *library = exported_compile(path);
    float *workspace = strstr(options, "workspace=caller") ? make_workspace(path) : NULL;
    compare(&c, exported_function(library, "m_predict"), workspace);
    free(workspace);
    exported_unload(library);
    end_comparison(&c);
    neuron_graph_unref(graph);
}

void check_exported(neuron_graph_t *graph, const char *options)
{
    check(graph, options, NULL, EXPORTED_EXAMPLES);
}

void check_exported_values(neuron_graph_t *graph, const float *inputs, int64_t examples)
{
    check(graph, "", inputs, examples);
}

void check_exported_node(neuron_graph_t *graph, neuron_node_t *output)
{
    assert_ok(neuron_graph_finish(graph, output));
    exported_fill(graph);
    check_exported(graph, "workspace=caller");
}
