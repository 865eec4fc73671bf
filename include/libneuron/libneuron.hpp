/** @file libneuron.hpp
 *  libneuron for C++17 and later: the C interface with handles that release themselves.
 *
 *      neuron::context context;
 *      neuron::graph graph(context);
 *      auto x = graph.input("pixels", {784});
 *      auto h = x.dense(30).relu().batch_norm().dropout(0.3);
 *      graph.finish(graph.concat({x, h}).dense(10).softmax());
 *
 *      neuron::optimizer adam(context, "adam", {{"learning_rate", 1e-3}});
 *      neuron::trainer trainer(graph, adam);
 *      auto history = trainer.fit(train, validation, {{"epochs", 50}});
 *      std::cout << graph.evaluate(test).report();
 *
 *  There is nothing to link but the C library: this header calls it and holds no state beside
 *  exceptions that wait to be raised again. Each function says which C function it calls, and the
 *  comment of that one tells what it does, units, errors and threads; here stands what differs.
 *
 *  - **Handles** are values. A copy is one more owner of the same thing (neuron_..._ref()), a move
 *    takes it over, and the last owner releases it. What was moved from, and what is made without
 *    arguments (but a context, which has the defaults), is empty: calls on it fail with
 *    NEURON_E_ARGUMENT. `graph(pointer)` takes over a
 *    handle of C, graph::share(pointer) adds an owner, get() lends it to C, and release() gives it
 *    away. Threads: a copy counts as the same handle, see types.h.
 *  - **Errors** are exceptions: neuron::error, with a code of status.h and the library's message.
 *    Without exceptions (-fno-exceptions, or NEURON_NO_EXCEPTIONS defined before this header) the
 *    same functions return neuron::result<T>, which is a T or an error; constructors that may fail
 *    are then left out, and create() is there for each. outcome<T> below is T or result<T>.
 *  - **Errors of builder calls** stick to the graph and come with graph::finish(), as in C.
 *  - **Functions of yours**, lambdas say, are kept as long as the library may call them, and
 *    released then. What they throw does not pass through C: the library sees a failure, and the
 *    exception is raised again where its call returns in C++. What is thrown where C has no failure
 *    (the functions of a log and of a parallel loop) is raised in the same thread by the call that
 *    was under way, or by the next one if that is a prediction. Without exceptions they return a
 *    status or a result<void>.
 *  - **Options** are text, "epochs=50, batch_size=64", or pairs, {{"epochs", 50}}, see options.h.
 *  - **Views**: neuron::span<T> is what std::span is (they convert into each other), neuron::text a
 *    text that ends with a zero. A parameter of these types is only looked at during the call, so
 *    that temporaries and lists in braces do.
 *
 *  The C headers are included: what has no wrapper is called with get(). Everything here is as
 *  stable as the C function that it calls, at the level of source code.
 */
#ifndef NEURON_LIBNEURON_HPP
#define NEURON_LIBNEURON_HPP

#include <libneuron/libneuron.h>

#include <libneuron/cpp/view.hpp>
#include <libneuron/cpp/enumeration.hpp>
#include <libneuron/cpp/error.hpp>
#include <libneuron/cpp/options.hpp>
#include <libneuron/cpp/handle.hpp>
#include <libneuron/cpp/context.hpp>
#include <libneuron/cpp/communicator.hpp>
#include <libneuron/cpp/tensor.hpp>
#include <libneuron/cpp/dataset.hpp>
#include <libneuron/cpp/graph.hpp>
#include <libneuron/cpp/layer.hpp>
#include <libneuron/cpp/training.hpp>
#include <libneuron/cpp/evaluation.hpp>

#endif
