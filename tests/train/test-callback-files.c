/* The checkpoint and the log that callbacks write. */
#include "callback-bench.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void assert_saved(const bench *b, const char *path, const album *pictures, int64_t epoch)
{
    bench loaded = *b;
    assert_ok(neuron_graph_load(&loaded.graph, b->context, path));
    ck_assert(looks_like(&loaded, pictures, epoch));
    neuron_graph_unref(loaded.graph);
}

START_TEST(the_best_epoch_is_saved)
{
    bench b = set_up(7);
    album pictures = {.count = 0};
    const char *smallest = test_file("smallest"), *largest = test_file("largest");
    add_early(&b, play, (void *)&usual_script);
    add_custom(&b, take_picture, &pictures);
    add_checkpoint(&b, smallest, NULL);
    neuron_callback_t *c = add_checkpoint(&b, largest, NULL);
    assert_ok(neuron_callback_set(c, "mode=largest"));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    assert_saved(&b, smallest, &pictures, 3);
    assert_saved(&b, largest, &pictures, 0);
    drop_album(&pictures);
    tear_down(&b);
}
END_TEST

/* The log at the end of each epoch is the table of the history. */
static int compare_log(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    const char *const *paths = user_data;
    if (event != NEURON_EVENT_EPOCH_END && event != NEURON_EVENT_RUN_BEGIN)
        return 0;
    assert_ok(neuron_history_save_csv(neuron_trainer_history(trainer), paths[1]));
    ck_assert(test_same_files(paths[0], paths[1]));
    return 0;
}

START_TEST(the_log_is_the_history)
{
    bench b = set_up(3);
    const char *paths[] = {test_file("log.csv"), test_file("table.csv")};
    test_write_file(paths[0], "of another training\n", 20);
    add_log(&b, paths[0]);
    add_custom(&b, compare_log, paths);
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    /* What a crash left: lines of epochs that are lost, and half of one. */
    test_bytes whole = test_read_file(paths[0]);
    const char *leftovers[] = {"4,1,1,1,1,1,1\n5,1,1", "", "4,1"};
    for (int i = 0; i < 3; i++) {
        char text[1024];
        int size = snprintf(text, sizeof text, "%s%s", whole.data, leftovers[i]);
        test_write_file(paths[0], text, i == 1 ? 10 : (size_t)size);
        assert_ok(neuron_trainer_set_number(b.trainer, "epochs", 4 + i));
        assert_ok(neuron_trainer_run(NULL, b.trainer));
    }
    free(whole.data);
    tear_down(&b);
}
END_TEST

/* Takes the folder of the files away at the end of an epoch. */
typedef struct thief {
    const char *folder, *file;
    int64_t epoch;
} thief;

static int take_folder(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    const thief *t = user_data;
    if (event == NEURON_EVENT_EPOCH_END &&
        neuron_history_epochs(neuron_trainer_history(trainer)) == t->epoch) {
        unlink(t->file);
        ck_assert_int_eq(rmdir(t->folder), 0);
    }
    return 0;
}

START_TEST(files_that_cannot_be_written)
{
    char folder[512], file[600];
    snprintf(folder, sizeof folder, "%s", test_file("folder"));
    snprintf(file, sizeof file, "%s/file", folder);
    for (int log = 0; log < 2; log++) {
        bench b = set_up(4);
        album pictures = {.count = 0};
        thief t = {folder, file, 2};
        neuron_history_t *history = (neuron_history_t *)&t;
        add_early(&b, play, (void *)&usual_script);
        add_custom(&b, take_picture, &pictures);
        add_early(&b, take_folder, &t);
        if (log)
            add_log(&b, file);
        else
            add_checkpoint(&b, file, NULL);
        ck_assert_int_eq(mkdir(folder, 0700), 0);
        assert_status(neuron_trainer_run(&history, b.trainer), NEURON_E_IO);
        assert_message(file);
        ck_assert_ptr_null(history);
        ck_assert_int_eq(epochs_of(&b), 2);
        assert_status(neuron_trainer_run(NULL, b.trainer), NEURON_E_IO); /* still not */
        assert_message(file);
        ck_assert_int_eq(epochs_of(&b), 2);
        ck_assert_int_eq(mkdir(folder, 0700), 0);
        assert_ok(neuron_trainer_set(b.trainer, "epochs=3"));
        assert_ok(neuron_trainer_run(NULL, b.trainer));
        ck_assert_int_eq(epochs_of(&b), 3);
        if (log) {
            const char *table = test_file("table.csv");
            assert_ok(neuron_history_save_csv(neuron_trainer_history(b.trainer), table));
            ck_assert(test_same_files(file, table));
        } else {
            assert_saved(&b, file, &pictures, 1);
        }
        unlink(file);
        rmdir(folder);
        drop_album(&pictures);
        tear_down(&b);
    }
}
END_TEST

/* What the last epoch could not write the next run writes, from the parameters of that epoch, and
 * leaves those of the best one in place. */
START_TEST(what_the_last_epoch_could_not_write)
{
    char folder[512], file[600];
    snprintf(folder, sizeof folder, "%s", test_file("folder"));
    snprintf(file, sizeof file, "%s/file", folder);
    for (int log = 0; log < 2; log++) {
        bench b = set_up(3), c = set_up(3);
        bench *benches[] = {&b, &c};
        album pictures = {.count = 0}, none = {.count = 0};
        thief t = {folder, file, 3};
        for (int i = 0; i < 2; i++) {
            add_early(benches[i], play, (void *)&usual_script);
            add(benches[i], "early_stopping", "restore_best=yes, patience=20");
            add_custom(benches[i], take_picture, i ? &none : &pictures);
            add_early(benches[i], take_folder, &t);
            if (log)
                add_log(benches[i], file);
            else
                add_checkpoint(benches[i], file, "monitor=loss");
        }
        ck_assert_int_eq(mkdir(folder, 0700), 0);
        assert_status(neuron_trainer_run(NULL, b.trainer), NEURON_E_IO);
        ck_assert_int_eq(epochs_of(&b), 3);
        assert_status(neuron_trainer_run(NULL, b.trainer), NEURON_E_IO); /* still not */
        assert_message(file);
        assert_ok(neuron_trainer_save(b.trainer, test_file("state")));
        assert_ok(neuron_trainer_load(c.trainer, test_file("state")));
        for (int i = 0; i < 2; i++) {
            ck_assert_int_eq(mkdir(folder, 0700), 0);
            assert_ok(neuron_trainer_run(NULL, benches[i]->trainer));
            ck_assert(looks_like(benches[i], &pictures, 1)); /* the first of the best */
            if (!log)
                assert_saved(benches[i], file, &pictures, 2);
            assert_ok(unlink(file));
            assert_ok(neuron_trainer_run(NULL, benches[i]->trainer)); /* nothing to do */
            ck_assert(unlink(file) != 0);
            rmdir(folder);
        }
        drop_album(&pictures);
        tear_down(&c);
        tear_down(&b);
    }
}
END_TEST

/* A host that goes elsewhere and comes back: at the first epoch, and at every other one. */
static int change_folder(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    const char *const *folders = user_data;
    int64_t epochs = neuron_history_epochs(neuron_trainer_history(trainer));
    if (event == NEURON_EVENT_EPOCH_BEGIN)
        ck_assert_int_eq(chdir(folders[epochs % 2]), 0);
    return 0;
}

START_TEST(relative_paths_stay_where_they_were)
{
    char before[4096], folder[512], inner[600];
    const char *const folders[] = {"/", inner};
    snprintf(folder, sizeof folder, "%s", test_file("folder"));
    snprintf(inner, sizeof inner, "%s/inner", folder);
    ck_assert_ptr_nonnull(getcwd(before, sizeof before));
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    ck_assert_int_eq(mkdir(inner, 0700), 0);
    ck_assert_int_eq(chdir(folder), 0);
    bench b = set_up(4);
    album pictures = {.count = 0};
    add_early(&b, play, (void *)&usual_script);
    add_early(&b, change_folder, (void *)&folders);
    add_custom(&b, take_picture, &pictures);
    add_checkpoint(&b, "best", NULL);
    add_log(&b, "inner/../log.csv");
    ck_assert_int_eq(chdir("inner"), 0);
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    const char *table = test_file("table.csv");
    assert_ok(neuron_history_save_csv(neuron_trainer_history(b.trainer), table));
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert(test_same_files("log.csv", table));
    assert_saved(&b, "best", &pictures, 3);
    ck_assert_int_eq(unlink("log.csv"), 0);
    ck_assert_int_eq(unlink("best"), 0);
    ck_assert_int_eq(rmdir(inner), 0); /* nothing was left in it */
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_int_eq(chdir(before), 0);
    drop_album(&pictures);
    tear_down(&b);
}
END_TEST

START_TEST(empty_paths_are_refused)
{
    bench b = set_up(1);
    neuron_callback_t *c;
    assert_status(neuron_callback_create_csv_log(&c, b.context, ""), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(c);
    assert_message("csv_log: path is empty");
    assert_status(neuron_callback_create_checkpoint(&c, b.context, "", "monitor=loss"),
                  NEURON_E_ARGUMENT);
    ck_assert_ptr_null(c);
    assert_message("checkpoint: path is empty");
    assert_status(neuron_trainer_save(b.trainer, ""), NEURON_E_IO);
    assert_message("path is empty");
    assert_status(neuron_graph_save(b.graph, ""), NEURON_E_IO);
    assert_message("path is empty");
    assert_status(neuron_history_save_csv(neuron_trainer_history(b.trainer), ""), NEURON_E_IO);
    assert_message("path is empty");
    tear_down(&b);
}
END_TEST

START_TEST(a_folder_is_no_log)
{
    bench b = set_up(1);
    add_log(&b, "/");
    assert_status(neuron_trainer_run(NULL, b.trainer), NEURON_E_IO);
    tear_down(&b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("callback-files");
    TCase *tests = tcase_create("files");
    tcase_set_timeout(tests, 0);
    tcase_add_test(tests, the_best_epoch_is_saved);
    tcase_add_test(tests, the_log_is_the_history);
    tcase_add_test(tests, files_that_cannot_be_written);
    tcase_add_test(tests, what_the_last_epoch_could_not_write);
    tcase_add_test(tests, relative_paths_stay_where_they_were);
    tcase_add_test(tests, empty_paths_are_refused);
    tcase_add_test(tests, a_folder_is_no_log);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
