/* HDF5 files that the library itself writes, in each way that it has, are read as they are or
 * refused by name; damaged ones are refused, too. */
#include "keras/files/hdf5.h"
#include "test-common.h"

#include <hdf5.h>
#include <stdio.h>

/* ---- Writing by the library ---- */

static hid_t open_file(bool latest)
{
    hid_t list = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(list, 1 << 16, 0);
    if (latest)
        H5Pset_libver_bounds(list, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
    hid_t file = H5Fcreate("test", H5F_ACC_TRUNC, H5P_DEFAULT, list);
    ck_assert_int_ge(file, 0);
    H5Pclose(list);
    return file;
}

/* Ends a file; the test frees its bytes. */
static uint8_t *close_file(hid_t file, size_t *size)
{
    H5Fflush(file, H5F_SCOPE_GLOBAL);
    ssize_t needed = H5Fget_file_image(file, NULL, 0);
    ck_assert_int_gt(needed, 0);
    *size = (size_t)needed;
    uint8_t *bytes = malloc(*size);
    ck_assert_int_eq(H5Fget_file_image(file, bytes, *size), needed);
    H5Fclose(file);
    return bytes;
}

enum { ROWS = 11, COLUMNS = 7, CHANNELS = 5, COUNT = ROWS * COLUMNS * CHANNELS };

static float value_of(int i)
{
    return (float)(i % 61 - 30);
}

static void add_array(hid_t file, const char *name, hid_t type, hid_t list)
{
    float values[COUNT];
    for (int i = 0; i < COUNT; i++)
        values[i] = value_of(i);
    hid_t space = H5Screate_simple(3, (const hsize_t[]){ROWS, COLUMNS, CHANNELS}, NULL);
    hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    ck_assert_int_ge(set, 0);
    ck_assert_int_ge(H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), 0);
    H5Dclose(set);
    H5Sclose(space);
}

static void add_text(hid_t file, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, strlen(text));
    hid_t attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert_int_ge(attribute, 0);
    H5Awrite(attribute, type, text);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
}

/* ---- Reading ---- */

static int open_bytes(neuron_h5 *h5, neuron_context_t *context, const uint8_t *bytes, size_t size)
{
    return neuron_h5_open(h5, context, "test", bytes, size);
}

static void check_array(const neuron_h5 *h5, const char *name)
{
    neuron_shape shape;
    uint64_t stored;
    float values[COUNT];
    assert_ok(neuron_h5_shape(&shape, &stored, h5, name));
    ck_assert_int_eq(shape.rank, 3);
    ck_assert_int_eq(shape.extent[0], ROWS);
    ck_assert_int_eq(shape.extent[2], CHANNELS);
    ck_assert_uint_le(stored, h5->size);
    assert_ok(neuron_h5_read(values, h5, name));
    for (int i = 0; i < COUNT; i++)
        ck_assert_float_eq(values[i], value_of(i));
}

/* ---- Types ---- */

/* 1 bit of sign, 5 of exponent, 10 of mantissa. */
static hid_t half_type(void)
{
    hid_t type = H5Tcopy(H5T_IEEE_F32LE);
    ck_assert_int_ge(H5Tset_fields(type, 15, 10, 5, 0, 10), 0);
    ck_assert_int_ge(H5Tset_size(type, 2), 0);
    ck_assert_int_ge(H5Tset_ebias(type, 15), 0);
    return type;
}

START_TEST(numbers_of_each_type)
{
    const hid_t half = half_type();
    const hid_t types[] = {H5T_IEEE_F32LE, H5T_IEEE_F32BE, H5T_IEEE_F64LE,
                           H5T_IEEE_F64BE, H5T_STD_I8LE,   H5T_STD_I16BE,
                           H5T_STD_I32LE,  H5T_STD_I64LE,  half};
    neuron_context_t *context = test_context();
    for (int latest = 0; latest < 2; latest++)
        for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
            size_t size;
            neuron_h5 h5;
            hid_t file = open_file(latest);
            add_array(file, "a", types[i], H5P_DEFAULT);
            uint8_t *bytes = close_file(file, &size);
            assert_ok(open_bytes(&h5, context, bytes, size));
            check_array(&h5, "/a");
            free(bytes);
        }
    H5Tclose(half);
    neuron_context_unref(context);
}
END_TEST

/* The highest bit is a number, not a sign. */
START_TEST(numbers_without_a_sign)
{
    static const float given[] = {0, 127, 128, 255};
    neuron_context_t *context = test_context();
    neuron_h5 h5;
    size_t size;
    float values[4];
    hid_t file = open_file(_i), space = H5Screate_simple(1, (const hsize_t[]){4}, NULL);
    hid_t set = H5Dcreate2(file, "a", H5T_STD_U8LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, given);
    H5Dclose(set);
    H5Sclose(space);
    uint8_t *bytes = close_file(file, &size);
    assert_ok(open_bytes(&h5, context, bytes, size));
    assert_ok(neuron_h5_read(values, &h5, "a"));
    ck_assert_mem_eq(values, given, sizeof given);
    free(bytes);
    neuron_context_unref(context);
}
END_TEST

/* ---- Layouts ---- */

typedef struct layout {
    bool compact, shuffles, sums;
    bool early; /* pieces get their places before they are written, so that no index is needed */
    int level;  /* of gzip */
    hsize_t chunk[3];
} layout;

static const layout layouts[] = {
    {.compact = true},
    {.chunk = {4, 3, 2}}, /* pieces go on beyond the ends */
    {.chunk = {4, 3, 2}, .early = true},
    {.chunk = {11, 7, 5}},             /* a single one */
    {.chunk = {1, 7, 5}, .level = 6},  /* whole rows */
    {.chunk = {11, 7, 5}, .level = 9}, /* a single one, packed */
    {.chunk = {4, 7, 5}, .level = 1, .shuffles = true},
    {.chunk = {2, 2, 2}, .level = 4, .shuffles = true, .sums = true},
    {.chunk = {3, 3, 3}, .sums = true},
    {.chunk = {1, 1, 1}}, /* more than one node of the tree has room for */
};

static hid_t list_of(const layout *of)
{
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    if (of->compact)
        H5Pset_layout(list, H5D_COMPACT);
    else
        H5Pset_chunk(list, 3, of->chunk);
    if (of->early)
        H5Pset_alloc_time(list, H5D_ALLOC_TIME_EARLY);
    if (of->shuffles)
        H5Pset_shuffle(list);
    if (of->level)
        H5Pset_deflate(list, (unsigned)of->level);
    if (of->sums)
        H5Pset_fletcher32(list);
    return list;
}

START_TEST(arrays_in_each_layout)
{
    neuron_context_t *context = test_context();
    for (int latest = 0; latest < 2; latest++) {
        size_t size;
        neuron_h5 h5;
        hid_t file = open_file(latest), list = list_of(&layouts[_i]);
        add_array(file, "a", H5T_IEEE_F32LE, list);
        H5Pclose(list);
        uint8_t *bytes = close_file(file, &size);
        assert_ok(open_bytes(&h5, context, bytes, size));
        check_array(&h5, "a");
        /* Each byte that is wrong, and each end: read, or refused, but nothing beyond. */
        for (size_t i = 0; i < size; i += 1 + size / 2000) {
            neuron_shape shape;
            uint64_t stored;
            float values[COUNT];
            uint8_t before = bytes[i];
            bytes[i] ^= (uint8_t)(1 + i % 255);
            if (open_bytes(&h5, context, bytes, size) == NEURON_OK &&
                neuron_h5_shape(&shape, &stored, &h5, "a") == NEURON_OK &&
                neuron_shape_count(&shape) <= COUNT)
                (void)neuron_h5_read(values, &h5, "a");
            bytes[i] = before;
        }
        free(bytes);
    }
    neuron_context_unref(context);
}
END_TEST

/* HDF5 2.0 calls the layout of a single packed piece version 5, and writes it as before. */
START_TEST(layouts_of_the_newest_version)
{
    const layout packed = {.chunk = {ROWS, COLUMNS, CHANNELS}, .level = 9};
    neuron_context_t *context = test_context();
    neuron_h5 h5;
    size_t size, found = 0;
    hid_t file = open_file(true), list = list_of(&packed);
    add_array(file, "a", H5T_IEEE_F32LE, list);
    H5Pclose(list);
    uint8_t *bytes = close_file(file, &size);
    for (size_t i = 0; i + 4 < size; i++)
        if (memcmp(bytes + i, "\4\2\2\4\1", 5) == 0) { /* version, pieces, packed, axes, width */
            bytes[i] = 5;
            found++;
        }
    ck_assert_uint_eq(found, 1);
    assert_ok(open_bytes(&h5, context, bytes, size));
    check_array(&h5, "a");
    free(bytes);
    neuron_context_unref(context);
}
END_TEST

/* What is refused, and what the message says. */
static void check_refusal(const uint8_t *bytes, size_t size, int status, const char *message)
{
    neuron_context_t *context = test_context();
    neuron_h5 h5;
    neuron_shape shape;
    uint64_t stored;
    assert_ok(open_bytes(&h5, context, bytes, size));
    int found = neuron_h5_shape(&shape, &stored, &h5, "a");
    assert_that(found == status && strstr(neuron_error_last(), message) != NULL, "%d: %s", found,
                neuron_error_last());
    neuron_context_unref(context);
}

START_TEST(what_is_not_known_is_told_by_name)
{
    size_t size;
    /* An array that may grow. */
    hid_t file = open_file(true), list = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(list, 1, (const hsize_t[]){4});
    hid_t space = H5Screate_simple(1, (const hsize_t[]){9}, (const hsize_t[]){H5S_UNLIMITED});
    hid_t set = H5Dcreate2(file, "a", H5T_IEEE_F32LE, space, H5P_DEFAULT, list, H5P_DEFAULT);
    H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT,
             (const float[]){1, 2, 3, 4, 5, 6, 7, 8, 9});
    H5Dclose(set);
    uint8_t *bytes = close_file(file, &size);
    check_refusal(bytes, size, NEURON_E_UNSUPPORTED, "an index of kind 4");
    free(bytes);
    /* One that is packed in another way. */
    file = open_file(false);
    hid_t type = H5Tcopy(H5T_STD_I32LE);
    H5Pset_scaleoffset(list, H5Z_SO_INT, 0);
    set = H5Dcreate2(file, "a", H5T_STD_I32LE, space, H5P_DEFAULT, list, H5P_DEFAULT);
    ck_assert_int_ge(set, 0);
    H5Dwrite(set, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT,
             (const int[]){1, 2, 3, 4, 5, 6, 7, 8, 9});
    H5Dclose(set);
    bytes = close_file(file, &size);
    check_refusal(bytes, size, NEURON_E_UNSUPPORTED, "packed by filter 6");
    free(bytes);
    /* One of which nothing was written. */
    file = open_file(false);
    H5Premove_filter(list, H5Z_FILTER_ALL);
    H5Dclose(H5Dcreate2(file, "a", H5T_IEEE_F32LE, space, H5P_DEFAULT, list, H5P_DEFAULT));
    bytes = close_file(file, &size);
    check_refusal(bytes, size, NEURON_E_FORMAT, "damaged");
    free(bytes);
    /* Texts are no numbers. */
    file = open_file(false);
    H5Tclose(type);
    type = H5Tcopy(H5T_C_S1);
    H5Dclose(H5Dcreate2(file, "a", type, space, H5P_DEFAULT, list, H5P_DEFAULT));
    bytes = close_file(file, &size);
    check_refusal(bytes, size, NEURON_E_UNSUPPORTED, "no array of numbers");
    free(bytes);
    H5Tclose(type);
    H5Sclose(space);
    H5Pclose(list);
}
END_TEST

/* ---- Pieces ---- */

/* A set for numbers in pieces of which none is written yet. */
static hid_t pieces_of(hid_t file, const layout *of)
{
    hid_t list = list_of(of);
    H5Pset_fill_time(list, H5D_FILL_TIME_NEVER);
    hid_t space = H5Screate_simple(3, (const hsize_t[]){ROWS, COLUMNS, CHANNELS}, NULL);
    hid_t set = H5Dcreate2(file, "a", H5T_IEEE_F32LE, space, H5P_DEFAULT, list, H5P_DEFAULT);
    ck_assert_int_ge(set, 0);
    H5Sclose(space);
    H5Pclose(list);
    return set;
}

/* What reading says of an array. */
static int read_bytes(const uint8_t *bytes, size_t size)
{
    neuron_context_t *context = test_context();
    neuron_h5 h5;
    float values[COUNT];
    assert_ok(open_bytes(&h5, context, bytes, size));
    int status = neuron_h5_read(values, &h5, "a");
    neuron_context_unref(context);
    return status;
}

/* Any byte of a piece, or of the sum behind it, that is not what it was. */
START_TEST(sums_are_checked)
{
    enum { STORED = COUNT * sizeof(float) + 4 };
    static const layout of = {.chunk = {ROWS, COLUMNS, CHANNELS}, .sums = true};
    size_t size, place = 0;
    float values[COUNT];
    hid_t file = open_file(_i), list = list_of(&of);
    add_array(file, "a", H5T_IEEE_F32LE, list);
    H5Pclose(list);
    uint8_t *bytes = close_file(file, &size);
    assert_ok(read_bytes(bytes, size));
    for (int i = 0; i < COUNT; i++)
        values[i] = value_of(i);
    while (memcmp(bytes + place, values, sizeof values) != 0)
        ck_assert_uint_le(++place + STORED, size);
    for (size_t i = 0; i < STORED; i++) {
        bytes[place + i] ^= 0x10;
        int status = read_bytes(bytes, size);
        assert_that(status == NEURON_E_FORMAT, "byte %zu: %d", i, status);
        bytes[place + i] ^= 0x10;
    }
    free(bytes);
}
END_TEST

/* A piece that a filter left as it was says so by a bit. */
START_TEST(pieces_that_are_not_packed)
{
    static const layout of = {.chunk = {ROWS, COLUMNS, CHANNELS}, .level = 6, .shuffles = true};
    float values[COUNT];
    size_t size;
    neuron_h5 h5;
    neuron_context_t *context = test_context();
    for (int i = 0; i < COUNT; i++)
        values[i] = value_of(i);
    hid_t file = open_file(_i), set = pieces_of(file, &of);
    enum { BOTH = 3 };
    ck_assert_int_ge(
        H5Dwrite_chunk(set, H5P_DEFAULT, BOTH, (const hsize_t[3]){0}, sizeof values, values), 0);
    H5Dclose(set);
    uint8_t *bytes = close_file(file, &size);
    assert_ok(open_bytes(&h5, context, bytes, size));
    check_array(&h5, "a");
    free(bytes);
    neuron_context_unref(context);
}
END_TEST

/* All pieces but one, which is the first, one in the middle or the last. */
START_TEST(pieces_that_are_missing)
{
    static const layout layouts_of_pieces[] = {{.chunk = {ROWS, COLUMNS, 1}},
                                               {.chunk = {ROWS, COLUMNS, 1}, .level = 6}};
    static float values[ROWS * COLUMNS];
    for (int latest = 0; latest < 2; latest++)
        for (hsize_t missing = 0; missing <= CHANNELS; missing++) {
            size_t size;
            hid_t file = open_file(latest), set = pieces_of(file, &layouts_of_pieces[_i]);
            hid_t all = H5Dget_space(set);
            hid_t piece = H5Screate_simple(1, (const hsize_t[]){ROWS * COLUMNS}, NULL);
            for (hsize_t i = 0; i < CHANNELS; i++) {
                if (i == missing)
                    continue;
                H5Sselect_hyperslab(all, H5S_SELECT_SET, (const hsize_t[]){0, 0, i}, NULL,
                                    (const hsize_t[]){ROWS, COLUMNS, 1}, NULL);
                ck_assert_int_ge(H5Dwrite(set, H5T_NATIVE_FLOAT, piece, all, H5P_DEFAULT, values),
                                 0);
            }
            H5Sclose(piece);
            H5Sclose(all);
            H5Dclose(set);
            uint8_t *bytes = close_file(file, &size);
            int status = read_bytes(bytes, size);
            assert_that(status == (missing < CHANNELS ? NEURON_E_FORMAT : NEURON_OK),
                        "piece %d is missing: %d", (int)missing, status);
            free(bytes);
        }
}
END_TEST

/* A tree that names the first of two pieces twice. */
START_TEST(pieces_that_come_twice)
{
    enum { PIECE = 3, KEY = 40 };
    static const layout of = {.chunk = {ROWS, COLUMNS, PIECE}};
    size_t size, found = 0;
    hid_t file = open_file(false), list = list_of(&of);
    add_array(file, "a", H5T_IEEE_F32LE, list);
    H5Pclose(list);
    uint8_t *bytes = close_file(file, &size), key[KEY] = {0};
    uint32_t stored = ROWS * COLUMNS * PIECE * sizeof(float);
    key[0] = (uint8_t)stored;
    key[1] = (uint8_t)(stored >> 8);
    key[8 + 2 * 8] = PIECE; /* where the second one begins along the channels */
    assert_ok(read_bytes(bytes, size));
    for (size_t i = 0; i + KEY <= size; i++)
        if (memcmp(bytes + i, key, KEY) == 0) {
            bytes[i + 8 + 2 * 8] = 0;
            found++;
        }
    ck_assert_uint_eq(found, 1);
    ck_assert_int_eq(read_bytes(bytes, size), NEURON_E_FORMAT);
    free(bytes);
}
END_TEST

/* A tree that has itself below is not gone into, however much the size of the file would allow. */
START_TEST(trees_of_pieces_that_lead_back)
{
    enum { CHILD = 24 + 8 + 4 * 8 };
    static const layout of = {.chunk = {1, 1, 1}};
    size_t large = (size_t)1 << 27, size, root = 0;
    hid_t file = open_file(false), list = list_of(&of);
    add_array(file, "a", H5T_IEEE_F32LE, list);
    H5Pclose(list);
    uint8_t *bytes = close_file(file, &size), *more = calloc(large, 1);
    memcpy(more, bytes, size);
    free(bytes);
    assert_ok(read_bytes(more, large));
    for (size_t i = 0; i + CHILD + 8 <= size; i++)
        if (memcmp(more + i, "TREE\1\1", 6) == 0)
            root = i;
    ck_assert_uint_ne(root, 0);
    for (int i = 0; i < 8; i++)
        more[root + CHILD + (size_t)i] = (uint8_t)((uint64_t)root >> 8 * i);
    ck_assert_int_eq(read_bytes(more, large), NEURON_E_FORMAT);
    free(more);
}
END_TEST

/* So few bytes cannot be what zlib made of so many: no memory is taken for them. */
START_TEST(pieces_of_too_few_bytes)
{
    static const uint8_t few[8] = {0x78, 0x9c};
    size_t size;
    hid_t file = open_file(_i), list = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(list, 1, (const hsize_t[]){4096});
    H5Pset_deflate(list, 6);
    hid_t space = H5Screate_simple(1, (const hsize_t[]){4096}, NULL);
    hid_t set = H5Dcreate2(file, "a", H5T_IEEE_F32LE, space, H5P_DEFAULT, list, H5P_DEFAULT);
    ck_assert_int_ge(H5Dwrite_chunk(set, H5P_DEFAULT, 0, (const hsize_t[]){0}, sizeof few, few), 0);
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(list);
    uint8_t *bytes = close_file(file, &size);
    check_refusal(bytes, size, NEURON_E_FORMAT, "damaged");
    free(bytes);
}
END_TEST

/* ---- Groups and attributes ---- */

static int count_name(void *data, const char *name)
{
    int *count = data;
    ck_assert_int_eq(name[0], 'g');
    ++*count;
    return NEURON_OK;
}

/* So many that they fill several blocks of a heap, and nodes of a tree. */
START_TEST(groups_with_many_members)
{
    static const int counts[] = {1, 8, 9, 40, 3000};
    neuron_context_t *context = test_context();
    for (int latest = 0; latest < 2; latest++) {
        size_t size;
        int found = 0;
        neuron_h5 h5;
        char path[80], text[80], **texts;
        size_t text_count;
        hid_t file = open_file(latest);
        hid_t outer = H5Gcreate2(file, "outer", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        for (int i = 0; i < counts[_i]; i++) {
            snprintf(path, sizeof path, "g%d_with_a_name_that_is_not_short", i);
            H5Gclose(H5Gcreate2(outer, path, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
            snprintf(text, sizeof text, "text %d", i);
            add_text(outer, path, text);
        }
        H5Gclose(outer);
        uint8_t *bytes = close_file(file, &size);
        assert_ok(open_bytes(&h5, context, bytes, size));
        assert_ok(neuron_h5_each(&h5, "/outer", count_name, &found));
        assert_that(found == counts[_i], "%d of %d, %d", found, counts[_i], latest);
        for (int i = 0; i < counts[_i]; i += 1 + counts[_i] / 50) {
            snprintf(path, sizeof path, "/outer/g%d_with_a_name_that_is_not_short", i);
            ck_assert(neuron_h5_has(&h5, path));
            assert_ok(neuron_h5_texts(&texts, &text_count, &h5, "/outer", path + 7));
            snprintf(text, sizeof text, "text %d", i);
            ck_assert_uint_eq(text_count, 1);
            ck_assert_str_eq(texts[0], text);
            neuron_release(context, texts);
        }
        ck_assert(!neuron_h5_has(&h5, "/outer/other"));
        free(bytes);
    }
    neuron_context_unref(context);
}
END_TEST

/* A list of no texts, and one that has not even a place for them. */
START_TEST(attributes_of_nothing)
{
    neuron_context_t *context = test_context();
    size_t size, count;
    char **texts;
    neuron_h5 h5;
    hid_t file = open_file(_i), type = H5Tcopy(H5T_C_S1);
    hid_t spaces[] = {H5Screate_simple(1, (const hsize_t[]){0}, NULL), H5Screate(H5S_NULL)};
    const char *const names[] = {"empty", "none"};
    for (int i = 0; i < 2; i++) {
        H5Aclose(H5Acreate2(file, names[i], type, spaces[i], H5P_DEFAULT, H5P_DEFAULT));
        H5Sclose(spaces[i]);
    }
    H5Tclose(type);
    uint8_t *bytes = close_file(file, &size);
    assert_ok(open_bytes(&h5, context, bytes, size));
    for (int i = 0; i < 2; i++) {
        assert_ok(neuron_h5_texts(&texts, &count, &h5, "/", names[i]));
        ck_assert_ptr_nonnull(texts);
        ck_assert_uint_eq(count, 0);
        neuron_release(context, texts);
    }
    assert_ok(neuron_h5_texts(&texts, &count, &h5, "/", "other"));
    ck_assert_ptr_null(texts);
    free(bytes);
    neuron_context_unref(context);
}
END_TEST

/* A node of a group's tree that has itself below is not gone into. */
START_TEST(trees_that_lead_back)
{
    enum { MEMBERS = 3000, CHILD = 24 + 8 };
    neuron_context_t *context = test_context();
    size_t size, root = 0;
    int found = 0;
    neuron_h5 h5;
    hid_t file = open_file(false);
    hid_t outer = H5Gcreate2(file, "outer", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    for (int i = 0; i < MEMBERS; i++) {
        char name[16];
        snprintf(name, sizeof name, "g%d", i);
        H5Lcreate_hard(file, "/", outer, name, H5P_DEFAULT, H5P_DEFAULT);
    }
    H5Gclose(outer);
    uint8_t *bytes = close_file(file, &size);
    for (size_t i = 0; i + CHILD + 8 <= size; i++)
        if (memcmp(bytes + i, "TREE\0\2", 6) == 0 ||
            (!root && memcmp(bytes + i, "TREE\0\1", 6) == 0))
            root = i;
    ck_assert_uint_ne(root, 0);
    for (int i = 0; i < 8; i++)
        bytes[root + CHILD + (size_t)i] = (uint8_t)((uint64_t)root >> 8 * i);
    assert_ok(open_bytes(&h5, context, bytes, size));
    assert_ok(neuron_h5_each(&h5, "/outer", count_name, &found));
    assert_that(found > 0 && found < MEMBERS, "%d", found);
    free(bytes);
    neuron_context_unref(context);
}
END_TEST

/* A group of which a link leads back is gone through for no longer than a file can justify. */
START_TEST(groups_that_lead_back)
{
    neuron_context_t *context = test_context();
    size_t size;
    neuron_h5 h5;
    hid_t file = open_file(_i);
    H5Lcreate_hard(file, "/", file, "g", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/g", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external("other.h5", "/", file, "external", H5P_DEFAULT, H5P_DEFAULT);
    uint8_t *bytes = close_file(file, &size);
    assert_ok(open_bytes(&h5, context, bytes, size));
    ck_assert(neuron_h5_has(&h5, "/g/g/g/g"));
    ck_assert(!neuron_h5_has(&h5, "/soft"));
    ck_assert(!neuron_h5_has(&h5, "/external"));
    free(bytes);
    neuron_context_unref(context);
}
END_TEST

/* Links by name are no members, in groups of both kinds. */
START_TEST(links_by_name)
{
    neuron_context_t *context = test_context();
    size_t size;
    int found = 0;
    neuron_h5 h5;
    hid_t file = open_file(_i);
    H5Lcreate_hard(file, "/", file, "g", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/g", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
    uint8_t *bytes = close_file(file, &size);
    assert_ok(open_bytes(&h5, context, bytes, size));
    assert_ok(neuron_h5_each(&h5, "/", count_name, &found));
    ck_assert_int_eq(found, 1);
    free(bytes);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hdf5");
    TCase *tests = tcase_create("files");
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, numbers_of_each_type);
    tcase_add_loop_test(tests, numbers_without_a_sign, 0, 2);
    tcase_add_loop_test(tests, arrays_in_each_layout, 0, sizeof layouts / sizeof layouts[0]);
    tcase_add_test(tests, layouts_of_the_newest_version);
    tcase_add_test(tests, what_is_not_known_is_told_by_name);
    tcase_add_loop_test(tests, sums_are_checked, 0, 2);
    tcase_add_loop_test(tests, pieces_that_are_not_packed, 0, 2);
    tcase_add_loop_test(tests, pieces_that_are_missing, 0, 2);
    tcase_add_test(tests, pieces_that_come_twice);
    tcase_add_test(tests, trees_of_pieces_that_lead_back);
    tcase_add_loop_test(tests, pieces_of_too_few_bytes, 0, 2);
    tcase_add_loop_test(tests, groups_with_many_members, 0, 5);
    tcase_add_loop_test(tests, attributes_of_nothing, 0, 2);
    tcase_add_test(tests, trees_that_lead_back);
    tcase_add_loop_test(tests, groups_that_lead_back, 0, 2);
    tcase_add_loop_test(tests, links_by_name, 0, 2);
    return run_suite(suite);
}
