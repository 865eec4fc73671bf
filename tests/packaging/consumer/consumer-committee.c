/* A stranger's program in C: searches for the largest of three numbers, and prints the version of
 * the library. */
#include <libneuron-committee/committees.h>
#include <libneuron/libneuron.h>

#include <stdio.h>

static int try_one(double *score, const neuron_trial_t *trial, void *user_data)
{
    (void)user_data;
    *score = neuron_trial_number(trial, "number");
    return 0;
}

int main(void)
{
    neuron_context_t *context = NULL;
    neuron_search_t *search = NULL;
    int status = neuron_context_create(&context, NULL);
    if (status == NEURON_OK)
        status = neuron_search_create(&search, context, try_one, NULL, NULL, NULL);
    if (status == NEURON_OK)
        status = neuron_search_add_factor(search, "number", (const double[]){1, 3, 2}, 3);
    if (status == NEURON_OK)
        status = neuron_search_run_grid(search);
    int found = status == NEURON_OK && neuron_trial_score(neuron_search_best(search)) == 3;
    printf("%s\n", found ? neuron_version_string() : neuron_error_last());
    neuron_search_unref(search);
    neuron_context_unref(context);
    return found ? 0 : 1;
}
