// A communicator of MPI in C++: communicator.cpp tells what ranks.c does, of a sum of all ranks.
#include <libneuron-mpi/mpi.hpp>

#include <cstdio>
#include <utility>

static int tell()
{
    neuron::context context{"threads=1"};
    neuron::communicator all = neuron::mpi::communicator(context, MPI_COMM_WORLD, "timeout=100");
    neuron::communicator again =
        neuron::mpi::communicator_fortran(context, MPI_Comm_c2f(MPI_COMM_WORLD));
    double one[] = {1};
    again.sum(neuron::span<double>(one, 1));
    all.barrier();
    try {
        neuron::mpi::communicator(context, MPI_COMM_NULL);
    } catch (const neuron::error &refused) {
        if (refused.code() == NEURON_E_ARGUMENT && one[0] == all.size()) {
            std::printf("%d 0 \n", all.rank());
            std::fflush(stdout);
            return 0;
        }
    }
    return 1;
}

int main(int argc, char **argv)
{
    int level;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &level);
    const int status = tell();
    MPI_Finalize();
    return status;
}
