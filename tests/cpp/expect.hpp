/* What the tests of C++ share: expectations, and a small graph to work with. */
#ifndef TESTS_CPP_EXPECT_HPP
#define TESTS_CPP_EXPECT_HPP

#include <libneuron/libneuron.hpp>

#include <cstdio>

inline int failed_expectations = 0;

/* Tells an expectation that does not hold, and goes on. */
#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);           \
            failed_expectations++;                                                                 \
        }                                                                                          \
    } while (false)

/* The statement throws this. The variable `caught` is there for what follows in braces. */
#define EXPECT_THROW(statement, type, follows)                                                     \
    do {                                                                                           \
        bool thrown = false;                                                                       \
        try {                                                                                      \
            statement;                                                                             \
        } catch (const type &caught) {                                                             \
            thrown = true;                                                                         \
            EXPECT(follows);                                                                       \
        }                                                                                          \
        if (!thrown) {                                                                             \
            std::fprintf(stderr, "%s:%d: throws nothing: %s\n", __FILE__, __LINE__, #statement);   \
            failed_expectations++;                                                                 \
        }                                                                                          \
    } while (false)

/* What main() returns. */
inline int expectations()
{
    return failed_expectations == 0 ? 0 : 1;
}

#endif
