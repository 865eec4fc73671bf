/** @file mpi.h
 *  MPI: communicators of processes that mpirun or Slurm started, on one machine or many.
 *
 *      int level;
 *      neuron_communicator_t *communicator;
 *      MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &level);
 *      ... each rank makes the same context, graph, dataset, optimizer and trainer ...
 *      if (neuron_mpi_communicator_create(&communicator, context, MPI_COMM_WORLD, NULL) < 0 ||
 *          neuron_trainer_set_communicator(trainer, communicator) < 0 ||
 *          neuron_trainer_run(NULL, trainer) < 0)
 *          fprintf(stderr, "%s\n", neuron_error_last());
 *      ... unref trainer and communicator ...
 *      MPI_Finalize();
 *
 *  The program begins and ends MPI; the library does neither, and never calls MPI_Abort().
 *  docs/mpi.md tells more of it.
 *
 *  This is a library of its own, libneuron-mpi, so that a program that does without does not carry
 *  MPI: `pkg-config --cflags --libs libneuron-mpi`. It is made for one MPI, such as Open MPI or
 *  MPICH, and refuses to work in a program that runs with another.
 */
#ifndef NEURON_MPI_H
#define NEURON_MPI_H

#include <libneuron/communicator.h>

/* Of MPI its functions for C are enough: those for C++ are gone from the standard since MPI 3. */
#ifdef __cplusplus
#ifndef OMPI_SKIP_MPICXX
#define OMPI_SKIP_MPICXX 1
#endif
#ifndef MPICH_SKIP_MPICXX
#define MPICH_SKIP_MPICXX 1
#endif
#endif
#include <mpi.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Makes a communicator of one of MPI's. All its ranks make this call; if it fails on one of them,
 *  it fails on all, each with a message that has the number of that rank. Options:
 *
 *  - `timeout`: after how many seconds without a sign of life a rank counts as gone, from 0.01 on;
 *    300 by default. It must be more than what any rank does alone at a time, such as rank 0 where
 *    it saves a training. A rank that waits for another one gives signs of life meanwhile, so that
 *    those who wait for it do not take it for the one that is gone. After four times that, a rank
 *    that only ever waits counts as gone too.
 *  - `threads`: which threads may use the communicator, never two at a time. `any`, the default, is
 *    what trainers in contexts of several threads need: MPI must then have been begun with
 *    MPI_THREAD_SERIALIZED or more. `main` is for programs that called MPI_Init(): only the thread
 *    that did so may, and trainers need `overlap=off`.
 *
 *  Messages go over a duplicate of `comm`, so that they have nothing to do with those of the
 *  program, and errors of MPI become failures of the calls, whatever its own handler does.
 *  @param[out] communicator  the new one. When its last owner is gone, so is the duplicate: that
 *                            must be before MPI_Finalize(), in a thread that may call MPI.
 *  @param comm     such as MPI_COMM_WORLD; still the caller's afterwards.
 *  @param options  as options.h has them: "timeout=60"; NULL for the defaults.
 *  @return  0; NEURON_E_ARGUMENT; NEURON_E_STATE if MPI has not begun or has ended, or was begun
 *           for fewer threads; NEURON_E_UNSUPPORTED if the program runs with another MPI than this
 *           library; NEURON_E_IO if MPI fails or a rank does not answer; NEURON_E_MEMORY. Any
 *           thread that may call MPI. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_mpi_communicator_create(neuron_communicator_t **communicator,
                                                           neuron_context_t *context, MPI_Comm comm,
                                                           const char *options);

/** The same for other languages, in which communicators of MPI are numbers.
 *  @param comm  what MPI_Comm_c2f() gives, or py2f() of one of mpi4py.
 *  @return  as neuron_mpi_communicator_create(). Any thread that may call MPI. Since 0.1,
 *           experimental. */
NEURON_API_EXPERIMENTAL int
neuron_mpi_communicator_create_fortran(neuron_communicator_t **communicator,
                                       neuron_context_t *context, int32_t comm,
                                       const char *options);

#ifdef __cplusplus
}
#endif

#endif
