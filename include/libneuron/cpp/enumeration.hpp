/** @file enumeration.hpp
 *  The enumerations of C as types of their own. A part of libneuron.hpp, which is what to include.
 */
#ifndef NEURON_CPP_ENUMERATION_HPP
#define NEURON_CPP_ENUMERATION_HPP

#include <libneuron/cpp/mode.hpp>

#include <cstdint>

namespace neuron
{
inline namespace NEURON_CPP_MODE
{

/** Types of elements, see tensor.h. */
enum class type : std::int32_t {
    f32 = NEURON_TYPE_F32,
    u8 = NEURON_TYPE_U8,
    i32 = NEURON_TYPE_I32,
    i64 = NEURON_TYPE_I64
};

/** Levels of log lines, see context.h. */
enum class log_level : std::int32_t {
    warning = NEURON_LOG_WARNING,
    info = NEURON_LOG_INFO,
    debug = NEURON_LOG_DEBUG
};

/** Points of a training, to be joined by |; see callback.h. */
enum class event : std::int32_t {
    run_begin = NEURON_EVENT_RUN_BEGIN,
    epoch_begin = NEURON_EVENT_EPOCH_BEGIN,
    step_end = NEURON_EVENT_STEP_END,
    epoch_end = NEURON_EVENT_EPOCH_END,
    run_end = NEURON_EVENT_RUN_END,
    validation_step_end = NEURON_EVENT_VALIDATION_STEP_END
};
constexpr event operator|(event a, event b) noexcept
{
    return static_cast<event>(static_cast<std::int32_t>(a) | static_cast<std::int32_t>(b));
}

/** What values an option has, see options.h. */
enum class option_type : std::int32_t {
    integer = NEURON_OPTION_INTEGER,
    real = NEURON_OPTION_REAL,
    flag = NEURON_OPTION_FLAG,
    word = NEURON_OPTION_WORD,
    text = NEURON_OPTION_TEXT,
    words = NEURON_OPTION_WORDS
};

/** Averages over rows, in place of a row's number: see evaluation.h. */
inline constexpr std::int64_t macro_average = NEURON_AVERAGE_MACRO;
inline constexpr std::int64_t weighted_average = NEURON_AVERAGE_WEIGHTED;
inline constexpr std::int64_t micro_average = NEURON_AVERAGE_MICRO;
inline constexpr std::int64_t samples_average = NEURON_AVERAGE_SAMPLES;
inline constexpr std::int64_t default_average = NEURON_AVERAGE_DEFAULT;

/** What a function of a training or a search returns to end it, see NEURON_STOP. */
inline constexpr int stop = NEURON_STOP;

} // namespace NEURON_CPP_MODE
} // namespace neuron

#endif
