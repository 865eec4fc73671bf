/* Which combination a trial tries. Those that a random search has tried since all were the last
 * time are found by a hash: search->places has, for each of them, its index plus 1, at the first
 * free place from the one that its combination leads to. It is at most half full. */
#include "search/search.h"

#include "base/random.h"

#include <string.h>

static int64_t place_count(int64_t capacity)
{
    return 2 * capacity;
}

/* Where a combination's trial is noted, or is to be. */
static int64_t *place_of(const neuron_search_t *search, int64_t combination)
{
    uint64_t mask = (uint64_t)place_count(search->capacity) - 1;
    uint64_t place = (uint64_t)combination * 0x9e3779b97f4a7c15 >> 32 & mask;
    while (search->places[place] > 0 &&
           search->trials[search->places[place] - 1]->combination != combination)
        place = (place + 1) & mask;
    return &search->places[place];
}

int neuron_search_make_room(neuron_search_t *search)
{
    if (search->count < search->capacity)
        return NEURON_OK;
    neuron_context_t *context = search->context;
    int64_t capacity = search->capacity > 0 ? 2 * search->capacity : 16;
    neuron_trial_t **trials = neuron_allocate(context, neuron_size(capacity), sizeof *trials);
    int64_t *places =
        neuron_allocate_zero(context, neuron_size(place_count(capacity)), sizeof *places);
    if (!trials || !places) {
        neuron_release(context, trials);
        neuron_release(context, places);
        return NEURON_E_MEMORY;
    }
    if (search->count > 0)
        memcpy(trials, search->trials, (size_t)search->count * sizeof *trials);
    neuron_release(context, search->trials);
    neuron_release(context, search->places);
    search->trials = trials;
    search->places = places;
    search->capacity = capacity;
    for (int64_t i = search->count - search->count % search->combinations; i < search->count; i++)
        *place_of(search, trials[i]->combination) = i + 1;
    return NEURON_OK;
}

int64_t neuron_search_choose(neuron_search_t *search)
{
    if (search->kind == NEURON_SEARCH_GRID)
        return search->count;
    if (search->count % search->combinations == 0)
        memset(search->places, 0, (size_t)place_count(search->capacity) * sizeof *search->places);
    neuron_random_reader reader =
        neuron_random_read(search->seed, NEURON_RANDOM_SEARCH, (uint32_t)search->count);
    int64_t combination, *place;
    do {
        combination = (int64_t)neuron_random_below(&reader, (uint64_t)search->combinations);
        place = place_of(search, combination);
    } while (*place > 0);
    *place = search->count + 1;
    return combination;
}
