/* Which sets of kernels there are, and which of them this processor runs. */
#include "kernels/kernels.h"

#include "base/status.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const neuron_kernels neuron_kernels_baseline;

static bool runs_anywhere(void)
{
    return true;
}

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

extern const neuron_kernels neuron_kernels_avx2, neuron_kernels_avx512;
#if defined(NEURON_VNNI)
extern const neuron_kernels neuron_kernels_avx2vnni, neuron_kernels_avx512vnni;
#endif

/* Register files that the operating system saves, as XGETBV tells them. */
enum { SAVES_AVX = 0x06, SAVES_AVX512 = 0xe6 };

typedef struct features {
    uint32_t saves; /* XCR0 */
    uint32_t ecx1;  /* of leaf 1 */
    uint32_t ebx7;  /* of leaf 7, */
    uint32_t ecx7;
    uint32_t eax71; /* and of its second part */
} features;

static features look(void)
{
    features found = {0};
    uint32_t a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d))
        return found;
    found.ecx1 = c;
    if (c & bit_OSXSAVE)
        __asm__ volatile("xgetbv" : "=a"(found.saves), "=d"(d) : "c"(0));
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
        found.ebx7 = b;
        found.ecx7 = c;
        if (a >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d))
            found.eax71 = a;
    }
    return found;
}

static bool has_avx2(const features *found)
{
    return (found->saves & SAVES_AVX) == SAVES_AVX && (found->ecx1 & bit_FMA) &&
           (found->ebx7 & bit_AVX2);
}

static bool runs_avx2(void)
{
    const features found = look();
    return has_avx2(&found);
}

static bool runs_avx512(void)
{
    uint32_t needed = bit_AVX512F | bit_AVX512DQ | bit_AVX512BW | bit_AVX512VL;
    const features found = look();
    return has_avx2(&found) && (found.saves & SAVES_AVX512) == SAVES_AVX512 &&
           (found.ebx7 & needed) == needed;
}

#if defined(NEURON_VNNI)
/* Bits of leaf 7 that tell of VNNI. */
enum { ECX_AVX512_VNNI = 1 << 11, EAX_AVX_VNNI = 1 << 4 };

static bool runs_avx2vnni(void)
{
    const features found = look();
    return has_avx2(&found) && (found.eax71 & EAX_AVX_VNNI);
}

static bool runs_avx512vnni(void)
{
    const features found = look();
    return runs_avx512() && (found.ecx7 & ECX_AVX512_VNNI);
}
#endif

#define AVX2   &neuron_kernels_avx2, runs_avx2
#define AVX512 &neuron_kernels_avx512, runs_avx512
#else
#define AVX2   NULL, NULL
#define AVX512 NULL, NULL
#endif

#if defined(NEURON_VNNI)
#define AVX2_VNNI   &neuron_kernels_avx2vnni, runs_avx2vnni
#define AVX512_VNNI &neuron_kernels_avx512vnni, runs_avx512vnni
#else
#define AVX2_VNNI   NULL, NULL
#define AVX512_VNNI NULL, NULL
#endif

#if defined(NEURON_NEON)
extern const neuron_kernels neuron_kernels_neon;
#define NEON &neuron_kernels_neon, runs_anywhere
#else
#define NEON NULL, NULL
#endif

/* All sets, the best first. Those of other machines have a name only. */
static const struct {
    const char *name;
    const neuron_kernels *kernels;
    bool (*runs)(void);
} sets[] = {{"avx512vnni", AVX512_VNNI},
            {"avx512", AVX512},
            {"avx2vnni", AVX2_VNNI},
            {"avx2", AVX2},
            {"neon", NEON},
            {"baseline", &neuron_kernels_baseline, runs_anywhere}};

enum { SETS = sizeof sets / sizeof sets[0] };

/* The best that runs here, among all or those of a name; NULL if none does. */
static const neuron_kernels *best(const char *name)
{
    for (int i = 0; i < SETS; i++)
        if (sets[i].kernels && (!name || strcmp(sets[i].name, name) == 0) && sets[i].runs())
            return sets[i].kernels;
    return NULL;
}

const neuron_kernels *neuron_kernels_find(const char *name)
{
    return best(name);
}

/* What the environment asks for; NULL if it does not. */
static const char *wish(void)
{
    const char *name = getenv("NEURON_KERNELS");
    return name && *name ? name : NULL;
}

int neuron_kernels_check(const char *who)
{
    const char *name = wish();
    char allowed[16 * SETS] = "";
    size_t length = 0;
    for (int i = SETS - 1; i >= 0; i--) {
        if (!name || strcmp(sets[i].name, name) == 0)
            return NEURON_OK;
        const char *before = i == SETS - 1 ? "" : i > 0 ? ", " : " or ";
        length += (size_t)snprintf(allowed + length, sizeof allowed - length, "%s%s", before,
                                   sets[i].name);
    }
    return neuron_fail(NEURON_E_ARGUMENT,
                       "%s: NEURON_KERNELS is \"%.32s\" in the environment, not %s", who, name,
                       allowed);
}

const char *neuron_kernels_missed(const neuron_kernels *chosen)
{
    const char *name = wish();
    if (!name || strcmp(name, chosen->name) == 0)
        return NULL;
    for (int i = 0; i < SETS; i++)
        if (strcmp(sets[i].name, name) == 0)
            return sets[i].name;
    return NULL;
}

const neuron_kernels *neuron_kernels_choose(void)
{
    const char *name = wish();
    const neuron_kernels *wanted = name ? best(name) : NULL;
    return wanted ? wanted : best(NULL);
}
