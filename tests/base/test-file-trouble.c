/* What goes wrong while files are written or folders listed: signals, file systems that know less,
 * kills. The calls of the system that the library makes arrive here first. */
#include "test-common.h"

#include "data/formats/file-names.h"
#include "base/files/file-write.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum call {
    NONE,
    OPEN,
    FSYNC,
    FSYNC_FOLDER,
    CLOSE,
    FCHMOD,
    LINK,
    FLOCK,
    RENAME,
    FTRUNCATE,
    OPENDIR,
    CALLS
};

/* The next `times` calls of this kind fail, or raise a signal in this process. */
static struct {
    enum call call;
    int error, signal, times;
    bool nameless_files_are_unknown, locks_are_unknown, proc_is_not_mounted;
    int spared;     /* so many calls of that kind before them do not fail */
    int takes_away; /* so many names of files are removed before they are renamed */
    int unflushed;  /* what every flush of a file fails with, beside the call */
    int seen[CALLS];
} trouble;

static bool strikes(enum call call)
{
    trouble.seen[call]++;
    if (trouble.call != call || trouble.times == 0)
        return false;
    if (trouble.spared > 0) {
        trouble.spared--;
        return false;
    }
    trouble.times--;
    if (trouble.signal)
        raise(trouble.signal);
    errno = trouble.error;
    return !trouble.signal;
}

int openat(int folder, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = va_arg(arguments, mode_t);
    va_end(arguments);
    if (trouble.nameless_files_are_unknown && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return strikes(OPEN) ? -1 : (int)syscall(SYS_openat, folder, path, flags, mode);
}

int fsync(int file)
{
    struct stat found;
    bool folder = fstat(file, &found) == 0 && S_ISDIR(found.st_mode);
    if (!folder && trouble.unflushed) {
        errno = trouble.unflushed;
        return -1;
    }
    return strikes(folder ? FSYNC_FOLDER : FSYNC) ? -1 : (int)syscall(SYS_fsync, file);
}

/* The file is closed even where that fails. */
int close(int file)
{
    int status = (int)syscall(SYS_close, file);
    return strikes(CLOSE) ? -1 : status;
}

int fchmod(int file, mode_t mode)
{
    return strikes(FCHMOD) ? -1 : (int)syscall(SYS_fchmod, file, mode);
}

int linkat(int from, const char *old, int to, const char *new, int flags)
{
    return strikes(LINK) ? -1 : (int)syscall(SYS_linkat, from, old, to, new, flags);
}

int stat(const char *name, struct stat *found)
{
    if (trouble.proc_is_not_mounted && strncmp(name, "/proc/", 6) == 0) {
        errno = ENOENT;
        return -1;
    }
    return fstatat(AT_FDCWD, name, found, 0);
}

int flock(int file, int operation)
{
    if (trouble.locks_are_unknown) {
        errno = ENOLCK;
        return -1;
    }
    return strikes(FLOCK) ? -1 : (int)syscall(SYS_flock, file, operation);
}

int renameat(int from, const char *old, int to, const char *new)
{
    if (trouble.takes_away > 0) {
        trouble.takes_away--;
        unlinkat(from, old, 0);
    }
    return strikes(RENAME) ? -1 : (int)syscall(SYS_renameat2, from, old, to, new, 0);
}

int ftruncate(int file, off_t size)
{
    return strikes(FTRUNCATE) ? -1 : (int)syscall(SYS_ftruncate, file, size);
}

DIR *opendir(const char *name)
{
    if (strikes(OPENDIR))
        return NULL;
    int file = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return file < 0 ? NULL : fdopendir(file);
}

static neuron_context_t *context;
static char folder[256], path[600];

static void set_up(void)
{
    memset(&trouble, 0, sizeof trouble);
    context = test_context();
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/neuron-test-XXXXXX", base && *base ? base : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
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

static void tear_down(void)
{
    char name[1024];
    trouble.times = 0;
    DIR *opened = opendir(folder);
    for (struct dirent *entry; (entry = readdir(opened)) != NULL;) {
        snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
        unlink(name);
    }
    closedir(opened);
    rmdir(folder);
    neuron_context_unref(context);
}

static int replace(const char *text)
{
    const neuron_file_piece piece = {text, strlen(text), 1};
    return neuron_file_replace(context, path, &piece, 1);
}

static void assert_content(const char *expected)
{
    test_bytes found = test_read_file(path);
    ck_assert_str_eq(found.data, expected);
    free(found.data);
}

static void expect(enum call call, int error, int times)
{
    trouble.call = call;
    trouble.error = error;
    trouble.times = times;
}

/* In both ways of writing: with and without a temporary name. */
START_TEST(what_is_no_failure)
{
    static const struct {
        enum call call;
        int error, times;
    } cases[] = {
        {OPEN, EINTR, 1},           {OPEN, EINTR, 5},          {FSYNC, EINTR, 1},
        {FSYNC, EINTR, 5},          {FSYNC_FOLDER, EINTR, 5},  {CLOSE, EINTR, 1},
        {CLOSE, EINTR, 99},         {FCHMOD, EINTR, 3},        {FSYNC, EINVAL, 9},
        {FSYNC, ENOTSUP, 9},        {FSYNC, ENOSYS, 9},        {FSYNC_FOLDER, EINVAL, 9},
        {FSYNC_FOLDER, ENOTSUP, 9}, {FSYNC_FOLDER, ENOSYS, 9}, {FSYNC_FOLDER, EACCES, 9},
        {FSYNC_FOLDER, EROFS, 9},   {FCHMOD, EPERM, 9},        {FCHMOD, ENOTSUP, 9},
        {LINK, EPERM, 9},           {LINK, ENOENT, 9},         {LINK, ENOSYS, 9},
        {FLOCK, ENOLCK, 99},        {FLOCK, EINTR, 3},         {FLOCK, ENOSYS, 99},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int error = cases[i].error, times = cases[i].times;
        trouble.nameless_files_are_unknown = _i;
        unlink(path);
        for (int turn = 0; turn < 2; turn++) { /* a new file, and another one in its place */
            expect(cases[i].call, error, times);
            ck_assert_msg(replace(turn ? "two" : "one") == 0, "case %zu: %s", i,
                          neuron_error_last());
            trouble.times = 0;
            assert_content(turn ? "two" : "one");
            ck_assert_int_eq(count_files(), 1);
        }
        unlink(path);
        expect(cases[i].call, error, times);
        ck_assert_msg(neuron_file_append(path, "one", 3) == 0, "case %zu: %s", i,
                      neuron_error_last());
        expect(cases[i].call, error, times);
        assert_ok(neuron_file_append(path, "two", 3));
        trouble.times = 0;
        assert_content("onetwo");
    }
}
END_TEST

/* What an interrupted call leaves to do is done nevertheless. */
START_TEST(half_an_appended_piece_is_cut)
{
    const int errors[] = {EIO, ENOSPC};
    assert_ok(neuron_file_append(path, "one", 3));
    for (int i = 0; i < 2; i++) {
        trouble.unflushed = errors[i];
        expect(FTRUNCATE, EINTR, 1 + 4 * i);
        assert_status(neuron_file_append(path, "two", 3), NEURON_E_IO);
        assert_message(strerror(errors[i]));
        ck_assert_int_eq(trouble.times, 0);
        trouble.unflushed = 0;
        assert_content("one");
    }
}
END_TEST

START_TEST(a_folder_is_listed)
{
    neuron_names names;
    assert_ok(replace("text"));
    for (int times = 0; times <= 5; times += 5) {
        expect(OPENDIR, EINTR, times);
        assert_ok(neuron_names_list(&names, context, folder, false));
        ck_assert_int_eq(trouble.times, 0);
        ck_assert_uint_eq(names.count, 1);
        ck_assert_str_eq(names.at[0], "file");
        neuron_names_release(&names);
    }
    expect(OPENDIR, EMFILE, 1);
    assert_status(neuron_names_list(&names, context, folder, false), NEURON_E_IO);
    assert_message(folder);
    assert_message(strerror(EMFILE));
}
END_TEST

/* It is known before anything is written that a file could not get a name. */
START_TEST(nothing_is_written_twice_without_proc)
{
    trouble.proc_is_not_mounted = _i;
    neuron_set_message("an earlier message");
    for (int turn = 0; turn < 3; turn++) {
        trouble.seen[FSYNC] = trouble.seen[LINK] = 0;
        assert_ok(replace(turn ? "two" : "one"));
        assert_content(turn ? "two" : "one");
        ck_assert_int_eq(count_files(), 1);
        ck_assert_int_eq(trouble.seen[FSYNC], 1);
        ck_assert_int_le(trouble.seen[LINK], _i ? 0 : 2);
    }
    assert_message("an earlier message");
}
END_TEST

/* Nor is there a message of what went well in another way. */
START_TEST(no_message_is_left_by_what_went_well)
{
    static const struct {
        enum call call;
        int error, times;
    } cases[] = {{LINK, EPERM, 9}, {LINK, ENOSYS, 1}, {LINK, ENOENT, 9}, {RENAME, ENOENT, 1}};
    trouble.nameless_files_are_unknown = _i;
    assert_ok(replace("old"));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        neuron_set_message("an earlier message");
        expect(cases[i].call, cases[i].error, cases[i].times);
        ck_assert_int_eq(replace("new"), 0);
        trouble.times = 0;
        assert_message("an earlier message");
        assert_content("new");
    }
}
END_TEST

/* As a writer on another machine may do where the file system shows locks to one alone. */
START_TEST(a_name_that_was_taken_away_is_replaced)
{
    trouble.nameless_files_are_unknown = _i;
    assert_ok(replace("old"));
    trouble.takes_away = 1;
    assert_ok(replace("new"));
    assert_content("new");
    ck_assert_int_eq(count_files(), 1);
    trouble.takes_away = 2; /* once more: this time nobody can know the name */
    assert_status(replace("newer"), NEURON_E_IO);
    assert_message("cannot put the new file in its place");
    assert_message(strerror(ENOENT));
    assert_content("new");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(what_is_one_leaves_the_old_file)
{
    static const struct {
        enum call call;
        int error;
        const char *message;
    } cases[] = {{FSYNC, EIO, "cannot flush to the disk"},
                 {FSYNC, ENOSPC, "cannot flush to the disk"},
                 {CLOSE, EIO, "cannot write"},
                 {CLOSE, EDQUOT, "cannot write"},
                 {FCHMOD, EIO, "cannot give the new file its mode"},
                 {RENAME, EACCES, "cannot put the new file in its place"}};
    trouble.nameless_files_are_unknown = _i;
    assert_ok(replace("old"));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        expect(cases[i].call, cases[i].error, 1);
        assert_status(replace("new"), NEURON_E_IO);
        assert_message(path);
        assert_message(cases[i].message);
        assert_message(strerror(cases[i].error));
        trouble.times = 0;
        assert_content("old");
        ck_assert_int_eq(count_files(), 1);
    }
    expect(FSYNC_FOLDER, EIO, 1);
    assert_status(replace("new"), NEURON_E_IO);
    assert_message("is written, but cannot flush its folder");
    assert_content("new");
}
END_TEST

/* By then the new file is there; that it may not be whole is told nevertheless. */
START_TEST(the_last_close_is_looked_at)
{
    trouble.nameless_files_are_unknown = _i;
    assert_ok(replace("old"));
    expect(CLOSE, EIO, 1);
    trouble.spared = 1;
    assert_status(replace("new"), NEURON_E_IO);
    assert_message("cannot write");
    ck_assert_int_eq(trouble.times, 0);
    assert_content("new");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

/* As for a program without standard input. */
START_TEST(number_0_may_be_free)
{
    trouble.nameless_files_are_unknown = _i;
    int input = dup(STDIN_FILENO);
    close(STDIN_FILENO);
    int status = replace("text");
    if (input >= 0) {
        dup2(input, STDIN_FILENO);
        close(input);
    }
    assert_ok(status);
    assert_content("text");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

static void note(int32_t level, const char *category, const char *line, void *user_data)
{
    (void)category;
    if (level == NEURON_LOG_WARNING)
        snprintf(user_data, 512, "%s", line);
}

/* Nobody is let in that was not before, and somebody is told. */
START_TEST(a_mode_that_cannot_be_kept)
{
    char line[512] = "";
    struct stat found;
    assert_ok(neuron_context_set_log(context, NEURON_LOG_WARNING, note, line, NULL));
    assert_ok(replace("old"));
    ck_assert_int_eq(chmod(path, 0644), 0);
    expect(FCHMOD, EPERM, 1);
    assert_ok(replace("new"));
    ck_assert_int_eq(stat(path, &found), 0);
    ck_assert_int_eq(found.st_mode & 07777, 0600);
    ck_assert_ptr_nonnull(strstr(line, "does not keep its mode"));
}
END_TEST

START_TEST(a_folder_that_may_not_be_read)
{
    uid_t root = geteuid(), user = 1234;
    if (root == 0 && chown(folder, user, (gid_t)-1) < 0)
        return;
    ck_assert_int_eq(chmod(folder, 0300), 0);
    ck_assert_int_eq(seteuid(root == 0 ? user : root), 0);
    bool reached = euidaccess(folder, W_OK) == 0;
    int status[3] = {0};
    for (int i = 0; i < 2 && reached; i++)
        status[i] = replace("text");
    if (reached)
        status[2] = neuron_file_append(path, " and more", 9);
    ck_assert_int_eq(seteuid(root), 0);
    ck_assert_int_eq(chmod(folder, 0700), 0);
    for (int i = 0; i < 3; i++)
        assert_ok(status[i]);
    if (!reached)
        return; /* TMPDIR is root's alone */
    assert_content("text and more");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

/* As long as the system allows, of one byte and of more. */
START_TEST(long_names)
{
    static const char *const letters[] = {"x", "\xd0\xb9", "\xe3\x81\x82", "\xf0\x9f\xa6\x80",
                                          "\x80"}; /* which is no text */
    trouble.nameless_files_are_unknown = _i;
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
        for (size_t length = 20; length <= 255; length += length < 240 ? 55 : 1) {
            int size = snprintf(path, sizeof path, "%s/", folder);
            for (size_t used = 0; used + strlen(letters[i]) <= length; used += strlen(letters[i]))
                size += sprintf(path + size, "%s", letters[i]);
            for (int turn = 0; turn < 2; turn++) {
                assert_ok(replace(turn ? "two" : "one"));
                assert_content(turn ? "two" : "one");
            }
            ck_assert_int_eq(count_files(), 1);
            ck_assert_int_eq(unlink(path), 0);
        }
}
END_TEST

/* In a child that a signal ends, or stops, when it has written all but not put it in place. */
static pid_t write_until(int signal, const char *text)
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child > 0) {
        int how;
        ck_assert_int_eq(waitpid(child, &how, WUNTRACED), child);
        ck_assert(signal == SIGSTOP ? WIFSTOPPED(how) : WIFSIGNALED(how));
        return child;
    }
    trouble.call = RENAME;
    trouble.signal = signal;
    trouble.times = 1;
    _exit(replace(text) < 0);
}

START_TEST(leftovers_of_the_killed_are_removed)
{
    trouble.nameless_files_are_unknown = _i;
    assert_ok(replace("old"));
    for (int i = 0; i < 3; i++) {
        write_until(SIGKILL, "lost");
        ck_assert_int_eq(count_files(), 2);
        assert_content("old");
    }
    assert_ok(replace("new"));
    assert_content("new");
    ck_assert_int_eq(count_files(), 1);
    /* Without locks, nobody knows whether they are; that fails nothing, however many there are. */
    trouble.locks_are_unknown = true;
    for (int i = 0; i < 40; i++)
        write_until(SIGKILL, "lost");
    assert_ok(replace("newer"));
    assert_content("newer");
    ck_assert_int_eq(count_files(), 1 + 40);
    trouble.locks_are_unknown = false;
    assert_ok(replace("newest"));
    assert_content("newest");
    ck_assert_int_le(count_files(), 1 + 40 - 16);
}
END_TEST

START_TEST(files_of_the_living_stay)
{
    enum { WRITERS = 20 }; /* more than have names in common */
    pid_t writers[WRITERS];
    trouble.nameless_files_are_unknown = _i;
    assert_ok(replace("old"));
    for (int i = 0; i < WRITERS; i++)
        writers[i] = write_until(SIGSTOP, "of a writer");
    write_until(SIGKILL, "lost");
    assert_ok(replace("new"));
    assert_content("new");
    ck_assert_int_ge(count_files(), 1 + WRITERS);
    for (int i = 0; i < WRITERS; i++) {
        int how;
        ck_assert_int_eq(kill(writers[i], SIGCONT), 0);
        ck_assert_int_eq(waitpid(writers[i], &how, 0), writers[i]);
        ck_assert(WIFEXITED(how) && WEXITSTATUS(how) == 0);
        assert_content("of a writer");
    }
}
END_TEST

enum { LONG_TEXT = 50000 };

/* Replaces the file again and again by one of a letter of its own. */
static void *write_many(void *data)
{
    char text[LONG_TEXT + 1];
    memset(text, *(const char *)data, LONG_TEXT);
    text[LONG_TEXT] = '\0';
    for (int i = 0; i < 30; i++)
        if (replace(text) < 0)
            return data;
    return NULL;
}

/* Three threads each in three processes. */
static void write_in_threads(void)
{
    pthread_t threads[3];
    bool failed = false;
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, write_many, &"abc"[i]);
    for (int i = 0; i < 3; i++) {
        void *answer;
        pthread_join(threads[i], &answer);
        failed = failed || answer;
    }
    _exit(failed);
}

START_TEST(many_at_the_same_time)
{
    pid_t writers[3];
    trouble.nameless_files_are_unknown = _i;
    for (int i = 0; i < 3; i++) {
        writers[i] = fork();
        ck_assert_int_ge(writers[i], 0);
        if (writers[i] == 0)
            write_in_threads();
    }
    for (int i = 0; i < 3; i++) {
        int how;
        ck_assert_int_eq(waitpid(writers[i], &how, 0), writers[i]);
        ck_assert(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    }
    test_bytes found = test_read_file(path);
    ck_assert_uint_eq(found.size, LONG_TEXT);
    for (size_t i = 0; i < found.size; i++)
        assert_that(found.data[i] == found.data[0], "byte %zu", i);
    free(found.data);
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

/* A file that has the name is not written to, whoever made it. */
START_TEST(what_has_a_temporary_name_is_not_written_to)
{
    char other[800], name[800] = "", text[] = "dear";
    struct stat found;
    trouble.nameless_files_are_unknown = true;
    assert_ok(replace("old"));
    write_until(SIGKILL, "lost");
    DIR *opened = opendir(folder);
    for (struct dirent *entry; (entry = readdir(opened)) != NULL;)
        if (strstr(entry->d_name, ".new"))
            snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
    closedir(opened);
    snprintf(other, sizeof other, "%s/other", folder);
    test_write_file(other, text, 4);
    for (int i = 0; i < 3; i++) {
        unlink(name);
        ck_assert_int_eq(i == 0   ? link(other, name)
                         : i == 1 ? symlink(other, name)
                                  : mkfifo(name, 0600),
                         0);
        assert_ok(replace("new"));
        assert_content("new");
        test_bytes kept = test_read_file(other);
        ck_assert_str_eq(kept.data, "dear");
        free(kept.data);
        ck_assert_int_eq(lstat(path, &found), 0);
        ck_assert(S_ISREG(found.st_mode));
    }
}
END_TEST

/* So that a power cut does not take the name of what was flushed. */
START_TEST(the_folder_is_flushed)
{
    char link[400];
    assert_ok(neuron_file_append(path, "", 0));
    int before = trouble.seen[FSYNC_FOLDER];
    assert_ok(neuron_file_append(path, "first", 5));
    ck_assert_int_eq(trouble.seen[FSYNC_FOLDER], before + 1);
    assert_ok(neuron_file_append(path, "second", 6));
    ck_assert_int_eq(trouble.seen[FSYNC_FOLDER], before + 1);
    assert_content("firstsecond");
    unlink(path);
    snprintf(link, sizeof link, "%s/link", folder);
    ck_assert_int_eq(symlink("file", link), 0);
    assert_ok(neuron_file_append(link, "first", 5));
    ck_assert_int_eq(trouble.seen[FSYNC_FOLDER], before + 2);
    assert_content("first");
    unlink(path);
    expect(FSYNC_FOLDER, EIO, 1);
    assert_status(neuron_file_append(path, "first", 5), NEURON_E_IO);
    assert_message("cannot flush its folder");
    assert_content("");
    assert_ok(replace("all"));
    ck_assert_int_eq(trouble.seen[FSYNC_FOLDER], before + 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("file-trouble");
    TCase *tests = tcase_create("file-trouble");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, what_is_no_failure, 0, 2);
    tcase_add_test(tests, half_an_appended_piece_is_cut);
    tcase_add_test(tests, a_folder_is_listed);
    tcase_add_loop_test(tests, nothing_is_written_twice_without_proc, 0, 2);
    tcase_add_loop_test(tests, no_message_is_left_by_what_went_well, 0, 2);
    tcase_add_loop_test(tests, a_name_that_was_taken_away_is_replaced, 0, 2);
    tcase_add_loop_test(tests, what_is_one_leaves_the_old_file, 0, 2);
    tcase_add_loop_test(tests, number_0_may_be_free, 0, 2);
    tcase_add_loop_test(tests, the_last_close_is_looked_at, 0, 2);
    tcase_add_test(tests, a_mode_that_cannot_be_kept);
    tcase_add_test(tests, a_folder_that_may_not_be_read);
    tcase_add_loop_test(tests, long_names, 0, 2);
    tcase_add_loop_test(tests, leftovers_of_the_killed_are_removed, 0, 2);
    tcase_add_loop_test(tests, files_of_the_living_stay, 0, 2);
    tcase_add_loop_test(tests, many_at_the_same_time, 0, 2);
    tcase_add_test(tests, what_has_a_temporary_name_is_not_written_to);
    tcase_add_test(tests, the_folder_is_flushed);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
