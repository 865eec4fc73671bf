/* Objects that throw, that return results, and that do so with exceptions on, in one program: none
 * takes the functions of another, in whatever order they are linked. */
#include "modes.hpp"

int main()
{
    const int failed = mode_returning() + mode_throwing() + mode_returning_unwinding();
    return failed == 0 ? 0 : 1;
}
