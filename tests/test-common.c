#include "test-common.h"

#include <string.h>
#include <ftw.h>
#include <limits.h>
#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

neuron_context_t *test_context(void)
{
    neuron_context_t *context;
    assert_ok(neuron_context_create(&context, NULL));
    assert_ok(neuron_context_set_number(context, "threads", 2));
    assert_ok(neuron_context_set_seed(context, 1));
    return context;
}

const char *test_data(const char *path)
{
    static char full[4096];
    const char *folders[] = {getenv("NEURON_DATA"), "/usr/share/datasets"}; /* Debian's */
    struct stat found;
    ck_assert_msg(!folders[0] || !*folders[0] || stat(folders[0], &found) == 0,
                  "NEURON_DATA: there is no %s", folders[0]);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        if (!folders[i] || !*folders[i])
            continue;
        snprintf(full, sizeof full, "%s/%s", folders[i], path);
        if (stat(full, &found) == 0)
            return full;
    }
    return NULL;
}

enum { FILES_MAX = 32 };
static char files[FILES_MAX][256];
static int file_count;

static void remove_files(void)
{
    for (int i = 0; i < file_count; i++)
        unlink(files[i]);
}

const char *test_file(const char *name)
{
    ck_assert_int_lt(file_count, FILES_MAX);
    if (file_count == 0)
        atexit(remove_files);
    const char *folder = getenv("TMPDIR");
    char *path = files[file_count++];
    snprintf(path, sizeof files[0], "%s/neuron-test-%ld-%s", folder && *folder ? folder : "/tmp",
             (long)getpid(), name);
    return path;
}

/* A stack that is larger than what there is of addresses cannot be had. */
bool test_refuse_threads(bool refuse)
{
#if defined(__GLIBC__) && SIZE_MAX > UINT32_MAX
    static pthread_attr_t before;
    pthread_attr_t attributes;
    if (!refuse)
        return pthread_setattr_default_np(&before) == 0;
    pthread_getattr_default_np(&before);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (size_t)1 << 62);
    return pthread_setattr_default_np(&attributes) == 0;
#else
    (void)refuse;
    return false;
#endif
}

static bool set_locale(const char *name, const char *point)
{
    return setlocale(LC_ALL, name) && strcmp(localeconv()->decimal_point, point) == 0;
}

static int remove_entry(const char *path, const struct stat *found, int kind, struct FTW *where)
{
    (void)found;
    (void)kind;
    (void)where;
    return remove(path);
}

/* One that the system has, or one made for the test. */
static bool find_locale(const char *source, const char *point)
{
    char name[32], folder[256], command[512];
    snprintf(name, sizeof name, "%s.UTF-8", source);
    if (set_locale(name, point) || set_locale(source, point))
        return true;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/neuron-locale-XXXXXX", base && *base ? base : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(command, sizeof command, "localedef -i %s -f UTF-8 '%s/%s' > /dev/null 2>&1", source,
             folder, name);
    /* It fails for a mere warning: what counts is whether the locale can be set. */
    int ignored = system(command);
    (void)ignored;
    setenv("LOCPATH", folder, 1);
    bool set = set_locale(name, point);
    unsetenv("LOCPATH");
    nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    if (!set) {
        setlocale(LC_ALL, "C");
        printf("locale with the point '%s': skipped: none here, and none can be made\n", point);
    }
    return set;
}

bool test_set_comma_locale(void)
{
    return set_locale("fr_FR.UTF-8", ",") || find_locale("de_DE", ",");
}

bool test_set_wide_point_locale(void)
{
    return find_locale("ps_AF", "\xd9\xab");
}

test_bytes test_read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_that(file != NULL, "%s", path);
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    test_bytes bytes = {.size = (size_t)ftell(file)};
    rewind(file);
    bytes.data = malloc(bytes.size + 1);
    ck_assert_uint_eq(fread(bytes.data, 1, bytes.size, file), bytes.size);
    bytes.data[bytes.size] = '\0';
    ck_assert_int_eq(fclose(file), 0);
    return bytes;
}

void test_write_file(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_that(file != NULL, "%s", path);
    ck_assert_uint_eq(fwrite(data, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

bool test_same_files(const char *a, const char *b)
{
    test_bytes x = test_read_file(a), y = test_read_file(b);
    bool same = x.size == y.size && memcmp(x.data, y.data, x.size) == 0;
    free(x.data);
    free(y.data);
    return same;
}

static void *allocate(size_t size, size_t alignment, void *user_data)
{
    test_memory *memory = user_data;
    if (atomic_fetch_sub(&memory->left, 1) <= 0)
        return NULL;
    void *made = NULL;
    if (posix_memalign(&made, alignment, size) != 0)
        return NULL;
    atomic_fetch_add(&memory->live, 1);
    return made;
}

static void release(void *memory, void *user_data)
{
    atomic_fetch_sub(&((test_memory *)user_data)->live, 1);
    free(memory);
}

void test_refill(test_memory *memory)
{
    memory->left = LONG_MAX / 2;
}

bool test_one_more(test_memory *memory, long *left, int status)
{
    if (status == NEURON_OK)
        return false;
    assert_that(status == NEURON_E_MEMORY, "after %ld allocations: %d: %s", *left - 1, status,
                neuron_error_last());
    ck_assert_int_lt(*left, 100000);
    memory->left = (*left)++;
    return true;
}

neuron_context_t *test_limited_context(test_memory *memory)
{
    neuron_context_t *context;
    memory->live = 0;
    test_refill(memory);
    assert_ok(
        neuron_context_create_with_allocator(&context, allocate, release, memory, NULL, NULL));
    return context;
}

const char *test_stream_options(const int64_t *shape, int32_t rank, int32_t type, int64_t classes)
{
    static char text[300];
    size_t used = (size_t)snprintf(text, sizeof text, "type=%s, classes=%d, shape=",
                                   type == NEURON_TYPE_U8 ? "u8" : "f32", (int)classes);
    for (int32_t i = 0; i < rank; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%lld", i > 0 ? "x" : "",
                                 (long long)shape[i]);
    return text;
}

int run_suite(Suite *suite)
{
    /* In one process, so that the sanitizers see all of it and their reports are not lost. */
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

void assert_plain_message(void)
{
    static const char *const code[] = {">=", "<=", "==", "!=", "&&", "||", "NEURON_", "_MAX", "%"};
    const char *message = neuron_error_last();
    ck_assert_msg(message[0] != '\0', "a refused call has no message");
    /* What is said of a variable of the environment has its name, which is no macro. */
    const char *variable = strstr(message, "NEURON_KERNELS is");
    for (size_t i = 0; i < sizeof code / sizeof code[0]; i++) {
        const char *found = strstr(message, code[i]);
        if (found && found == variable)
            found = strstr(found + 1, code[i]);
        ck_assert_msg(!found, "\"%s\" speaks C: %s", message, code[i]);
    }
}
