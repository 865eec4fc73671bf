/* Reading a folder of images: order, names, and what is refused. */
#include "test-common.h"

#include "data/dataset.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static neuron_context_t *context;
static char top[256];

/* What a test made, to be removed in the other order. */
enum { MADE_MAX = 64 };
static char made[MADE_MAX][512];
static int made_count;

static const char *remember(const char *inside)
{
    ck_assert_int_lt(made_count, MADE_MAX);
    snprintf(made[made_count], sizeof made[0], "%s%s", top, inside);
    return made[made_count++];
}

static void make_folder(const char *inside)
{
    ck_assert_int_eq(mkdir(remember(inside), 0777), 0);
}

static void make_file(const char *inside, const char *text)
{
    test_write_file(remember(inside), text, strlen(text));
}

static void setup(void)
{
    context = test_context();
    snprintf(top, sizeof top, "%s", test_file("folder"));
    make_folder("");
}

static void teardown(void)
{
    while (made_count > 0)
        ck_assert_int_eq(remove(made[--made_count]), 0);
    neuron_context_unref(context);
}

static void assert_refused(int status, const char *message)
{
    neuron_dataset_t *dataset;
    assert_status(neuron_dataset_load_folder(&dataset, context, top), status);
    ck_assert_ptr_null(dataset);
    assert_message(message);
}

/* Two classes, whose order by bytes is not that of any language; and things to leave out. */
static void make_animals(void)
{
    make_folder("/ant");
    make_folder("/Zebra");
    make_folder("/.hidden");
    make_file("/README", "not an image");
    make_file("/ant/b.pgm", "P2 2 1 255 3 4");
    make_file("/ant/a10.pgm", "P2 2 1 255 1 2");
    make_file("/ant/.thumbs", "not an image");
    make_file("/Zebra/x.pgm", "P2 2 1 255 5 6");
}

START_TEST(reads_sorted_by_name)
{
    static const int32_t expected_labels[] = {0, 1, 1};
    static const float expected[] = {5, 6, 1, 2, 3, 4};
    make_animals();
    neuron_dataset_t *dataset;
    assert_ok(neuron_dataset_load_folder(&dataset, context, top));
    ck_assert_int_eq(neuron_dataset_count(dataset), 3);
    ck_assert_int_eq(neuron_dataset_class_count(dataset), 2);
    ck_assert_int_eq(dataset->examples->type, NEURON_TYPE_U8);
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank, labels[3];
    assert_ok(neuron_dataset_shape(shape, &rank, dataset));
    ck_assert(rank == 3 && shape[0] == 1 && shape[1] == 2 && shape[2] == 1);
    float values[6];
    assert_ok(neuron_dataset_set_scale(dataset, 1, 0));
    assert_ok(neuron_dataset_read(values, labels, dataset, 0, 3));
    ck_assert(memcmp(labels, expected_labels, sizeof labels) == 0);
    ck_assert(memcmp(values, expected, sizeof values) == 0);
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(keeps_class_names)
{
    make_animals();
    neuron_dataset_t *dataset, *subset, *joined;
    assert_ok(neuron_dataset_load_folder(&dataset, context, top));
    ck_assert_str_eq(neuron_dataset_class_name(dataset, 0), "Zebra");
    ck_assert_str_eq(neuron_dataset_class_name(dataset, 1), "ant");
    ck_assert_ptr_null(neuron_dataset_class_name(dataset, 2));
    ck_assert_ptr_null(neuron_dataset_class_name(dataset, -1));
    ck_assert_ptr_null(neuron_dataset_class_name(NULL, 0));
    assert_ok(neuron_dataset_subset(&subset, dataset, 1, 2));
    assert_ok(neuron_dataset_join(&joined, (neuron_dataset_t *[]){subset, dataset}, 2));
    neuron_dataset_unref(dataset);
    ck_assert_str_eq(neuron_dataset_class_name(subset, 1), "ant");
    neuron_dataset_unref(subset);
    ck_assert_str_eq(neuron_dataset_class_name(joined, 0), "Zebra");
    neuron_dataset_unref(joined);
    assert_ok(neuron_dataset_generate_glyphs(&dataset, context, 1, 8, 8, 1));
    ck_assert_ptr_null(neuron_dataset_class_name(dataset, 0));
    neuron_dataset_unref(dataset);
}
END_TEST

/* Renames a sub-folder, or names it back again. */
static void call_folder(const char *name, const char *another)
{
    char from[512], to[512];
    snprintf(from, sizeof from, "%s/%s", top, name);
    snprintf(to, sizeof to, "%s/%s", top, another);
    ck_assert_int_eq(rename(from, to), 0);
}

START_TEST(takes_the_classes_of_another)
{
    neuron_dataset_t *all, *part, *other;
    int32_t labels[3];
    int64_t counts[4];
    make_animals();
    make_folder("/bee");
    make_folder("/cat");
    make_file("/bee/1.pgm", "P2 2 1 255 7 8");
    make_file("/cat/1.pgm", "P2 2 1 255 9 1");
    make_file("/cat/2.pgm", "P2 2 1 255 9 2");
    assert_ok(neuron_dataset_load_folder(&all, context, top));
    ck_assert_int_eq(neuron_dataset_class_count(all), 4);
    assert_ok(neuron_dataset_subset(&part, all, 0, 1));
    neuron_dataset_unref(all);
    call_folder("Zebra", ".Zebra");
    call_folder("ant", ".ant");
    assert_ok(neuron_dataset_load_folder_as(&other, context, top, part));
    neuron_dataset_unref(part);
    ck_assert_int_eq(neuron_dataset_class_count(other), 4);
    ck_assert_str_eq(neuron_dataset_class_name(other, 1), "ant");
    ck_assert_str_eq(neuron_dataset_class_name(other, 3), "cat");
    assert_ok(neuron_dataset_read(NULL, labels, other, 0, 3));
    ck_assert(labels[0] == 2 && labels[1] == 3 && labels[2] == 3);
    assert_ok(neuron_dataset_class_counts(counts, 4, other));
    ck_assert(counts[0] == 0 && counts[1] == 0 && counts[2] == 1 && counts[3] == 2);
    neuron_dataset_unref(other);
    call_folder(".Zebra", "Zebra");
    call_folder(".ant", "ant");
}
END_TEST

static void count_lines(int32_t level, const char *category, const char *line, void *user_data)
{
    (void)category;
    ck_assert_int_eq(level, NEURON_LOG_INFO);
    assert_that(strncmp(line, top, strlen(top)) == 0 && strstr(line, "is left out"), "%s", line);
    ++*(int *)user_data;
}

/* What systems, network disks and archivers leave behind: classes keep their numbers. */
START_TEST(leaves_litter_out)
{
    static const char *const folders[] = {
        "/__MACOSX",     "/@eaDir",     "/$RECYCLE.BIN", "/System Volume Information",
        "/lost+found",   "/#recycle",   "/@Recycle",     "/__pycache__",
        "/ant/__MACOSX", "/ant/@eaDir",
    };
    static const char *const files[] = {
        "/Zebra/Thumbs.db", "/Zebra/thumbs.DB", "/ant/desktop.ini",
        "/ant/ehthumbs.db", "/ant/Icon\r",      "/ant/b.pgm:Zone.Identifier",
        "/ant/.DS_Store",   "/ant/._b.pgm",     "/__MACOSX/1.pgm",
    };
    neuron_dataset_t *dataset, *other;
    int lines = 0;
    int32_t labels[3];
    make_animals();
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        make_folder(folders[i]);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        make_file(files[i], "P2 1 1 255 3");
    assert_ok(neuron_context_set_log(context, NEURON_LOG_DEBUG, count_lines, &lines, NULL));
    assert_ok(neuron_dataset_load_folder(&dataset, context, top));
    ck_assert_int_eq(lines, 10 + 6);
    ck_assert_int_eq(neuron_dataset_class_count(dataset), 2);
    ck_assert_int_eq(neuron_dataset_count(dataset), 3);
    ck_assert_str_eq(neuron_dataset_class_name(dataset, 1), "ant");
    assert_ok(neuron_dataset_load_folder_as(&other, context, top, dataset));
    assert_ok(neuron_dataset_read(NULL, labels, other, 0, 3));
    ck_assert(labels[0] == 0 && labels[1] == 1 && labels[2] == 1);
    neuron_dataset_unref(other);
    neuron_dataset_unref(dataset);
}
END_TEST

/* A folder without images is no class; one whose only image is damaged, or of a kind that is not
 * read, is refused as before. */
START_TEST(folders_without_images_are_no_classes)
{
    neuron_dataset_t *dataset, *other;
    int lines = 0;
    make_animals();
    make_folder("/0-empty");
    make_folder("/annotations");
    make_file("/annotations/classes.txt", "ant\nZebra\n");
    make_file("/annotations/empty", "");
    make_file("/annotations/measures", "BMI,age\n20,30\n");
    make_file("/annotations/people", "P1,P2\nP5,P6\n");
    gzFile packed = gzopen(remember("/annotations/boxes.csv.gz"), "wb9");
    ck_assert_ptr_nonnull(packed);
    gzputs(packed, "image,x,y\n");
    ck_assert_int_eq(gzclose(packed), Z_OK);
    make_folder("/zz");
    make_file("/zz/Thumbs.db", "P2 1 1 255 3");
    assert_ok(neuron_context_set_log(context, NEURON_LOG_DEBUG, count_lines, &lines, NULL));
    assert_ok(neuron_dataset_load_folder(&dataset, context, top));
    ck_assert_int_eq(lines, 4);
    ck_assert_int_eq(neuron_dataset_class_count(dataset), 2);
    ck_assert_str_eq(neuron_dataset_class_name(dataset, 0), "Zebra");
    assert_ok(neuron_dataset_load_folder_as(&other, context, top, dataset));
    ck_assert_int_eq(neuron_dataset_count(other), 3);
    neuron_dataset_unref(other);
    neuron_dataset_unref(dataset);
    make_file("/zz/damaged.png", "");
    assert_refused(NEURON_E_FORMAT, "/zz/damaged.png: not an image that is read");
    make_file("/zz/a", "GIF89a");
    make_file("/annotations/b", "\xff\xd8\xff\xe0");
    assert_refused(NEURON_E_UNSUPPORTED, "/annotations/b: JPEG is not read");
}
END_TEST

static void assert_other_refused(const neuron_dataset_t *classes_of, int status,
                                 const char *message)
{
    neuron_dataset_t *dataset;
    assert_status(neuron_dataset_load_folder_as(&dataset, context, top, classes_of), status);
    ck_assert_ptr_null(dataset);
    assert_message(message);
}

START_TEST(refuses_other_classes)
{
    static const char *const strangers[] = {"Aardvark", "bee", "an", "antelope"};
    neuron_dataset_t *dataset, *glyphs;
    make_animals();
    assert_ok(neuron_dataset_load_folder(&dataset, context, top));
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        char message[128];
        snprintf(message, sizeof message, ": the sub-folder \"%s\" is none of the 2 classes",
                 strangers[i]);
        call_folder("ant", strangers[i]);
        assert_other_refused(dataset, NEURON_E_DATA, message);
        assert_message(top);
        call_folder(strangers[i], "ant");
    }
    assert_ok(neuron_dataset_generate_glyphs(&glyphs, context, 1, 8, 8, 1));
    assert_other_refused(glyphs, NEURON_E_DATA,
                         "cannot be numbered as in a dataset whose classes "
                         "have no names");
    neuron_dataset_unref(glyphs);
    assert_other_refused(NULL, NEURON_E_ARGUMENT,
                         "neuron_dataset_load_folder_as: classes_of is NULL");
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(does_not_join_other_names)
{
    neuron_dataset_t *both[2], *joined;
    make_animals();
    assert_ok(neuron_dataset_load_folder(&both[0], context, top));
    call_folder("ant", "bee");
    assert_ok(neuron_dataset_load_folder(&both[1], context, top));
    call_folder("bee", "ant");
    assert_status(neuron_dataset_join(&joined, both, 2), NEURON_E_DATA);
    assert_message("neuron_dataset_join: class 1 is \"ant\" in dataset 0 and \"bee\" in dataset 1");
    neuron_dataset_unref(both[0]);
    neuron_dataset_unref(both[1]);
}
END_TEST

START_TEST(says_what_is_wrong)
{
    assert_refused(NEURON_E_DATA, "has no sub-folders, one for each class");
    make_folder("/a");
    assert_refused(NEURON_E_DATA, "its 1 sub-folders have no images");
    make_file("/a/.hidden", "P2 2 1 255 1 2");
    assert_refused(NEURON_E_DATA, "its 1 sub-folders have no images");
    make_file("/a/1.pgm", "P2 2 1 255 1 2");
    make_folder("/b");
    make_file("/b/1.pgm", "P2 1 2 255 1 2");
    assert_refused(NEURON_E_DATA, "/b/1.pgm: is 2x1x1, but ");
    assert_message("/a/1.pgm is 1x2x1");
    make_file("/b/0.ppm", "P3 2 1 255 1 2 3 4 5 6");
    assert_refused(NEURON_E_DATA, "/b/0.ppm: is 1x2x3, but ");
    make_file("/b/0.jpg", "\xff\xd8\xff\xe0");
    assert_refused(NEURON_E_UNSUPPORTED, "/b/0.jpg: JPEG is not read");
    make_folder("/b/inside");
    assert_refused(NEURON_E_DATA, "/b/inside\" is a folder, where images of one class are");
}
END_TEST

/* A large image that packs well, and files that cannot be as large: no memory for all of them. */
START_TEST(refuses_what_files_cannot_hold)
{
    enum { SIDE = 1000, FILES = 30 };
    static const char row[SIDE];
    make_folder("/a");
    gzFile packed = gzopen(remember("/a/00.pgm.gz"), "wb9");
    ck_assert_ptr_nonnull(packed);
    gzputs(packed, "P5 1000 1000 255\n");
    for (int y = 0; y < SIDE; y++)
        ck_assert_int_eq(gzwrite(packed, row, SIDE), SIDE);
    ck_assert_int_eq(gzclose(packed), Z_OK);
    for (int i = 1; i < FILES; i++) {
        char name[32];
        snprintf(name, sizeof name, "/a/%02d.pgm", i);
        make_file(name, "");
    }
    assert_refused(NEURON_E_DATA, "30 images like ");
    assert_message("/a/00.pgm.gz, of 1000000 bytes, are more than files of ");
}
END_TEST

/* In memory: so many folders take a disk minutes. */
START_TEST(refuses_too_many_classes)
{
    enum { CLASSES = 65536 };
    char many[64];
    neuron_dataset_t *dataset;
    snprintf(many, sizeof many, "/dev/shm/neuron-test-%ld", (long)getpid());
    if (mkdir(many, 0777) != 0)
        return;
    char *end = many + strlen(many);
    for (int k = 0; k <= CLASSES; k++) {
        snprintf(end, 8, "/%d", k);
        ck_assert_int_eq(mkdir(many, 0777), 0);
        snprintf(end, 16, "/%d/1.png", k);
        int file = open(many, O_WRONLY | O_CREAT, 0666);
        ck_assert_int_ge(file, 0);
        close(file);
    }
    *end = '\0';
    int status = neuron_dataset_load_folder(&dataset, context, many);
    for (int k = 0; k <= CLASSES; k++) {
        snprintf(end, 16, "/%d/1.png", k);
        unlink(many);
        snprintf(end, 8, "/%d", k);
        rmdir(many);
    }
    *end = '\0';
    ck_assert_int_eq(rmdir(many), 0);
    assert_status(status, NEURON_E_DATA);
    assert_message(": has 65537 sub-folders, more than 65536 classes");
    assert_message(many);
}
END_TEST

START_TEST(refuses_null_and_missing)
{
    neuron_dataset_t *dataset;
    assert_status(neuron_dataset_load_folder(NULL, context, top), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_load_folder(&dataset, NULL, top), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_load_folder(&dataset, context, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_load_folder(&dataset, context, "/nowhere"), NEURON_E_IO);
    assert_message("cannot open \"/nowhere\": No such file or directory");
    assert_status(neuron_dataset_load_folder_as(NULL, context, top, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_load_folder_as(&dataset, NULL, top, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_load_folder_as(&dataset, context, NULL, NULL), NEURON_E_ARGUMENT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("folder");
    TCase *tests = tcase_create("folder");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, reads_sorted_by_name);
    tcase_add_test(tests, keeps_class_names);
    tcase_add_test(tests, takes_the_classes_of_another);
    tcase_add_test(tests, leaves_litter_out);
    tcase_add_test(tests, folders_without_images_are_no_classes);
    tcase_add_test(tests, refuses_other_classes);
    tcase_add_test(tests, does_not_join_other_names);
    tcase_add_test(tests, says_what_is_wrong);
    tcase_add_test(tests, refuses_what_files_cannot_hold);
    tcase_add_test(tests, refuses_too_many_classes);
    tcase_add_test(tests, refuses_null_and_missing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
