/* Of test-modes.cpp: failures are thrown. */
#include "expect.hpp"
#include "modes.hpp"

#include <libneuron-committee/committees.hpp>

#include <string>

namespace
{

struct oops {
    int number;
};

} // namespace

int mode_throwing()
{
    EXPECT_THROW(neuron::context("threads=-1"), neuron::error,
                 std::string(caught.what()).find("threads") != std::string::npos);
    const neuron::context context("threads=1");
    neuron::search search(context, [](const neuron::trial &) -> double { throw oops{1}; });
    search.add_factor("rate", {1, 2});
    EXPECT_THROW(search.run_grid(), oops, caught.number == 1);
    return expectations();
}
