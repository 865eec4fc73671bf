/* Sums over all ranks by MPI itself, in whatever order it likes: see neuron_communicator_set_sum().
 */
#include "mpi/transport.h"

#include "base/context.h"

#include <string.h>

enum { NUMBERS = 1 << 18 }; /* at a time */

struct neuron_mpi_sum {
    MPI_Request request;
    float numbers[NUMBERS];
};

static int need_sum(neuron_mpi_transport *t)
{
    if (!t->sum) {
        t->sum = neuron_allocate(t->context, 1, sizeof *t->sum);
        if (!t->sum)
            return NEURON_E_MEMORY;
        t->sum->request = MPI_REQUEST_NULL;
    }
    return NEURON_OK;
}

static int add(neuron_mpi_transport *t, float *values, int count)
{
    neuron_mpi_sum *s = t->sum;
    memcpy(s->numbers, values, (size_t)count * sizeof *values);
    int code =
        MPI_Iallreduce(MPI_IN_PLACE, s->numbers, count, MPI_FLOAT, MPI_SUM, t->comm, &s->request);
    if (code != MPI_SUCCESS)
        return neuron_mpi_fail(code, "MPI_Iallreduce()");
    RETURN_IF_ERROR(neuron_mpi_wait(&s->request, t->timeout, "a sum"));
    memcpy(values, s->numbers, (size_t)count * sizeof *values);
    return NEURON_OK;
}

int neuron_mpi_add(float *values, int64_t count, void *transport)
{
    neuron_mpi_transport *t = transport;
    RETURN_IF_ERROR(neuron_mpi_check_thread(t));
    int status = need_sum(t);
    for (int64_t done = 0; status == NEURON_OK && done < count; done += NUMBERS) {
        int64_t left = count - done;
        status = add(t, values + done, left < NUMBERS ? (int)left : NUMBERS);
    }
    return status;
}

void neuron_mpi_release_sum(neuron_mpi_transport *t, bool ended)
{
    int through = 1;
    if (t->sum && !ended)
        MPI_Test(&t->sum->request, &through, MPI_STATUS_IGNORE);
    if (t->sum && through)
        neuron_release(t->context, t->sum); /* else it is MPI's for good */
}
