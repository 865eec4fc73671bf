/* Gradient objects, from the inside: what lists of options need. */
#ifndef SESSION_GRADIENT_H
#define SESSION_GRADIENT_H

#include "base/options/options.h"

extern const neuron_option_table neuron_gradient_options;

#endif
