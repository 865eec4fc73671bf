#include "test-common.h"

#include "base/files/file-write.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static neuron_context_t *context;
static char folder[256], path[300];

static void set_up(void)
{
    context = test_context();
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/neuron-test-XXXXXX", base && *base ? base : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
}

static void tear_down(void)
{
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0); /* nothing else was left in it */
    neuron_context_unref(context);
}

static int replace(const char *text)
{
    const neuron_file_piece pieces[] = {
        {text, 1, 1}, {NULL, 0, 1}, {text + 1, strlen(text) - 1, 1}};
    return neuron_file_replace(context, path, pieces, 3);
}

static void assert_content(const char *expected)
{
    test_bytes found = test_read_file(path);
    ck_assert_str_eq(found.data, expected);
    free(found.data);
}

static int count_files(void)
{
    int count = 0;
    DIR *opened = opendir(folder);
    ck_assert_ptr_nonnull(opened);
    while (readdir(opened))
        count++;
    closedir(opened);
    return count - 2; /* without . and .. */
}

START_TEST(writes_and_replaces)
{
    assert_ok(replace("first"));
    assert_content("first");
    assert_ok(replace("second"));
    assert_content("second");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(mode_follows_umask)
{
    mode_t before = umask(027);
    int status = replace("text");
    umask(before);
    assert_ok(status);
    struct stat found;
    ck_assert_int_eq(stat(path, &found), 0);
    ck_assert_int_eq(found.st_mode & 0777, 0640);
}
END_TEST

START_TEST(mode_of_the_old_file_is_kept)
{
    const mode_t modes[] = {0600, 0640, 0666, 0400};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        struct stat found;
        test_write_file(path, "old", 3);
        ck_assert_int_eq(chmod(path, modes[i]), 0);
        assert_ok(replace("text"));
        assert_content("text");
        ck_assert_int_eq(stat(path, &found), 0);
        ck_assert_int_eq(found.st_mode & 07777, modes[i]);
        ck_assert_int_eq(unlink(path), 0);
    }
}
END_TEST

/* Makes an old file of this mode that belongs to `user` and to a group that is nobody's here;
 * false if this process may not. */
static bool make_foreign(uid_t user, gid_t group, mode_t mode)
{
    test_write_file(path, "old", 3);
    return chown(path, user, group) == 0 && chmod(path, mode) == 0;
}

START_TEST(group_of_the_old_file_is_kept)
{
    struct stat found;
    if (!make_foreign((uid_t)-1, getegid() + 1234, 0640))
        return;
    assert_ok(replace("text"));
    assert_content("text");
    ck_assert_int_eq(stat(path, &found), 0);
    ck_assert_uint_eq(found.st_gid, getegid() + 1234);
    ck_assert_int_eq(found.st_mode & 07777, 0640);
}
END_TEST

/* Then another group does not come in, nor the old one as others. */
START_TEST(group_that_cannot_be_kept_is_shut_out)
{
    static const mode_t modes[][2] = {{0640, 0600}, {0664, 0604}, {0604, 0600}, {0646, 0604}};
    uid_t root = geteuid(), user = 1234;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        struct stat found;
        if (!make_foreign(user, getegid() + 1234, modes[i][0]))
            return;
        ck_assert_int_eq(chown(folder, user, (gid_t)-1), 0);
        ck_assert_int_eq(seteuid(user), 0);
        bool reached = euidaccess(folder, W_OK) == 0;
        int status = reached ? replace("text") : 0;
        ck_assert_int_eq(seteuid(root), 0);
        assert_ok(status);
        if (!reached)
            return; /* TMPDIR is root's alone */
        ck_assert_int_eq(stat(path, &found), 0);
        ck_assert_uint_eq(found.st_gid, getegid());
        ck_assert_int_eq(found.st_mode & 07777, modes[i][1]);
    }
}
END_TEST

/* A link to a file in another folder: what it points to is replaced, and it stays. */
START_TEST(link_is_followed)
{
    char other[300], real[400], aside[400], target[400];
    struct stat found;
    snprintf(other, sizeof other, "%s/other", folder);
    snprintf(real, sizeof real, "%s/real", other);
    snprintf(aside, sizeof aside, "%s/aside", folder);
    ck_assert_int_eq(mkdir(other, 0700), 0);
    test_write_file(real, "old", 3);
    ck_assert_int_eq(chmod(real, 0600), 0);
    ck_assert_int_eq(symlink("other/real", aside), 0);
    ck_assert_int_eq(symlink(aside, path), 0);
    assert_ok(replace("new"));
    assert_content("new");
    ck_assert_int_eq(readlink(path, target, sizeof target), (int)strlen(aside));
    ck_assert_int_eq(lstat(aside, &found), 0);
    ck_assert(S_ISLNK(found.st_mode));
    ck_assert_int_eq(lstat(real, &found), 0);
    ck_assert(S_ISREG(found.st_mode) && (found.st_mode & 0777) == 0600);
    test_bytes content = test_read_file(real);
    ck_assert_str_eq(content.data, "new");
    free(content.data);
    ck_assert_int_eq(unlink(real), 0);
    ck_assert_int_eq(rmdir(other), 0); /* nothing else was left in it */
    assert_status(replace("lost"), NEURON_E_IO);
    assert_message("/other/real: cannot open its folder: No such file");
    ck_assert_int_eq(unlink(aside), 0);
}
END_TEST

/* As opening such a link would: what it points to is made, link by link
 * from where each one lies. */
START_TEST(link_to_what_is_not_there_makes_it)
{
    char other[300], aside[400], real[400];
    struct stat found;
    snprintf(other, sizeof other, "%s/other", folder);
    snprintf(aside, sizeof aside, "%s/aside", other);
    snprintf(real, sizeof real, "%s/real", folder);
    ck_assert_int_eq(mkdir(other, 0700), 0);
    ck_assert_int_eq(symlink("../real", aside), 0);
    ck_assert_int_eq(symlink("other/aside", path), 0);
    for (int i = 0; i < 2; i++) {
        assert_ok(replace(i == 0 ? "first" : "second"));
        assert_content(i == 0 ? "first" : "second");
        ck_assert_int_eq(lstat(real, &found), 0);
        ck_assert(S_ISREG(found.st_mode));
        ck_assert_int_eq(lstat(path, &found), 0);
        ck_assert(S_ISLNK(found.st_mode));
    }
    ck_assert_int_eq(unlink(real), 0);
    ck_assert_int_eq(unlink(aside), 0);
    ck_assert_int_eq(rmdir(other), 0); /* nothing else was left in it */
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(link_in_the_current_folder)
{
    char before[4096];
    ck_assert_ptr_nonnull(getcwd(before, sizeof before));
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_int_eq(symlink("file", "latest"), 0);
    const neuron_file_piece piece = {"here", 4, 1};
    int status = neuron_file_replace(context, "latest", &piece, 1);
    ck_assert_int_eq(unlink("latest"), 0);
    ck_assert_int_eq(chdir(before), 0);
    assert_ok(status);
    assert_content("here");
}
END_TEST

START_TEST(links_that_lead_nowhere_are_refused)
{
    ck_assert_int_eq(symlink("file", path), 0);
    assert_status(replace("lost"), NEURON_E_IO);
    assert_message(path);
    assert_message("cannot follow the link: ");
    assert_message(strerror(ELOOP)); /* in the words of the C library */
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(symlink(".", path), 0);
    assert_status(replace("lost"), NEURON_E_IO);
    assert_message("is not a regular file");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(symlink("none/", path), 0);
    assert_status(replace("lost"), NEURON_E_IO);
    assert_message("none/: cannot open its folder: No such file");
}
END_TEST

/* A full disk, as far as a process can ask for one. */
START_TEST(failed_write_keeps_old_file)
{
    char *large = calloc(1, 1 << 16);
    struct rlimit before, small;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    assert_ok(replace("old"));
    small = before;
    small.rlim_cur = 1000;
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    const neuron_file_piece piece = {large, 1 << 16, 1};
    int status = neuron_file_replace(context, path, &piece, 1);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    free(large);
    ck_assert_int_eq(status, NEURON_E_IO);
    assert_message(path);
    assert_message("cannot write");
    assert_content("old");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

/* Writes one long text after the other, until it is killed. */
static void write_forever(void)
{
    enum { LENGTH = 1 << 16 };
    static char text[LENGTH];
    for (char letter = 'a';; letter = letter == 'z' ? 'a' : (char)(letter + 1)) {
        memset(text, letter, sizeof text);
        const neuron_file_piece piece = {text, sizeof text, 1};
        neuron_file_replace(context, path, &piece, 1);
    }
}

/* A file is whole: as long as it should be, and of one letter. */
static void assert_whole(void)
{
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    int first = fgetc(file), count = 1, next;
    while ((next = fgetc(file)) != EOF) {
        ck_assert_int_eq(next, first);
        count++;
    }
    fclose(file);
    ck_assert_int_eq(count, 1 << 16);
}

START_TEST(a_killed_writer_leaves_a_whole_file)
{
    char *text = malloc((1 << 16) + 1);
    memset(text, '-', 1 << 16);
    text[1 << 16] = '\0';
    assert_ok(replace(text));
    free(text);
    for (int round = 0; round < 20; round++) {
        pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0)
            write_forever();
        usleep((useconds_t)(1000 + 700 * round));
        ck_assert_int_eq(kill(child, SIGKILL), 0);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
        assert_whole();
    }
    assert_ok(replace("last"));
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(missing_folder)
{
    const neuron_file_piece piece = {"text", 4, 1};
    assert_status(neuron_file_replace(context, "/nowhere/at/all", &piece, 1), NEURON_E_IO);
    assert_message("/nowhere/at/all: cannot open its folder: No such file");
}
END_TEST

START_TEST(empty_path)
{
    const neuron_file_piece piece = {"text", 4, 1};
    assert_status(neuron_file_replace(context, "", &piece, 1), NEURON_E_IO);
    assert_message("cannot write \"\": the path is empty");
    assert_status(neuron_file_append("", "text", 4), NEURON_E_IO);
    assert_message("cannot write \"\": the path is empty");
}
END_TEST

START_TEST(folder_and_device_are_left_alone)
{
    const neuron_file_piece piece = {"text", 4, 1};
    assert_status(neuron_file_replace(context, folder, &piece, 1), NEURON_E_IO);
    assert_message("is not a regular file");
    assert_status(neuron_file_replace(context, "/dev/null", &piece, 1), NEURON_E_IO);
    assert_message("/dev/null");
}
END_TEST

START_TEST(plain_name_is_in_current_folder)
{
    char before[4096];
    ck_assert_ptr_nonnull(getcwd(before, sizeof before));
    ck_assert_int_eq(chdir(folder), 0);
    const neuron_file_piece piece = {"here", 4, 1};
    int status = neuron_file_replace(context, "file", &piece, 1);
    ck_assert_int_eq(chdir(before), 0);
    assert_ok(status);
    assert_content("here");
}
END_TEST

START_TEST(adds_and_cuts)
{
    assert_ok(neuron_file_append(path, "one,", 4));
    assert_ok(neuron_file_append(path, "two", 3));
    assert_ok(neuron_file_append(path, "", 0));
    assert_content("one,two");
    assert_ok(neuron_file_cut(path, 4));
    assert_ok(neuron_file_append(path, "three", 5));
    assert_content("one,three");
    assert_status(neuron_file_append(folder, "x", 1), NEURON_E_IO);
    assert_message(folder);
    assert_status(neuron_file_append("/dev/null", "x", 1), NEURON_E_IO);
    assert_message("/dev/null: is not a regular file");
    assert_status(neuron_file_append("/nowhere/at/all", "x", 1), NEURON_E_IO);
    assert_message("/nowhere/at/all: cannot open");
    assert_status(neuron_file_cut("/nowhere/at/all", 1), NEURON_E_IO);
    assert_message("/nowhere/at/all: cannot cut");
}
END_TEST

/* A disk that is full half-way leaves the file as it was. */
START_TEST(failed_addition_is_taken_back)
{
    const struct rlimit small = {6, RLIM_INFINITY};
    struct rlimit before;
    assert_ok(neuron_file_append(path, "one,", 4));
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    int status = neuron_file_append(path, "three", 5);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_status(status, NEURON_E_IO);
    assert_content("one,");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("file-write");
    TCase *tests = tcase_create("file-write");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, writes_and_replaces);
    tcase_add_test(tests, mode_follows_umask);
    tcase_add_test(tests, mode_of_the_old_file_is_kept);
    tcase_add_test(tests, group_of_the_old_file_is_kept);
    tcase_add_test(tests, group_that_cannot_be_kept_is_shut_out);
    tcase_add_test(tests, link_is_followed);
    tcase_add_test(tests, link_to_what_is_not_there_makes_it);
    tcase_add_test(tests, link_in_the_current_folder);
    tcase_add_test(tests, links_that_lead_nowhere_are_refused);
    tcase_add_test(tests, failed_write_keeps_old_file);
    tcase_add_test(tests, a_killed_writer_leaves_a_whole_file);
    tcase_add_test(tests, missing_folder);
    tcase_add_test(tests, empty_path);
    tcase_add_test(tests, folder_and_device_are_left_alone);
    tcase_add_test(tests, plain_name_is_in_current_folder);
    tcase_add_test(tests, adds_and_cuts);
    tcase_add_test(tests, failed_addition_is_taken_back);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
