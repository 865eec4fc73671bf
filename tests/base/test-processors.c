/* CPU quotas, in made-up trees of control groups. */
#include "test-common.h"

#include "base/processors.h"

#include <fenv.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>

typedef struct file {
    const char *path, *text;
} file;

enum { FILES_MAX = 12 };

typedef struct tree {
    const char *what;
    double quota;
    file files[FILES_MAX];
} tree;

#define GROUP  "/proc/self/cgroup"
#define MOUNTS "/proc/self/mountinfo"
#define V2     "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 master:2 - cgroup2 cgroup2 rw\n"
#define V1     "31 23 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
#define ROOT   "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"

static const tree trees[] = {
    {"no /proc at all", (double)INFINITY, {{NULL, NULL}}},
    {"no control groups", (double)INFINITY, {{MOUNTS, ROOT}, {GROUP, ""}}},
    {"version 2 without a quota",
     (double)INFINITY,
     {{MOUNTS, ROOT V2}, {GROUP, "0::/user\n"}, {"/sys/fs/cgroup/user/cpu.max", "max 100000\n"}}},
    {"version 2",
     2,
     {{MOUNTS, ROOT V2}, {GROUP, "0::/a/b\n"}, {"/sys/fs/cgroup/a/b/cpu.max", "200000 100000\n"}}},
    {"a group of its own namespace, with a part of a processor",
     0.5,
     {{MOUNTS, ROOT V2}, {GROUP, "0::/\n"}, {"/sys/fs/cgroup/cpu.max", "25000 50000\n"}}},
    {"the smallest is of a group above",
     1.5,
     {{MOUNTS, V2},
      {GROUP, "0::/a/b/c\n"},
      {"/sys/fs/cgroup/a/b/c/cpu.max", "max 100000\n"},
      {"/sys/fs/cgroup/a/b/cpu.max", "400000 100000\n"},
      {"/sys/fs/cgroup/a/cpu.max", "150000 100000\n"}}},
    {"the smallest is of the group itself",
     1,
     {{MOUNTS, V2},
      {GROUP, "0::/a/b\n"},
      {"/sys/fs/cgroup/a/b/cpu.max", "100000 100000\n"},
      {"/sys/fs/cgroup/a/cpu.max", "150000 100000\n"},
      {"/sys/fs/cgroup/a2/cpu.max", "50000 100000\n"}}},
    {"version 1",
     3,
     {{MOUNTS, ROOT V1},
      {GROUP, "5:memory:/other\n4:cpuset:/sets\n3:cpu,cpuacct:/a\n0::/\n"},
      {"/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "150000\n"},
      {"/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "50000\n"},
      {"/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n"},
      {"/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"}}},
    {"version 1 without a quota",
     (double)INFINITY,
     {{MOUNTS, V1},
      {GROUP, "3:cpuacct,cpu:/a\n"},
      {"/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "-1\n"},
      {"/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n"}}},
    {"version 1 in a container, whose group is mounted as the root",
     1.25,
     {{MOUNTS, "31 23 0:27 /docker/12 /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n"},
      {GROUP, "3:cpu:/docker/12/inner\n"},
      {"/sys/fs/cgroup/cpu/inner/cpu.cfs_quota_us", "125000\n"},
      {"/sys/fs/cgroup/cpu/inner/cpu.cfs_period_us", "100000\n"},
      {"/sys/fs/cgroup/cpu/docker/12/inner/cpu.cfs_quota_us", "1000\n"},
      {"/sys/fs/cgroup/cpu/docker/12/inner/cpu.cfs_period_us", "100000\n"}}},
    {"a group that cannot be seen from here",
     2,
     {{MOUNTS, V2}, {GROUP, "0::/../../b\n"}, {"/sys/fs/cgroup/cpu.max", "200000 100000\n"}}},
    {"a group beside what is mounted",
     2,
     {{MOUNTS, "31 23 0:27 /docker/1 /sys/fs/cgroup rw - cgroup2 cgroup rw\n"},
      {GROUP, "0::/docker/12\n"},
      {"/sys/fs/cgroup/cpu.max", "200000 100000\n"}}},
    {"both versions, where the second has no processors to give",
     4,
     {{MOUNTS, ROOT V1 "32 23 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"},
      {GROUP, "3:cpu,cpuacct:/a\n0::/a\n"},
      {"/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "400000\n"},
      {"/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n"}}},
    {"a mount with a space in its name",
     7,
     {{MOUNTS, "31 23 0:27 / /my\\040groups rw - cgroup2 cgroup rw\n"},
      {GROUP, "0::/a\n"},
      {"/my groups/a/cpu.max", "700000 100000"}}},
    {"other controllers whose names begin alike",
     (double)INFINITY,
     {{MOUNTS, "31 23 0:27 / /groups rw - cgroup cgroup rw,cpuset,cpuacct\n"},
      {GROUP, "3:cpuset,cpuacct:/\n"},
      {"/groups/cpu.cfs_quota_us", "100000\n"},
      {"/groups/cpu.cfs_period_us", "100000\n"}}},
    {"lines that make no sense",
     (double)INFINITY,
     {{MOUNTS, "\n31\n - cgroup2 - \n31 23 0:27 / /a rw - cgroup2\n32 23 1:2 / /b rw - cgroup x\n"},
      {GROUP, "0\n0:\n0::\n"},
      {"/a/cpu.max", "0 0\n"}}},
    {"quotas that make no sense",
     (double)INFINITY,
     {{MOUNTS, V2},
      {GROUP, "0::/a/b\n"},
      {"/sys/fs/cgroup/a/b/cpu.max", "100000 0\n"},
      {"/sys/fs/cgroup/a/cpu.max", "\n"},
      {"/sys/fs/cgroup/cpu.max", "-5 100000\n"}}},
};

enum { TREES = sizeof trees / sizeof trees[0] };

/* Writes the file with the folders that it lies in. */
static void write_file(const char *root, const file *one)
{
    char path[512];
    snprintf(path, sizeof path, "%s%s", root, one->path);
    for (char *slash = path + strlen(root); (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = '\0';
        mkdir(path, 0777);
    }
    test_write_file(path, one->text, strlen(one->text));
}

static int remove_entry(const char *path, const struct stat *found, int kind, struct FTW *where)
{
    (void)found;
    (void)kind;
    (void)where;
    return remove(path);
}

static void remove_folder(const char *root)
{
    nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

START_TEST(the_smallest_quota_counts)
{
    const tree *one = &trees[_i];
    char name[32];
    snprintf(name, sizeof name, "groups-%d", _i);
    const char *root = test_file(name);
    mkdir(root, 0777);
    for (int i = 0; i < FILES_MAX && one->files[i].path; i++)
        write_file(root, &one->files[i]);
    double quota = neuron_cpu_quota(root);
    ck_assert_msg(quota == one->quota, "%s: %g, not %g", one->what, quota, one->quota);
    remove_folder(root);
}
END_TEST

/* Long options of other mounts do not hide those behind them, and their rest is no line. */
START_TEST(lines_may_be_long)
{
    enum { LONG = 10000 };
    static const char rest[] = "31 23 0:26 / /rest rw - cgroup2 cgroup2 rw";
    static char mounts[LONG + 200];
    const char *root = test_file("groups-long");
    memset(mounts, ' ', LONG);
    memcpy(mounts, "22 1 8:1 / / rw - overlay overlay rw,", 37);
    memcpy(mounts + LONG - strlen(rest), rest, strlen(rest));
    snprintf(mounts + LONG, 200, "\n%s", V2);
    const file files[] = {{MOUNTS, mounts},
                          {GROUP, "0::/a\n"},
                          {"/sys/fs/cgroup/a/cpu.max", "300000 100000\n"},
                          {"/rest/a/cpu.max", "100000 100000\n"}};
    mkdir(root, 0777);
    for (int i = 0; i < 4; i++)
        write_file(root, &files[i]);
    ck_assert_double_eq(neuron_cpu_quota(root), 3);
    remove_folder(root);
}
END_TEST

/* Nothing of the host's arithmetic changes, though not every quota is a
 * whole number of processors. */
START_TEST(quotas_leave_no_flags)
{
    static const char *const quotas[] = {"100000 30000\n", "1 3\n", "9007199254740993 7\n",
                                         "100000 100000\n"};
    const char *root = test_file("groups-flags");
    mkdir(root, 0777);
    for (size_t i = 0; i < sizeof quotas / sizeof quotas[0]; i++) {
        const file files[] = {
            {MOUNTS, V2}, {GROUP, "0::/a\n"}, {"/sys/fs/cgroup/a/cpu.max", quotas[i]}};
        for (int k = 0; k < 3; k++)
            write_file(root, &files[k]);
        feclearexcept(FE_ALL_EXCEPT);
        fesetround(FE_UPWARD);
        double quota = neuron_cpu_quota(root);
        int flags = fetestexcept(FE_ALL_EXCEPT), rounding = fegetround();
        fesetround(FE_TONEAREST);
        ck_assert_int_eq(flags, 0);
        ck_assert_int_eq(rounding, FE_UPWARD);
        if (i == 0)
            ck_assert_double_eq(quota, 100000.0 / 30000.0);
    }
    remove_folder(root);
    neuron_context_t *context;
    feclearexcept(FE_ALL_EXCEPT);
    assert_ok(neuron_context_create(&context, NULL));
    ck_assert_int_eq(fetestexcept(FE_ALL_EXCEPT), 0);
    assert_ok(neuron_context_set_number(context, "threads", 0));
    ck_assert_int_eq(fetestexcept(FE_ALL_EXCEPT), 0);
    neuron_context_unref(context);
}
END_TEST

START_TEST(a_context_has_a_thread_for_each)
{
    neuron_context_t *context;
    int32_t processors = neuron_processors();
    ck_assert_int_ge(processors, 1);
    ck_assert_int_le(processors, 256);
    assert_ok(neuron_context_create(&context, NULL));
    ck_assert_int_eq(neuron_context_threads(context), processors);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("processors");
    TCase *tests = tcase_create("processors");
    tcase_add_loop_test(tests, the_smallest_quota_counts, 0, TREES);
    tcase_add_test(tests, lines_may_be_long);
    tcase_add_test(tests, quotas_leave_no_flags);
    tcase_add_test(tests, a_context_has_a_thread_for_each);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
