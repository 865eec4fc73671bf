/* Gatherings and broadcasts, by exchanges between two ranks at a time, so that a failure tells
 * which rank is gone.
 *
 * A gathering takes log2(n) rounds among the largest power of two of ranks: in each round the
 * blocks that both have change hands, twice as many as in the one before (recursive doubling). The
 * ranks beyond that power of two are paired with one each of the others, which takes their block
 * along and gives them all in the end (Thakur, Rabenseifner and Gropp, 2005). Where a rank is gone,
 * its peers give on that its blocks are not there, and for whom; so each rank that is left knows in
 * the end. */
#include "communicate/communicator.h"

#include <stdio.h>
#include <string.h>

/* A gathering that is on. */
typedef struct gathering {
    neuron_communicator_t *communicator;
    char *all;
    const size_t *offsets;
    int32_t paired; /* so many pairs of ranks 2 i and 2 i + 1 work as one, the first */
} gathering;

static neuron_gather_head *head_of(const gathering *g, int32_t rank)
{
    return (neuron_gather_head *)(void *)(g->all + g->offsets[rank]);
}

/* Exchanges the blocks of some ranks, each side those that it has; `count` may be 0. */
static void swap(const gathering *g, int32_t peer, int32_t given, int32_t given_count,
                 int32_t taken, int32_t taken_count)
{
    neuron_communicator_t *c = g->communicator;
    const size_t *offsets = g->offsets;
    if (neuron_communicator_exchange(
            c, peer, g->all + offsets[given], offsets[given + given_count] - offsets[given],
            g->all + offsets[taken], offsets[taken + taken_count] - offsets[taken]))
        return;
    for (int32_t i = taken; i < taken + taken_count; i++)
        *head_of(g, i) = (neuron_gather_head){.gone = peer, .status = c->status};
}

/* The ranks that work are numbered without the second ones of pairs: the first rank of a number. */
static int32_t rank_of(const gathering *g, int32_t number)
{
    return number < g->paired ? 2 * number : number + g->paired;
}

static void double_up(const gathering *g, int32_t number, int32_t numbers)
{
    for (int32_t step = 1; step < numbers; step *= 2) {
        int32_t own = number & ~(step - 1), other = own ^ step;
        int32_t first = rank_of(g, own), taken = rank_of(g, other);
        swap(g, rank_of(g, number ^ step), first, rank_of(g, own + step) - first, taken,
             rank_of(g, other + step) - taken);
    }
}

/* What is known of ranks that are gone: the first of them is the culprit, if none was known. */
static int judge(const gathering *g)
{
    neuron_communicator_t *c = g->communicator;
    for (int32_t i = 0; i < c->size; i++) {
        const neuron_gather_head *head = head_of(g, i);
        c->told = c->told || head->tells;
        if (head->gone < 0 || c->culprit >= 0)
            continue;
        c->culprit = head->gone;
        c->status = head->status < 0 ? head->status : NEURON_E_CALLBACK;
        snprintf(c->message, sizeof c->message, "communicator: rank %" PRId32 " is gone",
                 head->gone);
    }
    return c->culprit < 0 ? NEURON_OK : neuron_fail(c->status, "%s", c->message);
}

int neuron_gather(neuron_communicator_t *c, void *all, const size_t *offsets)
{
    int32_t numbers = 1, rank = c->rank;
    while (2 * numbers <= c->size)
        numbers *= 2;
    const gathering g = {c, all, offsets, c->size - numbers};
    bool paired = rank < 2 * g.paired;
    *head_of(&g, rank) =
        (neuron_gather_head){.gone = c->culprit, .status = c->status, .tells = c->culprit >= 0};
    if (paired && rank % 2 == 1) {
        swap(&g, rank - 1, rank, 1, 0, 0);
        /* All blocks but the own, which is among them: the head of each tells. */
        swap(&g, rank - 1, 0, 0, 0, c->size);
        return judge(&g);
    }
    if (paired)
        swap(&g, rank + 1, 0, 0, rank + 1, 1);
    double_up(&g, paired ? rank / 2 : rank - g.paired, numbers);
    if (paired)
        swap(&g, rank + 1, 0, c->size, 0, 0);
    return judge(&g);
}

/* Each rank has the bytes from one whose distance from the root has one bit less. */
void neuron_spread(neuron_communicator_t *c, void *bytes, size_t size, int32_t root)
{
    int64_t own = (c->rank - root + c->size) % c->size, bit = 1;
    while (bit < c->size && !(own & bit))
        bit *= 2;
    if (own > 0)
        neuron_communicator_exchange(c, (int32_t)((own - bit + root) % c->size), NULL, 0, bytes,
                                     size);
    for (bit /= 2; bit > 0; bit /= 2)
        if (own + bit < c->size)
            neuron_communicator_exchange(c, (int32_t)((own + bit + root) % c->size), bytes, size,
                                         NULL, 0);
}

void neuron_share_message(neuron_communicator_t *c, int32_t rank)
{
    char message[NEURON_MESSAGE_SIZE];
    snprintf(message, sizeof message, "%s", neuron_error_last());
    neuron_spread(c, message, sizeof message, rank);
    message[sizeof message - 1] = '\0';
    neuron_set_message("rank %" PRId32 ": %s", rank, message);
}
