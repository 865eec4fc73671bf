/* With test-modes.cpp, which has no exceptions: one program of both kinds. */
#include <libneuron/libneuron.hpp>

#include <string>

std::string message_of_thrown();

std::string message_of_thrown()
{
    try {
        const neuron::context context("threads=-1");
        return "none";
    } catch (const neuron::error &error) {
        return error.what();
    }
}
