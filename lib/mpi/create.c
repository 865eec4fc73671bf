/* The public calls: a transport on a communicator of MPI's, and whether MPI is fit for it. */
#include <libneuron-mpi/mpi.h>

#include "base/context.h"
#include "base/float-mode.h"
#include "base/options/options.h"
#include "mpi/transport.h"

#include <stdio.h>
#include <string.h>

/* ---- Options ---- */

enum { TIMEOUT = 1, THREADS };
enum { THREADS_ANY, THREADS_MAIN };
static const neuron_word thread_words[] = {{THREADS_ANY, "any"}, {THREADS_MAIN, "main"}, {0, ""}};
static const neuron_option rows[] = {
    NEURON_REAL(TIMEOUT, "timeout", 0.01, 1e7, 300, "seconds without a sign of life of a rank"),
    NEURON_CHOICE(THREADS, "threads", thread_words, THREADS_ANY, "which threads may use it")};
static const neuron_option_table table = NEURON_OPTION_TABLE(rows);

/* ---- Whether MPI is fit ---- */

#ifdef OMPI_MAJOR_VERSION
#define MADE_FOR "Open MPI"
#else
#define MADE_FOR "MPICH"
#endif

enum { VERSION_TEXT = 8193 }; /* the most that any of them has room for */

/* Programs and libraries of two MPIs take each other's handles for their own. */
static int check_version(const char *who)
{
    char text[VERSION_TEXT] = "";
    int length = 0;
    MPI_Get_library_version(text, &length);
    bool open = strstr(text, "Open MPI") != NULL;
    if (open == (strcmp(MADE_FOR, "Open MPI") == 0))
        return NEURON_OK;
    text[strcspn(text, "\n")] = '\0';
    return neuron_fail(NEURON_E_UNSUPPORTED,
                       "%s: libneuron-mpi is made for " MADE_FOR ", the program runs with %.100s",
                       who, text);
}

static const char *level_name(int level)
{
    switch (level) {
    case MPI_THREAD_SINGLE:
        return "MPI_THREAD_SINGLE";
    case MPI_THREAD_FUNNELED:
        return "MPI_THREAD_FUNNELED";
    default:
        return "MPI_THREAD_SERIALIZED";
    }
}

static int check_running(const char *who)
{
    int begun = 0, ended = 0;
    MPI_Initialized(&begun);
    MPI_Finalized(&ended);
    if (!begun || ended)
        return neuron_fail(NEURON_E_STATE, "%s: MPI %s", who,
                           ended ? "has ended: MPI_Finalize() was called"
                                 : "has not begun: call MPI_Init_thread() before");
    return NEURON_OK;
}

static int check_level(bool main_only, const char *who)
{
    int level = MPI_THREAD_SINGLE;
    MPI_Query_thread(&level);
    if (main_only || level >= MPI_THREAD_SERIALIZED)
        return NEURON_OK;
    return neuron_fail(NEURON_E_STATE,
                       "%s: MPI was begun with %s: call MPI_Init_thread() with "
                       "MPI_THREAD_SERIALIZED, or set threads=main",
                       who, level_name(level));
}

static int check_comm(MPI_Comm comm, const char *who)
{
    int between = 0;
    if (comm == MPI_COMM_NULL)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: comm is MPI_COMM_NULL", who);
    MPI_Comm_test_inter(comm, &between);
    if (between)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: comm is an intercommunicator", who);
    return NEURON_OK;
}

/* ---- Making it ---- */

/* Duplicates the program's communicator, whose errors are for that time ours. */
static int duplicate(neuron_mpi_transport *t, MPI_Comm comm)
{
    MPI_Errhandler handler;
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Comm made = MPI_COMM_NULL;
    MPI_Comm_get_errhandler(comm, &handler);
    MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
    int code = MPI_Comm_idup(comm, &made, &request);
    int status = code == MPI_SUCCESS ? neuron_mpi_wait(&request, t->timeout, "duplicating comm")
                                     : neuron_mpi_fail(code, "duplicating comm");
    MPI_Comm_set_errhandler(comm, handler);
    MPI_Errhandler_free(&handler);
    RETURN_IF_ERROR(status);
    t->comm = made;
    MPI_Comm_set_errhandler(made, MPI_ERRORS_RETURN);
    return NEURON_OK;
}

typedef struct verdict {
    int status, rank;
} verdict;

/* The failure of any rank is one of all, with its number. */
static int agree(const neuron_mpi_transport *t, int status, const char *who)
{
    verdict own = {status, t->rank}, worst = own;
    MPI_Request request;
    char message[NEURON_MESSAGE_SIZE];
    snprintf(message, sizeof message, "%s", neuron_error_last());
    int code = MPI_Iallreduce(&own, &worst, 1, MPI_2INT, MPI_MINLOC, t->comm, &request);
    if (code != MPI_SUCCESS)
        return neuron_mpi_fail(code, "MPI_Iallreduce()");
    RETURN_IF_ERROR(neuron_mpi_wait(&request, t->timeout, "making the communicator"));
    if (status < 0)
        return neuron_fail(status, "%s", message);
    if (worst.status < 0)
        return neuron_fail(worst.status, "%s: the call failed on rank %d", who, worst.rank);
    return NEURON_OK;
}

/* The communicator, of which only this rank knows so far. */
static int make_own(neuron_communicator_t **communicator, const neuron_mpi_transport *made)
{
    neuron_mpi_transport *kept = neuron_allocate(made->context, 1, sizeof *kept);
    if (!kept)
        return NEURON_E_MEMORY;
    *kept = *made;
    int status =
        neuron_communicator_create(communicator, made->context, made->rank, made->size,
                                   neuron_mpi_exchange, kept, neuron_mpi_transport_destroy);
    if (status < 0)
        neuron_release(made->context, kept);
    if (status == NEURON_OK)
        status = neuron_communicator_set_sum(*communicator, neuron_mpi_add);
    return status == NEURON_OK ? neuron_communicator_set_ready(*communicator, neuron_mpi_ready)
                               : status;
}

static int make(neuron_communicator_t **communicator, neuron_mpi_transport *t, MPI_Comm comm,
                int status, const char *who)
{
    int rank = 0, size = 1;
    RETURN_IF_ERROR(duplicate(t, comm));
    MPI_Comm_rank(t->comm, &rank);
    MPI_Comm_size(t->comm, &size);
    t->rank = rank;
    t->size = size;
    if (status == NEURON_OK)
        status = make_own(communicator, t);
    status = agree(t, status, who);
    if (status == NEURON_OK)
        return NEURON_OK;
    if (*communicator)
        neuron_communicator_unref(*communicator);
    else
        MPI_Comm_free(&t->comm);
    *communicator = NULL;
    return status;
}

static int read_options(neuron_mpi_transport *t, const char *options, const char *who)
{
    FLOAT_SCOPE;
    neuron_options given;
    neuron_options_reset(&given, &table);
    int status = neuron_options_parse(&given, options, who);
    t->timeout = neuron_options_value(&given, TIMEOUT);
    t->main_only = neuron_options_value(&given, THREADS) == THREADS_MAIN;
    return status;
}

/* From where MPI is there, what is wrong is told to the other ranks, which wait for this one. */
static int create(neuron_communicator_t **communicator, neuron_context_t *context, MPI_Comm comm,
                  const char *options, const char *who)
{
    neuron_mpi_transport t = {.context = context, .comm = MPI_COMM_NULL};
    RETURN_IF_ERROR(check_comm(comm, who));
    int status = read_options(&t, options, who);
    if (status == NEURON_OK)
        status = check_level(t.main_only, who);
    return make(communicator, &t, comm, status, who);
}

static int check_mpi(const char *who)
{
    RETURN_IF_ERROR(check_version(who));
    return check_running(who);
}

int neuron_mpi_communicator_create(neuron_communicator_t **communicator, neuron_context_t *context,
                                   MPI_Comm comm, const char *options)
{
    CHECK_ARGUMENT(communicator);
    *communicator = NULL;
    CHECK_ARGUMENT(context);
    RETURN_IF_ERROR(check_mpi(__func__));
    return create(communicator, context, comm, options, __func__);
}

int neuron_mpi_communicator_create_fortran(neuron_communicator_t **communicator,
                                           neuron_context_t *context, int32_t comm,
                                           const char *options)
{
    CHECK_ARGUMENT(communicator);
    *communicator = NULL;
    CHECK_ARGUMENT(context);
    RETURN_IF_ERROR(check_mpi(__func__));
    return create(communicator, context, MPI_Comm_f2c((MPI_Fint)comm), options, __func__);
}
