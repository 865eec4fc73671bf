#include "test-common.h"

#include "base/files/byte-order.h"
#include "model/safetensors.h"

#include <stdio.h>

static neuron_context_t *context;

static void set_up(void)
{
    context = test_context();
}

static void tear_down(void)
{
    neuron_context_unref(context);
}

/* Parses a file of this header and `data_size` zero bytes. */
static int parse(neuron_safetensors **file, const char *header, size_t data_size,
                 unsigned char bytes[4096])
{
    size_t length = strlen(header);
    ck_assert_uint_le(8 + length + data_size, 4096);
    memset(bytes, 0, 4096);
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((uint64_t)length >> (8 * i));
    memcpy(bytes + 8, header, length);
    return neuron_safetensors_parse(file, context, bytes, 8 + length + data_size, "it");
}

static neuron_safetensors_writer *example(const float *weights, const uint8_t *pixels)
{
    neuron_safetensors_writer *writer;
    const neuron_shape matrix = {2, {2, 3}}, row = {1, {3}}, scalar = {0, {0}}, none = {1, {0}};
    assert_ok(neuron_safetensors_writer_create(&writer, context));
    assert_ok(neuron_safetensors_add_text(writer, "author", "\"quoted\" \xc3\xa9\n"));
    assert_ok(neuron_safetensors_add(writer, "z.weights", NEURON_TYPE_F32, &matrix, weights));
    assert_ok(neuron_safetensors_add(writer, "none", NEURON_TYPE_F32, &none, NULL));
    assert_ok(neuron_safetensors_add(writer, "scalar", NEURON_TYPE_F32, &scalar, weights));
    assert_ok(neuron_safetensors_add(writer, "a.pixels", NEURON_TYPE_U8, &row, pixels));
    return writer;
}

static const float weights[6] = {1, -2, 3, -4, 5, -6};
static const uint8_t pixels[3] = {7, 8, 9};

/* What a big-endian machine does to numbers of a file, and this one if it is none. */
START_TEST(bytes_are_turned_by_number)
{
    static const uint8_t from[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t to[8];
    neuron_copy_swapped(to, from, 8, 4);
    ck_assert_mem_eq(to, ((const uint8_t[]){4, 3, 2, 1, 8, 7, 6, 5}), 8);
    neuron_copy_swapped(to, from, 8, 8);
    ck_assert_mem_eq(to, ((const uint8_t[]){8, 7, 6, 5, 4, 3, 2, 1}), 8);
    neuron_copy_swapped(to, from, 8, 1);
    ck_assert_mem_eq(to, from, 8);
    float one = 1;
    neuron_copy_little(to, &one, 4, 4);
    ck_assert_mem_eq(to, ((const uint8_t[]){0, 0, 0x80, 0x3f}), 4);
}
END_TEST

static void assert_example(const neuron_safetensors *file)
{
    const neuron_safetensors_entry *entry;
    const neuron_shape matrix = {2, {2, 3}};
    ck_assert_uint_eq(neuron_safetensors_count(file), 4);
    ck_assert_uint_eq(neuron_safetensors_data_size(file), 24 + 4 + 3);
    ck_assert_str_eq(neuron_safetensors_at(file, 0)->name, "a.pixels");
    ck_assert_str_eq(neuron_safetensors_text(file, "author"), "\"quoted\" \xc3\xa9\n");
    ck_assert_ptr_null(neuron_safetensors_text(file, "nobody"));
    assert_ok(neuron_safetensors_need(&entry, file, "z.weights", NEURON_TYPE_F32, &matrix));
    float numbers[6];
    neuron_copy_little(numbers, entry->data, sizeof numbers, sizeof *numbers);
    ck_assert_mem_eq(numbers, weights, sizeof weights);
    assert_ok(neuron_safetensors_need(&entry, file, "a.pixels", NEURON_TYPE_U8, NULL));
    ck_assert_mem_eq(entry->data, pixels, sizeof pixels);
    assert_ok(neuron_safetensors_need(&entry, file, "scalar", NEURON_TYPE_F32, NULL));
    ck_assert_int_eq(entry->shape.rank, 0);
    assert_ok(neuron_safetensors_need(&entry, file, "none", NEURON_TYPE_F32, NULL));
    ck_assert_uint_eq(entry->size, 0);
    ck_assert_ptr_null(neuron_safetensors_find(file, "nobody"));
}

START_TEST(memory_round_trip)
{
    neuron_safetensors_writer *writer = example(weights, pixels);
    size_t needed = 0;
    assert_ok(neuron_safetensors_copy(writer, NULL, 0, &needed, "test"));
    unsigned char *bytes = malloc(needed);
    assert_status(neuron_safetensors_copy(writer, bytes, needed - 1, NULL, "test"),
                  NEURON_E_ARGUMENT);
    assert_message("test: capacity is");
    assert_ok(neuron_safetensors_copy(writer, bytes, needed, &needed, "test"));
    neuron_safetensors_writer_destroy(writer);
    ck_assert_uint_eq((needed - 31) % 64, 0); /* where the data begins */

    neuron_safetensors *file;
    assert_ok(neuron_safetensors_parse(&file, context, bytes, needed, "memory"));
    assert_example(file);
    neuron_safetensors_close(file);
    for (size_t size = 0; size < needed; size++) {
        assert_status(neuron_safetensors_parse(&file, context, bytes, size, "cut"),
                      NEURON_E_FORMAT);
        assert_message("cut: ");
        ck_assert_ptr_null(file);
    }
    free(bytes);
}
END_TEST

START_TEST(file_round_trip)
{
    neuron_safetensors_writer *writer = example(weights, pixels);
    neuron_safetensors *file;
    const char *path = test_file("example.safetensors");
    assert_ok(neuron_safetensors_save(writer, path));
    assert_ok(neuron_safetensors_save(writer, path)); /* a writer may be used again */
    neuron_safetensors_writer_destroy(writer);
    assert_ok(neuron_safetensors_open(&file, context, path));
    ck_assert_str_eq(neuron_safetensors_source(file), path);
    assert_example(file);
    neuron_safetensors_close(file);
    assert_status(neuron_safetensors_open(&file, context, "/nowhere/at/all"), NEURON_E_IO);
    assert_message("/nowhere/at/all");
}
END_TEST

START_TEST(writer_refuses)
{
    neuron_safetensors_writer *writer = example(weights, pixels);
    const neuron_shape row = {1, {3}}, huge = {1, {INT64_MAX / 4}};
    assert_status(neuron_safetensors_add(writer, "scalar", NEURON_TYPE_F32, &row, weights),
                  NEURON_E_ARGUMENT);
    assert_message("array \"scalar\" of a file is set twice");
    assert_status(neuron_safetensors_add(writer, "__metadata__", NEURON_TYPE_F32, &row, weights),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_safetensors_add(writer, "b", 0, &row, weights), NEURON_E_TYPE);
    assert_status(neuron_safetensors_add(writer, "b", NEURON_TYPE_I64, &huge, weights),
                  NEURON_E_ARGUMENT);
    assert_message("too large");
    assert_status(neuron_safetensors_add_text(writer, "author", ""), NEURON_E_ARGUMENT);
    neuron_safetensors_writer_destroy(writer);
}
END_TEST

START_TEST(need_tells_differences)
{
    neuron_safetensors *file;
    unsigned char bytes[4096];
    const neuron_safetensors_entry *entry;
    const neuron_shape three = {1, {3}};
    assert_ok(parse(&file, "{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}   ", 4,
                    bytes));
    assert_status(neuron_safetensors_need(&entry, file, "b", NEURON_TYPE_F32, NULL),
                  NEURON_E_FORMAT);
    assert_message("it: array \"b\" is missing");
    assert_status(neuron_safetensors_need(&entry, file, "a", NEURON_TYPE_F32, NULL),
                  NEURON_E_FORMAT);
    assert_message("it: array \"a\" is of F16, not of f32");
    assert_status(neuron_safetensors_need(&entry, file, "a", 0, &three), NEURON_E_FORMAT);
    assert_message("it: array \"a\" is 2, not 3");
    neuron_safetensors_close(file);
}
END_TEST

#define ENTRY(name, dtype, shape, offsets)                                                         \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static const struct {
    const char *header;
    size_t data_size;
    const char *message;
} bad[] = {
    {"", 0, "does not begin with '{' at byte 8"},
    {" {}", 0, "does not begin with '{'"},
    {"[]", 0, "does not begin with '{'"},
    {"{", 0, "is not valid JSON at byte "},
    {"{}x", 0, "is not valid JSON at byte 11"},
    {"{\"a\":\xff}", 0, "is not valid JSON"},
    {"{\"a\\u0000b\":1}", 0, "is not valid JSON"},
    {"{}", 1, "1 bytes at byte 10 belong to no array"},
    {"{\"__metadata__\":1}", 0, "\"__metadata__\" is not an object"},
    {"{\"__metadata__\":{\"k\":1}}", 0, "key \"k\" is not a text"},
    {"{\"__metadata__\":{\"k\":\"a\",\"k\":\"b\"}}", 0, "duplicate"},
    {"{\"a\":1}", 0, "array \"a\" is not an object of dtype"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 0, "is not an object of dtype"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"other\":[0,4]}}", 4, "data_offsets are not two"},
    {"{" ENTRY("a", "F33", "[1]", "[0,4]") "}", 4, "dtype \"F33\" is not known"},
    {"{\"a\":{\"dtype\":3,\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "dtype \"\" is not known"},
    {"{" ENTRY("a", "F32", "1", "[0,4]") "}", 4, "shape is not a list"},
    {"{" ENTRY("a", "F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]") "}", 4,
     "shape is not a list of up to 8"},
    {"{" ENTRY("a", "F32", "[1.0]", "[0,4]") "}", 4, "extent 0 is not a whole number"},
    {"{" ENTRY("a", "F32", "[-1]", "[0,4]") "}", 4, "shape[0] is -1"},
    {"{" ENTRY("a", "F32", "[4611686018427387904]", "[0,0]") "}", 0, "elements"},
    {"{" ENTRY("a", "F32", "[4294967296,4294967296]", "[0,0]") "}", 0, "elements"},
    {"{" ENTRY("a", "F32", "[99999999999999999999]", "[0,0]") "}", 0, "is not valid JSON"},
    {"{" ENTRY("a", "F32", "[2]", "[0,4]") "}", 4, "2 of F32 does not take 4 bytes"},
    {"{" ENTRY("a", "F32", "[1]", "[0]") "}", 4, "data_offsets are not two"},
    {"{" ENTRY("a", "F32", "[1]", "[0,4.0]") "}", 4, "data_offsets are not two"},
    {"{" ENTRY("a", "F32", "[1]", "[-4,0]") "}", 4, "bytes -4 to 0 are not inside the 4 bytes"},
    {"{" ENTRY("a", "F32", "[1]", "[4,0]") "}", 4, "bytes 4 to 0 are not inside"},
    {"{" ENTRY("a", "F32", "[1]", "[4,8]") "}", 4, "bytes 4 to 8 are not inside"},
    {"{" ENTRY("a", "F32", "[1]", "[0,9223372036854775807]") "}", 4, "are not inside"},
    {"{" ENTRY("a", "F32", "[1]", "[4,8]") "}", 8, "array \"a\": leaves a hole before it"},
    {"{" ENTRY("a", "F32", "[1]", "[0,4]") "}", 8, "4 bytes at byte "},
    {"{" ENTRY("a", "U8", "[3]", "[0,3]") "," ENTRY("b", "U8", "[2]", "[2,4]") "}", 4,
     "array \"b\": overlaps another array"},
    {"{" ENTRY("a", "U8", "[4]", "[0,4]") "," ENTRY("b", "U8", "[4]", "[0,4]") "}", 4,
     "overlaps another array"},
    {"{" ENTRY("a", "U8", "[4]", "[0,4]") "," ENTRY("b", "U8", "[0]", "[2,2]") "}", 4,
     "overlaps another array"},
    {"{" ENTRY("a", "U8", "[1]", "[0,1]") "," ENTRY("a", "U8", "[1]", "[1,2]") "}", 2, "duplicate"},
};

START_TEST(bad_files_are_refused)
{
    neuron_safetensors *file;
    unsigned char bytes[4096];
    assert_status(parse(&file, bad[_i].header, bad[_i].data_size, bytes), NEURON_E_FORMAT);
    assert_message("it: ");
    assert_message(bad[_i].message);
    ck_assert_ptr_null(file);
}
END_TEST

START_TEST(foreign_files_are_read)
{
    neuron_safetensors *file;
    unsigned char bytes[4096];
    assert_ok(parse(&file, "{}", 0, bytes));
    ck_assert_uint_eq(neuron_safetensors_count(file), 0);
    ck_assert_ptr_null(neuron_safetensors_text(file, "k"));
    ck_assert_ptr_null(neuron_safetensors_find(file, "a"));
    neuron_safetensors_close(file);
    /* in any order, empty ones between, on odd places */
    assert_ok(parse(&file,
                    "{" ENTRY("c", "F64", "[1]", "[1,9]") "," ENTRY(
                        "b", "U8", "[0]", "[1,1]") "," ENTRY("a", "BOOL", "[]", "[0,1]") "}  ",
                    9, bytes));
    ck_assert_uint_eq(neuron_safetensors_count(file), 3);
    ck_assert_str_eq(neuron_safetensors_at(file, 2)->dtype, "F64");
    neuron_safetensors_close(file);
}
END_TEST

START_TEST(huge_header_is_refused)
{
    neuron_safetensors *file;
    unsigned char bytes[16];
    memset(bytes, 0xff, sizeof bytes);
    assert_status(neuron_safetensors_parse(&file, context, bytes, 16, "it"), NEURON_E_FORMAT);
    assert_message(
        "it: is no safetensors file: byte 0 announces a header of 18446744073709551615 bytes; "
        "at most 100000000 are allowed");
    memset(bytes, 0, sizeof bytes);
    bytes[0] = 9;
    assert_status(neuron_safetensors_parse(&file, context, bytes, 16, "it"), NEURON_E_FORMAT);
    assert_message("it: ends at byte 16, inside a header of 9 bytes");
    assert_status(neuron_safetensors_parse(&file, context, bytes, 7, "it"), NEURON_E_FORMAT);
    assert_message("it: ends at byte 7, before the header");
}
END_TEST

START_TEST(changed_bytes_never_crash)
{
    neuron_safetensors_writer *writer = example(weights, pixels);
    size_t needed;
    assert_ok(neuron_safetensors_copy(writer, NULL, 0, &needed, "test"));
    unsigned char *bytes = malloc(needed);
    assert_ok(neuron_safetensors_copy(writer, bytes, needed, NULL, "test"));
    neuron_safetensors_writer_destroy(writer);
    static const unsigned char values[] = {0, ' ', '"', ',', '0', '9', ':', '[', '\\', '}', 0xff};
    for (size_t place = 0; place < needed; place++) {
        unsigned char before = bytes[place];
        for (size_t i = 0; i < sizeof values; i++) {
            neuron_safetensors *file;
            bytes[place] = values[i];
            int status = neuron_safetensors_parse(&file, context, bytes, needed, "it");
            ck_assert(status == NEURON_OK || status == NEURON_E_FORMAT);
            neuron_safetensors_close(file);
        }
        bytes[place] = before;
    }
    free(bytes);
}
END_TEST

/* 1, -2 and 0.5, and nothing behind them. */
START_TEST(floats_of_half_the_width)
{
    static const uint8_t half[] = {0, 0x3c, 0, 0xc0, 0, 0x38, 0, 0x3c},
                         brain[] = {0x80, 0x3f, 0, 0xc0, 0, 0x3f, 0x80, 0x3f};
    const neuron_safetensors_entry entries[] = {{.dtype = "F16", .data = half, .size = 6},
                                                {.dtype = "BF16", .data = brain, .size = 6}};
    for (int i = 0; i < 2; i++) {
        float floats[4] = {9, 9, 9, 9};
        neuron_safetensors_copy_floats(floats, &entries[i]);
        ck_assert(floats[0] == 1 && floats[1] == -2 && floats[2] == 0.5f && floats[3] == 9);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("safetensors");
    TCase *tests = tcase_create("safetensors");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, bytes_are_turned_by_number);
    tcase_add_test(tests, memory_round_trip);
    tcase_add_test(tests, file_round_trip);
    tcase_add_test(tests, writer_refuses);
    tcase_add_test(tests, need_tells_differences);
    tcase_add_loop_test(tests, bad_files_are_refused, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(tests, foreign_files_are_read);
    tcase_add_test(tests, huge_header_is_refused);
    tcase_add_test(tests, changed_bytes_never_crash);
    tcase_add_test(tests, floats_of_half_the_width);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
