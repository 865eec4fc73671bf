/* Reading PGM, PPM and PNG images of all kinds, and refusing wrong ones. */
#include "test-common.h"

#include "base/files/file.h"
#include "data/codec/image.h"

#include <math.h>
#include <stdio.h>

enum { HEIGHT = 5, WIDTH = 7 };

static neuron_context_t *context;

static void setup(void)
{
    context = test_context();
}

static void teardown(void)
{
    neuron_context_unref(context);
}

/* Memory of exactly that size lets the sanitizer see a read behind the end. */
static int read_bytes(neuron_image *image, const void *bytes, size_t size, const char *name)
{
    void *copy = malloc(size ? size : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, size);
    const neuron_content content = neuron_content_of_memory(context, copy, size, name);
    neuron_source source;
    int status = neuron_source_open(&source, &content);
    if (status == NEURON_OK) {
        status = neuron_image_read(image, &source);
        neuron_source_close(&source);
    }
    free(copy);
    return status;
}

static int read_fixture(neuron_image *image, const char *name)
{
    char path[4096];
    void *bytes;
    size_t size;
    snprintf(path, sizeof path, "%s/corpus-image/%s", CORPORA, name);
    assert_ok(neuron_file_read(context, path, &bytes, &size));
    int status = read_bytes(image, bytes, size, name);
    neuron_release(context, bytes);
    return status;
}

static bool has_png(void)
{
    neuron_image image;
    int status = read_fixture(&image, "grey.png");
    if (status == NEURON_OK)
        neuron_release(context, image.pixels);
    else
        assert_message("grey.png: this libneuron was built without libpng; PGM and PPM are read");
    return status == NEURON_OK;
}

/* What the fixtures show. */
static int sample(int y, int x, int channel)
{
    return (y * 41 + x * 13 + channel * 85) & 255;
}

static int bit(int y, int x, int channel)
{
    (void)channel;
    return (x + y) % 2 * 255;
}

static void assert_image(const char *name, int channels, int (*expected)(int y, int x, int channel))
{
    neuron_image image;
    assert_ok(read_fixture(&image, name));
    assert_that(image.height == HEIGHT && image.width == WIDTH && image.channels == channels, "%s",
                name);
    int wrong = 0;
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            for (int c = 0; c < channels; c++)
                wrong += image.pixels[(y * WIDTH + x) * channels + c] != expected(y, x, c);
    assert_that(wrong == 0, "%s: %d wrong", name, wrong);
    neuron_release(context, image.pixels);
}

static void assert_refused(const char *text, int status, const char *message)
{
    neuron_image image;
    assert_status(read_bytes(&image, text, strlen(text), "a.pgm"), status);
    assert_message("a.pgm: ");
    assert_message(message);
}

START_TEST(reads_portable_formats)
{
    assert_image("grey.pgm", 1, sample);
    assert_image("grey-text.pgm", 1, sample);
    assert_image("rgb.ppm", 3, sample);
    assert_image("rgb-text.ppm", 3, sample);
    neuron_image image;
    assert_ok(read_bytes(&image, "P2 3 1 4 0 1 4", 14, "a.pgm"));
    ck_assert(image.pixels[0] == 0 && image.pixels[1] == 64 && image.pixels[2] == 255);
    neuron_release(context, image.pixels);
    assert_ok(read_bytes(&image, "P5 3 1 4\n\0\1\4", 12, "a.pgm"));
    ck_assert(image.pixels[0] == 0 && image.pixels[1] == 64 && image.pixels[2] == 255);
    neuron_release(context, image.pixels);
}
END_TEST

/* Samples that are blanks and a number sign, in bytes of 1x6. */
static void assert_samples(const char *front, size_t size, const char *behind)
{
    static const uint8_t samples[] = {10, 200, 35, 7, 13, 99};
    char bytes[256];
    neuron_image image;
    memcpy(bytes, front, size);
    memcpy(bytes + size, samples, 6);
    memcpy(bytes + size + 6, behind, strlen(behind));
    int status = read_bytes(&image, bytes, size + 6 + strlen(behind), "a.pgm");
    assert_that(status == NEURON_OK, "%s%s: %s", front, behind, neuron_error_last());
    assert_that(memcmp(image.pixels, samples, 6) == 0, "%s", front);
    neuron_release(context, image.pixels);
}

/* As Pillow and Netpbm take them, and many programs write them. */
START_TEST(blanks_and_comments_around_samples)
{
    static const char *const fronts[] = {
        "P5 6 1 255\n",
        "P5\n#a\n6 1\n255 ",
        "P5\r\n6 1\r\n255\r",
        "P5\n#a\r6 1\n255\t",
        "P6\n2 1\n255\n",
        "P5 #a\n6 #b\n#c\n1 255\n",
        "P5 6 1 255#after\n",
        "P5 6 1 255\n# after\n",
        "P5 6 1 255 # after\n",
        "P5 6 1 255\n# a\n# b\n",
        "P5 6 1 255\n# after\r\n",
        "P5 6 1 255\n#\n",
        "P5 6 1 255\n# a comment that is much longer than all of the samples are\n",
    };
    static const char *const behind[] = {"", "\n", "\r\n", "\n\n \t\n", " "};
    for (size_t i = 0; i < sizeof fronts / sizeof fronts[0]; i++)
        for (size_t k = 0; k < sizeof behind / sizeof behind[0]; k++)
            assert_samples(fronts[i], strlen(fronts[i]), behind[k]);
    neuron_image image;
    assert_ok(
        read_bytes(&image, "P5 6 1 255\n#a\nbc\n", 17, "a.pgm")); /* no comment: six samples */
    ck_assert_mem_eq(image.pixels, "#a\nbc\n", 6);
    neuron_release(context, image.pixels);
    assert_ok(read_bytes(&image, "P5 6 1 255\n#a\nbcd\n\n", 19, "a.pgm"));
    ck_assert_mem_eq(image.pixels, "#a\nbcd", 6);
    neuron_release(context, image.pixels);
    assert_refused("P5 6 1 255\n#abcdefgh", NEURON_E_FORMAT, "more data follows the image");
    assert_refused("P5 6 1 255\n#a\nabcdefg", NEURON_E_FORMAT, "more data follows the image");
}
END_TEST

static void assert_pixels(const char *bytes, size_t size, const uint8_t *expected, size_t count)
{
    neuron_image image;
    assert_ok(read_bytes(&image, bytes, size, "a.pnm"));
    ck_assert_uint_eq(neuron_image_size(&image), count);
    ck_assert_mem_eq(image.pixels, expected, count);
    neuron_release(context, image.pixels);
}

/* Samples that look like a comment are samples, if they go in behind the one blank that the
 * specification asks for, and blanks follow them. */
START_TEST(what_looks_like_a_comment_may_be_samples)
{
    static const uint8_t grey[] = {'#', '\n', 1, 2}, coloured[] = {'#', ' ', 'a', '\r', '\n', 9},
                         wide[] = {'#', '\n', 7}, bits[] = {255, 255, 0, 255, 255, 255, 0, 0};
    assert_pixels("P5\n2 2\n255\n#\n\1\2\n\n", 17, grey, 4);
    assert_pixels("P5\n2 2\n255\n#\n\1\2", 15, grey, 4);
    assert_pixels("P5 4 1 255 #\n\1\2 \t", 17, grey, 4);
    assert_pixels("P6 2 1 255\n# a\r\n\11\r\n \n", 21, coloured, 6);
    assert_pixels("P5 3 1 65535\n#\x23\n\n\7\7\n\n", 21, wide, 3);
    assert_pixels("P4 8 1\n#\n", 9, bits, 8);
    /* The same bytes with more behind them than blanks have a comment. */
    assert_pixels("P5\n2 2\n255\n#\n\1\2\n\3", 17, (const uint8_t[]){1, 2, '\n', 3}, 4);
    /* Of two comments both or one may be meant: nothing follows the samples behind both. */
    assert_pixels("P5 4 1 255\n#a\n#b\n\7\n\n\n", 21, (const uint8_t[]){7, '\n', '\n', '\n'}, 4);
    assert_pixels("P5 4 1 255\n#a\n#b\n\7", 18, (const uint8_t[]){'#', 'b', '\n', 7}, 4);
}
END_TEST

START_TEST(reads_bits_and_two_bytes)
{
    static const uint8_t bits[] = {0,   255, 0,   255, 255, 0,   255, 0,   0,
                                   255, 255, 255, 255, 255, 255, 255, 255, 0};
    static const char raw[] = "P4 9 2\n\xa5\xff\0\x80",
                      *const texts[] = {"P1 9 2 1 0 1 0 0 1 0 1 1\n0 0 0 0 0 0 0 0 1",
                                        "P1\n9 2\n101001011\n000000001\n",
                                        "P1 #a\n9 2 10100101 1#b\n00000000#c\r1 #d"};
    static const uint8_t wide[] = {0, 255, 1, 128, 127, 4}, odd[] = {0, 255, 128};
    char same[sizeof raw];
    memcpy(same, raw, sizeof raw);
    same[8] = (char)0x80; /* the 7 bits behind a row are nothing */
    assert_pixels(same, sizeof same - 1, bits, 18);
    same[8] = (char)0xff;
    assert_pixels(same, sizeof same - 1, bits, 18);
    for (size_t i = 0; i < 3; i++)
        assert_pixels(texts[i], strlen(texts[i]), bits, 18);
    assert_pixels("P5 3 2 65535\n\0\0\xff\xff\1\1\x80\x80\x7f\x7e\3\xe8", 25, wide, 6);
    assert_pixels("P6 1 2 65535\n\0\0\xff\xff\1\1\x80\x80\x7f\x7e\3\xe8\n", 26, wide, 6);
    assert_pixels("P2 6 1 65535 0 65535 257 32896 32638 1000", 41, wide, 6);
    assert_pixels("P5 3 1 1023\n#a\n\0\0\3\xff\2\0", 21, odd, 3);
    assert_pixels("P3 1 1 1023#a\n0 1023 512\n", 25, odd, 3);
}
END_TEST

START_TEST(refuses_wrong_portable_formats)
{
    assert_refused("", NEURON_E_FORMAT, "not an image that is read: PNG, PGM or PPM");
    assert_refused("GIF89a", NEURON_E_FORMAT, "not an image that is read");
    assert_refused("P7 8 1 \xff", NEURON_E_FORMAT, "not an image that is read");
    assert_refused("P5 1 1 255xa", NEURON_E_FORMAT, "the header does not end at byte 10");
    assert_refused("P4 9 1 a", NEURON_E_FORMAT, "1x9x1 pixels are more than 8 bytes can hold");
    assert_refused("P1 2 1 12", NEURON_E_FORMAT, "a sample is above 1 at byte 8");
    assert_refused("P1 2 1 111", NEURON_E_FORMAT, "more data follows the image, at byte 9");
    assert_refused("\xff\xd8\xff\xe0", NEURON_E_UNSUPPORTED,
                   "JPEG is not read; PNG, PGM and PPM are");
    assert_refused("P5", NEURON_E_FORMAT, "the width is missing at byte 2");
    assert_refused("P5 x", NEURON_E_FORMAT, "the width is not a number at byte 3");
    assert_refused("P5 1 -1", NEURON_E_FORMAT, "the height is not a number at byte 5");
    assert_refused("P5 1 1 65536 ab", NEURON_E_UNSUPPORTED,
                   "the largest sample is 65536, not 1 to 65535");
    assert_refused("P5 1 1 0 a", NEURON_E_UNSUPPORTED, "the largest sample is 0, not 1 to 65535");
    assert_refused("P5 1 1 65535 a", NEURON_E_FORMAT, "more than 14 bytes can hold");
    assert_refused("P5 1 1 300 ~b", NEURON_E_FORMAT, "a sample of 32354 is above 300 at byte 11");
    assert_refused("P5 0 1 255 a", NEURON_E_FORMAT, "an image of 1x0 pixels; each side has 1 to");
    assert_refused("P5 2 2 255\nabc", NEURON_E_FORMAT,
                   "2x2x1 pixels are more than 14 bytes can hold");
    assert_refused("P5 2 2 255\nabcde", NEURON_E_FORMAT, "more data follows the image, at byte 15");
    assert_refused("P2 2 1 255 1", NEURON_E_FORMAT, "1x2x1 pixels are more than 12 bytes can hold");
    assert_refused("P2 2 1 255 1  ", NEURON_E_FORMAT, "a sample is missing at byte 14");
    assert_refused("P2 2 1 255 1 256", NEURON_E_FORMAT, "a sample is above 255 at byte 13");
    assert_refused("P2 2 1 255 1 2 3", NEURON_E_FORMAT, "more data follows the image, at byte 15");
    assert_refused("P5 1 1 9\n!", NEURON_E_FORMAT, "a sample of 33 is above 9 at byte 9");
    assert_refused("P5 99999999999 1 255\n", NEURON_E_FORMAT,
                   "the width is above 1073741824 at byte 3");
    assert_refused("P5 1000000 1000000 255\n", NEURON_E_FORMAT, "more than 23 bytes can hold");
    assert_refused("P6 1073741824 1073741824 255\n", NEURON_E_FORMAT, "each side has 1 to 1048576");
}
END_TEST

START_TEST(reads_png)
{
    if (!has_png()) {
        printf("png: skipped: built without libpng\n");
        return;
    }
    assert_image("grey.png", 1, sample);
    assert_image("grey-alpha.png", 1, sample);
    assert_image("grey-clear.png", 1, sample);
    assert_image("grey-16.png", 1, sample);
    assert_image("bits.png", 1, bit);
    assert_image("comment.png", 1, sample);
    assert_image("rgb.png", 3, sample);
    assert_image("rgba.png", 3, sample);
    assert_image("rgb-16.png", 3, sample);
    assert_image("rgb-interlaced.png", 3, sample);
    assert_image("palette.png", 3, sample);
    assert_image("palette-clear.png", 3, sample);
}
END_TEST

START_TEST(refuses_wrong_png)
{
    neuron_image image;
    if (!has_png())
        return;
    assert_status(read_fixture(&image, "huge.png"), NEURON_E_FORMAT);
    assert_message("huge.png: 60000x60000x3 pixels are more than");
    assert_status(read_fixture(&image, "huge-chunk.png"), NEURON_E_FORMAT);
    assert_message(
        "huge-chunk.png: not a PNG that is read: a chunk is larger than the file, at byte ");
    assert_status(read_fixture(&image, "checksum.png"), NEURON_E_FORMAT);
    assert_message("checksum.png: not a PNG that is read: ");
    assert_status(read_fixture(&image, "cut.png"), NEURON_E_FORMAT);
    assert_message("cut.png: not a PNG that is read: it ends early, at byte ");
}
END_TEST

START_TEST(refuses_a_file_cut_anywhere)
{
    static const char *const names[] = {"grey.pgm", "rgb.ppm", "rgb.png", "palette-clear.png",
                                        "rgb-interlaced.png"};
    size_t count = has_png() ? 5 : 2;
    for (size_t i = 0; i < count; i++) {
        char path[4096];
        void *bytes;
        size_t size;
        neuron_image image;
        snprintf(path, sizeof path, "%s/corpus-image/%s", CORPORA, names[i]);
        assert_ok(neuron_file_read(context, path, &bytes, &size));
        for (size_t cut = 0; cut < size; cut++)
            assert_status(read_bytes(&image, bytes, cut, names[i]), NEURON_E_FORMAT);
        neuron_release(context, bytes);
    }
}
END_TEST

static const char *fixture(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/corpus-image/%s", CORPORA, name);
    return path;
}

/* What a dataset of the image that the fixtures show makes of it. */
static void read_as_dataset(int channels, const double *scales, const double *offsets,
                            float *values)
{
    const int64_t extents[] = {1, HEIGHT, WIDTH, channels};
    neuron_tensor_t *examples, *labels;
    neuron_dataset_t *dataset;
    assert_ok(neuron_tensor_create(&examples, context, NEURON_TYPE_U8, extents, 4));
    assert_ok(neuron_tensor_create(&labels, context, NEURON_TYPE_I32, extents, 1));
    uint8_t *byte = neuron_tensor_data(examples);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            for (int c = 0; c < channels; c++)
                *byte++ = (uint8_t)sample(y, x, c);
    assert_ok(neuron_dataset_create(&dataset, context, examples, labels, 1));
    if (scales)
        assert_ok(neuron_dataset_set_scales(dataset, scales, offsets, (size_t)channels));
    assert_ok(neuron_dataset_read(values, NULL, dataset, 0, 1));
    neuron_dataset_unref(dataset);
    neuron_tensor_unref(labels);
    neuron_tensor_unref(examples);
}

static void assert_tensor(const char *name, int channels, const double *scales,
                          const double *offsets)
{
    neuron_tensor_t *tensor;
    float expected[HEIGHT * WIDTH * 3];
    assert_ok(neuron_tensor_load_image(&tensor, context, fixture(name), scales, offsets,
                                       scales ? (size_t)channels : 0));
    ck_assert_int_eq(neuron_tensor_type(tensor), NEURON_TYPE_F32);
    ck_assert_int_eq(neuron_tensor_rank(tensor), 4);
    ck_assert_int_eq(neuron_tensor_extent(tensor, 0), 1);
    ck_assert_int_eq(neuron_tensor_extent(tensor, 1), HEIGHT);
    ck_assert_int_eq(neuron_tensor_extent(tensor, 2), WIDTH);
    ck_assert_int_eq(neuron_tensor_extent(tensor, 3), channels);
    read_as_dataset(channels, scales, offsets, expected);
    ck_assert_mem_eq(neuron_tensor_data(tensor), expected,
                     (size_t)(HEIGHT * WIDTH * channels) * sizeof *expected);
    neuron_tensor_unref(tensor);
}

START_TEST(a_tensor_is_scaled_as_a_dataset)
{
    static const double scales[] = {0.017, 0.3, 2}, offsets[] = {-1.5, 0.1, -255};
    assert_tensor("grey.pgm", 1, NULL, NULL);
    assert_tensor("grey.pgm", 1, scales, offsets);
    assert_tensor("rgb.ppm", 3, NULL, NULL);
    assert_tensor("rgb.ppm", 3, scales, offsets);
    if (has_png())
        assert_tensor("rgb.png", 3, scales, offsets);
}
END_TEST

START_TEST(a_tensor_is_predicted_from)
{
    neuron_graph_t *graph;
    neuron_tensor_t *input, *output;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){HEIGHT, WIDTH, 1}, 3);
    x = neuron_softmax(graph, neuron_dense(graph, neuron_flatten(graph, x), 4, NULL), NULL);
    assert_ok(neuron_graph_finish(graph, x));
    assert_ok(neuron_tensor_create(&output, context, NEURON_TYPE_F32, (const int64_t[]){1, 4}, 2));
    assert_ok(neuron_tensor_load_image(&input, context, fixture("grey.pgm"), NULL, NULL, 0));
    assert_ok(neuron_graph_predict(graph, input, output));
    neuron_tensor_unref(input);
    assert_ok(neuron_tensor_load_image(&input, context, fixture("rgb.ppm"), NULL, NULL, 0));
    assert_status(neuron_graph_predict(graph, input, output), NEURON_E_SHAPE);
    assert_message("the input is 1x5x7x3, not n x 5x7x1");
    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
    neuron_graph_unref(graph);
}
END_TEST

static void assert_load_refused(const char *path, const double *scales, size_t count, int status,
                                const char *message)
{
    static const double offsets[3];
    neuron_tensor_t *tensor;
    assert_status(
        neuron_tensor_load_image(&tensor, context, path, scales, scales ? offsets : NULL, count),
        status);
    ck_assert_ptr_null(tensor);
    assert_message(message);
}

START_TEST(what_is_no_tensor_is_refused)
{
    static const double scales[] = {1, 1, 1}, infinite[] = {1, INFINITY, 1};
    const char *grey = fixture("grey.pgm");
    neuron_tensor_t *tensor;
    assert_load_refused(grey, scales, 3, NEURON_E_SHAPE,
                        "/grey.pgm: 3 scales, but the last axis has extent 1");
    assert_ok(neuron_tensor_load_image(&tensor, context, grey, scales, NULL, 0)); /* the default */
    neuron_tensor_unref(tensor);
    assert_load_refused(fixture("rgb.ppm"), infinite, 3, NEURON_E_ARGUMENT,
                        "/rgb.ppm: scale 1 is inf, not finite");
    assert_load_refused("/nowhere.png", NULL, 0, NEURON_E_IO,
                        "cannot open \"/nowhere.png\": No such file or directory");
    const char *path = test_file("a.jpg");
    test_write_file(path, "\xff\xd8\xff\xe0", 4);
    assert_load_refused(path, NULL, 0, NEURON_E_UNSUPPORTED, path);
    assert_message("JPEG is not read");
    test_write_file(path, "P2 2 1 255 1", 12);
    assert_load_refused(path, NULL, 0, NEURON_E_FORMAT, path);
    remove(path);
    grey = fixture("grey.pgm");
    assert_load_refused(grey, NULL, 1, NEURON_E_ARGUMENT, "neuron_tensor_load_image: scales are ");
    assert_status(neuron_tensor_load_image(&tensor, context, grey, scales, NULL, 1),
                  NEURON_E_ARGUMENT);
    assert_load_refused(NULL, NULL, 0, NEURON_E_ARGUMENT, "neuron_tensor_load_image: path is NULL");
    assert_status(neuron_tensor_load_image(&tensor, NULL, grey, NULL, NULL, 0), NEURON_E_ARGUMENT);
    assert_status(neuron_tensor_load_image(NULL, context, grey, NULL, NULL, 0), NEURON_E_ARGUMENT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("image");
    TCase *tests = tcase_create("image");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, reads_portable_formats);
    tcase_add_test(tests, blanks_and_comments_around_samples);
    tcase_add_test(tests, what_looks_like_a_comment_may_be_samples);
    tcase_add_test(tests, reads_bits_and_two_bytes);
    tcase_add_test(tests, refuses_wrong_portable_formats);
    tcase_add_test(tests, reads_png);
    tcase_add_test(tests, refuses_wrong_png);
    tcase_add_test(tests, refuses_a_file_cut_anywhere);
    tcase_add_test(tests, a_tensor_is_scaled_as_a_dataset);
    tcase_add_test(tests, a_tensor_is_predicted_from);
    tcase_add_test(tests, what_is_no_tensor_is_refused);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
