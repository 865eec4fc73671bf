/* Boxes lie in rows, each below all that it reads. A line that passes rows has a narrow slot in
 * each of them, so that it goes beside the boxes there. Slots stand below what they come from, as
 * far as their neighbours let them. */
#include "report/charts/diagram.h"

#include <math.h>

enum {
    BOXES_MAX = 400,
    SLOTS_MAX = 6000,
    BOX_HEIGHT = 40,
    ROW = 62,
    CHAIN_WIDTH = 280,
    BOX_WIDTH = 190,
    LINE_WIDTH = 10,
    GAP = 16
};

typedef struct box_slot {
    int64_t box; /* -1 for a line that passes */
    int64_t row;
    double wanted, weight; /* sum of the places above it, each by its weight; of these weights */
    double x;
} box_slot;

typedef struct slot_link {
    int64_t from, to; /* slots */
} slot_link;

typedef struct layout {
    const neuron_diagram *diagram;
    int64_t *rows; /* of boxes */
    box_slot *slots;
    slot_link *links;
    int64_t *order; /* slots of one row */
    int64_t slot_count, link_count, row_count;
    double box_width, left, right;
} layout;

/* Rows of all boxes, and how many slots there are. */
static void find_rows(layout *l)
{
    const neuron_diagram *diagram = l->diagram;
    for (bool changes = true; changes;) {
        changes = false;
        for (int64_t i = 0; i < diagram->edge_count; i++) {
            const neuron_diagram_edge *edge = &diagram->edges[i];
            if (l->rows[edge->to] <= l->rows[edge->from]) {
                l->rows[edge->to] = l->rows[edge->from] + 1;
                changes = true;
            }
        }
    }
    for (int64_t i = 0; i < diagram->count; i++)
        l->row_count = l->rows[i] + 1 > l->row_count ? l->rows[i] + 1 : l->row_count;
}

static int64_t count_passed(const layout *l)
{
    int64_t count = 0;
    for (int64_t i = 0; i < l->diagram->edge_count; i++)
        count += l->rows[l->diagram->edges[i].to] - l->rows[l->diagram->edges[i].from] - 1;
    return count;
}

/* The first slots are the boxes'. */
static void make_slots(layout *l)
{
    for (int64_t i = 0; i < l->diagram->count; i++)
        l->slots[i] = (box_slot){.box = i, .row = l->rows[i]};
    l->slot_count = l->diagram->count;
    for (int64_t i = 0; i < l->diagram->edge_count; i++) {
        const neuron_diagram_edge *edge = &l->diagram->edges[i];
        int64_t from = edge->from;
        for (int64_t row = l->rows[from] + 1; row < l->rows[edge->to]; row++) {
            l->slots[l->slot_count] = (box_slot){.box = -1, .row = row};
            l->links[l->link_count++] = (slot_link){from, l->slot_count};
            from = l->slot_count++;
        }
        l->links[l->link_count++] = (slot_link){from, edge->to};
    }
}

static double width_of(const layout *l, int64_t s)
{
    return l->slots[s].box < 0 ? LINE_WIDTH : l->box_width;
}

static double weight_of(const layout *l, int64_t s)
{
    return l->slots[s].box < 0 ? 1 : 10;
}

static double wanted_place(const box_slot *slot)
{
    return slot->weight > 0 ? slot->wanted / slot->weight : 0;
}

/* The slots of a row, in the order of their wanted places. */
static int64_t sort_row(const layout *l, int64_t row)
{
    int64_t count = 0;
    for (int64_t s = 0; s < l->slot_count; s++) {
        if (l->slots[s].row != row)
            continue;
        int64_t at = count++;
        double place = wanted_place(&l->slots[s]);
        for (; at > 0 && wanted_place(&l->slots[l->order[at - 1]]) > place; at--)
            l->order[at] = l->order[at - 1];
        l->order[at] = s;
    }
    return count;
}

/* Side by side, and then all moved so that boxes are as near to their wanted places as can be. */
static void place_row(layout *l, int64_t count)
{
    double shift = 0, weights = 0;
    for (int64_t i = 0; i < count; i++) {
        box_slot *slot = &l->slots[l->order[i]];
        slot->x = wanted_place(slot);
        if (i > 0) {
            double least = l->slots[l->order[i - 1]].x + GAP +
                           (width_of(l, l->order[i - 1]) + width_of(l, l->order[i])) / 2;
            slot->x = fmax(slot->x, least);
        }
        shift += weight_of(l, l->order[i]) * (wanted_place(slot) - slot->x);
        weights += weight_of(l, l->order[i]);
    }
    for (int64_t i = 0; i < count; i++) {
        box_slot *slot = &l->slots[l->order[i]];
        slot->x += shift / weights;
        l->left = fmin(l->left, slot->x - width_of(l, l->order[i]) / 2);
        l->right = fmax(l->right, slot->x + width_of(l, l->order[i]) / 2);
    }
}

static void place_all(layout *l)
{
    for (int64_t row = 0; row < l->row_count; row++) {
        place_row(l, sort_row(l, row));
        for (int64_t i = 0; i < l->link_count; i++) {
            const box_slot *from = &l->slots[l->links[i].from];
            box_slot *to = &l->slots[l->links[i].to];
            if (from->row == row) {
                to->wanted += weight_of(l, l->links[i].from) * from->x;
                to->weight += weight_of(l, l->links[i].from);
            }
        }
    }
}

static double top_of(const layout *l, int64_t s)
{
    return 4 + ROW * (double)l->slots[s].row;
}

static void put_link(neuron_chart *chart, const layout *l, const slot_link *link)
{
    double x1 = l->slots[link->from].x - l->left, x2 = l->slots[link->to].x - l->left;
    double y1 = top_of(l, link->from) + BOX_HEIGHT, y2 = top_of(l, link->to);
    double half = (y2 - y1) / 2;
    bool passes = l->slots[link->to].box < 0;
    neuron_buffer_print(chart->out, "<path class=\"w\" d=\"M%g %gC%g %g %g %g %g %g", x1, y1, x1,
                        y1 + half, x2, y2 - half, x2, y2);
    if (passes)
        neuron_buffer_print(chart->out, "v%d", BOX_HEIGHT);
    neuron_buffer_put(chart->out, "\"/>\n");
    if (!passes)
        neuron_buffer_print(chart->out, "<path class=\"z\" d=\"M%g %gl-4 -7h8z\"/>\n", x2, y2);
}

static void put_box(neuron_chart *chart, const layout *l, int64_t i)
{
    double x = l->slots[i].x - l->left, y = top_of(l, i);
    neuron_buffer_print(
        chart->out, "<rect class=\"q\" x=\"%g\" y=\"%g\" width=\"%g\" height=\"%d\" rx=\"5\"/>\n",
        x - l->box_width / 2, y, l->box_width, BOX_HEIGHT);
    neuron_chart_text(chart, x, y + 16.5, "c o", l->box_width - 10,
                      neuron_names_at(l->diagram->heads, i));
    neuron_chart_text(chart, x, y + 32, "c m k", (l->box_width - 10) / 0.88,
                      neuron_names_at(l->diagram->details, i));
}

bool neuron_diagram_fits(const neuron_diagram *diagram)
{
    return diagram->count <= BOXES_MAX && diagram->edge_count <= SLOTS_MAX;
}

/* A graph of one chain has room for wider boxes. */
static bool is_chain(const neuron_diagram *diagram)
{
    for (int64_t i = 0; i < diagram->edge_count; i++)
        if (diagram->edges[i].to != diagram->edges[i].from + 1)
            return false;
    return true;
}

static void draw(neuron_chart *chart, const layout *l)
{
    for (int64_t i = 0; i < l->link_count; i++)
        put_link(chart, l, &l->links[i]);
    for (int64_t i = 0; i < l->diagram->count; i++)
        put_box(chart, l, i);
}

/* What makes a picture that nobody could follow is left to the table. */
static void draw_slots(neuron_chart *chart, neuron_section *section, layout *l)
{
    neuron_context_t *context = section->html.context;
    NEURON_BUFFER(slots, context);
    NEURON_BUFFER(links, context);
    NEURON_BUFFER(order, context);
    int64_t passed = count_passed(l);
    l->slots = neuron_buffer_room(&slots, l->diagram->count + passed, sizeof *l->slots);
    l->links = neuron_buffer_room(&links, l->diagram->edge_count + passed, sizeof *l->links);
    l->order = neuron_buffer_room(&order, l->diagram->count + passed, sizeof *l->order);
    section->html.failed |= !l->slots || !l->links || !l->order;
    if (section->html.failed)
        return;
    l->box_width = is_chain(l->diagram) ? CHAIN_WIDTH : BOX_WIDTH;
    l->left = INFINITY;
    l->right = -INFINITY;
    make_slots(l);
    place_all(l);
    double width = fmax(l->right - l->left + 8, NEURON_CHART_WIDTH);
    l->left -= (width - (l->right - l->left)) / 2;
    NEURON_BUFFER(description, context);
    neuron_buffer_print(&description, "%" PRId64 " layers in %" PRId64 " rows, from the input down",
                        l->diagram->count, l->row_count);
    neuron_buffer_add(&description, "", 1);
    section->html.failed |= description.failed;
    *chart = neuron_chart_begin(section, l->diagram->name, l->diagram->title,
                                description.failed ? "" : description.bytes, width,
                                ROW * (double)l->row_count - (ROW - BOX_HEIGHT) + 8);
    draw(chart, l);
    neuron_chart_end(chart);
}

neuron_chart neuron_diagram_draw(neuron_section *section, const neuron_diagram *diagram)
{
    neuron_chart chart = {.section = section, .out = &section->html, .title = diagram->title};
    section->html.failed |= neuron_names_status(diagram->heads) != NEURON_OK ||
                            neuron_names_status(diagram->details) != NEURON_OK;
    NEURON_BUFFER(rows, section->html.context);
    layout l = {.diagram = diagram};
    l.rows = neuron_buffer_room(&rows, diagram->count, sizeof *l.rows);
    section->html.failed |= !l.rows;
    if (section->html.failed)
        return chart;
    find_rows(&l);
    draw_slots(&chart, section, &l);
    return chart;
}
