/* Of test-modes.cpp: failures are returned though exceptions are on, and what a function of the
 * caller's throws comes out of the call. */
#define NEURON_NO_EXCEPTIONS
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

int mode_returning_unwinding()
{
    const auto refused = neuron::context::create("threads=-1");
    EXPECT(!refused);
    EXPECT(std::string(refused.error().what()).find("threads") != std::string::npos);
    const auto context = neuron::context::create("threads=1");
    auto search = neuron::search::create(*context, [](double &, const neuron::trial &trial) -> int {
        if (trial.number("rate") > 1)
            throw oops{2};
        return -77;
    });
    EXPECT(search && search->add_factor("rate", {2, 1}));
    EXPECT_THROW(static_cast<void>(search->run_grid()), oops, caught.number == 2);
    auto ended =
        neuron::search::create(*context, [](double &, const neuron::trial &) { return -77; });
    EXPECT(ended && ended->add_factor("rate", {1, 2}));
    const auto failed = ended->run_grid();
    EXPECT(!failed && failed.error().code() == -77);

    /* Where C expects nothing of the function, the exception waits for the call to return. */
    neuron::detail::guarded_aside([] { throw oops{3}; });
    EXPECT_THROW(static_cast<void>(neuron::context::create("threads=1")), oops, caught.number == 3);
    return expectations();
}
