/* Objects with exceptions and without them in one program: neither takes the other's functions. */
#include "expect.hpp"

#include <string>

std::string message_of_thrown();

int main()
{
    const auto context = neuron::context::create("threads=-1");
    EXPECT(!context);
    EXPECT(message_of_thrown() == context.error().what());
    return expectations();
}
