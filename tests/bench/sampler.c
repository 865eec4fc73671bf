/* Time, in windows of several steps. */
#include "bench.h"

#include <stdlib.h>
#include <time.h>

/* Of the time for windows: how long warming up takes, and how long a window is. */
static const double warm_share = 0.25, window_share = 1.0 / 15;

enum { WARM_STEPS_MIN = 3, SAMPLES_MIN = 3 };

double bench_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

void bench_sampler_begin(bench_sampler_t *sampler, double seconds, int64_t most)
{
    *sampler = (bench_sampler_t){.seconds = seconds, .most = most, .start = bench_clock()};
}

static void open_window(bench_sampler_t *sampler)
{
    sampler->done = 0;
    sampler->closed = false;
    sampler->window_allocations = bench_allocations();
    sampler->window_start = bench_clock();
}

/* The first step is left out of the estimate: it may have memory to plan and to touch. */
static void warm_up(bench_sampler_t *sampler)
{
    double now = bench_clock();
    if (sampler->warm_ticks++ == 0)
        sampler->window_start = now;
    if (sampler->warm_ticks < WARM_STEPS_MIN ||
        now - sampler->start < warm_share * sampler->seconds)
        return;
    double step = (now - sampler->window_start) / (double)(sampler->warm_ticks - 1);
    double steps = window_share * sampler->seconds / (step > 1e-9 ? step : 1e-9);
    sampler->window_steps = steps < 1                       ? 1
                            : steps > (double)sampler->most ? sampler->most
                                                            : (int64_t)steps;
    sampler->warm_ticks = -1;
    sampler->start = now;
    open_window(sampler);
}

bool bench_sampler_tick(bench_sampler_t *sampler)
{
    if (sampler->warm_ticks >= 0) {
        warm_up(sampler);
        return true;
    }
    if (sampler->closed) {
        open_window(sampler);
        return true;
    }
    if (++sampler->done < sampler->window_steps)
        return true;
    double now = bench_clock();
    sampler->samples[sampler->sample_count++] =
        (now - sampler->window_start) / (double)sampler->done;
    sampler->steps += sampler->done;
    sampler->allocations += bench_allocations() - sampler->window_allocations;
    open_window(sampler);
    return sampler->sample_count < BENCH_SAMPLES_MAX &&
           (sampler->sample_count < SAMPLES_MIN || now - sampler->start < sampler->seconds);
}

void bench_sampler_pause(bench_sampler_t *sampler)
{
    sampler->closed = true;
}
