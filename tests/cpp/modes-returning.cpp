/* Of test-modes.cpp: built without exceptions, failures are returned. */
#include "expect.hpp"
#include "modes.hpp"

#include <libneuron-committee/committees.hpp>

#include <string>

int mode_returning()
{
    const auto refused = neuron::context::create("threads=-1");
    EXPECT(!refused);
    EXPECT(std::string(refused.error().what()).find("threads") != std::string::npos);
    const auto context = neuron::context::create("threads=1");
    auto search =
        neuron::search::create(*context, [](double &, const neuron::trial &) { return -77; });
    EXPECT(search && search->add_factor("rate", {1, 2}));
    const auto failed = search->run_grid();
    EXPECT(!failed && failed.error().code() == -77);
    return expectations();
}
