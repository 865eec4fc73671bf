/* One program of three kinds of objects, see test-modes.cpp: what each of them checks of itself. */
#ifndef TESTS_CPP_MODES_HPP
#define TESTS_CPP_MODES_HPP

/* Each returns how many expectations do not hold. */
int mode_throwing();
int mode_returning();
int mode_returning_unwinding();

#endif
