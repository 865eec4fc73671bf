/* How many processors there are to use. */
#ifndef BASE_PROCESSORS_H
#define BASE_PROCESSORS_H

#include <stdint.h>

/* Those that the calling thread may run on, or fewer where a quota of its control groups allows
 * less than all of them: 1 to NEURON_THREADS_MAX. */
int32_t neuron_processors(void);

/* The processors' worth of time that the control groups of this process, and those that they lie
 * in, leave it, such as 1.5; INFINITY without a quota. `root` stands before /proc and where the
 * groups are mounted: "" but in tests. */
double neuron_cpu_quota(const char *root);

#endif
