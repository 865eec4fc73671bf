/** @file committees.h
 *  Many trainings, and what is made of them: members trained and joined, cascades, calibration,
 *  sets of classes, distilling, searches.
 *
 *      neuron_committee_trainer_create(&trainer, context, adam, train, "method=bagging");
 *      neuron_committee_trainer_set_builder(trainer, build, NULL, NULL);
 *      neuron_committee_trainer_run(&committee, trainer);
 *      neuron_graph_calibrate(&calibrated, committee, held_out, NULL);
 *      neuron_graph_save(calibrated, "digits.safetensors");
 *
 *  What comes of it is a graph that the core library loads and predicts with: a program that does
 *  no more than that does not need this one, and does not carry it. This is a library of its own,
 *  libneuron-committee: `pkg-config --cflags --libs libneuron-committee`.
 *
 *  Each header may also be included alone. Members are joined by a rule (a mean, a vote) with
 *  neuron_committee_create(), which is the core's: see libneuron/committee.h.
 */
#ifndef NEURON_COMMITTEES_H
#define NEURON_COMMITTEES_H

#include <libneuron/committee.h>
#include <libneuron/options.h>

#include <libneuron-committee/calibration.h>
#include <libneuron-committee/cascade.h>
#include <libneuron-committee/committee-trainer.h>
#include <libneuron-committee/distilling.h>
#include <libneuron-committee/joining.h>
#include <libneuron-committee/search.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An option of what this library does, as neuron_kind_option() has them of the core; the calls
 *  behind that one tell of it what they tell of those.
 *  @param what   "calibration", "prediction_sets", "committee_weights", "committee_stack",
 *                "committee_contributions", "committee_costs", "committee_diversity",
 *                "committee_prune", "committee_trainer", "committee_fit", "cascade",
 *                "cascade_tune", "distil" or "search".
 *  @param index  from 0, in an order that stays.
 *  @return  a constant; NULL if there is none: count up to it. Any thread. Since 0.1,
 *           experimental. */
NEURON_API_EXPERIMENTAL const neuron_option_t *neuron_committee_option(const char *what,
                                                                       int64_t index);

#ifdef __cplusplus
}
#endif

#endif
