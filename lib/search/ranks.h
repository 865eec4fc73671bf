/* Searches over ranks: the first hands out folds, all try them.
 *
 * A rank that is free asks the first one: it tells what came of its fold, in one exchange, and
 * hears in the next what to try, or to wait. Who is told to wait asks again a little later, so that
 * no exchange takes as long as a fold. In the end each that asks gets all results. Messages have a
 * fixed size, and no rank needs memory to send or receive one: whatever fails, it can be told. */
#ifndef SEARCH_RANKS_H
#define SEARCH_RANKS_H

#include "search/search.h"

#include "base/float-mode.h"
#include "communicate/communicator.h"

#include <pthread.h>

/* What must be the same on all ranks: the kind, the seed, folds, ... */
enum { NEURON_SEARCH_SAME = 6 };

/* What a rank says. */
typedef struct neuron_search_request {
    uint64_t same[NEURON_SEARCH_SAME];
    int64_t status; /* NEURON_OK; NEURON_STOP or a failure, which ends the run on all ranks */
    char message[NEURON_MESSAGE_SIZE];
    int64_t has_report;
    neuron_fold_report report;
} neuron_search_request;

typedef enum neuron_search_order {
    NEURON_SEARCH_WAIT,
    NEURON_SEARCH_TRY,
    NEURON_SEARCH_END /* results follow */
} neuron_search_order;

/* What it hears. */
typedef struct neuron_search_reply {
    int64_t order;
    int64_t number; /* of the fold to try; of folds that are done, in the end */
    int64_t status; /* in the end: of the run */
    char message[NEURON_MESSAGE_SIZE];
} neuron_search_reply;

/* Results as they go to other ranks: the names of figures, then folds. */
enum { NEURON_SEARCH_RECORDS = 32 };

typedef struct neuron_search_names {
    int64_t count;
    char list[NEURON_FIGURES_MAX][NEURON_FACTOR_NAME_MAX + 1];
} neuron_search_names;

typedef struct neuron_search_record {
    int64_t number;
    double score, seconds;
    double figures[NEURON_FIGURES_MAX];
} neuron_search_record;

typedef struct neuron_search_records {
    int64_t count;
    neuron_search_record list[NEURON_SEARCH_RECORDS];
} neuron_search_records;

/* Another rank, for the first one. */
typedef struct neuron_search_peer {
    int64_t held; /* the number of the fold that it tries; -1 for none */
    double since; /* when it got it, in seconds */
    bool known;   /* it has asked */
    bool ended;   /* it has the results, or is gone */
} neuron_search_peer;

/* A fold that another rank has tried, until the thread of the run takes it over. */
typedef struct neuron_search_result {
    struct neuron_search_result *next;
    neuron_fold_report report;
} neuron_search_result;

typedef struct neuron_search_ranks {
    neuron_communicator_t *communicator;
    uint64_t same[NEURON_SEARCH_SAME];
    neuron_search_peer *peers; /* of each rank; that of the first is its own */
    bool threaded;             /* the thread that serves is on, in this process: */
    pid_t process;
    pthread_t thread;
    neuron_float_host host;
    bool no_thread; /* it could not be started */

    pthread_mutex_t mutex; /* of all below, and of the file */
    bool ending;           /* the thread is to end */
    int64_t numbers;       /* folds of the run, done or not */
    int64_t left;          /* those that are not done */
    int64_t next;          /* all before it are done, or were handed out */
    int64_t *returned;     /* those that were handed out in vain; room for one of each rank */
    int64_t returned_count;
    neuron_search_result *results;
    int64_t name_count; /* of figures that any rank has noted */
    char names[NEURON_FIGURES_MAX][NEURON_FACTOR_NAME_MAX + 1];
    int status; /* not 0: the run ends with it, */
    char message[NEURON_MESSAGE_SIZE];
} neuron_search_ranks;

/* The run on this rank. `status` is not NEURON_OK if it cannot begin, which others are to know. */
int neuron_search_run_in_ranks(neuron_search_t *search, int64_t trials, int status);

/* Ends the thread that serves, if it is still there. */
void neuron_search_end_ranks(neuron_search_t *search);

/* Lets go of the communicator. */
void neuron_search_leave_ranks(neuron_search_t *search);

/* What must be the same, of this rank. */
void neuron_search_fill_same(uint64_t same[NEURON_SEARCH_SAME], const neuron_search_t *search,
                             int64_t trials);

/* ---- The first rank ---- */

/* Whether another rank runs the same: NEURON_OK, or NEURON_E_DATA with the message in its request.
 */
int neuron_search_compare(const neuron_search_t *search, neuron_search_request *request);

/* Begins to hand out. */
void neuron_search_begin_hand_out(neuron_search_t *search, int64_t trials, int status);

/* Takes the next fold for a rank; false if there is none now. */
bool neuron_search_hand_out(neuron_search_t *search, int32_t rank, int64_t *number);

/* Notes what came of the fold of a rank: a report, or NULL; and a status with its message. */
void neuron_search_hand_in(neuron_search_t *search, int32_t rank, neuron_fold_report *report,
                           int status, const char *message);

/* Takes over what other ranks have done. */
void neuron_search_collect(neuron_search_t *search);

/* Whether nothing is left to be tried, nor being tried elsewhere, and each rank has asked. */
bool neuron_search_is_over(neuron_search_t *search);

/* Answers all that ask; whether any did. */
bool neuron_search_serve(neuron_search_t *search);

/* Waits for one rank to ask, and answers it. */
void neuron_search_serve_one(neuron_search_t *search, int32_t rank);

/* Gives all ranks the results. */
void neuron_search_give_results(neuron_search_t *search);

#endif
