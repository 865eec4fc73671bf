/* What Debian's libgcc, which is compiled for glibc, asks of the C library to unwind a stack, made
 * of what musl has: which file's code has this address, and where its table of frames is. A libgcc
 * that is compiled for musl asks musl itself. For 64 bits. */
#include <link.h>
#include <stdint.h>

typedef struct found_object {
    unsigned long long flags;
    void *first, *end;
    struct link_map *map;
    void *frames;
    unsigned long long reserved[7];
} found_object;

typedef struct search {
    uintptr_t address;
    found_object *found;
} search;

static int look_into(struct dl_phdr_info *info, size_t size, void *argument)
{
    (void)size;
    search *wanted = argument;
    uintptr_t frames = 0, first = 0, end = 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        uintptr_t to = from + info->dlpi_phdr[i].p_memsz;
        if (info->dlpi_phdr[i].p_type == PT_GNU_EH_FRAME)
            frames = from;
        else if (info->dlpi_phdr[i].p_type == PT_LOAD && wanted->address >= from &&
                 wanted->address < to)
            first = from, end = to;
    }
    if (end == 0 || frames == 0)
        return 0;
    *wanted->found =
        (found_object){.first = (void *)first, .end = (void *)end, .frames = (void *)frames};
    return 1;
}

__attribute__((visibility("hidden"))) int _dl_find_object(void *address, found_object *found);

int _dl_find_object(void *address, found_object *found)
{
    search wanted = {(uintptr_t)address, found};
    return dl_iterate_phdr(look_into, &wanted) ? 0 : -1;
}
