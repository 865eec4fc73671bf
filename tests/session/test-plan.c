#include "test-models.h"

#include "base/random.h"
#include "session/plan.h"
#include "kernels/kernels.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

enum { BLOCKS_MAX = 60, SIZE = 12 };

static void assert_plan(const neuron_block *blocks, int64_t count, size_t arena)
{
    size_t end = 0;
    for (int32_t i = 0; i < count; i++) {
        const neuron_block *a = &blocks[i];
        ck_assert_uint_eq(a->offset % NEURON_ALIGNMENT, 0);
        end = a->offset + a->bytes > end ? a->offset + a->bytes : end;
        for (int32_t j = 0; j < i; j++) {
            const neuron_block *b = &blocks[j];
            bool together = a->first <= b->last && b->first <= a->last;
            bool shared = a->offset < b->offset + b->bytes && b->offset < a->offset + a->bytes;
            assert_that(!together || !shared || !a->bytes || !b->bytes,
                        "blocks %d and %d share bytes at a time", (int)i, (int)j);
        }
    }
    ck_assert_uint_eq(arena, end);
}

/* The most bytes that are in use at a time: no arena is smaller. */
static size_t busiest(const neuron_block *blocks, int64_t count)
{
    size_t most = 0;
    for (int32_t i = 0; i < count; i++) {
        size_t sum = 0; /* the busiest moment is one at which a block begins */
        for (int32_t j = 0; j < count; j++)
            if (blocks[j].first <= blocks[i].first && blocks[i].first <= blocks[j].last)
                sum += blocks[j].bytes;
        most = sum > most ? sum : most;
    }
    return most;
}

START_TEST(blocks_in_use_together_never_share_bytes)
{
    neuron_context_t *context = test_context();
    neuron_random_reader reader = neuron_random_read(1, NEURON_RANDOM_SHUFFLE, 0);
    for (int round = 0; round < 500; round++) {
        neuron_block blocks[BLOCKS_MAX];
        int64_t count = (int32_t)neuron_random_below(&reader, BLOCKS_MAX + 1);
        for (int32_t i = 0; i < count; i++) {
            int32_t first = (int32_t)neuron_random_below(&reader, 30);
            blocks[i] = (neuron_block){
                .bytes = (size_t)neuron_random_below(&reader, 2000),
                .first = first,
                .last = first + (int32_t)neuron_random_below(&reader, 10),
            };
        }
        size_t arena, kept;
        assert_ok(neuron_plan(context, blocks, count, &arena, &kept));
        assert_plan(blocks, count, arena);
        ck_assert_uint_ge(arena, busiest(blocks, count));
    }
    neuron_context_unref(context);
}
END_TEST

/* A chain of layers, each of which reads what the one before wrote. */
static void check_chain(const size_t *bytes, int64_t count)
{
    neuron_context_t *context = test_context();
    neuron_block blocks[BLOCKS_MAX];
    for (int32_t i = 0; i < count; i++)
        blocks[i] = (neuron_block){.bytes = bytes[i], .first = i, .last = i + 1};
    size_t arena, kept;
    assert_ok(neuron_plan(context, blocks, count, &arena, &kept));
    assert_plan(blocks, count, arena);
    ck_assert_uint_eq(arena, busiest(blocks, count));
    neuron_context_unref(context);
}

START_TEST(a_chain_needs_no_more_than_its_busiest_moment)
{
    check_chain((const size_t[]){640, 640, 640, 640, 640, 640}, 6);
    check_chain((const size_t[]){4096, 2048, 1024, 512, 64}, 5);
    check_chain((const size_t[]){64, 512, 1024, 2048, 4096}, 5);
    check_chain((const size_t[]){64, 512, 4096, 1024, 64}, 5);
    check_chain((const size_t[]){1, 63, 65, 1000}, 4);
    check_chain((const size_t[]){100}, 1);
}
END_TEST

/* Values that wait for backward, and gradients that come and go. */
START_TEST(forward_and_backward_of_a_chain)
{
    enum { LAYERS = 8 };
    neuron_context_t *context = test_context();
    neuron_block blocks[2 * LAYERS];
    for (int32_t i = 0; i < LAYERS; i++) {
        int32_t back = 2 * LAYERS - i;
        blocks[i] = (neuron_block){.bytes = 1024, .first = i, .last = back};
        blocks[LAYERS + i] = (neuron_block){.bytes = 1024, .first = back - 1, .last = back};
    }
    size_t arena, kept;
    assert_ok(neuron_plan(context, blocks, 2 * LAYERS, &arena, &kept));
    assert_plan(blocks, 2 * LAYERS, arena);
    ck_assert_uint_eq(arena, busiest(blocks, 2 * LAYERS));
    neuron_context_unref(context);
}
END_TEST

/* What is kept lies in another arena, and has a place of its own in it. */
START_TEST(kept_blocks_lie_apart)
{
    neuron_context_t *context = test_context();
    size_t arena, kept;
    neuron_block blocks[] = {
        {.bytes = 1000, .first = 0, .last = 1},
        {.bytes = 100, .first = 2, .last = NEURON_BLOCK_KEPT},
        {.bytes = 500, .first = 2, .last = 3},
        {.bytes = 30, .first = 4, .last = NEURON_BLOCK_KEPT},
    };
    assert_ok(neuron_plan(context, blocks, 4, &arena, &kept));
    ck_assert_uint_eq(arena, 1024);
    ck_assert_uint_eq(kept, 128 + 64);
    ck_assert_uint_eq(blocks[1].offset, 0);
    ck_assert_uint_eq(blocks[3].offset, 128);
    neuron_context_unref(context);
}
END_TEST

START_TEST(nothing_needs_nothing)
{
    neuron_context_t *context = test_context();
    size_t arena = 7, kept = 7;
    assert_ok(neuron_plan(context, NULL, 0, &arena, &kept));
    ck_assert_uint_eq(arena, 0);
    neuron_block empty[] = {{.first = 0, .last = 3}, {.first = 1, .last = 2}};
    assert_ok(neuron_plan(context, empty, 2, &arena, &kept));
    ck_assert_uint_eq(arena, 0);
    neuron_context_unref(context);
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    neuron_context_t *context = test_context();
    size_t arena, kept;
    neuron_block one[] = {{.bytes = SIZE_MAX - 3}};
    assert_status(neuron_plan(context, one, 1, &arena, &kept), NEURON_E_MEMORY);
    assert_message("too much memory");
    neuron_block two[] = {{.bytes = SIZE_MAX / 2 + 1}, {.bytes = SIZE_MAX / 2 + 1}};
    assert_status(neuron_plan(context, two, 2, &arena, &kept), NEURON_E_MEMORY);
    assert_message("too much memory");
    neuron_context_unref(context);
}
END_TEST

typedef struct log_book {
    int lines;
    char last[200];
} log_book;

static void keep(int32_t level, const char *category, const char *line, void *user_data)
{
    (void)category;
    log_book *book = user_data;
    if (level != NEURON_LOG_DEBUG)
        return;
    book->lines++;
    snprintf(book->last, sizeof book->last, "%s", line);
}

/* The last line of the log is what was planned for, with the bytes that the library foretells. */
static void assert_told(log_book *book, const neuron_graph_t *graph, const char *purpose,
                        int64_t batch, const char *what)
{
    int64_t bytes;
    char wanted[200];
    int lines = book->lines;
    assert_ok(neuron_graph_memory(&bytes, graph, batch, purpose));
    ck_assert_int_eq(book->lines, lines); /* asked for, but not made */
    snprintf(wanted, sizeof wanted,
             "%s: %s kernels, %" PRId64 " bytes to %s %" PRId64 " examples at a time",
             neuron_graph_name(graph), neuron_kernels_choose()->name, bytes, what, batch);
    ck_assert_str_eq(book->last, wanted);
    ck_assert_int_gt(book->lines, 1); /* one for each node before it */
    book->lines = 0;
}

static void predict(neuron_context_t *context, const neuron_graph_t *graph, int64_t count)
{
    neuron_tensor_t *input, *output;
    assert_ok(neuron_tensor_create(&input, context, NEURON_TYPE_F32,
                                   (const int64_t[]){count, SIZE, SIZE, 1}, 4));
    assert_ok(neuron_tensor_create(&output, context, NEURON_TYPE_F32,
                                   (const int64_t[]){count, TEST_CLASSES}, 2));
    assert_ok(neuron_graph_predict(graph, input, output));
    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
}

START_TEST(the_log_tells_what_was_planned)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = test_cnn(context, SIZE);
    neuron_dataset_t *glyphs = test_glyphs(context, 20, SIZE);
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    log_book book = {0};
    assert_ok(neuron_context_set_log(context, NEURON_LOG_DEBUG, keep, &book, NULL));

    predict(context, graph, 6);
    assert_told(&book, graph, NULL, 8, "predict");
    predict(context, graph, 7);
    ck_assert_int_eq(book.lines, 0); /* the memory is there already */

    assert_ok(neuron_optimizer_create(&adam, context, "adam", NULL));
    assert_ok(neuron_trainer_create(&trainer, graph, adam, glyphs));
    assert_ok(neuron_trainer_set(trainer, "batch_size=5, epochs=2"));
    assert_ok(neuron_trainer_run(NULL, trainer));
    assert_told(&book, graph, "training=yes", 5, "train on");
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    neuron_dataset_unref(glyphs);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan");
    TCase *tests = tcase_create("plan");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, blocks_in_use_together_never_share_bytes);
    tcase_add_test(tests, a_chain_needs_no_more_than_its_busiest_moment);
    tcase_add_test(tests, forward_and_backward_of_a_chain);
    tcase_add_test(tests, kept_blocks_lie_apart);
    tcase_add_test(tests, nothing_needs_nothing);
    tcase_add_test(tests, what_does_not_fit_is_refused);
    tcase_add_test(tests, the_log_tells_what_was_planned);
    return run_suite(suite);
}
