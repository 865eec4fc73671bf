/* Every allocation of the data calls fails in turn: a status each time, and nothing leaked. */
#include "test-common.h"

#include "data/formats/cifar10.h"
#include "data/tables/csv.h"
#include "data/formats/idx.h"
#include "data/codec/image.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[256], inside[300], image_path[320];

static const char gzip_labels[] = /* two labels, 0 and 1 */
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x63\x60\xe0\x60\x64\x60\x60\x60\x62\x60\x04\x00"
    "\x8f\x9c\x9b\xe2\x0a\x00\x00\x00";

static int read_zeros(void *examples, int32_t *labels, const int64_t *positions, int64_t count,
                      void *user_data)
{
    (void)user_data;
    (void)positions;
    if (examples)
        memset(examples, 0, (size_t)count * sizeof(float));
    if (labels)
        memset(labels, 0, (size_t)count * sizeof *labels);
    return 0;
}

static int use_idx(neuron_tensor_t **labels, neuron_context_t *context)
{
    const neuron_content content =
        neuron_content_of_memory(context, gzip_labels, sizeof gzip_labels - 1, "labels");
    neuron_source source;
    int status = neuron_source_open(&source, &content);
    if (status < 0)
        return status;
    status = neuron_idx_read_tensor(labels, &source, 1);
    neuron_source_close(&source);
    return status;
}

/* What needs no files, one after the other; the first failure ends it. */
static int use_everything(neuron_context_t *context)
{
    static const double halves[] = {0.5, 0.5};
    neuron_dataset_t *glyphs = NULL, *subset = NULL, *one_hot = NULL, *joined = NULL;
    neuron_dataset_t *dataset = NULL, *parts[2] = {NULL, NULL}, *any = NULL, *twice = NULL;
    neuron_dataset_t *filtered = NULL, *shuffled = NULL, *gray = NULL, *train = NULL, *held = NULL;
    neuron_dataset_t *stream = NULL, *loaded = NULL;
    neuron_tensor_t *labels = NULL, *examples = NULL, *targets = NULL;
    float values[10];
    int status = neuron_dataset_generate_glyphs(&glyphs, context, 20, 8, 8, 1);
    if (status == NEURON_OK)
        status = neuron_dataset_set_weights(glyphs, (const float[20]){1}, 20);
    if (status == NEURON_OK)
        status = neuron_dataset_subset(&subset, glyphs, 5, 10);
    if (status == NEURON_OK)
        status = neuron_dataset_one_hot(&one_hot, subset);
    if (status == NEURON_OK)
        status = neuron_dataset_join(&joined, (neuron_dataset_t *[]){glyphs, subset}, 2);
    if (status == NEURON_OK)
        status = neuron_dataset_split(parts, joined, halves, 2, 1, "order=stratified");
    if (status == NEURON_OK)
        status = neuron_dataset_filter(&filtered, glyphs, (const int32_t[]){1, 3}, 2);
    if (status == NEURON_OK)
        status = neuron_dataset_shuffle(&shuffled, glyphs, 1);
    if (status == NEURON_OK)
        status = neuron_dataset_k_fold(&train, &held, glyphs, 3, 1, 1);
    if (status == NEURON_OK)
        status = use_idx(&labels, context);
    if (status == NEURON_OK)
        status =
            neuron_tensor_create(&examples, context, NEURON_TYPE_U8, (int64_t[]){2, 1, 2, 3}, 4);
    if (status == NEURON_OK)
        status = neuron_dataset_create(&dataset, context, examples, labels, 2);
    if (status == NEURON_OK)
        status = neuron_dataset_grayscale(&gray, dataset);
    if (status == NEURON_OK)
        status = neuron_tensor_create(&targets, context, NEURON_TYPE_F32, (int64_t[]){2, 3}, 2);
    if (status == NEURON_OK)
        status = neuron_dataset_create_with_targets(&any, context, examples, targets);
    if (status == NEURON_OK)
        status = neuron_dataset_join(&twice, (neuron_dataset_t *[]){any, any}, 2);
    neuron_dataset_unref(twice);
    neuron_dataset_unref(any);
    neuron_tensor_unref(targets);
    if (status == NEURON_OK)
        status = neuron_dataset_standardize_channels(dataset, dataset);
    if (status == NEURON_OK)
        status = neuron_dataset_set_scales(dataset, (double[]){1, 2, 3}, (double[]){0, 0, 0}, 3);
    if (status == NEURON_OK)
        status = neuron_dataset_create_stream(
            &stream, context, read_zeros, NULL, NULL, 10,
            test_stream_options((const int64_t[]){1}, 1, NEURON_TYPE_F32, 2));
    if (status == NEURON_OK)
        status = neuron_dataset_read(values, NULL, stream, 0, 10);
    if (status == NEURON_OK)
        status = neuron_dataset_join(&loaded, &stream, 1);
    neuron_dataset_unref(loaded);
    neuron_dataset_unref(stream);
    neuron_tensor_unref(examples);
    neuron_tensor_unref(labels);
    neuron_dataset_unref(gray);
    neuron_dataset_unref(dataset);
    neuron_dataset_unref(held);
    neuron_dataset_unref(train);
    neuron_dataset_unref(shuffled);
    neuron_dataset_unref(filtered);
    for (int k = 0; k < 2; k++)
        neuron_dataset_unref(parts[k]);
    neuron_dataset_unref(joined);
    neuron_dataset_unref(one_hot);
    neuron_dataset_unref(subset);
    neuron_dataset_unref(glyphs);
    return status;
}

#define CORPUS(path) CORPORA "/corpus-" path

static int use_csv(neuron_context_t *context)
{
    static const char text[] = "label,a,b\n1,0.5,2\n0,3,4\n";
    const neuron_content content = neuron_content_of_memory(context, text, sizeof text - 1, "csv");
    neuron_dataset_t *dataset = NULL;
    int status = neuron_csv_read(&dataset, &content, "classes=2", "load");
    neuron_dataset_unref(dataset);
    return status;
}

static int use_image(neuron_context_t *context, const char *path)
{
    const neuron_content content = neuron_content_of_file(context, path);
    neuron_source source;
    neuron_image image = {.pixels = NULL};
    int status = neuron_source_open(&source, &content);
    if (status < 0)
        return status;
    status = neuron_image_read(&image, &source);
    neuron_source_close(&source);
    if (status == NEURON_OK)
        neuron_release(context, image.pixels);
    return status == NEURON_E_UNSUPPORTED ? NEURON_OK : status; /* without libpng */
}

/* All readers of files one after the other; the first failure ends it. */
static int use_readers(neuron_context_t *context)
{
    static const char *const records[] = {CORPUS("cifar/records.gz")};
    static const char *const pickles[] = {CORPUS("pickle/python2.gz"),
                                          CORPUS("pickle/python3-protocol5.gz")};
    neuron_dataset_t *read[5] = {NULL};
    neuron_tensor_t *image = NULL;
    int status = neuron_dataset_load_cifar10(&read[0], context, records, 1);
    if (status == NEURON_OK)
        status = neuron_dataset_load_cifar10_pickle(&read[1], context, pickles, 2);
    if (status == NEURON_OK)
        status = neuron_dataset_load_npz(&read[2], context, CORPUS("npz/deflated.npz"), "x_train",
                                         "y_train", 3);
    if (status == NEURON_OK)
        status = neuron_dataset_load_folder(&read[3], context, folder);
    if (status == NEURON_OK)
        status = neuron_dataset_load_folder_as(&read[4], context, folder, read[3]);
    if (status == NEURON_OK)
        status = use_image(context, CORPUS("image/palette-clear.png"));
    if (status == NEURON_OK)
        status =
            neuron_tensor_load_image(&image, context, image_path, (double[]){1}, (double[]){0}, 1);
    neuron_tensor_unref(image);
    if (status == NEURON_OK)
        status = use_csv(context);
    for (int k = 0; k < 5; k++)
        neuron_dataset_unref(read[k]);
    return status;
}

/* And of arrays, of every kind of archive and of packed images. */
static int use_arrays(neuron_context_t *context)
{
    static const char *const arrays[] = {CORPUS("npy/fortran-f8.npy"), CORPUS("npy/f2-big.npy")};
    static const char *const archives[] = {CORPUS("npz/zip64-prefix.npz"), CORPUS("npz/zip64.npz"),
                                           CORPUS("npz/no-extension.npz")};
    static const char *const images[] = {CORPUS("image/bits.pbm"), CORPUS("image/members.pgm.gz"),
                                         CORPUS("image/wide-text.pgm")};
    int status = NEURON_OK;
    for (int i = 0; i < 2 && status == NEURON_OK; i++) {
        neuron_tensor_t *tensor;
        status = neuron_tensor_load_npy(&tensor, context, arrays[i]);
        neuron_tensor_unref(tensor);
    }
    for (int i = 0; i < 3 && status == NEURON_OK; i++) {
        neuron_tensor_t *tensor;
        status = neuron_tensor_load_npz(&tensor, context, archives[i], "y_train");
        neuron_tensor_unref(tensor);
        if (status == NEURON_OK)
            status = use_image(context, images[i]);
    }
    return status;
}

static int use_all(neuron_context_t *context)
{
    int status = use_everything(context);
    if (status == NEURON_OK)
        status = use_readers(context);
    return status == NEURON_OK ? use_arrays(context) : status;
}

/* A folder of one class with one image. */
static void make_folder(void)
{
    snprintf(folder, sizeof folder, "%s", test_file("folder"));
    snprintf(inside, sizeof inside, "%s/class", folder);
    snprintf(image_path, sizeof image_path, "%s/1.pgm", inside);
    ck_assert_int_eq(mkdir(folder, 0777), 0);
    ck_assert_int_eq(mkdir(inside, 0777), 0);
    FILE *file = fopen(image_path, "w");
    ck_assert_ptr_nonnull(file);
    fputs("P2 2 1 255 1 2", file);
    ck_assert_int_eq(fclose(file), 0);
}

static void remove_folder(void)
{
    unlink(image_path);
    rmdir(inside);
    rmdir(folder);
}

START_TEST(survives_each_failure)
{
    test_memory memory;
    neuron_context_t *context = test_limited_context(&memory);
    long before = memory.live;
    int status = NEURON_E_MEMORY, failures = 0;
    for (; status != NEURON_OK; failures++) {
        ck_assert_int_lt(failures, 1000);
        memory.left = failures;
        status = use_all(context);
        if (status != NEURON_OK) {
            assert_that(status == NEURON_E_MEMORY, "%s", neuron_error_last());
            assert_message("out of memory");
        }
        ck_assert_int_eq(memory.live, before);
    }
    ck_assert_int_gt(failures, 20);
    neuron_context_unref(context);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("data-memory");
    TCase *tests = tcase_create("data-memory");
    tcase_add_checked_fixture(tests, make_folder, remove_folder);
    tcase_add_test(tests, survives_each_failure);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
