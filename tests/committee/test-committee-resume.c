/* Committee trainers that are stopped or killed, and go on from their folder: the bytes are those
 * of a run that nothing interrupted. */
#include "committee-bench.h"

#include <libneuron-committee/committees.h>

#include <sys/wait.h>
#include <unistd.h>

enum { MEMBERS = 3, EPOCHS = 3 };

static const char options[] = "method=bagging, members=3, epochs=3";
static const char *const methods[] = {options, "method=snapshot, members=3, epochs=3",
                                      "method=adaboost, algorithm=samme_r, members=3, epochs=3",
                                      "method=gradient_boosting, members=3, epochs=3"};

/* How many epochs of all members pass before the run ends. */
typedef struct limit {
    int epochs;
    bool kill;
} limit;

static int count_down(neuron_committee_trainer_t *trainer, int64_t member, void *user_data)
{
    limit *l = user_data;
    (void)member;
    if (!(neuron_committee_trainer_progress(trainer, "epochs_done") > 0))
        return NEURON_E_STATE;
    if (--l->epochs > 0)
        return 0;
    if (l->kill)
        _exit(3);
    return NEURON_STOP;
}

static void set_up_with(bench *b, int method, const char *folder, limit *l, const char *threads)
{
    neuron_callback_t *stop;
    set_up(b, methods[method]);
    if (method == 3)
        assert_ok(neuron_committee_trainer_set_builder(b->trainer, build_numbers, NULL, NULL));
    assert_ok(neuron_context_set(b->context, threads));
    assert_ok(neuron_callback_create(&stop, b->context, "early_stopping",
                                     "monitor=validation_accuracy, patience=1, restore_best=yes"));
    if (method == 0)
        assert_ok(neuron_committee_trainer_add_callback(b->trainer, stop));
    neuron_callback_unref(stop);
    assert_ok(neuron_committee_trainer_set_folder(b->trainer, folder));
    if (l)
        assert_ok(neuron_committee_trainer_set_function(b->trainer, count_down, l, NULL));
}

static test_bytes uninterrupted(int method)
{
    bench b;
    set_up_with(&b, method, NULL, NULL, "threads=1");
    test_bytes bytes = train(&b);
    tear_down(&b);
    return bytes;
}

/* ---- Stopping ---- */

START_TEST(test_stop_and_go_on)
{
    bench b;
    test_bytes expected = uninterrupted(_i / 2);
    int runs = 0, status = NEURON_STOP;
    limit l = {0};
    set_up_with(&b, _i / 2, _i % 2 ? new_folder(test_file("stopped")) : NULL, &l,
                _i % 2 ? "threads=2" : "threads=1");
    neuron_graph_t *committee = NULL;
    while (status == NEURON_STOP) {
        l.epochs = 1;
        ck_assert_ptr_null(committee);
        status = neuron_committee_trainer_run(&committee, b.trainer);
        runs++;
    }
    assert_ok(status);
    ck_assert_int_gt(runs, _i == 1 ? 2 : MEMBERS);
    test_bytes found = bytes_of(committee);
    ck_assert(same_bytes(expected, found));
    neuron_graph_unref(committee);
    free(found.data);
    free(expected.data);
    tear_down(&b);
    new_folder(test_file("stopped"));
}
END_TEST

/* ---- Killing ---- */

static int run_to_death(int method, const char *folder, int epochs)
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        bench b;
        limit l = {.epochs = epochs, .kill = true};
        set_up_with(&b, method, folder, &l, "threads=1");
        (void)neuron_committee_trainer_run(NULL, b.trainer);
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(test_killed_at_each_epoch)
{
    test_bytes expected = uninterrupted(_i);
    const char *folder = new_folder(test_file("killed"));
    int deaths = 0;
    while (run_to_death(_i, folder, 1) == 3) /* each life does one epoch */
        ck_assert_int_lt(deaths++, MEMBERS * EPOCHS + 1);
    ck_assert_int_gt(deaths, MEMBERS);
    bench b;
    set_up_with(&b, _i, folder, NULL, "threads=2");
    test_bytes found = train(&b);
    ck_assert(same_bytes(expected, found));
    for (int i = 0; i < MEMBERS; i++) /* of all lives */
        ck_assert_int_ge(neuron_history_epochs(neuron_committee_trainer_history(b.trainer, i)), 2);
    free(found.data);
    free(expected.data);
    tear_down(&b);
    new_folder(test_file("killed"));
}
END_TEST

/* ---- Folders that are not its own ---- */

static void assert_refused(const char *folder, const char *other, int status, const char *message)
{
    bench b;
    set_up(&b, other);
    assert_ok(neuron_committee_trainer_set_folder(b.trainer, folder));
    neuron_graph_t *committee;
    assert_status(neuron_committee_trainer_run(&committee, b.trainer), status);
    assert_message(message);
    tear_down(&b);
}

/* As many examples, but with other labels or of another shape. */
static void assert_other_data_refused(const char *folder)
{
    for (int i = 0; i < 2; i++) {
        bench b;
        neuron_dataset_t *other;
        neuron_committee_trainer_t *trainer;
        set_up(&b, options);
        assert_ok(
            neuron_dataset_generate_glyphs(&other, b.context, EXAMPLES, SIDE, SIDE + i, i ? 3 : 5));
        if (i == 1) /* the same labels */
            ck_assert_int_eq(neuron_dataset_count(other), neuron_dataset_count(b.train));
        assert_ok(
            neuron_committee_trainer_create(&trainer, b.context, b.optimizer, other, options));
        assert_ok(neuron_committee_trainer_set_builder(trainer, build_glyphs, NULL, NULL));
        assert_ok(neuron_committee_trainer_set_folder(trainer, folder));
        assert_status(neuron_committee_trainer_run(NULL, trainer), NEURON_E_DATA);
        assert_message("belongs to another committee, which has other labels, targets or shapes");
        neuron_committee_trainer_unref(trainer);
        neuron_dataset_unref(other);
        tear_down(&b);
    }
}

START_TEST(test_other_folders_are_refused)
{
    bench b;
    const char *folder = new_folder(test_file("others"));
    set_up(&b, options);
    assert_ok(neuron_committee_trainer_set_folder(b.trainer, folder));
    test_bytes expected = train(&b);
    assert_status(neuron_committee_trainer_set_folder(b.trainer, folder), NEURON_E_STATE);
    tear_down(&b);
    assert_refused(folder, "method=bagging, members=4, epochs=3", NEURON_E_DATA,
                   "belongs to another committee: members is 3 in the file, 4 here");
    assert_refused(folder, "method=folds, members=3, epochs=3", NEURON_E_DATA,
                   "method is bagging in the file, folds here");
    assert_refused(folder, "method=bagging, members=3, epochs=3, batch_size=7", NEURON_E_DATA,
                   "committee: member 0: ");
    assert_refused("/nowhere/at/all", options, NEURON_E_IO, "/nowhere/at/all: ");
    assert_other_data_refused(folder);
    char path[512];
    snprintf(path, sizeof path, "%s/committee.json", folder);
    test_bytes header = test_read_file(path);
    test_write_file(path, "{}", 2);
    assert_refused(folder, options, NEURON_E_FORMAT, "is not of a committee");
    test_write_file(path, header.data, header.size / 2);
    assert_refused(folder, options, NEURON_E_FORMAT, "committee.json");
    test_write_file(path, header.data, header.size);
    set_up(&b, options); /* nothing of it was changed */
    assert_ok(neuron_committee_trainer_set_folder(b.trainer, folder));
    test_bytes found = train(&b);
    ck_assert(same_bytes(expected, found));
    tear_down(&b);
    free(header.data);
    free(expected.data);
    free(found.data);
    new_folder(test_file("others"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("committee-resume");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 240);
    tcase_add_loop_test(tcase, test_stop_and_go_on, 0, 8);
    tcase_add_loop_test(tcase, test_killed_at_each_epoch, 0, 4);
    tcase_add_test(tcase, test_other_folders_are_refused);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
