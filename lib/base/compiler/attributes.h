/* What compilers are told of functions beyond the language. */
#ifndef BASE_COMPILER_ATTRIBUTES_H
#define BASE_COMPILER_ATTRIBUTES_H

/* What the other libraries of this build call of the core, so that there is one place for messages,
 * memory and options. It is exported under a version that names the very release
 * (lib/private.map.in): the loader refuses a library of another one. */
#define NEURON_SHARED __attribute__((visibility("default")))

/* For what runs once for a graph or a call, in a file that is compiled to be fast: small. */
#define NEURON_COLD __attribute__((cold))

#endif
