/* Quicksort with the median of three, that goes on with the shorter part and remembers the longer
 * one. Short runs, and those that take too many steps, are sorted as heaps (Musser, 1997). */
#include "base/sort.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { SHORT = 8 }; /* what is not worth dividing */

typedef struct run {
    char *first;
    size_t count;
} run;

typedef struct sorting {
    size_t size;
    int (*compare)(const void *, const void *);
    size_t work; /* items that may still be looked at by quicksort */
    int depth;
    run left[sizeof(size_t) * 8]; /* each less than half as long as the one before */
} sorting;

static void swap(const sorting *s, char *a, char *b)
{
    for (size_t i = 0; i < s->size; i += sizeof(uint32_t)) {
        uint32_t x, y;
        memcpy(&x, a + i, sizeof x);
        memcpy(&y, b + i, sizeof y);
        memcpy(a + i, &y, sizeof y);
        memcpy(b + i, &x, sizeof x);
    }
}

static bool is_above(const sorting *s, const char *a, const char *b)
{
    return s->compare(a, b) > 0;
}

static void order(const sorting *s, char *a, char *b)
{
    if (is_above(s, a, b))
        swap(s, a, b);
}

static void sort_heap(const sorting *s, run all)
{
    size_t size = s->size, begin = all.count / 2, end = all.count;
    while (end > 1) {
        if (begin > 0)
            begin--;
        else
            swap(s, all.first, all.first + --end * size);
        size_t parent = begin, child;
        while ((child = 2 * parent + 1) < end) {
            char *below = all.first + child * size, *above = all.first + parent * size;
            if (child + 1 < end && is_above(s, below + size, below)) {
                below += size;
                child++;
            }
            if (!is_above(s, below, above))
                break;
            swap(s, above, below);
            parent = child;
        }
    }
}

/* Puts what is below the median of three before it, and what is above behind it; returns it. */
static char *divide(const sorting *s, run all)
{
    size_t size = s->size;
    char *first = all.first, *end = first + all.count * size, *last = end - size;
    char *middle = first + all.count / 2 * size, *low = first, *high = end;
    order(s, middle, last);
    order(s, first, middle);
    order(s, middle, last);
    swap(s, first, middle);
    for (;;) {
        do
            low += size;
        while (low < high && is_above(s, first, low));
        do
            high -= size;
        while (is_above(s, high, first));
        if (low >= high)
            break;
        swap(s, low, high);
    }
    swap(s, first, high);
    return high;
}

/* Sorts a run but for one part, the shorter one of two, which is returned. */
static run take_apart(sorting *s, run all)
{
    if (all.count <= SHORT || s->work < all.count) {
        sort_heap(s, all);
        return (run){0};
    }
    s->work -= all.count;
    char *pivot = divide(s, all);
    size_t below = (size_t)(pivot - all.first) / s->size;
    run parts[2] = {{all.first, below}, {pivot + s->size, all.count - below - 1}};
    bool shorter = parts[1].count < parts[0].count;
    s->left[s->depth++] = parts[!shorter];
    return parts[shorter];
}

void neuron_sort(void *items, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    sorting s = {.size = size, .compare = compare};
    for (size_t k = count; k > 0; k /= 2)
        s.work += 2 * count;
    s.left[s.depth++] = (run){items, count};
    while (s.depth > 0) {
        run part = s.left[--s.depth];
        while (part.count > 0)
            part = take_apart(&s, part);
    }
}
