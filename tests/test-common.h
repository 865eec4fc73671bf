/* What all tests share. */
#ifndef TEST_COMMON_H
#define TEST_COMMON_H

#include <libneuron/libneuron.h>

#include <check.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* All points of a training. */
enum {
    TEST_EVENTS = NEURON_EVENT_RUN_BEGIN | NEURON_EVENT_EPOCH_BEGIN | NEURON_EVENT_STEP_END |
                  NEURON_EVENT_EPOCH_END | NEURON_EVENT_RUN_END
};

/* A context with two threads and seed 1; the test releases it. */
neuron_context_t *test_context(void);

/* A path below $NEURON_DATA or where Debian's packages put data sets, or NULL if the file is in
 * neither. The text stays until the next call. */
const char *test_data(const char *path);

/* A path for a file of the test's own, removed when the program ends. The text stays until it ends.
 */
const char *test_file(const char *name);

/* Sets a locale that writes 1,5 for 1.5: one that the system has, or one made for the test. False
 * if there is none to be had. */
bool test_set_comma_locale(void);

/* The same for one whose decimal point has two bytes. */
bool test_set_wide_point_locale(void);

/* Lets the system refuse every thread from now on, or no more. False where that cannot be done. */
bool test_refuse_threads(bool refuse);

/* What a file holds, and a zero behind it; the caller frees the data. */
typedef struct test_bytes {
    char *data;
    size_t size;
} test_bytes;

test_bytes test_read_file(const char *path);
void test_write_file(const char *path, const void *data, size_t size);
bool test_same_files(const char *a, const char *b);

/* Memory of which all allocations fail once `left` were made; `live` are not released yet. */
typedef struct test_memory {
    atomic_long left, live;
} test_memory;

/* A context that takes its memory from there, of which there is plenty until the test says
 * less. The test releases it. */
neuron_context_t *test_limited_context(test_memory *memory);

/* There is plenty again. */
void test_refill(test_memory *memory);

/* Whether a call has to be made again, as it had too little memory: `status` is what it said, at
 * first NEURON_E_MEMORY. Then as many allocations as `left` says succeed in the next one, from 0;
 * the test gives plenty behind it. Another failure than for memory fails the test. */
bool test_one_more(test_memory *memory, long *left, int status);

/* A call with each of its allocations failing. */
#define WITH_LITTLE_MEMORY(memory, call)                                                           \
    do {                                                                                           \
        int little_ = NEURON_E_MEMORY;                                                             \
        for (long left_ = 0; test_one_more(memory, &left_, little_);) {                            \
            little_ = (call);                                                                      \
            test_refill(memory);                                                                   \
        }                                                                                          \
    } while (0)

/* The options of a stream of examples with this shape, type and number of classes. The text stays
 * until the next call. */
const char *test_stream_options(const int64_t *shape, int32_t rank, int32_t type, int64_t classes);

/* Runs a suite and returns what main returns. */
int run_suite(Suite *suite);

/* Fails if the last message speaks C, not the caller's terms: operators, or names of macros. */
void assert_plain_message(void);

#define assert_status(call, expected)                                                              \
    do {                                                                                           \
        int status_ = (call);                                                                      \
        ck_assert_msg(status_ == (expected), "%s is %s (%s), not %s", #call,                       \
                      neuron_error_name(status_), neuron_error_last(),                             \
                      neuron_error_name(expected));                                                \
        if (status_ == NEURON_E_ARGUMENT)                                                          \
            assert_plain_message();                                                                \
    } while (0)

/* As ck_assert_msg(), but that notes each call in a file, which takes longer than most of what is
 * asked of every number. */
#define assert_that(condition, ...)                                                                \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg(__VA_ARGS__);                                                             \
    } while (0)

#define assert_ok(call) assert_status(call, NEURON_OK)

#define assert_message(text)                                                                       \
    ck_assert_msg(strstr(neuron_error_last(), (text)) != NULL, "\"%s\" does not say \"%s\"",       \
                  neuron_error_last(), (text))

#endif
