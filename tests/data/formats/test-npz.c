/* Reading .npz archives that NumPy wrote, damaged ones, and datasets of such arrays. */
#include "test-common.h"

#include "base/files/file.h"
#include "data/formats/npz.h"

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
    snprintf(path, sizeof path, "%s/corpus-npz/%s", CORPORA, name);
    return path;
}

/* Images 0, 1, 2, ... of 3x2, four of them, with labels 1, 0, 2, 1. */
static void assert_dataset(const char *name, const char *labels_name, bool targets)
{
    static const int32_t expected[] = {1, 0, 2, 1};
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank, labels[4];
    float values[24];
    neuron_dataset_t *dataset;
    assert_ok(neuron_dataset_load_npz(&dataset, context, fixture(name), "x_train", labels_name, 3));
    ck_assert_int_eq(neuron_dataset_count(dataset), 4);
    ck_assert_int_eq(dataset->examples->type, NEURON_TYPE_U8);
    ck_assert(neuron_dataset_has_targets(dataset) == targets);
    assert_ok(neuron_dataset_shape(shape, &rank, dataset));
    ck_assert(rank == 3 && shape[0] == 3 && shape[1] == 2 && shape[2] == 1);
    assert_ok(neuron_dataset_read(values, labels, dataset, 0, 4));
    ck_assert_float_eq_tol(values[23], 23.0f / 255, 1e-6f);
    ck_assert(memcmp(labels, expected, sizeof expected) == 0);
    neuron_dataset_unref(dataset);
}

START_TEST(reads_what_numpy_writes)
{
    assert_dataset("stored.npz", "y_train", false);
    assert_dataset("comment.npz", "y_train", false);
    assert_dataset("deflated.npz", "y_train", false);
    assert_dataset("deflated.npz", "targets", true);
    neuron_tensor_t *tensor;
    assert_ok(neuron_tensor_load_npz(&tensor, context, fixture("stored.npz"), "x_test"));
    ck_assert_int_eq(neuron_tensor_count(tensor), 6);
    neuron_tensor_unref(tensor);
}
END_TEST

/* As Python's zipfile makes them: with the numbers of ZIP64 where they are needed and where not,
 * into a pipe, behind a program or in front of line ends, and with arrays that were saved again. */
START_TEST(reads_other_archives)
{
    static const char *const names[] = {
        "zip64.npz",        "zip64-local.npz", "zip64-count.npz", "zip64-streamed.npz",
        "zip64-prefix.npz", "streamed.npz",    "prefix.npz",      "trailing.npz",
        "no-extension.npz", "twice.npz",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_dataset(names[i], "y_train", false);
    assert_dataset("zip64.npz", "y_train.npy", false);
}
END_TEST

START_TEST(says_what_is_wrong)
{
    neuron_tensor_t *tensor;
    neuron_dataset_t *dataset;
    assert_status(neuron_tensor_load_npz(&tensor, context, fixture("stored.npz"), "x"),
                  NEURON_E_DATA);
    assert_message("stored.npz: the archive has no \"x.npy\"; it has x_train.npy y_train.npy "
                   "x_test.npy y_test.npy");
    ck_assert_ptr_null(tensor);
    assert_status(neuron_tensor_load_npz(&tensor, context, fixture("empty.npz"), "x"),
                  NEURON_E_DATA);
    assert_message("it has nothing");
    assert_status(neuron_tensor_load_npz(&tensor, context, fixture("bzip2.npz"), "y_train"),
                  NEURON_E_UNSUPPORTED);
    assert_message("bzip2.npz: y_train.npy: is packed by method 12, not stored or deflated");
    assert_status(
        neuron_dataset_load_npz(&dataset, context, fixture("stored.npz"), "x_train", "y_test", 3),
        NEURON_E_DATA);
    assert_message("stored.npz: 4 examples but 1 labels");
    assert_status(
        neuron_dataset_load_npz(&dataset, context, fixture("stored.npz"), "x_train", "y_train", 2),
        NEURON_E_DATA);
    assert_message("stored.npz: label 2 of example 2 is not 0 to 1");
    ck_assert_ptr_null(dataset);
}
END_TEST

typedef struct archive {
    size_t size;
    uint8_t bytes[2048];
} archive;

static archive read_archive(const char *name)
{
    archive made;
    void *bytes;
    assert_ok(neuron_file_read(context, fixture(name), &bytes, &made.size));
    ck_assert_uint_le(made.size, sizeof made.bytes);
    memcpy(made.bytes, bytes, made.size);
    neuron_release(context, bytes);
    return made;
}

/* Memory of exactly that size lets the sanitizer see a read behind the end. */
static int read_bytes(neuron_tensor_t **tensor, const archive *from)
{
    void *copy = malloc(from->size ? from->size : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, from->bytes, from->size);
    const neuron_content content = neuron_content_of_memory(context, copy, from->size, "a.npz");
    neuron_store store;
    neuron_npy_array array;
    assert_ok(neuron_store_open(&store, &content));
    int status = neuron_npz_read_array(&array, &store, "y_train");
    *tensor = array.tensor;
    free(copy);
    ck_assert((status == NEURON_OK) == (*tensor != NULL));
    return status;
}

static void assert_refused(const archive *from, int status, const char *message)
{
    neuron_tensor_t *tensor;
    assert_status(read_bytes(&tensor, from), status);
    assert_message("a.npz: ");
    assert_message(message);
}

START_TEST(refuses_an_archive_cut_anywhere)
{
    static const char *const names[] = {"stored.npz", "deflated.npz"};
    for (int i = 0; i < 2; i++) {
        archive whole = read_archive(names[i]);
        for (size_t size = 0; size < whole.size; size++) {
            archive cut = whole;
            cut.size = size;
            assert_refused(&cut, NEURON_E_FORMAT,
                           "not a ZIP archive, or cut: it has no end record");
        }
    }
}
END_TEST

/* Every byte changed in turn: never read behind the end, and never believed. */
START_TEST(survives_any_changed_byte)
{
    static const char *const names[] = {"stored.npz", "deflated.npz", "zip64.npz",
                                        "zip64-prefix.npz"};
    for (int i = 0; i < 4; i++) {
        archive whole = read_archive(names[i]);
        for (size_t at = 0; at < whole.size; at++) {
            archive changed = whole;
            changed.bytes[at] ^= 0xff;
            neuron_tensor_t *tensor;
            (void)read_bytes(&tensor, &changed);
            neuron_tensor_unref(tensor);
        }
    }
}
END_TEST

/* The directory's entry of y_train.npy. */
static uint8_t *entry_of(archive *from)
{
    for (size_t at = 0; at + 57 < from->size; at++)
        if (memcmp(from->bytes + at, "PK\1\2", 4) == 0 &&
            memcmp(from->bytes + at + 46, "y_train.npy", 11) == 0)
            return from->bytes + at;
    ck_abort_msg("no entry");
    return NULL;
}

START_TEST(refuses_claims_that_cannot_be_true)
{
    archive whole = read_archive("deflated.npz"), changed = whole;
    memcpy(entry_of(&changed) + 24, "\xfe\xff\xff\xff", 4);
    assert_refused(&changed, NEURON_E_FORMAT, "4294967294 bytes are more than");
    changed = whole;
    memcpy(entry_of(&changed) + 24, "\xff\xff\xff\xff", 4);
    assert_refused(&changed, NEURON_E_FORMAT, "4294967295 bytes are more than");
    changed = whole;
    memcpy(entry_of(&changed) + 20, "\xfe\xff\xff\xff", 4);
    assert_refused(&changed, NEURON_E_FORMAT, "a member of 4294967294 packed bytes at byte");
    changed = whole;
    memcpy(entry_of(&changed) + 42, "\xfe\xff\xff\xff", 4);
    assert_refused(&changed, NEURON_E_FORMAT, "there is no member of the archive at byte");
    changed = whole;
    entry_of(&changed)[24]++;
    assert_refused(&changed, NEURON_E_FORMAT, "from byte 128 on there are 33 of the unpacked data");
    changed = whole;
    entry_of(&changed)[24]--;
    assert_refused(&changed, NEURON_E_FORMAT, "from byte 128 on there are 31 of the unpacked data");
    changed = whole;
    entry_of(&changed)[16] ^= 1;
    assert_refused(&changed, NEURON_E_FORMAT, "y_train.npy: is damaged: its checksum is");
    changed = whole;
    entry_of(&changed)[8] |= 1;
    assert_refused(&changed, NEURON_E_UNSUPPORTED, "y_train.npy: is encrypted");
    changed = whole;
    entry_of(&changed)[0] = 0;
    assert_refused(&changed, NEURON_E_FORMAT, "the archive's directory is damaged at byte");
    changed = read_archive("stored.npz");
    entry_of(&changed)[24]++;
    assert_refused(&changed, NEURON_E_FORMAT, "y_train.npy: is stored, but has 132 bytes packed");
    changed = whole;
    memset(changed.bytes + changed.size - 12, 0xff, 2);
    memset(changed.bytes + changed.size - 14, 0xff, 2);
    assert_refused(&changed, NEURON_E_FORMAT,
                   "the archive's directory has 3 members, its end record 65535");
    changed = whole;
    changed.bytes[changed.size - 18] = 1;
    assert_refused(&changed, NEURON_E_UNSUPPORTED, "a ZIP archive of several parts");
    changed = whole;
    changed.bytes[changed.size - 3] = 0x7f;
    assert_refused(&changed, NEURON_E_FORMAT, "goes beyond its end record at byte");
}
END_TEST

/* A directory alone, of one member whose name is so long. */
static archive named_archive(size_t name_size)
{
    archive made = {46 + name_size + 22, {'P', 'K', 1, 2, [28] = (uint8_t)name_size}};
    uint8_t *end = made.bytes + 46 + name_size;
    memset(made.bytes + 46, 'n', name_size);
    memcpy(end, "PK\5\6", 4);
    end[8] = end[10] = 1;
    end[12] = (uint8_t)(46 + name_size);
    return made;
}

/* Names are shown as far as there is room for whole ones. */
START_TEST(shows_what_there_is)
{
    for (size_t size = 90; size < 110; size++) {
        const archive made = named_archive(size);
        char name[110] = "";
        memset(name, 'n', size);
        assert_refused(&made, NEURON_E_DATA, "the archive has no \"y_train.npy\"; it has");
        ck_assert((strstr(neuron_error_last(), name) != NULL) == (size < 100));
    }
}
END_TEST

static uint8_t *find(archive *from, const char *sign)
{
    for (size_t at = 0; at + 4 < from->size; at++)
        if (memcmp(from->bytes + at, sign, 4) == 0)
            return from->bytes + at;
    ck_abort_msg("no such record");
    return NULL;
}

START_TEST(refuses_wrong_numbers_of_zip64)
{
    archive whole = read_archive("zip64.npz"), changed = whole;
    memcpy(find(&changed, "PK\6\6") + 40, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    assert_refused(&changed, NEURON_E_FORMAT, "directory of 18446744073709551615 bytes at byte");
    changed = whole;
    memcpy(find(&changed, "PK\6\6") + 48, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    assert_refused(&changed, NEURON_E_FORMAT, "at byte 18446744073709551615 goes beyond");
    changed = whole;
    find(&changed, "PK\6\6")[32]++;
    assert_refused(&changed, NEURON_E_FORMAT, "has 2 members, its end record 3");
    changed = whole;
    find(&changed, "PK\6\6")[0] = 'x';
    assert_refused(&changed, NEURON_E_FORMAT, "the archive lacks the record of ZIP64 at byte");
    uint8_t *extra = entry_of(&whole) + 46 + strlen("y_train.npy");
    size_t at = (size_t)(extra - whole.bytes);
    changed = whole;
    changed.bytes[at + 2] -= 8; /* its size: the last number is outside */
    assert_refused(&changed, NEURON_E_FORMAT, "the archive's directory is damaged at byte");
    changed = whole;
    memset(changed.bytes + at + 4, 0xff, 8);
    assert_refused(&changed, NEURON_E_FORMAT, "18446744073709551615 bytes are more than");
    changed = whole;
    memset(changed.bytes + at + 12, 0xff, 8);
    assert_refused(&changed, NEURON_E_FORMAT, "a member of 18446744073709551615 packed bytes");
    changed = whole;
    memset(changed.bytes + at + 20, 0xff, 8);
    assert_refused(&changed, NEURON_E_FORMAT, "there is no member of the archive at byte 1844674");
}
END_TEST

START_TEST(loads_a_pair_of_files)
{
    char examples[4096], labels[4096];
    neuron_tensor_t *tensor;
    neuron_dataset_t *dataset;
    snprintf(examples, sizeof examples, "%s", test_file("x.npy"));
    snprintf(labels, sizeof labels, "%s", test_file("y.npy"));
    static const char *const names[] = {"x_train", "y_train"};
    for (int i = 0; i < 2; i++) {
        assert_ok(neuron_tensor_load_npz(&tensor, context, fixture("stored.npz"), names[i]));
        assert_ok(neuron_tensor_save_npy(tensor, i ? labels : examples));
        neuron_tensor_unref(tensor);
    }
    assert_ok(neuron_dataset_load_npy(&dataset, context, examples, labels, 3));
    ck_assert_int_eq(neuron_dataset_count(dataset), 4);
    neuron_dataset_unref(dataset);
    assert_status(neuron_dataset_load_npy(&dataset, context, examples, labels, 2), NEURON_E_DATA);
    assert_message("y.npy: label 2 of example 2 is not 0 to 1");
    char other[4096];
    snprintf(other, sizeof other, "%s", test_file("other.npy"));
    assert_status(neuron_dataset_load_npy(&dataset, context, labels, examples, 2), NEURON_E_SHAPE);
    assert_message("y.npy: examples are 4, not [n, ...shape of one]");
    const int64_t empty[] = {4, 0}, many[] = {4, 2};
    for (int i = 0; i < 2; i++) {
        int32_t type = i ? NEURON_TYPE_I64 : NEURON_TYPE_U8;
        assert_ok(neuron_tensor_create(&tensor, context, type, i ? many : empty, 2));
        assert_ok(neuron_tensor_save_npy(tensor, other));
        neuron_tensor_unref(tensor);
        assert_status(neuron_dataset_load_npy(&dataset, context, other, labels, 3),
                      i ? NEURON_E_TYPE : NEURON_E_ARGUMENT);
        assert_message(i ? "other.npy: examples are i64, not u8 or f32" : "other.npy: ");
    }
    assert_status(neuron_dataset_load_npy(&dataset, context, examples, other, 3), NEURON_E_SHAPE);
    assert_message(
        "other.npy: labels are i8 4x2; as class numbers (i1 to i8, u1 to u8, b1) they must be "
        "[n] or [n, 1]");
    ck_assert_ptr_null(dataset);
}
END_TEST

/* Labels 0, 1 and two arrays of examples, 0 and 1 each: a bool array, and the same as bytes. */
START_TEST(truth_values_are_0_and_1)
{
    static const char header[] =
        "\x93NUMPY\x01\x00\x39\x00{'descr': '|b1', 'fortran_order': False, "
        "'shape': (2, 3)}\0\1\1\1\0\0";
    char examples[4096], labels[4096], copy[sizeof header];
    neuron_dataset_t *dataset;
    neuron_tensor_t *tensor;
    float values[6];
    const uint8_t classes[] = {0, 1};
    int64_t count = 2;
    snprintf(examples, sizeof examples, "%s", test_file("b1.npy"));
    snprintf(labels, sizeof labels, "%s", test_file("classes.npy"));
    assert_ok(neuron_tensor_copy(&tensor, context, NEURON_TYPE_U8, &count, 1,
                                 (void *)(uintptr_t)classes));
    assert_ok(neuron_tensor_save_npy(tensor, labels));
    neuron_tensor_unref(tensor);
    memcpy(copy, header, sizeof copy);
    for (int bytes = 0; bytes < 2; bytes++) {
        copy[22] = bytes ? 'u' : 'b';
        test_write_file(examples, copy, sizeof copy - 1);
        assert_ok(neuron_dataset_load_npy(&dataset, context, examples, labels, 2));
        assert_ok(neuron_dataset_read(values, NULL, dataset, 0, 2));
        ck_assert(values[0] == 0 && values[1] == (bytes ? (float)(1.0f / 255) : 1) &&
                  values[5] == 0);
        neuron_dataset_unref(dataset);
    }
}
END_TEST

/* Saves an array of zeros as labels and loads it beside two examples. */
static int load_labels(const char *type, const char *shape, size_t size, int64_t class_count)
{
    static char path[4096], examples[4096];
    char bytes[512] = "\x93NUMPY\x01";
    if (!path[0]) {
        snprintf(path, sizeof path, "%s", test_file("some-labels.npy"));
        snprintf(examples, sizeof examples, "%s", test_file("two.npy"));
    }
    static const char two[] = "\x93NUMPY\x01\x00\x39\x00{'descr': '|u1', 'fortran_order': False, "
                              "'shape': (2, 3)}\0\1\1\1\0\0";
    test_write_file(examples, two, sizeof two - 1);
    int text = snprintf(bytes + 10, sizeof bytes - 10,
                        "{'descr': '%s', 'fortran_order': False, 'shape': %s}", type, shape);
    bytes[8] = (char)text;
    memset(bytes + 10 + text, 0, size);
    test_write_file(path, bytes, 10 + (size_t)text + size);
    neuron_dataset_t *dataset;
    int status = neuron_dataset_load_npy(&dataset, context, examples, path, class_count);
    neuron_dataset_unref(dataset);
    return status;
}

/* What is taken, and of the rest what it is and what would be. */
START_TEST(labels_of_other_types_are_explained)
{
    static const char *const classes[] = {"|u1", "|b1", "<i4", "<i8", ">i8", "<u2"};
    static const size_t sizes[] = {1, 1, 4, 8, 8, 2};
    for (int i = 0; i < 6; i++) {
        char message[128];
        assert_ok(load_labels(classes[i], "(2,)", 2 * sizes[i], 3));
        assert_ok(load_labels(classes[i], "(2, 1)", 2 * sizes[i], 3));
        assert_status(load_labels(classes[i], "(2, 3)", 6 * sizes[i], 3), NEURON_E_SHAPE);
        snprintf(message, sizeof message, "some-labels.npy: labels are %s 2x3; as class numbers",
                 classes[i] + 1);
        assert_message(message);
        assert_message("they must be [n] or [n, 1]: of one-hot rows save argmax(1), or "
                       "astype('float32') as targets [n, 3]");
    }
    assert_status(load_labels("<f8", "(2,)", 16, 3), NEURON_E_SHAPE);
    assert_message("some-labels.npy: labels are f8 2; of this type they are targets, [n, 3]; class "
                   "numbers must be i1 to i8, u1 to u8 or b1: save astype('int32')");
    assert_status(load_labels("<f8", "(2, 1)", 16, 2), NEURON_E_SHAPE);
    assert_message("labels are f8 2x1; of this type they are targets, [n, 2]");
    assert_status(load_labels("<f2", "(2,)", 4, 10), NEURON_E_SHAPE);
    assert_message("labels are f2 2; of this type they are targets, [n, 10]");
    assert_status(load_labels("<f4", "(2, 1, 3)", 24, 3), NEURON_E_SHAPE);
    assert_message("labels are f4 2x1x3;");
    assert_status(load_labels("<f4", "(2, 2)", 16, 3), NEURON_E_SHAPE);
    assert_message("targets are 2x2, but there are 3 classes");
}
END_TEST

/* Twice packed, a small file could claim anything. */
START_TEST(refuses_a_packed_archive)
{
    neuron_content content = neuron_content_of_memory(context, "\x1f\x8b\x08", 3, "a.npz.gz");
    neuron_store store;
    neuron_npy_array array;
    assert_ok(neuron_store_open(&store, &content));
    assert_status(neuron_npz_read_array(&array, &store, "x"), NEURON_E_UNSUPPORTED);
    assert_message("a.npz.gz: is packed twice");
    static const char *const others[] = {"\x1f-", "-\x8b", "\x1f"};
    for (int i = 0; i < 3; i++) {
        content = neuron_content_of_memory(context, others[i], strlen(others[i]), "a.npz");
        assert_ok(neuron_store_open(&store, &content));
        assert_status(neuron_npz_read_array(&array, &store, "x"), NEURON_E_FORMAT);
        assert_message("a.npz: not a ZIP archive");
    }
}
END_TEST

START_TEST(refuses_null)
{
    neuron_tensor_t *tensor;
    neuron_dataset_t *dataset;
#define REFUSED(call) assert_status((call), NEURON_E_ARGUMENT)
    REFUSED(neuron_tensor_load_npz(NULL, context, "a", "x"));
    REFUSED(neuron_tensor_load_npz(&tensor, NULL, "a", "x"));
    REFUSED(neuron_tensor_load_npz(&tensor, context, NULL, "x"));
    REFUSED(neuron_tensor_load_npz(&tensor, context, "a", NULL));
    REFUSED(neuron_dataset_load_npz(NULL, context, "a", "x", "y", 10));
    REFUSED(neuron_dataset_load_npz(&dataset, NULL, "a", "x", "y", 10));
    REFUSED(neuron_dataset_load_npz(&dataset, context, NULL, "x", "y", 10));
    REFUSED(neuron_dataset_load_npz(&dataset, context, "a", NULL, "y", 10));
    REFUSED(neuron_dataset_load_npz(&dataset, context, "a", "x", NULL, 10));
    REFUSED(neuron_dataset_load_npz(&dataset, context, "a", "x", "y", -1));
    assert_message("neuron_dataset_load_npz: class_count is -1; it must be 0 to 65,536");
    REFUSED(neuron_dataset_load_npz(&dataset, context, "a", "x", "y", 65537));
    assert_message("neuron_dataset_load_npz: class_count is 65,537; it must be 0 to 65,536");
    REFUSED(neuron_dataset_load_npy(NULL, context, "x", "y", 10));
    REFUSED(neuron_dataset_load_npy(&dataset, NULL, "x", "y", 10));
    REFUSED(neuron_dataset_load_npy(&dataset, context, NULL, "y", 10));
    REFUSED(neuron_dataset_load_npy(&dataset, context, "x", NULL, 10));
    REFUSED(neuron_dataset_load_npy(&dataset, context, "x", "y", -1));
    assert_message("neuron_dataset_load_npy: class_count is -1; it must be 0 to 65,536");
    REFUSED(neuron_dataset_load_npy(&dataset, context, "x", "y", 65537));
    assert_message("neuron_dataset_load_npy: class_count is 65,537; it must be 0 to 65,536");
#undef REFUSED
    assert_status(neuron_tensor_load_npz(&tensor, context, "/nowhere.npz", "x"), NEURON_E_IO);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("npz");
    TCase *tests = tcase_create("npz");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, reads_what_numpy_writes);
    tcase_add_test(tests, reads_other_archives);
    tcase_add_test(tests, says_what_is_wrong);
    tcase_add_test(tests, refuses_an_archive_cut_anywhere);
    tcase_add_test(tests, survives_any_changed_byte);
    tcase_add_test(tests, refuses_claims_that_cannot_be_true);
    tcase_add_test(tests, shows_what_there_is);
    tcase_add_test(tests, refuses_wrong_numbers_of_zip64);
    tcase_add_test(tests, loads_a_pair_of_files);
    tcase_add_test(tests, truth_values_are_0_and_1);
    tcase_add_test(tests, labels_of_other_types_are_explained);
    tcase_add_test(tests, refuses_a_packed_archive);
    tcase_add_test(tests, refuses_null);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
