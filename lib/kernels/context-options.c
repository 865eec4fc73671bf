/* The options of contexts, and the calls that make contexts with them: here, as this is where
 * kernels are chosen by name. All else about contexts is in base/context.c. */
#include "kernels/context-options.h"

#include "base/context.h"
#include "base/options/calls.h"
#include "kernels/kernels.h"

static const neuron_word kernel_words[] = {{NEURON_KERNELS_AUTO, "auto"},
                                           {NEURON_KERNELS_BASELINE, "baseline"},
                                           {NEURON_KERNELS_NEON, "neon"},
                                           {NEURON_KERNELS_AVX2, "avx2"},
                                           {NEURON_KERNELS_AVX2VNNI, "avx2vnni"},
                                           {NEURON_KERNELS_AVX512, "avx512"},
                                           {NEURON_KERNELS_AVX512VNNI, "avx512vnni"},
                                           {0, ""}};

/* The largest whole number below which a double has all others. */
#define WHOLE_MAX 9007199254740991.0

static const neuron_option rows[] = {
    NEURON_INTEGER(NEURON_CONTEXT_THREADS, "threads", 0, NEURON_THREADS_MAX, 0,
                   "threads that work on a call, 0 for one per processor"),
    NEURON_INTEGER(NEURON_CONTEXT_SEED, "seed", 0, WHOLE_MAX, 0, "where random numbers begin"),
    NEURON_CHOICE(NEURON_CONTEXT_KERNELS, "kernels", kernel_words, NEURON_KERNELS_AUTO,
                  "instruction set to compute with"),
    NEURON_FLAG(NEURON_CONTEXT_BATCH_INVARIANT, "batch_invariant", 0,
                "yes for predictions that do not depend on the batch"),
    NEURON_INTEGER(NEURON_CONTEXT_MEMORY_LIMIT, "memory_limit", 0, WHOLE_MAX, 0,
                   "bytes that it may have at a time, 0 for no limit"),
};

const neuron_option_table neuron_context_options = NEURON_OPTION_TABLE(rows);
static const char who[] = "context";

static neuron_options read_all(const neuron_context_t *context)
{
    neuron_options options;
    neuron_options_reset(&options, &neuron_context_options);
    neuron_options_put(&options, NEURON_CONTEXT_THREADS, context->threads_option);
    neuron_options_put(&options, NEURON_CONTEXT_SEED, (double)context->seed);
    neuron_options_put(&options, NEURON_CONTEXT_KERNELS, context->kernels_option);
    neuron_options_put(&options, NEURON_CONTEXT_BATCH_INVARIANT, context->batch_invariant);
    neuron_options_put(&options, NEURON_CONTEXT_MEMORY_LIMIT, (double)context->memory_limit);
    return options;
}

/* What can always be taken over. */
static void take(neuron_context_t *context, const neuron_options *options)
{
    context->threads_option = (int32_t)neuron_options_value(options, NEURON_CONTEXT_THREADS);
    context->kernels_option = (int32_t)neuron_options_value(options, NEURON_CONTEXT_KERNELS);
    context->batch_invariant = neuron_options_value(options, NEURON_CONTEXT_BATCH_INVARIANT) != 0;
    if (neuron_options_given(options, NEURON_CONTEXT_SEED))
        context->seed = (uint64_t)neuron_options_value(options, NEURON_CONTEXT_SEED);
}

/* Threads are counted again whenever their number is given. */
static int commit(neuron_context_t *context, const neuron_options *changed)
{
    if (neuron_options_value(changed, NEURON_CONTEXT_KERNELS) != context->kernels_option)
        return neuron_fail(NEURON_E_STATE, "%s: kernels are chosen when it is made", who);
    if ((uint64_t)neuron_options_value(changed, NEURON_CONTEXT_MEMORY_LIMIT) !=
        context->memory_limit)
        return neuron_fail(NEURON_E_STATE, "%s: memory_limit is set when it is made", who);
    if (neuron_options_given(changed, NEURON_CONTEXT_THREADS))
        RETURN_IF_ERROR(neuron_context_set_threads(
            context, (int32_t)neuron_options_value(changed, NEURON_CONTEXT_THREADS), who));
    take(context, changed);
    return NEURON_OK;
}

#define VALUES ((neuron_options[]){read_all(context)}[0])
NEURON_OPTION_CALLS(context, VALUES, who, commit)

const char *neuron_context_kernels(const neuron_context_t *context)
{
    return NEURON_IS(context) ? context->kernels->name : NULL;
}

/* What the program names comes before what the environment does. */
static int choose(const neuron_kernels **kernels, int32_t word, const char *function)
{
    const char *name = neuron_word_name(kernel_words, word);
    if (word == NEURON_KERNELS_AUTO) {
        RETURN_IF_ERROR(neuron_kernels_check(function));
        *kernels = neuron_kernels_choose();
        return NEURON_OK;
    }
    *kernels = neuron_kernels_find(name);
    return *kernels ? NEURON_OK
                    : neuron_fail(NEURON_E_UNSUPPORTED,
                                  "%s: kernels is %s, which this processor cannot run", who, name);
}

static int create(neuron_context_t **context, const neuron_allocator *allocator, const char *text,
                  const char *function)
{
    FLOAT_SCOPE;
    neuron_options options;
    const neuron_kernels *kernels;
    neuron_options_reset(&options, &neuron_context_options);
    RETURN_IF_ERROR(neuron_options_parse(&options, text, who));
    int32_t word = (int32_t)neuron_options_value(&options, NEURON_CONTEXT_KERNELS);
    RETURN_IF_ERROR(choose(&kernels, word, function));
    RETURN_IF_ERROR(neuron_context_make(
        context, allocator, (uint64_t)neuron_options_value(&options, NEURON_CONTEXT_MEMORY_LIMIT),
        (int32_t)neuron_options_value(&options, NEURON_CONTEXT_THREADS), function));
    (*context)->kernels = kernels;
    if (word == NEURON_KERNELS_AUTO)
        (*context)->missed_kernels = neuron_kernels_missed(kernels);
    take(*context, &options);
    return NEURON_OK;
}

int neuron_context_create(neuron_context_t **context, const char *options)
{
    CHECK_ARGUMENT(context);
    *context = NULL;
    return create(context, NULL, options, __func__);
}

int neuron_context_create_with_allocator(neuron_context_t **context,
                                         neuron_allocate_function_t allocate,
                                         neuron_release_function_t release, void *user_data,
                                         neuron_destroy_function_t destroy, const char *options)
{
    const neuron_allocator allocator = {allocate, release, user_data, destroy};
    CHECK_ARGUMENT(context);
    *context = NULL;
    CHECK_FUNCTION(allocate);
    CHECK_FUNCTION(release);
    return create(context, &allocator, options, __func__);
}
