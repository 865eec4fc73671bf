/* Pictures as files: their names, their formats, and images that are the bytes of the dataset. */
#include <libneuron-report/report.h>

#include "report/document/svg-to-png.h"
#include "test-common.h"

#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* What finds fonts for librsvg keeps what it found until the process ends. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\n";
}

/* A report with a picture and images, and another picture. */
static neuron_report_t *make(neuron_context_t *context, neuron_dataset_t **glyphs)
{
    neuron_report_t *report;
    neuron_evaluation_t *evaluation;
    const int32_t truth[] = {0, 1, 2, 2}, predicted[] = {0, 2, 2, 1};
    assert_ok(neuron_report_create(&report, context, "Title", NULL));
    assert_ok(neuron_dataset_generate_glyphs(glyphs, context, 20, 9, 8, 1));
    assert_ok(neuron_evaluation_create(&evaluation, context, truth, predicted, 4, 3));
    assert_ok(neuron_report_add_dataset(report, "It's \"Glyphs\" & more/..", *glyphs, "samples=2"));
    assert_ok(neuron_report_add_evaluation(report, "\xd7\xa9", evaluation));
    neuron_evaluation_unref(evaluation);
    return report;
}

static const char *path_in(const char *folder, const char *name)
{
    static char path[8192];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* A new folder whose name the test does not know yet. */
static const char *new_folder(void)
{
    static char folder[4096];
    snprintf(folder, sizeof folder, "%s.d", test_file("pictures"));
    return folder;
}

static const char *const names[] = {"01-it-s-glyphs-more-class-counts.",
                                    "01-it-s-glyphs-more-image-002.",
                                    "01-it-s-glyphs-more-image-003.", "02-confusion.", "02-f1."};
enum { NAMES = sizeof names / sizeof names[0] };

/* Removes the files, which have to be there, and the folder, in which there is no other. */
static void remove_all(const char *folder, const char *ending)
{
    for (int i = 0; i < NAMES; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", names[i], i == 1 || i == 2 ? "png" : ending);
        ck_assert_msg(remove(path_in(folder, name)) == 0, "there is no %s", name);
    }
    ck_assert_int_eq(rmdir(folder), 0);
}

START_TEST(saves_svg)
{
    neuron_context_t *context = test_context();
    neuron_dataset_t *glyphs;
    neuron_report_t *report = make(context, &glyphs);
    const char *folder = new_folder();
    assert_ok(neuron_report_save_pictures(report, folder, NULL));
    assert_ok(neuron_report_save_pictures(report, folder, "theme=dark")); /* in place of these */
    test_bytes bytes = test_read_file(path_in(folder, "02-f1.svg"));
    ck_assert(strncmp(bytes.data, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=", 50) ==
              0);
    ck_assert(strstr(bytes.data, "fill=\"#14171b\"") != NULL);
    free(bytes.data);
    remove_all(folder, "svg");
    neuron_dataset_unref(glyphs);
    neuron_report_unref(report);
    neuron_context_unref(context);
}
END_TEST

/* What the page shows of an example is what the file of it had. */
START_TEST(keeps_bytes)
{
    neuron_context_t *context = test_context();
    neuron_dataset_t *glyphs;
    neuron_report_t *report = make(context, &glyphs);
    const char *folder = new_folder();
    assert_ok(neuron_dataset_standardize(glyphs, glyphs)); /* whatever inputs are made of them */
    assert_ok(neuron_report_add_dataset(report, NULL, glyphs, "samples=1"));
    assert_ok(neuron_report_save_pictures(report, folder, NULL));
    neuron_tensor_t *one, *two;
    float values[72];
    int32_t label;
    int64_t first = 0;
    for (label = -1; label != 0; first += label != 0)
        assert_ok(neuron_dataset_read(values, &label, glyphs, first, 1));
    double scale, offset;
    assert_ok(neuron_dataset_scales(&scale, &offset, 1, NULL, glyphs));
    assert_ok(neuron_tensor_load_image(
        &one, context, path_in(folder, "01-it-s-glyphs-more-image-002.png"), &scale, &offset, 1));
    assert_ok(neuron_tensor_load_image(&two, context, path_in(folder, "03-data-image-002.png"),
                                       &scale, &offset, 1));
    ck_assert_int_eq(neuron_tensor_count(one), 72);
    for (int i = 0; i < 72; i++) {
        ck_assert(((float *)neuron_tensor_data(one))[i] == values[i]);
        ck_assert(((float *)neuron_tensor_data(two))[i] == values[i]);
    }
    remove(path_in(folder, "03-data-image-002.png"));
    remove(path_in(folder, "03-data-class-counts.svg"));
    remove_all(folder, "svg");
    neuron_tensor_unref(one);
    neuron_tensor_unref(two);
    neuron_dataset_unref(glyphs);
    neuron_report_unref(report);
    neuron_context_unref(context);
}
END_TEST

/* Images of the caller's: bytes as they are, numbers from black to white, each by its bounds. */
START_TEST(keeps_images_of_tensors)
{
    enum { SIDE = 3, SIZE = SIDE * SIDE };
    neuron_context_t *context = test_context();
    neuron_report_t *report;
    uint8_t bytes[2 * SIZE];
    float reals[2 * SIZE];
    for (int i = 0; i < 2 * SIZE; i++) {
        bytes[i] = (uint8_t)(13 * i + 5);
        reals[i] = i < SIZE ? (float)i - 4 : 10 * (float)(i % 2);
    }
    const int64_t shape[] = {2, SIDE, SIDE};
    neuron_tensor_t *images[2];
    assert_ok(neuron_tensor_wrap(&images[0], context, NEURON_TYPE_U8, shape, 3, bytes));
    assert_ok(neuron_tensor_wrap(&images[1], context, NEURON_TYPE_F32, shape, 3, reals));
    assert_ok(neuron_report_create(&report, context, "Title", NULL));
    for (int i = 0; i < 2; i++)
        assert_ok(neuron_report_add_images(report, NULL, images[i], NULL));
    const char *folder = new_folder();
    assert_ok(neuron_report_save_pictures(report, folder, NULL));
    for (int file = 0; file < 4; file++) {
        char name[64];
        neuron_tensor_t *found;
        snprintf(name, sizeof name, "0%d-images-image-00%d.png", file / 2 + 1, file % 2 + 1);
        assert_ok(neuron_tensor_load_image(&found, context, path_in(folder, name), NULL, NULL, 0));
        const float *pixels = neuron_tensor_data(found);
        for (int i = 0; i < SIZE; i++) {
            int place = file % 2 * SIZE + i;
            double share = file % 2 == 0 ? i / 8.0 : (double)(place % 2);
            double expected = file < 2 ? bytes[place] : floor(255 * share + 0.5);
            ck_assert_double_eq_tol((double)pixels[i] * 255, expected, 1e-4);
        }
        neuron_tensor_unref(found);
        remove(path_in(folder, name));
    }
    ck_assert_int_eq(rmdir(folder), 0);
    for (int i = 0; i < 2; i++)
        neuron_tensor_unref(images[i]);
    neuron_report_unref(report);
    neuron_context_unref(context);
}
END_TEST

START_TEST(saves_png)
{
    neuron_context_t *context = test_context();
    neuron_dataset_t *glyphs;
    neuron_report_t *report = make(context, &glyphs);
    const char *folder = new_folder();
    neuron_tensor_t *image;
    int status = neuron_report_save_pictures(report, folder, "format=png, scale=1");
    if (neuron_svg_to_png_works) {
        ck_assert_int_eq(status, NEURON_OK);
        assert_ok(
            neuron_tensor_load_image(&image, context, path_in(folder, "02-f1.png"), NULL, NULL, 0));
        ck_assert_int_eq(neuron_tensor_extent(image, 2), 400);
        const float *pixels = neuron_tensor_data(image);
        float least = 1, most = 0;
        for (int64_t i = 0; i < neuron_tensor_count(image); i++) {
            least = pixels[i] < least ? pixels[i] : least;
            most = pixels[i] > most ? pixels[i] : most;
        }
        ck_assert(least < 0.1f && most == 1); /* text on white */
        neuron_tensor_unref(image);
        remove_all(folder, "png");
    } else {
        ck_assert_int_eq(status, NEURON_E_UNSUPPORTED);
        assert_message("librsvg");
    }
    neuron_dataset_unref(glyphs);
    neuron_report_unref(report);
    neuron_context_unref(context);
}
END_TEST

START_TEST(tells_folders)
{
    neuron_context_t *context = test_context();
    neuron_dataset_t *glyphs;
    neuron_report_t *report = make(context, &glyphs);
    assert_status(neuron_report_save_pictures(report, "/nowhere/at/all", NULL), NEURON_E_IO);
    assert_message("/nowhere/at/all");
    neuron_dataset_unref(glyphs);
    neuron_report_unref(report);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report-pictures");
    TCase *tests = tcase_create("pictures");
    tcase_add_test(tests, saves_svg);
    tcase_add_test(tests, keeps_bytes);
    tcase_add_test(tests, keeps_images_of_tensors);
    tcase_add_test(tests, saves_png);
    tcase_add_test(tests, tells_folders);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
