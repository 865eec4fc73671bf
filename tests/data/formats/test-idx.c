/* Reading IDX, plain and gzip, good and damaged, and the real sets if they are there. */
#include "test-common.h"

#include "data/formats/idx.h"

#include <stdio.h>
#include <zlib.h>

static neuron_context_t *context;

static void setup(void)
{
    context = test_context();
}

static void teardown(void)
{
    neuron_context_unref(context);
}

typedef struct buffer {
    size_t size;
    uint8_t bytes[8192];
} buffer;

/* IDX bytes 0, 1, 2, ... of up to three extents; 0 ends them. */
static buffer idx(uint32_t count, uint32_t height, uint32_t width)
{
    const uint32_t extents[] = {count, height, width};
    buffer made = {.size = 4, .bytes = {0, 0, 8, height ? 3 : 1}};
    size_t elements = height ? (size_t)count * height * width : count;
    for (int k = 0; k < made.bytes[3]; k++)
        for (int shift = 24; shift >= 0; shift -= 8)
            made.bytes[made.size++] = (uint8_t)(extents[k] >> shift);
    ck_assert_uint_le(made.size + elements, sizeof made.bytes);
    for (size_t i = 0; i < elements; i++)
        made.bytes[made.size++] = (uint8_t)i;
    return made;
}

static buffer gzip(const buffer *plain)
{
    buffer made = {.size = 0};
    z_stream stream = {0};
    ck_assert_int_eq(deflateInit2(&stream, 9, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (Bytef *)(uintptr_t)plain->bytes;
    stream.avail_in = (uInt)plain->size;
    stream.next_out = made.bytes;
    stream.avail_out = sizeof made.bytes;
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    made.size = sizeof made.bytes - stream.avail_out;
    deflateEnd(&stream);
    return made;
}

static int read_buffer(neuron_tensor_t **tensor, const buffer *from, int32_t rank)
{
    *tensor = NULL;
    /* A copy of the exact size lets the sanitizer see a read behind the end. */
    void *copy = malloc(from->size ? from->size : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, from->bytes, from->size);
    const neuron_content content =
        neuron_content_of_memory(context, copy, from->size, "train-images");
    neuron_source source;
    int status = neuron_source_open(&source, &content);
    if (status == NEURON_OK) {
        status = neuron_idx_read_tensor(tensor, &source, rank);
        neuron_source_close(&source);
    }
    free(copy);
    ck_assert((status == NEURON_OK) == (*tensor != NULL));
    return status;
}

static void assert_refused(const buffer *from, int32_t rank, const char *message)
{
    neuron_tensor_t *tensor;
    assert_status(read_buffer(&tensor, from, rank), NEURON_E_FORMAT);
    assert_message("train-images: ");
    assert_message(message);
}

static void assert_images(const buffer *from)
{
    neuron_tensor_t *tensor;
    assert_ok(read_buffer(&tensor, from, 3));
    ck_assert_int_eq(neuron_tensor_type(tensor), NEURON_TYPE_U8);
    ck_assert_int_eq(neuron_tensor_rank(tensor), 3);
    ck_assert_int_eq(neuron_tensor_extent(tensor, 0), 5);
    ck_assert_int_eq(neuron_tensor_extent(tensor, 1), 3);
    ck_assert_int_eq(neuron_tensor_extent(tensor, 2), 2);
    const uint8_t *bytes = neuron_tensor_data_const(tensor);
    for (int i = 0; i < 30; i++)
        ck_assert_int_eq(bytes[i], i);
    neuron_tensor_unref(tensor);
}

START_TEST(reads_plain_and_gzip)
{
    buffer plain = idx(5, 3, 2), packed = gzip(&plain);
    assert_images(&plain);
    assert_images(&packed);
    neuron_tensor_t *tensor;
    plain = idx(0, 0, 0);
    packed = gzip(&plain);
    assert_ok(read_buffer(&tensor, &plain, 1));
    ck_assert_int_eq(neuron_tensor_count(tensor), 0);
    neuron_tensor_unref(tensor);
    assert_ok(read_buffer(&tensor, &packed, 1));
    neuron_tensor_unref(tensor);
}
END_TEST

START_TEST(refuses_wrong_magic)
{
    buffer png = {.size = 8, .bytes = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}};
    assert_refused(&png, 3,
                   "train-images: not an IDX file: it begins with 89 50 4e 47, not 00 00 08 03");
    buffer labels = idx(5, 0, 0), floats = idx(5, 3, 2), nothing = {.size = 0};
    assert_refused(&labels, 3, "an IDX file of rank 1, not 3: it begins with 00 00 08 01");
    floats.bytes[2] = 0x0d;
    assert_refused(&floats, 3, "not an IDX file of bytes: it begins with 00 00 0d 03");
    assert_refused(&nothing, 3, "not an IDX file: it ends at byte 0");
    buffer packed = gzip(&png);
    assert_refused(&packed, 3, "it begins with 89 50 4e 47");
}
END_TEST

START_TEST(refuses_a_file_cut_anywhere)
{
    buffer whole = idx(5, 3, 2);
    char message[80];
    for (size_t size = 0; size < whole.size; size++) {
        buffer cut = whole;
        cut.size = size;
        snprintf(message, sizeof message,
                 size < 4    ? "it ends at byte %zu"
                 : size < 16 ? "the header ends early, at byte %zu of 16"
                             : "5 images of 3x2 need 46 bytes, the file has %zu",
                 size);
        assert_refused(&cut, 3, message);
    }
}
END_TEST

START_TEST(refuses_gzip_cut_anywhere)
{
    buffer plain = idx(5, 3, 2), whole = gzip(&plain);
    char message[64];
    for (size_t size = 2; size < whole.size; size++) {
        buffer cut = whole;
        cut.size = size;
        snprintf(message, sizeof message, "the gzip data ends early, at byte %zu", size);
        assert_refused(&cut, 3, message);
    }
}
END_TEST

START_TEST(refuses_damaged_gzip)
{
    buffer plain = idx(5, 3, 2), packed = gzip(&plain);
    packed.bytes[packed.size - 8] ^= 1;
    char message[64];
    snprintf(message, sizeof message, "the gzip data is damaged at byte %zu: ", packed.size - 4);
    assert_refused(&packed, 3, message);
    assert_message("incorrect data check");
    packed = gzip(&plain);
    packed.bytes[2] = 7;
    assert_refused(&packed, 3, "unknown compression method");
}
END_TEST

/* The claim is checked first: none of these may allocate what they claim. */
START_TEST(refuses_claims_that_cannot_be_true)
{
    buffer liar = idx(5, 3, 2);
    memcpy(liar.bytes + 4, "\0\0\xea\x60\0\0\0\x1c\0\0\0\x1c", 12);
    assert_refused(&liar, 3, "60000 images of 28x28 need 47040016 bytes, the file has 46");
    buffer packed = gzip(&liar);
    assert_refused(&packed, 3, "60000 images of 28x28 need 47040016 bytes, more than");
    memset(liar.bytes + 4, 0xff, 12);
    assert_refused(&liar, 3,
                   "4294967295 images of 4294967295x4294967295 are more than any file can hold");
    packed = gzip(&liar);
    assert_refused(&packed, 3, "are more than any file can hold");
    liar = idx(200, 0, 0);
    liar.bytes[7] = 201;
    assert_refused(&liar, 1, "201 labels need 209 bytes, the file has 208");
    packed = gzip(&liar);
    assert_refused(&packed, 1, "201 labels need 209 bytes, the unpacked data has 208");
    liar = idx(5, 3, 2);
    liar.bytes[11] = 0;
    assert_refused(&liar, 3, "axis 1 has extent 0, at byte 8");
}
END_TEST

static void append(buffer *to, const void *bytes, size_t size)
{
    ck_assert_uint_le(to->size + size, sizeof to->bytes);
    memcpy(to->bytes + to->size, bytes, size);
    to->size += size;
}

/* The images in three members, cut anywhere, with empty ones between: as `cat a.gz
 * b.gz` and bgzip make them. */
START_TEST(members_are_one)
{
    static const size_t cuts[][2] = {{0, 46}, {46, 46}, {1, 2}, {3, 17}, {16, 16}, {45, 46}};
    buffer whole = idx(5, 3, 2);
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        buffer made = {.size = 0};
        for (int k = 0; k < 3; k++) {
            size_t begin = k == 0 ? 0 : cuts[i][k - 1], end = k == 2 ? 46 : cuts[i][k];
            buffer part = {.size = 0};
            append(&part, whole.bytes + begin, end - begin);
            buffer packed = gzip(&part);
            append(&made, packed.bytes, packed.size);
        }
        assert_images(&made);
        buffer nothing = {.size = 0}, last = gzip(&nothing);
        append(&made, last.bytes, last.size);
        assert_images(&made);
        for (size_t cut = 1; cut < last.size; cut++) {
            buffer shorter = made;
            shorter.size -= cut;
            assert_refused(&shorter, 3,
                           cut == last.size - 1 ? "1 byte follows the gzip data"
                                                : "the gzip data ends early");
        }
        append(&made, "\0\0\0\0\0\0\0", 7);
        assert_images(&made);
    }
}
END_TEST

static void count_line(int32_t level, const char *category, const char *line, void *user_data)
{
    (void)category;
    ck_assert_int_eq(level, NEURON_LOG_WARNING);
    assert_that(strstr(line, "train-images: what follows the gzip data at byte ") == line, "%s",
                line);
    ++*(int *)user_data;
}

/* What gunzip says in the same place: OK, a warning, or an error. */
START_TEST(ends_where_gunzip_ends)
{
    static const struct {
        char bytes[12];
        size_t size;
        int lines;
        const char *message;
    } tails[] = {
        {"", 1, 0, NULL},
        {"\0\0\0\0\0\0\0\0\0\0", 10, 0, NULL},
        {"\0\0\0x", 4, 1, NULL},
        {"\0\x1f\x8b\x08", 4, 1, NULL},
        {"xy", 2, 1, NULL},
        {"\x1fy\0\0", 4, 1, NULL},
        {"PK\3\4abcd", 8, 1, NULL},
        {"x", 1, 0, "1 byte follows the gzip data, at byte "},
        {"\x1f", 1, 0, "1 byte follows the gzip data, at byte "},
        {"\x1f\x8b", 2, 0, "the gzip data ends early, at byte "},
        {"\x1f\x8b\x08\0\0\0", 6, 0, "the gzip data ends early, at byte "},
        {"\x1f\x8b\x07\0\0\0\0\0\0\0", 10, 0, "the gzip data is damaged at byte "},
        {"\x1f\x8b\x08\xe0\0\0\0\0\0\0", 10, 0, "the gzip data is damaged at byte "},
    };
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        buffer plain = idx(5, 3, 2), packed = gzip(&plain);
        int lines = 0;
        append(&packed, tails[i].bytes, tails[i].size);
        assert_ok(neuron_context_set_log(context, NEURON_LOG_DEBUG, count_line, &lines, NULL));
        if (tails[i].message)
            assert_refused(&packed, 3, tails[i].message);
        else
            assert_images(&packed);
        assert_that(lines == tails[i].lines, "%zu: %d lines", i, lines);
    }
}
END_TEST

/* A file is read in pieces: members that end anywhere in one, and in the next. */
START_TEST(members_of_a_file)
{
    enum { COUNT = 4000, EACH = 8 };
    static uint8_t bytes[COUNT * 40];
    const char *path = test_file("labels.gz"), *images = test_file("images");
    buffer head = idx(EACH, 0, 0), packed = gzip(&head);
    head.bytes[6] = COUNT * EACH >> 8;
    head.bytes[7] = COUNT * EACH & 255;
    packed = gzip(&head);
    size_t size = packed.size;
    memcpy(bytes, packed.bytes, size);
    for (int k = 1; k < COUNT; k++) {
        buffer part = {.size = EACH, .bytes = {0, 1, 2, 3, 4, 5, 6, 7}};
        packed = gzip(&part);
        ck_assert_uint_le(size + packed.size, sizeof bytes);
        memcpy(bytes + size, packed.bytes, packed.size);
        size += packed.size;
    }
    test_write_file(path, bytes, size);
    buffer few = idx(1, 1, 1);
    test_write_file(images, few.bytes, few.size);
    neuron_dataset_t *dataset;
    assert_status(neuron_dataset_load_idx(&dataset, context, images, path, 8), NEURON_E_DATA);
    assert_message("1 images but 32000 labels");
    test_write_file(path, bytes, size - 1);
    assert_status(neuron_dataset_load_idx(&dataset, context, images, path, 8), NEURON_E_FORMAT);
    assert_message("labels.gz: the gzip data ends early");
}
END_TEST

START_TEST(refuses_what_follows_the_data)
{
    buffer plain = idx(5, 3, 2), packed = gzip(&plain), twice = packed;
    append(&twice, packed.bytes, packed.size);
    assert_refused(&twice, 3, "more data follows the 5 images of 3x2, at byte 46 of the unpacked");
    plain.size++;
    assert_refused(&plain, 3, "more data follows the 5 images of 3x2, at byte 46");
    packed = gzip(&plain);
    assert_refused(&packed, 3, "more data follows the 5 images of 3x2, at byte 46 of the unpacked");
}
END_TEST

static const char *write_file(const char *name, const buffer *content)
{
    const char *path = test_file(name);
    test_write_file(path, content->bytes, content->size);
    return path;
}

/* Whatever is left: of a file, large pieces do not go through the buffer. */
START_TEST(reads_no_more_than_there_is_room)
{
    enum { SIZE = 100000, FIRST = 10, SECOND = 60000, ROOM = SIZE + 1 };
    static uint8_t bytes[SIZE], read[ROOM];
    const char *path = test_file("large");
    for (int i = 0; i < SIZE; i++)
        bytes[i] = (uint8_t)(i % 251 + 1);
    test_write_file(path, bytes, SIZE);
    for (int stored = 0; stored < 2; stored++) {
        const neuron_content content =
            stored ? neuron_content_of_file(context, path)
                   : neuron_content_of_memory(context, bytes, SIZE, "large");
        neuron_source source;
        size_t got, room[] = {FIRST, SECOND, ROOM - FIRST - SECOND}, at = 0;
        memset(read, 0, ROOM);
        assert_ok(neuron_source_open(&source, &content));
        for (int i = 0; i < 3; i++) {
            assert_ok(neuron_source_read(&source, read + at, room[i], &got));
            ck_assert_uint_eq(got, i < 2 ? room[i] : SIZE - at);
            at += got;
            ck_assert_mem_eq(read, bytes, at);
            ck_assert_int_eq(read[at], 0);
        }
        assert_ok(neuron_source_finish(&source, "the rest"));
        neuron_source_close(&source);
    }
}
END_TEST

START_TEST(loads_a_pair)
{
    buffer images = idx(5, 3, 2), labels = idx(5, 0, 0), packed = gzip(&labels);
    const char *images_path = write_file("images", &images);
    const char *labels_path = write_file("labels.gz", &packed);
    neuron_dataset_t *dataset;
    assert_ok(neuron_dataset_load_idx(&dataset, context, images_path, labels_path, 5));
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank, read[5];
    assert_ok(neuron_dataset_shape(shape, &rank, dataset));
    ck_assert(rank == 3 && shape[0] == 3 && shape[1] == 2 && shape[2] == 1);
    float values[30];
    assert_ok(neuron_dataset_read(values, read, dataset, 0, 5));
    ck_assert_float_eq_tol(values[29], 29.0f / 255, 1e-6f);
    ck_assert_int_eq(read[4], 4);
    neuron_dataset_unref(dataset);
    assert_status(neuron_dataset_load_idx(&dataset, context, images_path, labels_path, 3),
                  NEURON_E_DATA);
    assert_message("labels.gz: label 3 of example 3 is not 0 to 2");
    assert_status(neuron_dataset_load_idx(&dataset, context, labels_path, images_path, 5),
                  NEURON_E_FORMAT);
    assert_message("labels.gz: an IDX file of rank 1, not 3");
    labels = idx(4, 0, 0);
    labels_path = write_file("four-labels", &labels);
    assert_status(neuron_dataset_load_idx(&dataset, context, images_path, labels_path, 5),
                  NEURON_E_DATA);
    assert_message("5 images but 4 labels");
    ck_assert_ptr_null(dataset);
}
END_TEST

START_TEST(says_why_a_file_cannot_be_read)
{
    neuron_dataset_t *dataset;
    assert_status(neuron_dataset_load_idx(&dataset, context, "/nowhere/images", "labels", 10),
                  NEURON_E_IO);
    assert_message("cannot open \"/nowhere/images\": No such file or directory");
    assert_status(neuron_dataset_load_idx(&dataset, context, "/", "labels", 10), NEURON_E_IO);
    assert_message("cannot read \"/\": Is a directory");
    assert_status(neuron_dataset_load_idx(&dataset, context, "/dev/null", "labels", 10),
                  NEURON_E_IO);
    assert_message("cannot read \"/dev/null\": not a regular file");
    buffer nothing = {.size = 0};
    const char *path = write_file("nothing", &nothing);
    assert_status(neuron_dataset_load_idx(&dataset, context, path, path, 10), NEURON_E_FORMAT);
    assert_message("nothing: not an IDX file: it ends at byte 0");
}
END_TEST

START_TEST(refuses_null_and_numbers_out_of_range)
{
    neuron_dataset_t *dataset;
#define REFUSED(call) assert_status((call), NEURON_E_ARGUMENT)
    REFUSED(neuron_dataset_load_idx(NULL, context, "a", "b", 10));
    REFUSED(neuron_dataset_load_idx(&dataset, NULL, "a", "b", 10));
    REFUSED(neuron_dataset_load_idx(&dataset, context, NULL, "b", 10));
    REFUSED(neuron_dataset_load_idx(&dataset, context, "a", NULL, 10));
    REFUSED(neuron_dataset_load_idx(&dataset, context, "a", "b", 0));
    REFUSED(neuron_dataset_load_idx(&dataset, context, "a", "b", 257));
    assert_message("class_count");
#undef REFUSED
}
END_TEST

/* First labels and the count of each class as published with the sets. */
static void check_real(const char *folder, const int32_t *first, const int64_t *counts)
{
    char images[64], labels[64], images_path[4096];
    snprintf(images, sizeof images, "%s/train-images-idx3-ubyte.gz", folder);
    snprintf(labels, sizeof labels, "%s/train-labels-idx1-ubyte.gz", folder);
    if (!test_data(images) || !test_data(labels)) {
        printf("%s: skipped: no data\n", folder);
        return;
    }
    snprintf(images_path, sizeof images_path, "%s", test_data(images));
    neuron_dataset_t *dataset;
    assert_ok(neuron_dataset_load_idx(&dataset, context, images_path, test_data(labels), 10));
    ck_assert_int_eq(neuron_dataset_count(dataset), 60000);
    int64_t met[10];
    assert_ok(neuron_dataset_class_counts(met, 10, dataset));
    for (int c = 0; c < 10; c++)
        ck_assert_int_eq(met[c], counts[c]);
    int32_t read[5];
    assert_ok(neuron_dataset_read(NULL, read, dataset, 0, 5));
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(read[i], first[i]);
    neuron_dataset_unref(dataset);
}

START_TEST(loads_real_data)
{
    const int32_t fashion_first[] = {9, 0, 0, 3, 0}, mnist_first[] = {5, 0, 4, 1, 9};
    const int64_t fashion[] = {6000, 6000, 6000, 6000, 6000, 6000, 6000, 6000, 6000, 6000};
    const int64_t mnist[] = {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949};
    check_real("fashion-mnist", fashion_first, fashion);
    check_real("mnist", mnist_first, mnist);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("idx");
    TCase *tests = tcase_create("idx");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, reads_plain_and_gzip);
    tcase_add_test(tests, refuses_wrong_magic);
    tcase_add_test(tests, refuses_a_file_cut_anywhere);
    tcase_add_test(tests, refuses_gzip_cut_anywhere);
    tcase_add_test(tests, refuses_damaged_gzip);
    tcase_add_test(tests, refuses_claims_that_cannot_be_true);
    tcase_add_test(tests, members_are_one);
    tcase_add_test(tests, ends_where_gunzip_ends);
    tcase_add_test(tests, members_of_a_file);
    tcase_add_test(tests, refuses_what_follows_the_data);
    tcase_add_test(tests, reads_no_more_than_there_is_room);
    tcase_add_test(tests, loads_a_pair);
    tcase_add_test(tests, says_why_a_file_cannot_be_read);
    tcase_add_test(tests, refuses_null_and_numbers_out_of_range);
    tcase_add_test(tests, loads_real_data);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
