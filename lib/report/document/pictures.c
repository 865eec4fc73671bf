/* Each picture as a file of its own. */
#include "report/document/report.h"

#include "base/files/file-write.h"
#include "base/float-mode.h"
#include "base/options/options.h"
#include "report/document/png.h"
#include "report/document/theme.h"
#include "report/document/svg-to-png.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { FORMAT = 1, THEME, SCALE };
enum { SVG = 1, PNG };

static const neuron_word formats[] = {{SVG, "svg"}, {PNG, "png"}, {0, ""}};
static const neuron_word themes[] = {
    {NEURON_PAGE_LIGHT, "light"}, {NEURON_PAGE_DARK, "dark"}, {0, ""}};
static const neuron_option rows[] = {
    NEURON_CHOICE(FORMAT, "format", formats, SVG, "svg, or png"),
    NEURON_CHOICE(THEME, "theme", themes, NEURON_PAGE_LIGHT, "light or dark"),
    NEURON_REAL(SCALE, "scale", 0.1, 10, 2, "of PNG, pixels for each unit of the picture")};
static const neuron_option_table table = NEURON_OPTION_TABLE(rows);

typedef struct picture_request {
    const char *folder;
    bool png;
    neuron_page_theme theme;
    double scale;
} picture_request;

/* The letters and digits of a heading, with dashes for all else. */
static void put_slug(neuron_buffer *text, const neuron_section *section)
{
    enum { LENGTH_MAX = 40 };
    bool dash = false;
    size_t begin = text->size;
    for (size_t i = 0; i < section->heading.size && text->size < begin + LENGTH_MAX; i++) {
        char c = section->heading.bytes[i];
        if (c == '&') { /* an escaped one */
            while (i + 1 < section->heading.size && section->heading.bytes[i] != ';')
                i++;
            c = '-';
        }
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (kept) {
            if (dash)
                neuron_buffer_put(text, "-");
            neuron_buffer_add(text, &c, 1);
        }
        dash = !kept && text->size > begin;
    }
    neuron_buffer_put(text, text->size > begin ? "-" : "");
}

/* "<folder>/04-learning-curves-loss.svg". Of two of a section with the same name the second one
 * has a number. */
static int make_path(neuron_buffer *path, const picture_request *request,
                     const neuron_section *section, int64_t index)
{
    const neuron_picture *picture = neuron_section_picture(section, index);
    char text[32];
    int64_t before = 0;
    for (int64_t i = 0; i < index; i++)
        before += strcmp(neuron_section_picture(section, i)->name, picture->name) == 0;
    neuron_buffer_put(path, request->folder);
    snprintf(text, sizeof text, "/%02" PRId64 "-", section->number);
    neuron_buffer_put(path, text);
    put_slug(path, section);
    neuron_buffer_put(path, picture->name);
    if (before > 0)
        neuron_buffer_print(path, "-%" PRId64, before + 1);
    neuron_buffer_put(path, request->png || picture->is_png ? ".png" : ".svg");
    neuron_buffer_add(path, "", 1);
    return neuron_buffer_status(path);
}

/* The element as a document: with its size and its style sheet. */
static void put_svg(neuron_buffer *svg, const picture_request *request,
                    const neuron_section *section, const neuron_picture *picture)
{
    const char *html = section->html.bytes;
    neuron_buffer_put(svg, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    neuron_buffer_add(svg, html + picture->begin, picture->inside - 1 - picture->begin);
    neuron_buffer_print(svg, " width=\"%g\" height=\"%g\"><style>", picture->width,
                        picture->height);
    neuron_theme_picture(svg, request->theme);
    neuron_buffer_print(svg, "</style><rect width=\"%g\" height=\"%g\" fill=\"%s\"/>",
                        picture->width, picture->height, neuron_theme_background(request->theme));
    neuron_buffer_add(svg, html + picture->inside, picture->end - picture->inside);
    neuron_buffer_put(svg, "\n");
}

static int make_file(neuron_buffer *file, const picture_request *request,
                     const neuron_section *section, const neuron_picture *picture)
{
    if (picture->is_png) {
        neuron_base64_read(file, section->html.bytes + picture->begin,
                           picture->end - picture->begin);
        return neuron_buffer_status(file);
    }
    if (!request->png) {
        put_svg(file, request, section, picture);
        return neuron_buffer_status(file);
    }
    NEURON_BUFFER(svg, file->context);
    put_svg(&svg, request, section, picture);
    RETURN_IF_ERROR(neuron_buffer_status(&svg));
    return neuron_svg_to_png(file, &svg, picture->width, picture->height, request->scale);
}

static int save_one(const picture_request *request, const neuron_section *section, int64_t index)
{
    neuron_context_t *context = section->html.context;
    NEURON_BUFFER(path, context);
    NEURON_BUFFER(file, context);
    RETURN_IF_ERROR(make_path(&path, request, section, index));
    RETURN_IF_ERROR(make_file(&file, request, section, neuron_section_picture(section, index)));
    const neuron_file_piece piece = {file.bytes, file.size, 1};
    return neuron_file_replace(context, path.bytes, &piece, 1);
}

int neuron_report_save_pictures(const neuron_report_t *report, const char *folder,
                                const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(report);
    CHECK_ARGUMENT(folder);
    neuron_options given;
    neuron_options_reset(&given, &table);
    RETURN_IF_ERROR(neuron_options_parse(&given, options, __func__));
    const picture_request request = {.folder = folder,
                                     .png = neuron_options_value(&given, FORMAT) == PNG,
                                     .theme =
                                         (neuron_page_theme)neuron_options_value(&given, THEME),
                                     .scale = neuron_options_value(&given, SCALE)};
    if (request.png && !neuron_svg_to_png_works)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "%s: format=png: this library was built without librsvg", __func__);
    if (!*folder)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: folder is empty", __func__);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return neuron_fail(NEURON_E_IO, "%s: %s", folder, strerror(errno));
    for (int64_t i = 0; i < report->count; i++)
        for (int64_t k = 0; k < neuron_section_picture_count(report->sections[i]); k++)
            RETURN_IF_ERROR(save_one(&request, report->sections[i], k));
    return NEURON_OK;
}
