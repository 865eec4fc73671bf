/* The floating-point mode that the library computes in, whatever mode the host is in: rounding to
 * nearest, no traps, and numbers too small for the usual form treated as 0. It is set
 * on the way into the library and put back on the way out, and around each call of
 * the caller's own functions. */
#include "base/float-mode.h"

#include <stddef.h>

/* What the host had when this thread entered the library; NULL outside of it. */
static _Thread_local neuron_float_host *current;

#if defined(__x86_64__)
enum {
    FLUSH_TO_ZERO = 0x8000,
    SUBNORMALS_ARE_ZERO = 0x0040,
    MASKS = 0x1f80,
    /* Of the x87: its masks, precision and rounding, as programs start with them; and flags. */
    OLD_MODE = 0x0f3f,
    OLD_USUAL = 0x033f,
    OLD_FLAGS = 0x003f
};

/* The x87 computes nothing here, but glibc rounds decimals as it would, and musl by it. */
static bool has_unusual_x87(void)
{
    uint16_t control;
    __asm__ volatile("fnstcw %0" : "=m"(control));
    return (control & OLD_MODE) != OLD_USUAL;
}

static uint16_t old_flags(void)
{
    uint16_t status;
    __asm__ volatile("fnstsw %0" : "=a"(status));
    return status & OLD_FLAGS;
}

/* There is no instruction for some of them. */
static void set_old_flags(uint16_t flags)
{
    uint32_t environment[7]; /* control, status, ... */
    __asm__ volatile("fnstenv %0" : "=m"(environment));
    environment[1] = (environment[1] & ~(uint32_t)OLD_FLAGS) | flags;
    __asm__ volatile("fldenv %0" : : "m"(environment));
}

static void read_mode(neuron_float_host *host)
{
    host->control = __builtin_ia32_stmxcsr();
    host->old_flags = old_flags();
    host->unusual = has_unusual_x87();
    if (host->unusual)
        fegetenv(&host->environment);
}

static void set_flushing(bool flushes)
{
    __builtin_ia32_ldmxcsr(MASKS | (flushes ? FLUSH_TO_ZERO | SUBNORMALS_ARE_ZERO : 0));
}

static void set_ours(const neuron_float_host *host)
{
    if (host->unusual) {
        fenv_t held;
        feholdexcept(&held); /* a trap that is due would come with the next instruction */
        uint16_t control = OLD_USUAL;
        __asm__ volatile("fldcw %0" : : "m"(control));
    }
    set_flushing(host->flushes);
}

static void set_host(const neuron_float_host *host)
{
    if (host->unusual)
        fesetenv(&host->environment);
    else if (old_flags() != host->old_flags)
        set_old_flags(host->old_flags);
    __builtin_ia32_ldmxcsr(host->control);
}
#elif defined(__aarch64__)
enum { FLUSH_TO_ZERO = 1 << 24 };

static void set_registers(uint64_t control, uint64_t status)
{
    __asm__ volatile("msr fpcr, %0\n\tmsr fpsr, %1" : : "r"(control), "r"(status) : "memory");
}

static void read_mode(neuron_float_host *host)
{
    __asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr"
                     : "=r"(host->control), "=r"(host->status)
                     :
                     : "memory");
}

static void set_flushing(bool flushes)
{
    set_registers(flushes ? FLUSH_TO_ZERO : 0, 0);
}

static void set_ours(const neuron_float_host *host)
{
    set_flushing(host->flushes);
}

static void set_host(const neuron_float_host *host)
{
    set_registers(host->control, host->status);
}
#else
/* Where the x87 computes, it rounds each operation to a double, as other processors do, and not
 * to more bits when a value stays in a register: else 50 * (1 - 0.2) is below 40, as compilers
 * round only where a value is assigned or cast. Beside SSE it is for functions of the C
 * library, which need all its bits. */
static void set_precision(void)
{
#if defined(__i386__)
    enum { PRECISION = 0x0300, DOUBLE = 0x0200 };
    uint16_t control;
    __asm__ volatile("fnstcw %0" : "=m"(control));
    control = (uint16_t)((control & ~PRECISION) | (__FLT_EVAL_METHOD__ == 0 ? PRECISION : DOUBLE));
    __asm__ volatile("fldcw %0" : : "m"(control) : "memory");
#endif
}

static void set_flushing(bool flushes)
{
#if defined(__i386__) && defined(__SSE__)
    __builtin_ia32_ldmxcsr(0x1f80 | (flushes ? 0x8000 : 0));
#elif defined(__arm__) && defined(__ARM_FP) && !defined(__SOFTFP__)
    uint32_t control;
    __asm__ volatile("vmrs %0, fpscr" : "=r"(control));
    control = (control & ~(1u << 24)) | (flushes ? 1u << 24 : 0);
    __asm__ volatile("vmsr fpscr, %0" : : "r"(control));
#else
    (void)flushes;
#endif
}

static void read_mode(neuron_float_host *host)
{
    fegetenv(&host->environment);
}

static void set_ours(const neuron_float_host *host)
{
    fenv_t held;
    feholdexcept(&held);
#ifdef FE_TONEAREST
    fesetround(FE_TONEAREST);
#endif
    set_precision();
    set_flushing(host->flushes);
}

static void set_host(const neuron_float_host *host)
{
    fesetenv(&host->environment);
}
#endif

bool neuron_float_flushes(void)
{
    return !current || current->flushes;
}

void neuron_float_enter(neuron_float_scope *scope, bool flushes)
{
    scope->outermost = current == NULL;
    if (scope->outermost) {
        read_mode(&scope->host);
        current = &scope->host;
        current->flushes = flushes;
        set_ours(current);
        return;
    }
    scope->flushed = current->flushes;
    if (flushes != scope->flushed) {
        current->flushes = flushes;
        set_flushing(flushes);
    }
}

void neuron_float_leave(neuron_float_scope *scope)
{
    if (!current)
        return;
    if (scope->outermost) {
        set_host(current);
        current = NULL;
    } else if (scope->flushed != current->flushes) {
        current->flushes = scope->flushed;
        set_flushing(scope->flushed);
    }
}

neuron_float_host *neuron_float_pause(void)
{
    neuron_float_host *host = current;
    if (host)
        set_host(host);
    current = NULL;
    return host;
}

void neuron_float_resume(neuron_float_host *host)
{
    if (!host)
        return;
    read_mode(host);
    set_ours(host);
    current = host;
}

void neuron_float_copy_host(neuron_float_host *host)
{
    *host = *current;
}

void neuron_float_take_host(const neuron_float_host *host)
{
    bool flushed = current->flushes;
    *current = *host;
    if (flushed != host->flushes)
        set_flushing(host->flushes);
}
