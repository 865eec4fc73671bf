/* Reading CIFAR-10's pickled batches, as several Pythons write them, and refusing all else. */
#include "test-common.h"

#include "data/formats/cifar10.h"

#include <stdio.h>

enum { ROWS = 3, ROOM = 4 * 3072 };

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
static int read_bytes(neuron_dataset_t **dataset, const void *bytes, size_t size)
{
    *dataset = NULL;
    void *copy = malloc(size ? size : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, size);
    const neuron_content content = neuron_content_of_memory(context, copy, size, "data_batch_1");
    int status = neuron_cifar10_pickle_read(dataset, &content, &(neuron_cifar10_settings){1});
    free(copy);
    ck_assert((status == NEURON_OK) == (*dataset != NULL));
    return status;
}

static void assert_refused(const void *bytes, size_t size, int status, const char *message)
{
    neuron_dataset_t *dataset;
    assert_status(read_bytes(&dataset, bytes, size), status);
    assert_message("data_batch_1: ");
    assert_message(message);
}

/* A text with zeros in it. */
#define REFUSED(text, message) assert_refused((text), sizeof(text) - 1, NEURON_E_FORMAT, (message))

static const char *fixture(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/corpus-pickle/%s", CORPORA, name);
    return path;
}

static void assert_fixture_refused(const char *name, const char *message)
{
    const char *path = fixture(name);
    neuron_dataset_t *dataset;
    assert_status(neuron_dataset_load_cifar10_pickle(&dataset, context, &path, 1), NEURON_E_FORMAT);
    ck_assert_ptr_null(dataset);
    assert_message(name);
    assert_message(message);
}

/* The fixtures' pixel i of row r is (3072 r + i) / 64 * 5 + r, from 0 to 255 again and again. */
static void assert_rows(const char *name)
{
    static const int32_t expected[ROWS] = {6, 9, 0};
    static float values[ROWS * 3072];
    const char *path = fixture(name);
    int32_t labels[ROWS];
    neuron_dataset_t *dataset;
    assert_ok(neuron_dataset_load_cifar10_pickle(&dataset, context, &path, 1));
    ck_assert_int_eq(neuron_dataset_count(dataset), ROWS);
    assert_ok(neuron_dataset_read(values, labels, dataset, 0, ROWS));
    int wrong = memcmp(labels, expected, sizeof expected) != 0;
    for (int r = 0; r < ROWS; r++)
        for (int i = 0; i < 1024; i++)
            for (int c = 0; c < 3; c++) {
                int stored = ((3072 * r + 1024 * c + i) / 64 * 5 + r) % 256;
                wrong += (int)(values[3072 * r + 3 * i + c] * 255 + 0.5f) != stored;
            }
    ck_assert_int_eq(wrong, 0);
    neuron_dataset_unref(dataset);
}

START_TEST(reads_what_pythons_write)
{
    assert_rows("python2.gz");
    assert_rows("python3-protocol3.gz");
    assert_rows("python3-protocol4.gz");
    assert_rows("python3-protocol5.gz");
}
END_TEST

START_TEST(joins_files)
{
    char first[4096];
    snprintf(first, sizeof first, "%s", fixture("python2.gz"));
    const char *paths[] = {first, fixture("python3-protocol4.gz")};
    int32_t labels[2 * ROWS];
    neuron_dataset_t *dataset;
    assert_ok(neuron_dataset_load_cifar10_pickle(&dataset, context, paths, 2));
    assert_ok(neuron_dataset_read(NULL, labels, dataset, 0, 2 * ROWS));
    ck_assert(labels[0] == 6 && labels[3] == 6 && labels[4] == 9);
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(refuses_by_name)
{
    assert_fixture_refused("system.gz", "\"posix.system\" is refused, at byte ");
    assert_fixture_refused("protocol0.gz", "not a pickle of protocol 2 to 5: it begins with 28 64");
    assert_fixture_refused("python3-protocol2.gz", "\"_codecs.encode\" is refused, at byte 6");
    assert_fixture_refused("floats.gz", "elements are of type \"f4\", not \"u1\"");
    assert_fixture_refused("fortran.gz", "an array is not in the order of C");
    REFUSED("\x80\x02"
            "cos\nsystem\nU\x06reboot\x85R.",
            "\"os.system\" is refused, at byte 2");
    REFUSED("\x80\x02"
            "(ios\nsystem\n.",
            "opcode INST is refused, at byte 3");
    REFUSED("\x80\x02}\x81.", "opcode NEWOBJ is refused, at byte 3");
    REFUSED("\x80\x02}\xff", "0xff is not a known opcode, at byte 3");
    REFUSED("\x80\x02"
            "cnumpy\nndarray\n)R.",
            "\"numpy.ndarray\" is refused");
    REFUSED("\x80\x02K\x01)R.", "a number cannot be called, at byte 5");
    REFUSED("\x80\x02}}b.", "a dictionary cannot be given a state, at byte 4");
}
END_TEST

#define ARRAY "cnumpy.core.multiarray\n_reconstruct\n)R"
#define TYPE  "cnumpy\ndtype\n"

/* The part of an array's state that is wrong: the shape, the type, the bytes. */
START_TEST(refuses_arrays_and_types_without_their_parts)
{
    static const char message[] = "an array is not one of bytes with 2 axes, at byte ";
    REFUSED("\x80\x02" ARRAY "(K\x01K\x02\x85NK\0U\x01xtb.", message);
    REFUSED("\x80\x02" ARRAY "(K\x01NNK\0U\x01xtb.", message);
    REFUSED("\x80\x02" ARRAY "(K\x01K\x01K\x02\x86NK\0U\x01xtb.", message);
    REFUSED("\x80\x02" ARRAY "(K\x01K\x01K\x02\x86" TYPE "U\x02u1K\0K\x01\x87RK\0Ntb.", message);
    REFUSED("\x80\x02" ARRAY "K\x01\x85"
            "b.",
            "an array is not in the order of C");
    REFUSED("\x80\x02" TYPE ")R.", "a type of elements without a name, at byte ");
    REFUSED("\x80\x02" TYPE "K\x01K\0K\x01\x87R.", "a type of elements without a name");
}
END_TEST

START_TEST(refuses_names_that_are_none)
{
    REFUSED("\x80\x02"
            "cos",
            "the pickle ends within a name, at byte 2");
    REFUSED("\x80\x02"
            "cos\nsystem",
            "the pickle ends within a name, at byte 2");
    REFUSED("\x80\x04K\x01K\x02\x93.", "a number is not a function's name, at byte 6");
    REFUSED("\x80\x04\x8c\x02os}\x93.", "a dictionary is not a function's name");
}
END_TEST

START_TEST(refuses_what_is_no_batch)
{
    REFUSED("", "not a pickle: it ends at byte 0");
    REFUSED("PK\x03\x04", "it begins with 50 4b");
    REFUSED("\x80\x06}.", "it begins with 80 06");
    REFUSED("\x80\x02].", "the pickle has a list, not a dictionary alone, at byte 3");
    REFUSED("\x80\x02}}.", "the pickle has a dictionary, not a dictionary alone");
    REFUSED("\x80\x02}.more", "4 bytes follow the end of the pickle, at byte 3");
    REFUSED("\x80\x02}.", "not a batch of CIFAR-10: it has no \"data\"");
    REFUSED("\x80\x02}U\x04"
            "dataK\x07s.",
            "\"data\" is a number, not an array");
    REFUSED("\x80\x02}q\x00U\x01"
            "a]q\x01h\x01"
            "ah\x00"
            "as.",
            "it has no \"data\"");
    REFUSED("\x80\x02}U\x04"
            "datacnumpy.core.multiarray\n_reconstruct\n)Rs.",
            "it has no \"labels\"");
    REFUSED("\x80\x02}U\x04"
            "datacnumpy.core.multiarray\n_reconstruct\n)RsU\x06labels]s.",
            "\"data\" is an array without elements");
}
END_TEST

START_TEST(refuses_stacks_without_sense)
{
    REFUSED("\x80\x02.", "the pickle needs a value where none is, at byte 2");
    REFUSED("\x80\x02(.", "the pickle needs a value where a mark is, at byte 3");
    REFUSED("\x80\x02t.", "the pickle needs a mark among 0 values, at byte 2");
    REFUSED("\x80\x02}(K\x01u.", "1 keys and values do not make pairs");
    REFUSED("\x80\x02](K\x01K\x02u.", "the pickle needs a dictionary and what to add to it");
    REFUSED("\x80\x02(a.", "the pickle needs a list and what to add to it");
    REFUSED("\x80\x02K\x01\x86.", "a tuple of 2 values, which are not there");
    REFUSED("\x80\x02(K\x01\x87.", "a tuple of 3 values, which are not there");
    REFUSED("\x80\x02h\x07.", "there is no memo 7, at byte 2");
    REFUSED("\x80\x02}q\x07h\x06.", "there is no memo 6, at byte 5");
}
END_TEST

/* None of these may allocate what they claim. */
START_TEST(refuses_claims_that_cannot_be_true)
{
    REFUSED("\x80\x02T\xff\xff\xff\x7f"
            "abc",
            "a text of 2147483647 bytes in a file of 10");
    REFUSED("\x80\x02T\xff\xff\xff\xff"
            "abc",
            "a text of 4294967295 bytes in a file of 10");
    REFUSED("\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xff", "a text of 18446744073709551615 bytes");
    REFUSED("\x80\x02U\x04"
            "ab",
            "2 left, for the opcode, at byte 2");
    REFUSED("\x80\x02}r\xff\xff\xff\x7f.", "memo 2147483647 is above the 1000 that it may need");
    static char many[20000];
    memcpy(many, "\x80\x02", 2);
    memset(many + 2, ']', sizeof many - 2);
    assert_refused(many, sizeof many, NEURON_E_FORMAT, "more than the 1312 values");
}
END_TEST

/* A batch as Python 2 writes it, with numbers to be wrong about. */
static size_t write_batch(uint8_t *to, int rows, int columns, size_t bytes, const char *labels)
{
    static const char begin[] = "\x80\x02}q\x01(U\x04"
                                "dataq\x02"
                                "cnumpy.core.multiarray\n"
                                "_reconstruct\nq\x03"
                                "cnumpy\nndarray\nq\x04K\x00\x85U\x01"
                                "b\x87R"
                                "q\x05(K\x01";
    static const char middle[] = "\x86"
                                 "cnumpy\ndtype\nq\x06U\x02u1K\x00K\x01\x87Rq\x07(K\x03U\x01|NNN"
                                 "J\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T";
    uint8_t *at = to;
    memcpy(at, begin, sizeof begin - 1);
    at += sizeof begin - 1;
    const int extents[] = {rows, columns};
    for (int k = 0; k < 2; k++) {
        *at++ = 'M';
        *at++ = (uint8_t)extents[k];
        *at++ = (uint8_t)(extents[k] >> 8);
    }
    memcpy(at, middle, sizeof middle - 1);
    at += sizeof middle - 1;
    for (int shift = 0; shift < 32; shift += 8)
        *at++ = (uint8_t)(bytes >> shift);
    memset(at, 7, bytes);
    at += bytes;
    memcpy(at, "tbU\x06labelsq\x08]q\x09(", 16);
    at += 16;
    for (; *labels; labels++) {
        *at++ = 'K';
        *at++ = (uint8_t)(*labels - '0');
    }
    memcpy(at, "eu.", 3);
    return (size_t)(at + 3 - to);
}

static void assert_batch(int rows, int columns, size_t bytes, const char *labels, int status,
                         const char *message)
{
    static uint8_t room[ROOM];
    assert_refused(room, write_batch(room, rows, columns, bytes, labels), status, message);
}

START_TEST(refuses_counts_that_differ)
{
    static uint8_t room[ROOM];
    neuron_dataset_t *dataset;
    assert_ok(read_bytes(&dataset, room, write_batch(room, 2, 3072, 6144, "19")));
    neuron_dataset_unref(dataset);
    assert_batch(2, 3072, 6144, "1", NEURON_E_DATA, "2 rows of \"data\" but 1 \"labels\"");
    assert_batch(2, 3072, 6143, "19", NEURON_E_FORMAT,
                 "\"data\" is 2 rows of 3072 but has 6143 bytes");
    assert_batch(3, 3072, 6144, "190", NEURON_E_FORMAT, "is 3 rows of 3072 but has 6144 bytes");
    assert_batch(2, 3071, 6142, "19", NEURON_E_FORMAT, "is an array 2x3071, not rows of 3072");
    assert_batch(0, 3072, 0, "", NEURON_E_FORMAT, "is an array 0x3072, not rows of 3072");
    assert_batch(2, 3072, 6144, "1:", NEURON_E_DATA, "label 10 of row 1 is not 0 to 9");
}
END_TEST

START_TEST(refuses_a_file_cut_anywhere)
{
    static uint8_t room[ROOM];
    size_t size = write_batch(room, 1, 3072, 3072, "3");
    neuron_dataset_t *dataset;
    for (size_t cut = 0; cut < size; cut++)
        assert_status(read_bytes(&dataset, room, cut), NEURON_E_FORMAT);
    assert_ok(read_bytes(&dataset, room, size));
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(refuses_null)
{
    const char *paths[] = {"a", NULL};
    neuron_dataset_t *dataset;
    assert_status(neuron_dataset_load_cifar10_pickle(NULL, context, paths, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_load_cifar10_pickle(&dataset, NULL, paths, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_load_cifar10_pickle(&dataset, context, NULL, 1),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_load_cifar10_pickle(&dataset, context, paths, 0),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_load_cifar10_pickle(&dataset, context, paths, 2),
                  NEURON_E_ARGUMENT);
    assert_message("neuron_dataset_load_cifar10_pickle: paths[1] is NULL");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pickle");
    TCase *tests = tcase_create("pickle");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, reads_what_pythons_write);
    tcase_add_test(tests, joins_files);
    tcase_add_test(tests, refuses_by_name);
    tcase_add_test(tests, refuses_arrays_and_types_without_their_parts);
    tcase_add_test(tests, refuses_names_that_are_none);
    tcase_add_test(tests, refuses_what_is_no_batch);
    tcase_add_test(tests, refuses_stacks_without_sense);
    tcase_add_test(tests, refuses_claims_that_cannot_be_true);
    tcase_add_test(tests, refuses_counts_that_differ);
    tcase_add_test(tests, refuses_a_file_cut_anywhere);
    tcase_add_test(tests, refuses_null);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
