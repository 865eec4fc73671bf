/** @file mpi.hpp
 *  MPI, for C++17 and later: see mpi.h for what it does, and libneuron.hpp for how handles, errors,
 *  options and texts are handed over.
 *
 *      neuron::communicator communicator = neuron::mpi::communicator(context, MPI_COMM_WORLD);
 *      trainer.set_communicator(communicator);
 *
 *  Programs are linked with libneuron-mpi.
 */
#ifndef NEURON_MPI_HPP
#define NEURON_MPI_HPP

#include <libneuron-mpi/mpi.h>
#include <libneuron/libneuron.hpp>

#include <cstdint>

namespace neuron
{
inline namespace NEURON_CPP_MODE
{

/** See mpi.h. */
namespace mpi
{

/** neuron_mpi_communicator_create() */
inline outcome<neuron::communicator> communicator(const context &context, MPI_Comm comm,
                                                  const options &options = {})
{
    neuron_communicator_t *made = nullptr;
    const int status = neuron_mpi_communicator_create(&made, context.get(), comm, options.c_str());
    return detail::made<neuron::communicator>(status, made);
}
/** neuron_mpi_communicator_create_fortran() */
inline outcome<neuron::communicator> communicator_fortran(const context &context, std::int32_t comm,
                                                          const options &options = {})
{
    neuron_communicator_t *made = nullptr;
    const int status =
        neuron_mpi_communicator_create_fortran(&made, context.get(), comm, options.c_str());
    return detail::made<neuron::communicator>(status, made);
}

} // namespace mpi

} // namespace NEURON_CPP_MODE
} // namespace neuron

#endif
