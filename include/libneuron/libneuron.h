/** @file libneuron.h
 *  The whole of libneuron: build, train, evaluate and ship neural networks from C.
 *
 *  Each header may also be included alone. A first program is in the README; the order to read them
 *  in is the order below.
 */
#ifndef NEURON_LIBNEURON_H
#define NEURON_LIBNEURON_H

#include <libneuron/version.h>
#include <libneuron/status.h>
#include <libneuron/types.h>
#include <libneuron/options.h>
#include <libneuron/context.h>
#include <libneuron/communicator.h>
#include <libneuron/tensor.h>
#include <libneuron/dataset.h>
#include <libneuron/table.h>
#include <libneuron/augmentation.h>
#include <libneuron/gradient.h>
#include <libneuron/graph.h>
#include <libneuron/layers.h>
#include <libneuron/custom.h>
#include <libneuron/committee.h>
#include <libneuron/summary.h>
#include <libneuron/optimizer.h>
#include <libneuron/loss.h>
#include <libneuron/trainer.h>
#include <libneuron/callback.h>
#include <libneuron/history.h>
#include <libneuron/evaluation.h>
#include <libneuron/quantize.h>

#endif
