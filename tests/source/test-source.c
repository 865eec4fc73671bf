/* What can be asked of exporting C source, what is refused, and what is in the files. */
#include "exported.h"
#include "test-models.h"

#include "graph/graph.h"
#include "source/text/number.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static neuron_graph_t *small_graph(void)
{
    neuron_graph_t *graph = exported_graph();
    neuron_node_t *x = neuron_dense(graph, neuron_input(graph, (const int64_t[]){3}, 1), 2, NULL);
    assert_ok(neuron_graph_finish(graph, neuron_softmax(graph, x, NULL)));
    exported_fill(graph);
    return graph;
}

/* The file that a graph becomes; the caller frees it. */
static char *source_of(const neuron_graph_t *graph, const char *options)
{
    assert_ok(neuron_source_export(graph, exported_path(), options));
    return test_read_file(exported_path()).data;
}

#define assert_has(text, part) ck_assert_msg(strstr(text, part), "no \"%s\" in\n%s", part, text)

/* ---- Numbers ---- */

static void check_number(float value)
{
    char text[NEURON_FLOAT_TEXT], *end;
    neuron_float_text(value, text);
    float read = strtof(text, &end);
    assert_that(memcmp(&read, &value, sizeof value) == 0, "%s is not %a", text, (double)value);
    assert_that(strcmp(end, "f") == 0, "%s", text);
    assert_that(strpbrk(text, ".e"), "%s would be a whole number", text);
}

START_TEST(numbers_are_exact)
{
    static const float values[] = {
        0,      -0.0f,         1,        -1,      0.1f,      1e10f,         123456,
        1e-5f,  9.9999999e-5f, 16777216, 9999999, 99999.95f, 3.4028235e38f, 1.17549435e-38f,
        1e-45f, 7.0064923e-45f};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        check_number(values[i]);
    uint32_t state = 1;
    for (int i = 0; i < 1000000; i++) {
        float value;
        state = state * 1664525 + 1013904223;
        uint32_t bits = state ^ state >> 13;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            check_number(value);
    }
    for (int power = -149; power < 128; power++) {
        float value = ldexpf(1, power);
        check_number(value);
        check_number(nextafterf(value, 0));
        check_number(nextafterf(value, INFINITY) < INFINITY ? nextafterf(value, INFINITY) : 1);
    }
}
END_TEST

START_TEST(numbers_are_short)
{
    static const struct {
        float value;
        const char *text;
    } rows[] = {{0.1f, "0.1f"},           {1, "1.0f"},
                {-2.5f, "-2.5f"},         {1e-7f, "1e-7f"},
                {1500000, "1500000.0f"},  {1.5e-12f, "1.5e-12f"},
                {0.015625f, "0.015625f"}, {3e20f, "3e20f"},
                {1 / 3.0f, "0.33333334f"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[NEURON_FLOAT_TEXT];
        ck_assert_str_eq(neuron_float_text(rows[i].value, text), rows[i].text);
    }
}
END_TEST

/* ---- Options ---- */

START_TEST(prefixes)
{
    neuron_graph_t *graph = small_graph();
    char *text = source_of(graph, NULL);
    assert_has(text, "void graph_predict(const float *input, float *output);\n");
    assert_has(text, "#define GRAPH_INPUT_SIZE 3\n#define GRAPH_OUTPUT_SIZE 2\n");
    free(text);
    assert_ok(neuron_graph_set_name(graph, "3. Ziffern*/ \"x\"?\?/"));
    text = source_of(graph, NULL);
    assert_has(text, "void Ziffern____x_____predict(");
    assert_has(text, "/* The network \"3. Ziffern_/ \"x\"__/\", written by libneuron ");
    free(text);
    exported_unload(exported_compile(exported_path()));
    exported_compile_everywhere(exported_path());
    assert_ok(neuron_graph_set_name(graph, "\xc3\xa4\xc3\xb6"));
    text = source_of(graph, NULL);
    assert_has(text, "void graph_predict(");
    free(text);
    text = source_of(graph, "name=A1_b");
    assert_has(text, "void A1_b_predict(");
    assert_has(text, "#define A1_B_INPUT_SIZE 3");
    free(text);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(bad_options)
{
    static const struct {
        const char *options, *message;
    } rows[] = {
        {"name=1a", "neuron_source_export: name is 1a; it must be a letter and up to 38 letters"},
        {"name=a-b", "name is a-b; it must be a letter"},
        {"name=aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd", "it must be a letter and up to 38"},
        {"name=_a", "name is _a"},
        {"workspace=heap", "workspace is heap; it must be static or caller"},
        {"linkage=extern", "linkage is extern; it must be external or static"},
        {"nmae=x", "there is no option \"nmae\"; did you mean \"name\"?"},
        {"linkage=static, header=yes", "linkage is static and header is yes"},
    };
    neuron_graph_t *graph = small_graph();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        remove(exported_path());
        assert_status(neuron_source_export(graph, exported_path(), rows[i].options),
                      NEURON_E_ARGUMENT);
        assert_message(rows[i].message);
        ck_assert_int_ne(access(exported_path(), F_OK), 0);
    }
    assert_status(neuron_source_export(graph, "m.cc", "header=yes"), NEURON_E_ARGUMENT);
    assert_message("path is m.cc; with header=yes it must end in .c");
    assert_status(neuron_source_export(graph, "/.c", "header=yes"), NEURON_E_ARGUMENT);
    neuron_graph_unref(graph);
}
END_TEST

/* A program that includes the header and one that includes the file itself. */
START_TEST(headers_and_inclusion)
{
    char folder[] = "/tmp/neuron-source-XXXXXX", path[64], command[512];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    neuron_graph_t *graph = small_graph();
    snprintf(path, sizeof path, "%s/net.c", folder);
    assert_ok(neuron_source_export(graph, path, "header=yes"));
    char *text = test_read_file(path).data;
    assert_has(text, "#include \"net.h\"\n");
    ck_assert_ptr_null(strstr(text, "extern \"C\""));
    free(text);
    snprintf(path, sizeof path, "%s/inside.c", folder);
    assert_ok(neuron_source_export(graph, path, "linkage=static, name=inside"));
    snprintf(path, sizeof path, "%s/main.c", folder);
    FILE *file = fopen(path, "w");
    fputs("#include \"net.h\"\n#include \"inside.c\"\n"
          "int main(void)\n{\n"
          "    const float x[GRAPH_INPUT_SIZE] = {1.0f, 2.0f, 3.0f};\n"
          "    float a[GRAPH_OUTPUT_SIZE], b[INSIDE_OUTPUT_SIZE];\n"
          "    graph_predict(x, a);\n"
          "    inside_predict(x, b);\n"
          "    return a[0] + a[1] > 0.99f && a[0] <= b[0] && a[0] >= b[0] ? 0 : 1;\n}\n",
          file);
    fclose(file);
    static const char *const languages[] = {TEST_C " -std=c99", TEST_CPP " -x c++ -std=c++11"};
    for (int i = 0; i < (*TEST_CPP ? 2 : 1); i++) {
        snprintf(
            command, sizeof command,
            "cd %s && %s -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror main.c net.c -o "
            "main -lm && ./main",
            folder, languages[i]);
        ck_assert_msg(system(command) == 0, "%s", command);
    }
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(class_names)
{
    static const char *const names[] = {"a \"cat\"\\", "?\?/ dog", "\xc3\xa9t\xc3\xa9 1"};
    neuron_graph_t *graph = exported_graph();
    neuron_node_t *x = neuron_dense(graph, neuron_input(graph, (const int64_t[]){3}, 1), 3, NULL);
    assert_ok(neuron_graph_finish(graph, x));
    assert_ok(neuron_graph_set_class_names(graph, NULL, names, 3));
    assert_ok(neuron_source_export(graph, exported_path(), "name=m"));
    void *library = exported_compile(exported_path());
    const char *const *made = exported_data(library, "m_class_names");
    for (int k = 0; k < 3; k++)
        ck_assert_str_eq(made[k], names[k]);
    exported_unload(library);
    exported_compile_everywhere(exported_path());
    neuron_graph_unref(graph);
}
END_TEST

/* ---- Refusals ---- */

static int own_layer(neuron_custom_run_t *run, void *user_data)
{
    (void)run;
    (void)user_data;
    return 0;
}

START_TEST(layers_without_source)
{
    neuron_graph_t *graph = exported_graph();
    remove(exported_path());
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){3}, 1);
    assert_ok(
        neuron_custom_layer_register(graph->context, "swish", own_layer, NULL, NULL, NULL, NULL));
    x = neuron_custom_layer(graph, "swish", &x, 1, NULL, 0);
    assert_ok(neuron_node_set_name(x, "mine"));
    assert_ok(neuron_graph_finish(graph, x));
    assert_status(neuron_source_export(graph, exported_path(), NULL), NEURON_E_UNSUPPORTED);
    assert_message("neuron_source_export: mine is a layer of your own, swish, for which there is "
                   "no C source");
    ck_assert_int_ne(access(exported_path(), F_OK), 0);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(refused_graphs)
{
    neuron_graph_t *graph = exported_graph();
    remove(exported_path());
    assert_status(neuron_source_export(NULL, "m.c", NULL), NEURON_E_ARGUMENT);
    assert_message("neuron_source_export: graph is NULL; it must not be");
    assert_status(neuron_source_export(graph, NULL, NULL), NEURON_E_ARGUMENT);
    assert_message("path is NULL");
    assert_status(
        neuron_source_export((const neuron_graph_t *)(const void *)graph->context, "m.c", NULL),
        NEURON_E_ARGUMENT);
    assert_message("graph is a context; it must be a graph");
    assert_status(neuron_source_export_to(NULL, NULL, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_source_export_to(graph, NULL, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_source_export(graph, exported_path(), NULL), NEURON_E_STATE);
    assert_message("neuron_source_export: graph is not finished");
    ck_assert_int_ne(access(exported_path(), F_OK), 0);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(numbers_that_are_not_finite)
{
    neuron_graph_t *graph = small_graph();
    remove(exported_path());
    int64_t bias = neuron_graph_find_array(graph, "dense.bias");
    assert_ok(neuron_graph_write_array(graph, bias, (const float[]){1, NAN}, 2));
    assert_status(neuron_source_export(graph, exported_path(), NULL), NEURON_E_NOT_FINITE);
    assert_message("bias of dense has a number that is not finite, at 1");
    ck_assert_int_ne(access(exported_path(), F_OK), 0);
    neuron_graph_unref(graph);
}
END_TEST

/* ---- Files ---- */

/* What cannot be written leaves what was there. */
START_TEST(files_are_whole)
{
    char folder[] = "/tmp/neuron-source-XXXXXX", path[64], command[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    neuron_graph_t *graph = small_graph();
    snprintf(path, sizeof path, "%s/none/m.c", folder);
    assert_status(neuron_source_export(graph, path, NULL), NEURON_E_IO);
    assert_message(path);
    assert_status(neuron_source_export(graph, folder, NULL), NEURON_E_IO);
    /* A header that cannot be written: the source is there. */
    snprintf(path, sizeof path, "%s/m.h", folder);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/m.c", folder);
    assert_status(neuron_source_export(graph, path, "header=yes"), NEURON_E_IO);
    ck_assert_int_eq(access(path, F_OK), 0);
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
    neuron_graph_unref(graph);
}
END_TEST

typedef struct taken {
    char *bytes;
    size_t size;
    int calls, fails_at;
} taken;

static int take(const void *bytes, size_t size, void *user_data)
{
    taken *t = user_data;
    if (++t->calls == t->fails_at)
        return t->fails_at;
    t->bytes = realloc(t->bytes, t->size + size);
    memcpy(t->bytes + t->size, bytes, size);
    t->size += size;
    return 0;
}

START_TEST(functions_that_take_bytes)
{
    neuron_graph_t *graph = small_graph();
    taken t = {0};
    assert_ok(neuron_source_export_to(graph, take, &t, NULL));
    assert_ok(neuron_source_export(graph, exported_path(), NULL));
    test_bytes file = test_read_file(exported_path());
    ck_assert_uint_eq(file.size, t.size);
    ck_assert_mem_eq(file.data, t.bytes, t.size);
    free(file.data);
    int calls = t.calls;
    t.calls = 0;
    t.fails_at = calls;
    assert_status(neuron_source_export_to(graph, take, &t, NULL), NEURON_E_CALLBACK);
    assert_message("the function that writes returned");
    free(t.bytes);
    t = (taken){0};
    assert_ok(neuron_source_export_to(graph, take, &t, "header=yes"));
    take("", 1, &t);
    assert_has(t.bytes, "#ifndef GRAPH_H\n#define GRAPH_H\n");
    ck_assert_ptr_null(strstr(t.bytes, "static"));
    free(t.bytes);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(locales)
{
    neuron_graph_t *graph = exported_graph();
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){4}, 1);
    neuron_node_t *members[] = {neuron_dense(graph, x, 2, NULL), neuron_dense(graph, x, 2, NULL)};
    assert_ok(
        neuron_graph_finish(graph, neuron_vote(graph, members, 2, (const double[]){0.25, 0.3})));
    exported_fill(graph);
    char *before = source_of(graph, NULL);
    if (!test_set_comma_locale())
        return;
    char *text = source_of(graph, NULL);
    setlocale(LC_ALL, "C");
    ck_assert_str_eq(before, text);
    free(before);
    free(text);
    neuron_graph_unref(graph);
}
END_TEST

/* The same graph becomes the same bytes. */
START_TEST(files_are_the_same)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = test_cnn(context, 8), *clone;
    char *first = source_of(graph, NULL);
    assert_ok(neuron_graph_clone(&clone, context, graph));
    char *second = source_of(clone, NULL);
    ck_assert_str_eq(first, second);
    for (const char *line = first; *line; line = strchr(line, '\n') + 1)
        ck_assert_int_le(strchr(line, '\n') - line, 120);
    free(first);
    free(second);
    neuron_graph_unref(graph);
    neuron_graph_unref(clone);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("source");
    TCase *tests = tcase_create("source");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, numbers_are_exact);
    tcase_add_test(tests, numbers_are_short);
    tcase_add_test(tests, prefixes);
    tcase_add_test(tests, bad_options);
    tcase_add_test(tests, headers_and_inclusion);
    tcase_add_test(tests, class_names);
    tcase_add_test(tests, layers_without_source);
    tcase_add_test(tests, refused_graphs);
    tcase_add_test(tests, numbers_that_are_not_finite);
    tcase_add_test(tests, files_are_whole);
    tcase_add_test(tests, functions_that_take_bytes);
    tcase_add_test(tests, locales);
    tcase_add_test(tests, files_are_the_same);
    return run_suite(suite);
}
