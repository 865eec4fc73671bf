/* Quotas of Linux's control groups: version 2 has them in cpu.max, version 1 in
 * cpu.cfs_quota_us and cpu.cfs_period_us. /proc/self/cgroup names the groups,
 * /proc/self/mountinfo says where they are. */
#include "base/processors.h"

#include "base/context.h"
#include "base/float-mode.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#endif

enum { TEXT = 4096 };

static FILE *open_file(const char *root, const char *folder, const char *name)
{
    char path[2 * TEXT];
    int length = snprintf(path, sizeof path, "%s%s/%s", root, folder, name);
    return length < (int)sizeof path ? fopen(path, "re") : NULL;
}

/* The next line without its end; what is longer than the room is left out. */
static bool read_line(FILE *file, char line[TEXT])
{
    while (fgets(line, TEXT, file)) {
        char *end = strchr(line, '\n');
        if (end) {
            *end = '\0';
            return true;
        }
        int c;
        while ((c = getc(file)) != EOF && c != '\n') {
        }
        if (c == EOF && strlen(line) < TEXT - 1)
            return true;
    }
    return false;
}

/* Whether one of the words between commas is it. */
static bool lists(const char *words, const char *word)
{
    size_t size = strlen(word);
    for (const char *at = words; (at = strstr(at, word)); at += size)
        if ((at == words || at[-1] == ',') && (at[size] == ',' || at[size] == '\0'))
            return true;
    return false;
}

/* The group of this process: a line is number:controllers:path, and those of version 2 name no
 * controllers. */
static bool find_group(const char *root, bool second, char path[TEXT])
{
    FILE *file = open_file(root, "/proc/self", "cgroup");
    if (!file)
        return false;
    bool found = false;
    char line[TEXT];
    while (!found && read_line(file, line)) {
        char *controllers = strchr(line, ':');
        char *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group)
            continue;
        *group++ = '\0';
        found = second ? controllers[1] == '\0' : lists(controllers + 1, "cpu");
        if (found)
            memcpy(path, group, strlen(group) + 1);
    }
    fclose(file);
    return found;
}

/* Up to two numbers from a file; what is no number, such as "max", ends them. */
static int read_numbers(const char *root, const char *folder, const char *name, double numbers[2])
{
    FILE *file = open_file(root, folder, name);
    char line[TEXT];
    int count = 0;
    if (file && read_line(file, line)) {
        char *at = line, *end;
        for (; count < 2; count++, at = end) {
            numbers[count] = (double)strtoll(at, &end, 10);
            if (end == at)
                break;
        }
    }
    if (file)
        fclose(file);
    return count;
}

static double quota_of(const char *root, const char *folder, bool second)
{
    double numbers[2] = {0, 0}, period[2];
    if (second) {
        if (read_numbers(root, folder, "cpu.max", numbers) < 2)
            return INFINITY;
    } else {
        if (read_numbers(root, folder, "cpu.cfs_quota_us", numbers) < 1 ||
            read_numbers(root, folder, "cpu.cfs_period_us", period) < 1)
            return INFINITY;
        numbers[1] = period[0];
    }
    return numbers[0] > 0 && numbers[1] > 0 ? numbers[0] / numbers[1] : INFINITY;
}

/* The part of a group's path below that which is mounted; none for one that lies outside, as in a
 * container that cannot see its own. */
static const char *below(const char *group, const char *mounted)
{
    size_t size = strcmp(mounted, "/") == 0 ? 0 : strlen(mounted);
    bool inside = strncmp(group, mounted, size) == 0 && (group[size] == '/' || group[size] == '\0');
    return inside && !strstr(group, "/..") ? group + size : "";
}

/* The smallest quota from a group up to the mount. */
static double smallest_quota(const char *root, const char *mount, const char *group, bool second)
{
    char folder[2 * TEXT];
    double smallest = INFINITY;
    int length = snprintf(folder, sizeof folder, "%s%s", mount, group);
    while (length >= (int)strlen(mount)) {
        folder[length] = '\0';
        smallest = fmin(smallest, quota_of(root, folder, second));
        do
            length--;
        while (length > 0 && folder[length] != '/');
    }
    return smallest;
}

/* Spaces and the like are \040 in the file. */
static void decode(char *path)
{
    char *to = path;
    for (const char *from = path; *from; to++) {
        if (from[0] == '\\' && from[1] && from[2] && from[3]) {
            *to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + from[3] - '0');
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

/* Of a line "36 35 98:0 /mounted /mount options [...] - type source options". */
static double quota_of_mount(const char *root, char *line)
{
    char *tail = strstr(line, " - ");
    char *rest = NULL, *fields[5];
    for (int i = 0; i < 5; i++)
        fields[i] = strtok_r(i == 0 ? line : NULL, " ", &rest);
    if (!tail || !fields[4] || fields[4] > tail)
        return INFINITY;
    char *type = strtok_r(tail + 3, " ", &rest);
    char *source = strtok_r(NULL, " ", &rest), *options = strtok_r(NULL, " ", &rest);
    bool second = type && strcmp(type, "cgroup2") == 0;
    if (!second &&
        !(type && strcmp(type, "cgroup") == 0 && source && options && lists(options, "cpu")))
        return INFINITY;
    char group[TEXT];
    if (!find_group(root, second, group))
        return INFINITY;
    decode(fields[3]);
    decode(fields[4]);
    return smallest_quota(root, fields[4], below(group, fields[3]), second);
}

double neuron_cpu_quota(const char *root)
{
    FLOAT_SCOPE;
    double smallest = INFINITY;
    FILE *file = open_file(root, "/proc/self", "mountinfo");
    char line[TEXT];
    while (file && read_line(file, line))
        smallest = fmin(smallest, quota_of_mount(root, line));
    if (file)
        fclose(file);
    return smallest;
}

int32_t neuron_processors(void)
{
    FLOAT_SCOPE;
    long count = sysconf(_SC_NPROCESSORS_ONLN);
#ifdef __linux__
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
        count = CPU_COUNT(&allowed);
    double quota = ceil(neuron_cpu_quota(""));
    if (quota < (double)count)
        count = (long)quota;
#endif
    return count < 1 ? 1 : count > NEURON_THREADS_MAX ? NEURON_THREADS_MAX : (int32_t)count;
}
