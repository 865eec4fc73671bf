/* Exports a saved model, compiles it, and compares what both say of some images. usage:
 * compare-model MODEL IMAGES [everywhere]. IMAGES has their bytes one image behind the other.
 * Prints the largest difference. With "everywhere" other compilers look at the source as well. */
#include "exported.h"

#include <math.h>
#include <stdio.h>

typedef void (*predict_bytes_t)(const unsigned char *input, float *output);

static char **words;

static double compare(const neuron_graph_t *graph, neuron_context_t *context,
                      const test_bytes *images)
{
    int64_t shape[NEURON_RANK_MAX + 1], outputs = 1, size = 1, output_shape[NEURON_RANK_MAX + 1];
    int32_t rank, output_rank;
    double most = 0;
    assert_ok(neuron_graph_input_shape(shape + 1, &rank, graph));
    assert_ok(neuron_graph_output_shape(output_shape + 1, &output_rank, graph));
    for (int32_t a = 1; a <= rank; a++)
        size *= shape[a];
    for (int32_t a = 1; a <= output_rank; a++)
        outputs *= output_shape[a];
    shape[0] = output_shape[0] = (int64_t)images->size / size;
    assert_that(shape[0] > 0, "there is no image of %d bytes", (int)size);

    neuron_tensor_t *input, *output;
    assert_ok(neuron_tensor_wrap(&input, context, NEURON_TYPE_U8, shape, rank + 1, images->data));
    assert_ok(
        neuron_tensor_create(&output, context, NEURON_TYPE_F32, output_shape, output_rank + 1));
    assert_ok(neuron_graph_predict(graph, input, output));
    const float *wanted = neuron_tensor_data_const(output);
    float *made = malloc((size_t)outputs * sizeof *made);

    assert_ok(neuron_source_export(graph, exported_path(), "name=m"));
    if (words[3])
        exported_compile_everywhere(exported_path());
    void *library = exported_compile(exported_path());
    predict_bytes_t predict = (predict_bytes_t)exported_function(library, "m_predict_bytes");
    for (int64_t e = 0; e < shape[0]; e++) {
        predict((const unsigned char *)images->data + e * size, made);
        exported_near("an image", made, wanted + e * outputs, outputs);
        for (int64_t k = 0; k < outputs; k++)
            most = fmax(most, fabs((double)made[k] - (double)wanted[e * outputs + k]));
    }
    exported_unload(library);
    free(made);
    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
    return most;
}

START_TEST(model)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph;
    assert_ok(neuron_graph_load(&graph, context, words[1]));
    test_bytes images = test_read_file(words[2]);
    printf("largest difference: %.1e\n", compare(graph, context, &images));
    free(images.data);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("a model");
    TCase *tests = tcase_create("model");
    if (argc != 3 && argc != 4)
        return EXIT_FAILURE;
    words = argv;
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, model);
    return run_suite(suite);
}
