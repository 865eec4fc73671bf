/* Reading comma-separated values: what the tests share. */
#ifndef CSV_COMMON_H
#define CSV_COMMON_H

#include "test-common.h"

#include "data/tables/csv-options.h"
#include "data/tables/csv.h"

#include <stdio.h>

static neuron_context_t *context;

static inline void setup(void)
{
    context = test_context();
}

static inline void teardown(void)
{
    neuron_context_unref(context);
}

static inline int read_as(neuron_dataset_t **dataset, const char *text, size_t size,
                          const char *options)
{
    *dataset = NULL;
    /* Memory of exactly that size lets the sanitizer see a read behind the end. */
    void *copy = malloc(size ? size : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text, size);
    const neuron_content content = neuron_content_of_memory(context, copy, size, "train.csv");
    int status = neuron_csv_read(dataset, &content, options, "load");
    free(copy);
    ck_assert((status == NEURON_OK) == (*dataset != NULL));
    return status;
}

static inline int read_text(neuron_dataset_t **dataset, const char *text)
{
    return read_as(dataset, text, strlen(text), "classes=10");
}

static inline void assert_refused(const char *text, int status, const char *message)
{
    neuron_dataset_t *dataset;
    assert_status(read_text(&dataset, text), status);
    assert_message("train.csv: ");
    assert_message(message);
}

static inline int read_said(neuron_dataset_t **dataset, const char *text, int32_t type,
                            int32_t header)
{
    static const char *const headers[] = {"guess", "present", "absent"};
    char options[80];
    snprintf(options, sizeof options, "classes=10, type=%s, header=%s",
             type == 0                ? "guess"
             : type == NEURON_TYPE_U8 ? "u8"
                                      : "f32",
             headers[header]);
    return read_as(dataset, text, strlen(text), options);
}

/* How many examples a text has, of which type, and the first input of the first one. */
static inline void assert_said(const char *text, int32_t type, int32_t header, int64_t count,
                               int32_t becomes, float input)
{
    neuron_dataset_t *dataset;
    float values[80];
    assert_ok(read_said(&dataset, text, type, header));
    ck_assert_int_eq(neuron_dataset_count(dataset), count);
    ck_assert_int_eq(neuron_tensor_type(dataset->examples), becomes);
    assert_ok(neuron_dataset_read(values, NULL, dataset, 0, 1));
    ck_assert_float_eq(values[0], input);
    neuron_dataset_unref(dataset);
}

static inline void assert_said_refused(const char *text, int32_t type, int32_t header, int status,
                                       const char *message)
{
    neuron_dataset_t *dataset;
    assert_status(read_said(&dataset, text, type, header), status);
    assert_message(message);
}

#endif
