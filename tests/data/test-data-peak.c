/* How much memory readers take at most: an array is read into its place, plain or packed, and what
 * is behind a small claim is not unpacked. */
#include "test-common.h"

#include "data/formats/idx.h"
#include "data/codec/image.h"
#include "data/formats/npy.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

enum { ARRAY = 4 << 20, BOMB = 16 << 20, SLACK = 160 << 10, SIZE_ROOM = 64 };

typedef struct meter {
    size_t now, peak;
} meter;

static meter used;
static neuron_context_t *context;
static char path[256];

static void *allocate(size_t size, size_t alignment, void *user_data)
{
    meter *count = user_data;
    void *memory;
    ck_assert_uint_le(alignment, SIZE_ROOM);
    if (posix_memalign(&memory, SIZE_ROOM, size + SIZE_ROOM) != 0)
        return NULL;
    *(size_t *)memory = size;
    count->now += size;
    count->peak = count->now > count->peak ? count->now : count->peak;
    return (char *)memory + SIZE_ROOM;
}

static void release(void *memory, void *user_data)
{
    meter *count = user_data;
    if (!memory)
        return;
    char *begin = (char *)memory - SIZE_ROOM;
    count->now -= *(size_t *)(void *)begin;
    free(begin);
}

static void setup(void)
{
    assert_ok(neuron_context_create_with_allocator(&context, allocate, release, &used, NULL, NULL));
    snprintf(path, sizeof path, "%s", test_file("array"));
    used.peak = used.now;
}

static void teardown(void)
{
    neuron_context_unref(context);
    ck_assert_uint_eq(used.now, 0);
}

/* A file of `front` and `size` bytes behind it, which pack well, plain or gzip. */
static void write_file(const void *front, size_t front_size, size_t size, bool packed)
{
    static const char piece[1 << 16];
    gzFile file = gzopen(path, packed ? "wb6" : "wbT");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(gzwrite(file, front, (unsigned)front_size), (int)front_size);
    for (size_t done = 0; done < size;) {
        unsigned part = (unsigned)(size - done < sizeof piece ? size - done : sizeof piece);
        ck_assert_int_eq(gzwrite(file, piece, part), (int)part);
        done += part;
    }
    ck_assert_int_eq(gzclose(file), Z_OK);
}

/* The header of an array of `bytes` bytes. */
static size_t npy_front(char front[128], const char *type, size_t bytes, bool fortran)
{
    int width = type[2] - '0';
    int size = snprintf(front, 128,
                        "\x93NUMPY\x01%c\x76%c{'descr': '%s', 'fortran_order': %s, "
                        "'shape': (%d, %d)}",
                        0, 0, type, fortran ? "True" : "False", 64, (int)bytes / width / 64);
    memset(front + size, ' ', 128 - (size_t)size);
    return 128;
}

#define assert_peak(most)                                                                          \
    assert_that(used.peak < (size_t)(most) + SLACK, "%zu bytes, not %zu", used.peak, (size_t)(most))

START_TEST(an_npy_array_is_read_into_its_place)
{
    static const struct {
        const char *type;
        bool fortran;
        size_t result; /* of ARRAY bytes */
    } kinds[] = {{"|u1", false, ARRAY},     {"<f4", false, ARRAY}, {"<i8", false, ARRAY},
                 {"<f8", false, ARRAY / 2}, {">f4", false, ARRAY}, {"<f4", true, ARRAY},
                 {">f8", true, ARRAY / 2}};
    char front[128];
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        for (int packed = 0; packed < 2; packed++) {
            neuron_tensor_t *tensor;
            size_t size = npy_front(front, kinds[i].type, ARRAY, kinds[i].fortran);
            write_file(front, size, ARRAY, packed);
            used.peak = used.now;
            assert_ok(neuron_tensor_load_npy(&tensor, context, path));
            ck_assert_int_eq(neuron_tensor_extent(tensor, 0), 64);
            assert_peak(kinds[i].result);
            neuron_tensor_unref(tensor);
        }
}
END_TEST

static void put2(uint8_t *to, uint32_t number)
{
    to[0] = (uint8_t)number;
    to[1] = (uint8_t)(number >> 8);
}

static void put4(uint8_t *to, uint32_t number)
{
    put2(to, number);
    put2(to + 2, number >> 16);
}

/* An archive of one member, "x.npy", and its bytes stored or deflated. */
static void write_archive(const uint8_t *bytes, uint32_t size, bool deflated)
{
    uLong bound = compressBound(size);
    uint8_t *file = calloc(bound + 256, 1), *local = file;
    z_stream stream = {.next_in = bytes, .avail_in = size, .next_out = file + 35};
    ck_assert_ptr_nonnull(file);
    stream.avail_out = (uInt)bound;
    ck_assert_int_eq(deflateInit2(&stream, deflated ? 6 : 0, Z_DEFLATED, -15, 8, 0), Z_OK);
    if (deflated)
        ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    else
        memcpy(file + 35, bytes, size);
    uint32_t packed = deflated ? (uint32_t)stream.total_out : size;
    deflateEnd(&stream);
    uint8_t *entry = file + 35 + packed, *end = entry + 51;
    memcpy(local, "PK\3\4", 4);
    put2(local + 26, 5);
    memcpy(local + 30, "x.npy", 5);
    memcpy(entry, "PK\1\2", 4);
    put2(entry + 10, deflated ? 8 : 0);
    put4(entry + 16, (uint32_t)crc32(0, bytes, size));
    put4(entry + 20, packed);
    put4(entry + 24, size);
    put2(entry + 28, 5);
    memcpy(entry + 46, "x.npy", 5);
    memcpy(end, "PK\5\6", 4);
    put2(end + 8, 1);
    put2(end + 10, 1);
    put4(end + 12, 51);
    put4(end + 16, 35 + packed);
    test_write_file(path, file, 35 + packed + 51 + 22);
    free(file);
}

START_TEST(so_is_one_of_an_archive)
{
    static uint8_t bytes[128 + ARRAY];
    npy_front((char *)bytes, "|u1", ARRAY, false);
    for (int deflated = 0; deflated < 2; deflated++) {
        neuron_tensor_t *tensor;
        write_archive(bytes, sizeof bytes, deflated);
        used.peak = used.now;
        assert_ok(neuron_tensor_load_npz(&tensor, context, path, "x"));
        assert_peak(ARRAY);
        neuron_tensor_unref(tensor);
    }
    npy_front((char *)bytes, "|u1", 64, false); /* which claims less than there is */
    for (int deflated = 0; deflated < 2; deflated++) {
        neuron_tensor_t *tensor;
        write_archive(bytes, sizeof bytes, deflated);
        used.peak = used.now;
        assert_status(neuron_tensor_load_npz(&tensor, context, path, "x"), NEURON_E_FORMAT);
        assert_message(
            "x.npy: an array 64x1 of elements of 1 bytes needs 64 bytes, but from byte 128");
        assert_peak(0);
    }
}
END_TEST

static int read_idx(neuron_tensor_t **tensor, int32_t rank, size_t *position)
{
    const neuron_content content = neuron_content_of_file(context, path);
    neuron_source source;
    assert_ok(neuron_source_open(&source, &content));
    int status = neuron_idx_read_tensor(tensor, &source, rank);
    *position = source.position;
    neuron_source_close(&source);
    return status;
}

START_TEST(an_idx_array_is_read_into_its_place)
{
    static const char front[] = "\0\0\x08\x03\0\0\x04\0\0\0\0\x40\0\0\0\x40"; /* 1024x64x64 */
    for (int packed = 0; packed < 2; packed++) {
        neuron_tensor_t *tensor;
        size_t position;
        write_file(front, 16, ARRAY, packed);
        used.peak = used.now;
        assert_ok(read_idx(&tensor, 3, &position));
        assert_peak(ARRAY);
        neuron_tensor_unref(tensor);
    }
}
END_TEST

START_TEST(an_idx_header_limits_what_is_unpacked)
{
    neuron_tensor_t *tensor;
    size_t position;
    write_file("\0\0\x08\x01\0\0\0\x02", 8, BOMB, true);
    assert_status(read_idx(&tensor, 1, &position), NEURON_E_FORMAT);
    assert_message("more data follows the 2 labels, at byte 10 of the unpacked data");
    ck_assert_uint_eq(position, 11);
    assert_peak(0);
}
END_TEST

START_TEST(an_npy_header_limits_what_is_unpacked)
{
    char front[128];
    const neuron_content content = neuron_content_of_file(context, path);
    neuron_source source;
    neuron_npy_array array;
    write_file(front, npy_front(front, "|u1", 64, false), BOMB, true);
    assert_ok(neuron_source_open(&source, &content));
    assert_status(neuron_npy_read_array(&array, &source), NEURON_E_FORMAT);
    assert_message("more data follows the array, at byte 192 of the unpacked data");
    ck_assert_uint_eq(source.position, 193);
    neuron_source_close(&source);
    assert_peak(0);
}
END_TEST

/* Images, and what only looks so: each refused as soon as it can be. */
START_TEST(an_image_limits_what_is_unpacked)
{
    static const struct {
        const char *front, *message;
        int status;
    } files[] = {
        {"P5 3 2 255\n", "more data follows the image, at byte ", NEURON_E_FORMAT},
        {"P6 3 2 65535\n", "more data follows the image, at byte ", NEURON_E_FORMAT},
        {"P4 3 2\n", "more data follows the image, at byte ", NEURON_E_FORMAT},
        {"P2 1 1 255 7", "more data follows the image, at byte 12", NEURON_E_FORMAT},
        {"P5 1 1 255 # a comment", "more data follows the image, at byte ", NEURON_E_FORMAT},
        {"P5 x", "the width is not a number", NEURON_E_FORMAT},
        {"\x89PNG\r\n\x1a\n", NULL, NEURON_E_UNSUPPORTED},
        {"\xff\xd8\xff\xe0", "JPEG is not read", NEURON_E_UNSUPPORTED},
        {"GIF89a", "not an image that is read", NEURON_E_FORMAT},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        const neuron_content content = neuron_content_of_file(context, path);
        neuron_source source;
        neuron_image image;
        write_file(files[i].front, strlen(files[i].front), BOMB, true);
        used.peak = used.now;
        assert_ok(neuron_source_open(&source, &content));
        assert_status(neuron_image_read(&image, &source), files[i].status);
        if (files[i].message)
            assert_message(files[i].message);
        assert_that(source.position < 16384, "%s: %zu bytes", files[i].front, source.position);
        neuron_source_close(&source);
        assert_peak(0);
    }
}
END_TEST

/* And so is an archive in gzip data, of which nothing is unpacked. */
START_TEST(a_packed_archive_is_not_unpacked)
{
    neuron_tensor_t *tensor;
    write_file("PK\3\4", 4, BOMB, true);
    assert_status(neuron_tensor_load_npz(&tensor, context, path, "x"), NEURON_E_UNSUPPORTED);
    assert_message("is packed twice");
    assert_peak(0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("data-peak");
    TCase *tests = tcase_create("data-peak");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, an_npy_array_is_read_into_its_place);
    tcase_add_test(tests, so_is_one_of_an_archive);
    tcase_add_test(tests, an_idx_array_is_read_into_its_place);
    tcase_add_test(tests, an_idx_header_limits_what_is_unpacked);
    tcase_add_test(tests, an_npy_header_limits_what_is_unpacked);
    tcase_add_test(tests, an_image_limits_what_is_unpacked);
    tcase_add_test(tests, a_packed_archive_is_not_unpacked);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
