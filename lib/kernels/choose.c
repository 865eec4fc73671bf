/* Which kernels this processor can run. */
#include "kernels/kernels.h"

#include "base/status.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

extern const neuron_kernels neuron_kernels_baseline;

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

extern const neuron_kernels neuron_kernels_avx2, neuron_kernels_avx512;

/* Register files that the operating system saves, as XGETBV tells them. */
enum { SAVES_AVX = 0x06, SAVES_AVX512 = 0xe6 };

typedef struct features {
    uint32_t saves; /* XCR0 */
    uint32_t ecx1;  /* of leaf 1 */
    uint32_t ebx7;  /* of leaf 7 */
} features;

static features look(void)
{
    features found = {0, 0, 0};
    uint32_t a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d))
        return found;
    found.ecx1 = c;
    if (c & bit_OSXSAVE)
        __asm__ volatile("xgetbv" : "=a"(found.saves), "=d"(d) : "c"(0));
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d))
        found.ebx7 = b;
    return found;
}

static bool runs_avx2(const features *found)
{
    return (found->saves & SAVES_AVX) == SAVES_AVX && (found->ecx1 & bit_FMA) &&
           (found->ebx7 & bit_AVX2);
}

static bool runs_avx512(const features *found)
{
    uint32_t needed = bit_AVX512F | bit_AVX512DQ | bit_AVX512BW | bit_AVX512VL;
    return runs_avx2(found) && (found->saves & SAVES_AVX512) == SAVES_AVX512 &&
           (found->ebx7 & needed) == needed;
}

/* All tables that can run, the best first, ended by NULL. */
static void list(const neuron_kernels *tables[4])
{
    features found = look();
    if (runs_avx512(&found))
        *tables++ = &neuron_kernels_avx512;
    if (runs_avx2(&found))
        *tables++ = &neuron_kernels_avx2;
    *tables++ = &neuron_kernels_baseline;
    *tables = NULL;
}
#else
static void list(const neuron_kernels *tables[4])
{
    tables[0] = &neuron_kernels_baseline;
    tables[1] = NULL;
}
#endif

const neuron_kernels *neuron_kernels_find(const char *name)
{
    const neuron_kernels *tables[4];
    list(tables);
    for (const neuron_kernels **table = tables; *table; table++)
        if (strcmp((*table)->name, name) == 0)
            return *table;
    return NULL;
}

/* What the environment asks for; NULL if it does not. */
static const char *wish(void)
{
    const char *name = getenv("NEURON_KERNELS");
    return name && *name ? name : NULL;
}

int neuron_kernels_check(const char *who)
{
    static const char *const names[] = {"baseline", "avx2", "avx512"}; /* on any processor */
    const char *name = wish();
    for (size_t i = 0; name && i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0)
            name = NULL;
    if (name)
        return neuron_fail(
            NEURON_E_ARGUMENT,
            "%s: NEURON_KERNELS is \"%.32s\" in the environment, not baseline, avx2 or "
            "avx512",
            who, name);
    return NEURON_OK;
}

const char *neuron_kernels_missed(const neuron_kernels *chosen)
{
    const char *name = wish();
    return name && strcmp(name, chosen->name) != 0 ? name : NULL;
}

const neuron_kernels *neuron_kernels_choose(void)
{
    const char *name = wish();
    const neuron_kernels *wanted = name ? neuron_kernels_find(name) : NULL;
    if (wanted)
        return wanted;
    const neuron_kernels *tables[4];
    list(tables);
    return tables[0];
}
