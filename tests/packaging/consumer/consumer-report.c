/* A stranger's program in C: writes a report to nowhere, and prints the version of the library. */
#include <libneuron-report/report.h>
#include <libneuron/libneuron.h>

#include <stdio.h>

static int count(const void *bytes, size_t size, void *user_data)
{
    (void)bytes;
    *(size_t *)user_data += size;
    return 0;
}

int main(void)
{
    size_t size = 0;
    neuron_context_t *context = NULL;
    neuron_report_t *report = NULL;
    int status = neuron_context_create(&context, NULL);
    if (status == NEURON_OK)
        status = neuron_report_create(&report, context, "Title", NULL);
    if (status == NEURON_OK)
        status = neuron_report_add_text(report, "Heading", "Text");
    if (status == NEURON_OK)
        status = neuron_report_save_to(report, count, &size);
    printf("%s\n", status == NEURON_OK && size > 0 ? neuron_version_string() : neuron_error_last());
    neuron_report_unref(report);
    neuron_context_unref(context);
    return status == NEURON_OK ? 0 : 1;
}
