/* Event logs as bytes: records and their checksums, files that cannot be written, memory that
 * cannot be had. What TensorBoard makes of them is in tests/interop/event_logs.py. */
#include "test-several.h"

#include <libneuron-report/event_log.h>

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Folders ---- */

static int remove_entry(const char *path, const struct stat *found, int kind, struct FTW *where)
{
    (void)found, (void)kind, (void)where;
    return remove(path);
}

/* A folder that is not there yet. */
static const char *new_folder(const char *name)
{
    const char *folder = test_file(name);
    nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    return folder;
}

static void remove_folder(const char *folder)
{
    ck_assert_int_eq(nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static int no_dots(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

enum { PATH_ROOM = 600 };

/* The path of the file at `index`, in the order of the names, of how many there are. */
static int find_file(char path[PATH_ROOM], const char *folder, int index)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, no_dots, alphasort);
    for (int i = 0; i < count; i++) {
        if (i == index)
            ck_assert_int_lt(snprintf(path, PATH_ROOM, "%s/%s", folder, entries[i]->d_name),
                             PATH_ROOM);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return count;
}

/* ---- Records ---- */

/* CRC-32C bit by bit from the polynomial as it is written, x^32 + x^28 + ..., not as the library
 * computes it. */
static uint32_t turned(uint32_t bits)
{
    uint32_t result = 0;
    for (int i = 0; i < 32; i++)
        result |= (bits >> i & 1) << (31 - i);
    return result;
}

static uint32_t crc32c(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint32_t rest = 0xffffffff;
    for (size_t i = 0; i < size * 8; i++) {
        uint32_t bit = at[i / 8] >> i % 8 & 1;
        rest = (rest >> 31 ^ bit) ? rest << 1 ^ 0x1edc6f41 : rest << 1;
    }
    return ~turned(rest);
}

static uint32_t masked(uint32_t sum)
{
    return (sum >> 15 | sum << 17) + 0xa282ead8;
}

static uint64_t number(const char *bytes, int size)
{
    uint64_t value = 0;
    for (int i = size; i-- > 0;)
        value = value << 8 | (unsigned char)bytes[i];
    return value;
}

typedef struct records {
    test_bytes file;
    int count;
    const char *message[64];
    size_t size[64];
} records;

/* Every record of a file is whole, and its checksums are right. */
static records read_records(const char *folder, int index)
{
    char path[PATH_ROOM] = "";
    ck_assert_int_gt(find_file(path, folder, index), index);
    records found = {.file = test_read_file(path)};
    for (size_t at = 0; at < found.file.size;) {
        const char *head = found.file.data + at;
        ck_assert_uint_ge(found.file.size - at, 16);
        uint64_t size = number(head, 8);
        ck_assert_uint_eq(number(head + 8, 4), masked(crc32c(head, 8)));
        ck_assert_uint_le(size, found.file.size - at - 16);
        ck_assert_uint_eq(number(head + 12 + size, 4), masked(crc32c(head + 12, (size_t)size)));
        ck_assert_int_lt(found.count, 64);
        found.message[found.count] = head + 12;
        found.size[found.count++] = (size_t)size;
        at += 16 + (size_t)size;
    }
    return found;
}

static int count_records(const char *folder, int index)
{
    records found = read_records(folder, index);
    free(found.file.data);
    return found.count;
}

START_TEST(records_have_the_right_bytes)
{
    static const char version[] = "\x1a\x0d"
                                  "brain.Event:2";
    static const char scalar[] = "\x10\xac\x02"     /* step 300 */
                                 "\x2a\x0d\x0a\x0b" /* a summary with a value */
                                 "\x0a\x04loss"     /* its tag */
                                 "\x15\x00\x00\x20\xc0";
    ck_assert_uint_eq(crc32c("123456789", 9), 0xe3069283); /* the check of the catalogues */
    neuron_context_t *context = test_context();
    const char *folder = new_folder("records");
    neuron_event_log_t *log;
    assert_ok(neuron_event_log_create(&log, context, folder, NULL));
    ck_assert_int_eq(count_records(folder, 0), 1); /* the first is there at once */
    neuron_context_unref(context);
    assert_ok(neuron_event_log_add_scalar(log, "loss", 300, -2.5));
    ck_assert_int_eq(count_records(folder, 0), 1);
    assert_ok(neuron_event_log_flush(log));
    records found = read_records(folder, 0);
    ck_assert_int_eq(found.count, 2);
    /* Behind nine bytes of time. */
    ck_assert_uint_eq(found.size[0], 9 + sizeof version - 1);
    ck_assert_int_eq(memcmp(found.message[0] + 9, version, sizeof version - 1), 0);
    ck_assert_uint_eq(found.size[1], 9 + sizeof scalar - 1);
    ck_assert_int_eq(memcmp(found.message[1] + 9, scalar, sizeof scalar - 1), 0);
    free(found.file.data);
    ck_assert_ptr_eq(neuron_event_log_ref(log), log);
    neuron_event_log_unref(log);
    assert_ok(neuron_event_log_add_scalar(log, "loss", 301, 1));
    neuron_event_log_unref(log);
    ck_assert_int_eq(count_records(folder, 0), 3); /* the last owner has written the rest */
    remove_folder(folder);
}
END_TEST

START_TEST(files_have_names_in_the_order_in_which_they_were_made)
{
    neuron_context_t *context = test_context();
    const char *folder = new_folder("names");
    char below[PATH_ROOM], path[PATH_ROOM] = "";
    snprintf(below, sizeof below, "%s/a/b//c/", folder);
    neuron_event_log_t *logs[12];
    for (int i = 0; i < 12; i++) {
        assert_ok(neuron_event_log_create(&logs[i], context, below, "flush_seconds=0"));
        for (int k = 0; k < i; k++)
            assert_ok(neuron_event_log_add_scalar(logs[i], "loss", k, k));
    }
    ck_assert_int_eq(find_file(path, below, 0), 12);
    const char *name = strrchr(path, '/') + 1;
    ck_assert_int_eq(strncmp(name, "events.out.tfevents.", 20), 0);
    ck_assert(isdigit((unsigned char)name[20]));
    for (int i = 0; i < 12; i++) {
        ck_assert_int_eq(count_records(below, i), 1 + i);
        neuron_event_log_unref(logs[i]);
    }
    neuron_context_unref(context);
    remove_folder(folder);
}
END_TEST

START_TEST(purging_is_said_twice)
{
    static const char start[] = "\x10\x05\x3a\x02\x08\x01"; /* step 5, a log of status 1 */
    neuron_context_t *context = test_context();
    const char *folder = new_folder("purge");
    neuron_event_log_t *log;
    assert_ok(neuron_event_log_create(&log, context, folder, "purge_step=5"));
    neuron_event_log_unref(log);
    records found = read_records(folder, 0);
    ck_assert_int_eq(found.count, 3);
    for (int i = 1; i < 3; i++) {
        ck_assert_uint_eq(found.size[i], 9 + sizeof start - 1);
        ck_assert_int_eq(memcmp(found.message[i] + 9, start, sizeof start - 1), 0);
    }
    free(found.file.data);
    neuron_context_unref(context);
    remove_folder(folder);
}
END_TEST

/* ---- What is refused ---- */

START_TEST(arguments)
{
    neuron_context_t *context = test_context();
    const char *folder = new_folder("arguments");
    neuron_event_log_t *log = (neuron_event_log_t *)folder;
    assert_status(neuron_event_log_create(NULL, context, folder, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_event_log_create(&log, context, NULL, NULL), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(log);
    assert_status(neuron_event_log_create(&log, context, "", NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_event_log_create(&log, context, folder, "purge_step=-2"),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_event_log_create(&log, context, folder, "flush=1"), NEURON_E_ARGUMENT);
    ck_assert_int_eq(access(folder, F_OK), -1);
    assert_ok(neuron_event_log_create(&log, context, folder, "flush_seconds=0"));

    static const char *const tags[] = {NULL, "", "a\nb", "\xff", "a\x1b[0m"};
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        assert_status(neuron_event_log_add_scalar(log, tags[i], 0, 0), NEURON_E_ARGUMENT);
        assert_message("tag");
        assert_status(neuron_event_log_add_text(log, tags[i], 0, "a"), NEURON_E_ARGUMENT);
    }
    assert_status(neuron_event_log_add_scalar(log, "a", -1, 0), NEURON_E_ARGUMENT);
    assert_message("step is -1");
    assert_status(neuron_event_log_add_scalar(NULL, "a", 0, 0), NEURON_E_ARGUMENT);
    assert_status(neuron_event_log_add_scalar((neuron_event_log_t *)(void *)context, "a", 0, 0),
                  NEURON_E_ARGUMENT);
    assert_message("log is a context");
    assert_status(neuron_event_log_add_text(log, "a", 0, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_event_log_add_histogram(log, "a", 0, NULL, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_event_log_add_histogram(log, "a", 0, NULL, -1), NEURON_E_ARGUMENT);
    assert_status(neuron_event_log_add_evaluation(log, "a", 0, NULL), NEURON_E_ARGUMENT);
    const char *names[] = {"a", NULL};
    assert_status(neuron_event_log_add_hparams(log, names, names, 2, NULL, 0), NEURON_E_ARGUMENT);
    assert_message("names[1] is NULL");
    assert_status(neuron_event_log_add_hparams(log, names, names, 1, NULL, 1), NEURON_E_ARGUMENT);
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    assert_status(neuron_event_log_add_parameters(log, NULL, 0, graph), NEURON_E_STATE);
    neuron_graph_unref(graph);

    neuron_tensor_t *images;
    const int64_t shapes[][4] = {{2, 3, 4, 2}, {65, 2, 2, 1}, {0, 2, 2, 1}, {1, 1, 4, 1}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        assert_ok(neuron_tensor_create(&images, context, NEURON_TYPE_U8, shapes[i], 4));
        assert_status(neuron_event_log_add_images(log, "a", 0, images), NEURON_E_SHAPE);
        neuron_tensor_unref(images);
    }
    assert_ok(neuron_tensor_create(&images, context, NEURON_TYPE_I32, (int64_t[]){1, 2, 3}, 3));
    assert_status(neuron_event_log_add_images(log, "a", 0, images), NEURON_E_TYPE);
    neuron_tensor_unref(images);

    neuron_event_log_unref(log);
    neuron_event_log_unref(NULL);
    ck_assert_ptr_null(neuron_event_log_ref(NULL));
    ck_assert_int_eq(count_records(folder, 0), 1);
    neuron_context_unref(context);
    remove_folder(folder);
}
END_TEST

/* ---- Files that cannot be written ---- */

START_TEST(a_folder_that_cannot_be_made)
{
    neuron_context_t *context = test_context();
    const char *file = test_file("file");
    test_write_file(file, "a", 1);
    char below[PATH_ROOM];
    snprintf(below, sizeof below, "%s/logs", file);
    neuron_event_log_t *log;
    assert_status(neuron_event_log_create(&log, context, below, NULL), NEURON_E_IO);
    ck_assert_ptr_null(log);
    assert_message(file);
    assert_status(neuron_event_log_create(&log, context, file, NULL), NEURON_E_IO);
    if (geteuid() != 0) {
        const char *folder = new_folder("sealed");
        ck_assert_int_eq(mkdir(folder, 0555), 0);
        assert_status(neuron_event_log_create(&log, context, folder, NULL), NEURON_E_IO);
        ck_assert_int_eq(find_file(below, folder, 0), 0);
        remove_folder(folder);
    }
    neuron_context_unref(context);
}
END_TEST

static void limit_files(rlim_t size)
{
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(a_full_disk)
{
    neuron_context_t *context = test_context();
    const char *folder = new_folder("full");
    neuron_event_log_t *log;
    assert_ok(neuron_event_log_create(&log, context, folder, "flush_seconds=0"));
    limit_files(200);
    int added = 0, status = NEURON_OK;
    for (; status == NEURON_OK; added++)
        status = neuron_event_log_add_scalar(log, "loss", added, 1);
    ck_assert_int_eq(status, NEURON_E_IO);
    assert_message("events.out.tfevents.");
    int written = count_records(folder, 0); /* whole ones only */
    ck_assert_int_eq(written, added);       /* all but the last, and the version */
    assert_status(neuron_event_log_add_scalar(log, "loss", added++, 1), NEURON_E_IO);
    assert_status(neuron_event_log_flush(log), NEURON_E_IO);
    ck_assert_int_eq(count_records(folder, 0), written);
    limit_files(RLIM_INFINITY);
    assert_ok(neuron_event_log_add_scalar(log, "loss", added++, 1));
    ck_assert_int_eq(count_records(folder, 0), 1 + added);
    neuron_event_log_unref(log);
    neuron_context_unref(context);
    remove_folder(folder);
}
END_TEST

static void keep_line(int32_t level, const char *category, const char *line, void *user_data)
{
    (void)level, (void)category;
    snprintf(user_data, 512, "%s", line);
}

START_TEST(what_is_lost_in_the_end_is_logged)
{
    neuron_context_t *context = test_context();
    char line[512] = "";
    assert_ok(neuron_context_set_log(context, NEURON_LOG_WARNING, keep_line, line, NULL));
    const char *folder = new_folder("lost");
    neuron_event_log_t *log;
    assert_ok(neuron_event_log_create(&log, context, folder, NULL));
    assert_ok(neuron_event_log_add_scalar(log, "loss", 0, 1));
    limit_files(60);
    neuron_event_log_unref(log);
    limit_files(RLIM_INFINITY);
    ck_assert_ptr_nonnull(strstr(line, "events.out.tfevents."));
    ck_assert_int_eq(count_records(folder, 0), 1);
    neuron_context_unref(context);
    remove_folder(folder);
}
END_TEST

/* ---- Memory ---- */

typedef struct subjects {
    neuron_event_log_t *log;
    neuron_graph_t *graph;
    neuron_evaluation_t *evaluation;
    neuron_tensor_t *images;
    int way;
} subjects;

enum { WAYS = 7 };

static int add(const subjects *s)
{
    static const char *const names[] = {"rate", "rule"}, *const values[] = {"0.1", "adam"};
    static const float numbers[] = {1, 2, 3};
    switch (s->way) {
    case 0:
        return neuron_event_log_add_scalar(s->log, "a", 0, 1);
    case 1:
        return neuron_event_log_add_histogram(s->log, "a", 0, numbers, 3);
    case 2:
        return neuron_event_log_add_parameters(s->log, "p", 0, s->graph);
    case 3:
        return neuron_event_log_add_images(s->log, "a", 0, s->images);
    case 4:
        return neuron_event_log_add_evaluation(s->log, "a", 0, s->evaluation);
    case 5:
        return neuron_event_log_add_hparams(s->log, names, values, 2, names, 1);
    default: {
        char text[9000]; /* more than there is room for at first */
        memset(text, 'a', sizeof text - 1);
        text[sizeof text - 1] = '\0';
        return neuron_event_log_add_text(s->log, "a", 0, text);
    }
    }
}

START_TEST(without_memory_nothing_is_added)
{
    static const int events[WAYS] = {1, 1, 8, 1, 4, 2, 1};
    test_memory memory;
    neuron_context_t *context = test_limited_context(&memory);
    const char *folder = new_folder("memory");
    subjects s = {.graph = test_mlp(context, 8), .way = _i};
    const int32_t truth[] = {0, 1, 2, 2}, predicted[] = {0, 2, 2, 2};
    assert_ok(neuron_evaluation_create(&s.evaluation, context, truth, predicted, 4, 3));
    assert_ok(
        neuron_tensor_create(&s.images, context, NEURON_TYPE_F32, (int64_t[]){2, 5, 5, 3}, 4));
    assert_ok(neuron_event_log_create(&s.log, context, folder, NULL));
    int status = NEURON_E_MEMORY;
    int failed = 0;
    for (long n = 0; status == NEURON_E_MEMORY; n++, failed++) {
        long live = memory.live;
        memory.left = n;
        status = add(&s);
        test_refill(&memory);
        ck_assert(status == NEURON_OK || memory.live <= live + 1); /* room that the log keeps */
        ck_assert_int_lt(n, 200);
    }
    assert_ok(status);
    ck_assert(_i == 0 || _i == 1 || failed > 1);
    neuron_event_log_unref(s.log);
    ck_assert_int_eq(count_records(folder, 0), 1 + events[_i]);
    neuron_tensor_unref(s.images);
    neuron_evaluation_unref(s.evaluation);
    neuron_graph_unref(s.graph);
    neuron_context_unref(context);
    ck_assert_int_eq(memory.live, 0);
    remove_folder(folder);
}
END_TEST

START_TEST(a_log_without_memory)
{
    test_memory memory;
    neuron_context_t *context = test_limited_context(&memory);
    const char *folder = new_folder("no-log");
    neuron_event_log_t *log;
    neuron_callback_t *callback;
    char path[PATH_ROOM];
    int status = NEURON_E_MEMORY;
    for (long n = 0; status == NEURON_E_MEMORY; n++) {
        memory.left = n;
        status = neuron_event_log_create(&log, context, folder, "purge_step=1");
        ck_assert(status == NEURON_OK || !log);
        ck_assert_int_le(find_file(path, folder, 0), status == NEURON_OK);
    }
    assert_ok(status);
    neuron_event_log_unref(log);
    status = NEURON_E_MEMORY;
    for (long n = 0; status == NEURON_E_MEMORY; n++) {
        memory.left = n;
        status = neuron_callback_create_event_log(&callback, context, folder, NULL);
        ck_assert(status == NEURON_OK || !callback);
    }
    assert_ok(status);
    neuron_callback_unref(callback);
    neuron_context_unref(context);
    ck_assert_int_eq(memory.live, 0);
    remove_folder(folder);
}
END_TEST

/* ---- The callback ---- */

typedef struct training {
    neuron_graph_t *graph;
    neuron_optimizer_t *adam;
    neuron_dataset_t *glyphs;
    neuron_trainer_t *trainer;
    neuron_callback_t *callback;
} training;

static training new_training(neuron_context_t *context, const char *folder, const char *options)
{
    training t = {.graph = test_linear(context, 8), .glyphs = test_glyphs(context, 100, 8)};
    assert_ok(neuron_optimizer_create(&t.adam, context, "adam", NULL));
    assert_ok(neuron_trainer_create(&t.trainer, t.graph, t.adam, t.glyphs));
    assert_ok(neuron_trainer_set(t.trainer, "epochs=3, validation_split=0.2"));
    assert_ok(neuron_callback_create_event_log(&t.callback, context, folder, options));
    assert_ok(neuron_trainer_add_callback(t.trainer, t.callback));
    return t;
}

static void end_training(training *t)
{
    neuron_callback_unref(t->callback);
    neuron_trainer_unref(t->trainer);
    neuron_dataset_unref(t->glyphs);
    neuron_optimizer_unref(t->adam);
    neuron_graph_unref(t->graph);
}

START_TEST(trainings_are_logged)
{
    neuron_context_t *context = test_context();
    const char *folder = new_folder("run");
    char path[PATH_ROOM], file[PATH_ROOM];
    training t = new_training(context, folder, "histograms=yes, steps=yes");
    ck_assert_int_eq(access(folder, F_OK), -1); /* until it runs */
    assert_ok(neuron_trainer_run(NULL, t.trainer));
    ck_assert_int_eq(count_records(folder, 0), 2); /* the settings */
    snprintf(path, sizeof path, "%s/train", folder);
    ck_assert_int_eq(count_records(path, 0), 3 + 3 * (3 + 2)); /* figures, and two arrays */
    snprintf(path, sizeof path, "%s/validation", folder);
    ck_assert_int_eq(count_records(path, 0), 3 + 3 * 2);
    snprintf(path, sizeof path, "%s/steps", folder);
    ck_assert_int_eq(count_records(path, 0), 3 + 3 * 3);

    /* A run that has nothing to do leaves no file; one that goes on, one more. */
    assert_ok(neuron_trainer_run(NULL, t.trainer));
    ck_assert_int_eq(find_file(file, path, 0), 1);
    snprintf(path, sizeof path, "%s/train", folder);
    assert_ok(neuron_trainer_set(t.trainer, "epochs=4"));
    assert_ok(neuron_trainer_run(NULL, t.trainer));
    records found = read_records(path, 1);
    ck_assert_int_eq(found.count, 3 + 5);
    ck_assert_int_eq(memcmp(found.message[1] + 9, "\x10\x03\x3a", 3), 0); /* from step 3 on */
    free(found.file.data);
    end_training(&t);
    neuron_context_unref(context);
    remove_folder(folder);
}
END_TEST

START_TEST(each_output_is_logged)
{
    static const char *const tags[] = {"epoch_loss",      "epoch_accuracy",
                                       "epoch_kind_loss", "epoch_kind_accuracy",
                                       "epoch_size_loss", "epoch_mark_accuracy"};
    neuron_context_t *context = test_context();
    const char *folder = new_folder("outputs");
    examples e = make_examples(context, EXAMPLES, 1);
    zip_examples(&e);
    training t = {.graph = three_heads(context), .glyphs = neuron_dataset_ref(e.zipped)};
    assert_ok(neuron_optimizer_create(&t.adam, context, "adam", NULL));
    assert_ok(neuron_trainer_create(&t.trainer, t.graph, t.adam, t.glyphs));
    set_losses(t.trainer, context, 1, 1);
    assert_ok(neuron_trainer_set(t.trainer, "validation_split=0.3, metrics=f1 r2"));
    assert_ok(neuron_callback_create_event_log(&t.callback, context, folder, NULL));
    assert_ok(neuron_trainer_add_callback(t.trainer, t.callback));
    assert_ok(neuron_trainer_run(NULL, t.trainer));
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/train", folder);
    records found = read_records(path, 0);
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
        ck_assert_msg(memmem(found.file.data, found.file.size, tags[i], strlen(tags[i])) != NULL,
                      "%s is missing", tags[i]);
    free(found.file.data);
    static const char *const metrics[] = {"epoch_kind_f1", "epoch_size_r2", "epoch_mark_f1"};
    snprintf(path, sizeof path, "%s/validation", folder);
    found = read_records(path, 0);
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++)
        ck_assert_msg(memmem(found.file.data, found.file.size, metrics[i], strlen(metrics[i])) !=
                          NULL,
                      "%s is missing", metrics[i]);
    ck_assert_ptr_null(memmem(found.file.data, found.file.size, "epoch_kind_r2", 13));
    free(found.file.data);
    end_training(&t);
    drop_examples(&e);
    neuron_context_unref(context);
    remove_folder(folder);
}
END_TEST

START_TEST(trainings_whose_log_cannot_be_written_end)
{
    neuron_context_t *context = test_context();
    const char *file = test_file("no-folder"), *folder = new_folder("full-run");
    char below[PATH_ROOM];
    test_write_file(file, "a", 1);
    snprintf(below, sizeof below, "%s/run", file);
    training t = new_training(context, below, NULL);
    assert_status(neuron_trainer_run(NULL, t.trainer), NEURON_E_IO);
    assert_message(file);
    ck_assert_int_eq(neuron_history_epochs(neuron_trainer_history(t.trainer)), 0);
    end_training(&t);

    t = new_training(context, folder, NULL);
    limit_files(500);
    assert_status(neuron_trainer_run(NULL, t.trainer), NEURON_E_IO);
    limit_files(RLIM_INFINITY);
    assert_ok(neuron_trainer_set(t.trainer, "epochs=5"));
    assert_ok(neuron_trainer_run(NULL, t.trainer));
    end_training(&t);
    neuron_context_unref(context);
    remove_folder(folder);
}
END_TEST

START_TEST(a_training_without_memory_for_its_log)
{
    test_memory memory;
    neuron_context_t *context = test_limited_context(&memory);
    const char *folder = new_folder("run-memory");
    int status = NEURON_E_MEMORY;
    for (long n = 0; status == NEURON_E_MEMORY; n += 3) {
        training t = new_training(context, folder, "histograms=yes, steps=yes");
        memory.left = n;
        status = neuron_trainer_run(NULL, t.trainer);
        test_refill(&memory);
        end_training(&t);
        ck_assert_int_lt(n, 1000);
    }
    assert_ok(status);
    neuron_context_unref(context);
    ck_assert_int_eq(memory.live, 0);
    remove_folder(folder);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("event-log");
    TCase *tests = tcase_create("event-log");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, records_have_the_right_bytes);
    tcase_add_test(tests, files_have_names_in_the_order_in_which_they_were_made);
    tcase_add_test(tests, purging_is_said_twice);
    tcase_add_test(tests, arguments);
    tcase_add_test(tests, a_folder_that_cannot_be_made);
    tcase_add_test(tests, a_full_disk);
    tcase_add_test(tests, what_is_lost_in_the_end_is_logged);
    tcase_add_loop_test(tests, without_memory_nothing_is_added, 0, WAYS);
    tcase_add_test(tests, a_log_without_memory);
    tcase_add_test(tests, trainings_are_logged);
    tcase_add_test(tests, each_output_is_logged);
    tcase_add_test(tests, trainings_whose_log_cannot_be_written_end);
    tcase_add_test(tests, a_training_without_memory_for_its_log);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
