/* Reading and writing .npy files: those that NumPy wrote, and wrong ones. */
#include "test-common.h"

#include "base/files/byte-order.h"
#include "base/files/file.h"
#include "data/formats/npy.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

static neuron_context_t *context;

static void setup(void)
{
    context = test_context();
}

static void teardown(void)
{
    neuron_context_unref(context);
}

static const char *fixture(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/corpus-npy/%s", CORPORA, name);
    return path;
}

/* Memory of exactly that size lets the sanitizer see a read behind the end. */
static int read_bytes(neuron_tensor_t **tensor, const void *bytes, size_t size)
{
    neuron_npy_array array = {.tensor = NULL};
    void *copy = malloc(size ? size : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, size);
    const neuron_content content = neuron_content_of_memory(context, copy, size, "x.npy");
    neuron_source source;
    int status = neuron_source_open(&source, &content);
    if (status == NEURON_OK) {
        status = neuron_npy_read_array(&array, &source);
        neuron_source_close(&source);
    }
    *tensor = array.tensor;
    free(copy);
    ck_assert((status == NEURON_OK) == (*tensor != NULL));
    return status;
}

/* A file of version 1.0 with this text and `elements` bytes behind it. */
static int read_header(neuron_tensor_t **tensor, const char *text, size_t elements)
{
    char bytes[512] = "\x93NUMPY\x01";
    size_t size = strlen(text);
    bytes[8] = (char)size;
    memcpy(bytes + 10, text, size);
    return read_bytes(tensor, bytes, 10 + size + elements);
}

static void assert_refused(const char *text, size_t elements, int status, const char *message)
{
    neuron_tensor_t *tensor;
    assert_status(read_header(&tensor, text, elements), status);
    assert_message("x.npy: ");
    assert_message(message);
}

/* A fixture is 2x3 elements. */
static neuron_tensor_t *load(const char *name, int32_t type)
{
    neuron_tensor_t *tensor;
    assert_ok(neuron_tensor_load_npy(&tensor, context, fixture(name)));
    ck_assert_int_eq(neuron_tensor_type(tensor), type);
    ck_assert_int_eq(neuron_tensor_rank(tensor), 2);
    ck_assert_int_eq(neuron_tensor_extent(tensor, 0), 2);
    ck_assert_int_eq(neuron_tensor_extent(tensor, 1), 3);
    return tensor;
}

static void assert_elements(const char *name, int32_t type, const void *expected, size_t size)
{
    neuron_tensor_t *tensor = load(name, type);
    assert_that(memcmp(neuron_tensor_data_const(tensor), expected, size) == 0, "%s", name);
    neuron_tensor_unref(tensor);
}

START_TEST(reads_what_numpy_writes)
{
    const uint8_t bytes[] = {0, 1, 2, 250, 251, 252};
    const float floats[] = {0, -1.5f, 2.25f, 1e10f, (float)(1.0 / 3), -0.0f};
    const int32_t i32[] = {-7, -6, -5, 243, 244, 245};
    int64_t i64[6];
    for (int i = 0; i < 6; i++)
        i64[i] = bytes[i] * INT64_C(1000000000000000) - 7;
    assert_elements("u1.npy", NEURON_TYPE_U8, bytes, sizeof bytes);
    assert_elements("version2.npy", NEURON_TYPE_U8, bytes, sizeof bytes);
    assert_elements("version3.npy", NEURON_TYPE_U8, bytes, sizeof bytes);
    assert_elements("f4-little.npy", NEURON_TYPE_F32, floats, sizeof floats);
    assert_elements("f4-big.npy", NEURON_TYPE_F32, floats, sizeof floats);
    assert_elements("f8-little.npy", NEURON_TYPE_F32, floats, sizeof floats);
    assert_elements("f8-big.npy", NEURON_TYPE_F32, floats, sizeof floats);
    assert_elements("i4-little.npy", NEURON_TYPE_I32, i32, sizeof i32);
    assert_elements("i4-big.npy", NEURON_TYPE_I32, i32, sizeof i32);
    assert_elements("i8-little.npy", NEURON_TYPE_I64, i64, sizeof i64);
    assert_elements("i8-big.npy", NEURON_TYPE_I64, i64, sizeof i64);
    neuron_tensor_t *tensor;
    assert_ok(neuron_tensor_load_npy(&tensor, context, fixture("scalar.npy")));
    ck_assert(neuron_tensor_rank(tensor) == 0 && neuron_tensor_count(tensor) == 1);
    ck_assert_float_eq(*(const float *)neuron_tensor_data_const(tensor), 0.5f);
    neuron_tensor_unref(tensor);
    assert_ok(neuron_tensor_load_npy(&tensor, context, fixture("empty.npy")));
    ck_assert(neuron_tensor_extent(tensor, 0) == 0 && neuron_tensor_extent(tensor, 1) == 3);
    neuron_tensor_unref(tensor);
    assert_ok(neuron_tensor_load_npy(&tensor, context, fixture("b1.npy")));
    ck_assert(((const uint8_t *)neuron_tensor_data_const(tensor))[0] == 1);
    neuron_tensor_unref(tensor);
}
END_TEST

/* Each type becomes the smallest of a tensor's that holds it. */
START_TEST(reads_every_kind_of_number)
{
    const float halves[] = {0, -1.5f, 65504, INFINITY, 0x1p-24f, 0.333251953125f};
    const int32_t i1[] = {0, -1, 2, -128, 127, 5}, i2[] = {0, -1, 2, -32768, 32767, 5};
    const int32_t u2[] = {0, 1, 2, 32768, 65535, 5};
    const int64_t u4[] = {0, 1, 2, INT64_C(1) << 31, UINT32_MAX, 5};
    const int64_t u8[] = {0, 1, 2, INT64_C(1) << 31, INT64_MAX, 5};
    neuron_tensor_t *tensor;
    assert_elements("f2-little.npy", NEURON_TYPE_F32, halves, sizeof halves);
    assert_elements("f2-big.npy", NEURON_TYPE_F32, halves, sizeof halves);
    assert_elements("i1.npy", NEURON_TYPE_I32, i1, sizeof i1);
    assert_elements("i2-big.npy", NEURON_TYPE_I32, i2, sizeof i2);
    assert_elements("u2.npy", NEURON_TYPE_I32, (const int32_t[]){0, 1, 2, 250, 251, 252},
                    sizeof u2);
    assert_elements("u2-big.npy", NEURON_TYPE_I32, u2, sizeof u2);
    assert_elements("u4.npy", NEURON_TYPE_I64, u4, sizeof u4);
    assert_elements("u8.npy", NEURON_TYPE_I64, u8, sizeof u8);
    assert_status(neuron_tensor_load_npy(&tensor, context, fixture("u8-large.npy")), NEURON_E_DATA);
    assert_message("u8-large.npy: element 3 is 9223372036854775808, too large for int64");
}
END_TEST

/* float16 is exact in float32: every one of them, against its definition. */
START_TEST(reads_every_half)
{
    static char bytes[10 + 64 + 2 * 65536] = "\x93NUMPY\x01";
    int size = snprintf(bytes + 10, 64, "{'descr':'<f2','fortran_order':False,'shape':(65536,)}");
    bytes[8] = (char)size;
    for (int i = 0; i < 65536; i++) {
        bytes[10 + size + 2 * i] = (char)(i & 255);
        bytes[11 + size + 2 * i] = (char)(i >> 8);
    }
    neuron_tensor_t *tensor;
    assert_ok(read_bytes(&tensor, bytes, 10 + (size_t)size + sizeof(uint16_t) * 65536));
    const float *values = neuron_tensor_data_const(tensor);
    for (int i = 0; i < 65536; i++) {
        int exponent = i >> 10 & 31, rest = i & 1023;
        float expected =
            exponent == 0 ? ldexpf((float)rest, -24) : ldexpf((float)(1024 + rest), exponent - 25);
        if (exponent == 31)
            expected = rest ? NAN : INFINITY;
        expected = i & 0x8000 ? -expected : expected;
        assert_that(memcmp(&values[i], &expected, sizeof expected) == 0 ||
                        (isnan(expected) && isnan(values[i])),
                    "%04x: %g, not %g", (unsigned)i, (double)values[i], (double)expected);
    }
    neuron_tensor_unref(tensor);
}
END_TEST

START_TEST(reads_the_order_of_fortran)
{
    const uint8_t bytes[] = {0, 1, 2, 250, 251, 252};
    const float floats[] = {0, -1.5f, 2.25f, 1e10f, (float)(1.0 / 3), -0.0f};
    assert_elements("fortran.npy", NEURON_TYPE_F32, floats, sizeof floats);
    assert_elements("fortran-f8.npy", NEURON_TYPE_F32, floats, sizeof floats);
    assert_elements("fortran-u1.npy", NEURON_TYPE_U8, bytes, sizeof bytes);
    neuron_tensor_t *tensor;
    assert_ok(neuron_tensor_load_npy(&tensor, context, fixture("fortran-i8.npy")));
    ck_assert_int_eq(neuron_tensor_extent(tensor, 2), 4);
    const int64_t *numbers = neuron_tensor_data_const(tensor);
    for (int i = 0; i < 24; i++)
        ck_assert(numbers[i] == i * INT64_C(1000000000000));
    neuron_tensor_unref(tensor);
}
END_TEST

/* Python's ways to write the same dictionary, and that of other programs. */
START_TEST(reads_headers_of_others)
{
    static const char *const texts[] = {
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2L, 3L), }",
        "{'descr': 'u1', 'fortran_order': False, 'shape': (2, 3)}",
        "{u'descr': u'|u1', u'fortran_order': False, u'shape': (2, 3)}",
        "{\r\n'descr': '|u1', 'fortran_order': False,\r\n'shape': (2, 3)}\r\n",
        "{'descr': '<u1', 'fortran_order': True, 'shape': (6,)}",
        "{\"shape\":(6,),\"fortran_order\":False,\"descr\":\"=u1\"}   \n",
    };
    neuron_tensor_t *tensor;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_ok(read_header(&tensor, texts[i], 6));
        ck_assert_int_eq(neuron_tensor_count(tensor), 6);
        neuron_tensor_unref(tensor);
    }
    assert_refused("{'descr': 'u1', 'fortran_order': False, 'shape': (2LL, 3)}", 6, NEURON_E_FORMAT,
                   "has a shape without an end");
}
END_TEST

/* A little-endian f8 array [n] in a file of version 1.0. */
static int read_doubles(neuron_tensor_t **tensor, const double *values, size_t count)
{
    char bytes[512] = "\x93NUMPY\x01";
    int size = snprintf(bytes + 10, sizeof bytes - 10,
                        "{'descr': '<f8', 'fortran_order': False, 'shape': (%zu,)}", count);
    bytes[8] = (char)size;
    neuron_copy_little(bytes + 10 + size, values, count * sizeof *values, sizeof *values);
    return read_bytes(tensor, bytes, 10 + (size_t)size + count * sizeof *values);
}

START_TEST(doubles_must_fit_into_float)
{
    const double fine[] = {2,     (double)NAN, (double)INFINITY, -(double)INFINITY, 3.4028235e38,
                           1e-300};
    const double large[] = {2, 1, -1e39}, nearly[] = {0x1.ffffffp127};
    neuron_tensor_t *tensor;
    assert_ok(read_doubles(&tensor, fine, 6));
    const float *values = neuron_tensor_data_const(tensor);
    ck_assert(isnan(values[1]) && values[2] == INFINITY && values[3] == -INFINITY);
    ck_assert(values[0] == 2 && values[4] == FLT_MAX && values[5] == 0);
    neuron_tensor_unref(tensor);
    assert_status(read_doubles(&tensor, large, 3), NEURON_E_DATA);
    assert_message("x.npy: element 2 is -1e+39, too large for float32");
    assert_status(read_doubles(&tensor, nearly, 1), NEURON_E_DATA);
    assert_message("x.npy: element 0 is 3.40282357e+38, too large for float32");
}
END_TEST

static void assert_unsupported(const char *name, const char *message)
{
    neuron_tensor_t *tensor;
    assert_status(neuron_tensor_load_npy(&tensor, context, fixture(name)), NEURON_E_UNSUPPORTED);
    ck_assert_ptr_null(tensor);
    assert_message(name);
    assert_message(message);
}

START_TEST(says_what_it_does_not_read)
{
    assert_unsupported("complex.npy",
                       "elements are of type \"<c8\", not b1, i1 to i8, u1 to u8 or f2 to f8");
    assert_unsupported("fields.npy", "elements of several fields are not read");
    neuron_tensor_t *tensor;
    assert_status(read_bytes(&tensor, "\x93NUMPY\x04\x00\x00\x00", 10), NEURON_E_UNSUPPORTED);
    assert_message("x.npy: version 4 of the .npy format, not 1 to 3");
    assert_refused("{'descr': '|u1', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1,1,1,1)}",
                   1, NEURON_E_UNSUPPORTED, "the array has more than 8 axes");
}
END_TEST

START_TEST(refuses_wrong_headers)
{
    neuron_tensor_t *tensor;
    assert_status(read_bytes(&tensor, "PK", 2), NEURON_E_FORMAT);
    assert_message("x.npy: not a .npy file: it does not begin with 93 NUMPY");
#define REFUSED(text, message) assert_refused(text, 6, NEURON_E_FORMAT, message)
    REFUSED("", "the header of the array is no dictionary at byte 10");
    REFUSED("{}", "lacks the type, the order or the shape at byte 12");
    REFUSED("{'fortran_order': False, 'shape': (6,)}", "lacks the type, the order or the shape");
    REFUSED("{'descr': '|u1', 'shape': (6,)}", "lacks the type, the order or the shape");
    REFUSED("{'descr': '|u1', 'fortran_order': False}", "lacks the type, the order or the shape");
    REFUSED("{'descr'", "is no dictionary at byte 18");
    REFUSED("{'descr': 7", "has no type of elements at byte 20");
    REFUSED("{'descr': '|u1' 'shape'", "is no dictionary at byte 26");
    REFUSED("{'descr': '|u1', 'descr': '|u1'}", "has a key too much");
    REFUSED("{'a': 1}", "has a key too much");
    REFUSED("{'fortran_order': 0}", "does not say the order");
    REFUSED("{'shape': 6}", "has no shape");
    REFUSED("{'shape': (-1,)}", "has a shape of no numbers");
    REFUSED("{'shape': (99999999999999999999,)}", "has a shape of no numbers");
    REFUSED("{'shape': (6", "has a shape without an end");
    REFUSED("{'descr': '|u1', 'fortran_order': False, 'shape': (6,)}x",
            "goes on behind its dictionary");
#undef REFUSED
}
END_TEST

/* None of these may allocate what they claim. */
START_TEST(refuses_claims_that_cannot_be_true)
{
    static const char begin[] = "{'descr': '<f4', 'fortran_order': False, 'shape': ";
    char text[256];
#define REFUSED(shape, message)                                                                    \
    do {                                                                                           \
        snprintf(text, sizeof text, "%s%s}", begin, shape);                                        \
        assert_refused(text, 24, NEURON_E_FORMAT, message);                                        \
    } while (0)
    REFUSED("(7,)", "an array 7 of elements of 4 bytes needs 28 bytes, but from byte 65 on there "
                    "are 24");
    REFUSED("(5,)", "needs 20 bytes, but from byte 65 on there are 24");
    REFUSED("(60000, 784)", "needs 188160000 bytes");
    REFUSED("(4294967296, 4294967296)", "more than 1099511627776 elements");
    REFUSED("(9223372036854775807, 3)", "more than 1099511627776 elements");
    REFUSED("(9223372036854775807, 0)", "more than 1099511627776 elements");
#undef REFUSED
    neuron_tensor_t *tensor;
    assert_status(read_bytes(&tensor, "\x93NUMPY\x02\x00\xff\xff\xff\xff{}", 14), NEURON_E_FORMAT);
    assert_message("the array's header of 4294967295 bytes goes beyond the 14 bytes");
}
END_TEST

START_TEST(refuses_a_file_cut_anywhere)
{
    static const char *const names[] = {"u1.npy", "f8-big.npy", "version2.npy"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        void *bytes;
        size_t size;
        neuron_tensor_t *tensor;
        assert_ok(neuron_file_read(context, fixture(names[i]), &bytes, &size));
        for (size_t cut = 0; cut < size; cut++)
            assert_status(read_bytes(&tensor, bytes, cut), NEURON_E_FORMAT);
        neuron_release(context, bytes);
    }
}
END_TEST

static void assert_comes_back(int32_t type, const int64_t *shape, int32_t rank)
{
    const char *path = test_file("saved.npy");
    neuron_tensor_t *saved, *loaded;
    assert_ok(neuron_tensor_create(&saved, context, type, shape, rank));
    size_t size = (size_t)neuron_tensor_count(saved) * neuron_type_size(type);
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)neuron_tensor_data(saved))[i] = (uint8_t)(i * 37);
    assert_ok(neuron_tensor_save_npy(saved, path));
    assert_ok(neuron_tensor_load_npy(&loaded, context, path));
    ck_assert_int_eq(neuron_tensor_type(loaded), type);
    ck_assert(neuron_shape_equal(&saved->shape, &loaded->shape));
    ck_assert(memcmp(saved->data, loaded->data, size) == 0);
    neuron_tensor_unref(loaded);
    neuron_tensor_unref(saved);
}

START_TEST(saves_what_it_loads)
{
    const int64_t shape[] = {3, 1, 2, 2, 1, 1, 1, 2}, huge[] = {1000000000000, 0};
    for (int32_t rank = 0; rank <= 8; rank++)
        assert_comes_back(rank % 2 ? NEURON_TYPE_F32 : NEURON_TYPE_U8, shape, rank);
    assert_comes_back(NEURON_TYPE_I32, shape, 2);
    assert_comes_back(NEURON_TYPE_I64, shape, 3);
    assert_comes_back(NEURON_TYPE_U8, huge, 2);
}
END_TEST

/* The bytes that NumPy itself writes for such an array. */
START_TEST(saves_as_numpy_does)
{
    const char *path = test_file("as-numpy.npy");
    neuron_tensor_t *tensor = load("u1.npy", NEURON_TYPE_U8);
    void *ours, *theirs;
    size_t our_size, their_size;
    assert_ok(neuron_tensor_save_npy(tensor, path));
    assert_ok(neuron_file_read(context, path, &ours, &our_size));
    assert_ok(neuron_file_read(context, fixture("u1.npy"), &theirs, &their_size));
    ck_assert_uint_eq(our_size % 64, 6);
    ck_assert(our_size == their_size && memcmp(ours, theirs, 10) == 0);
    ck_assert(memcmp((char *)ours + our_size - 7, (char *)theirs + their_size - 7, 7) == 0);
    neuron_release(context, theirs);
    neuron_release(context, ours);
    neuron_tensor_unref(tensor);
}
END_TEST

START_TEST(refuses_null_and_bad_paths)
{
    neuron_tensor_t *tensor;
    assert_status(neuron_tensor_load_npy(&tensor, context, "/nowhere.npy"), NEURON_E_IO);
    ck_assert_ptr_null(tensor);
    assert_status(neuron_tensor_load_npy(NULL, context, "a"), NEURON_E_ARGUMENT);
    assert_status(neuron_tensor_load_npy(&tensor, NULL, "a"), NEURON_E_ARGUMENT);
    assert_status(neuron_tensor_load_npy(&tensor, context, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_tensor_save_npy(NULL, "a"), NEURON_E_ARGUMENT);
    assert_ok(neuron_tensor_create(&tensor, context, NEURON_TYPE_U8, NULL, 0));
    assert_status(neuron_tensor_save_npy(tensor, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_tensor_save_npy(tensor, "/nowhere/a.npy"), NEURON_E_IO);
    neuron_tensor_unref(tensor);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("npy");
    TCase *tests = tcase_create("npy");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, reads_what_numpy_writes);
    tcase_add_test(tests, reads_every_kind_of_number);
    tcase_add_test(tests, reads_every_half);
    tcase_add_test(tests, reads_the_order_of_fortran);
    tcase_add_test(tests, reads_headers_of_others);
    tcase_add_test(tests, doubles_must_fit_into_float);
    tcase_add_test(tests, says_what_it_does_not_read);
    tcase_add_test(tests, refuses_wrong_headers);
    tcase_add_test(tests, refuses_claims_that_cannot_be_true);
    tcase_add_test(tests, refuses_a_file_cut_anywhere);
    tcase_add_test(tests, saves_what_it_loads);
    tcase_add_test(tests, saves_as_numpy_does);
    tcase_add_test(tests, refuses_null_and_bad_paths);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
