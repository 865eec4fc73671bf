/* The colours, with one name each: those of series can be told apart by who sees fewer colours than
 * others, text has a contrast of 4.5 to 1 with what is behind it, and lines have 3 to 1. In style
 * sheets $fg stands for the colour of that name: in pages for a property that the reader's choice
 * of light or dark sets, in pictures by themselves for the colour, as few programs that show them
 * know properties. */
#include "report/document/theme.h"

#include <string.h>

typedef struct colour {
    const char *name, *light, *dark;
} colour;

static const colour colours[] = {
    {"bg", "#ffffff", "#14171b"},   {"fg", "#1b1f24", "#e6e9ed"},   {"muted", "#57606a", "#a3adb8"},
    {"line", "#d0d7de", "#3a424b"}, {"axis", "#6e7781", "#8b949e"}, {"panel", "#f6f8fa", "#1e2329"},
    {"link", "#0757a0", "#7cc0ff"}, {"s0", "#0072b2", "#56b4e9"},   {"s1", "#c24e00", "#f28e3c"},
    {"s2", "#007f5c", "#2fc29a"},   {"s3", "#b14a8a", "#e08ac0"},   {"s4", "#8a6a00", "#e6b422"},
    {"s5", "#2f2f2f", "#e8e8e8"},   {"s6", "#2b8cc4", "#8ea6ff"},   {"s7", "#d4372c", "#ff7b72"},
    {"h0", "#f4f8fc", "#1b222b"},   {"h1", "#daeaf4", "#1c3043"},   {"h2", "#c0dcec", "#1d3d5a"},
    {"h3", "#a7cfe4", "#1f4a72"},   {"h4", "#89bdda", "#255d8b"},   {"h5", "#6aa8d0", "#2f71a4"},
    {"h6", "#4c94c7", "#3985be"},   {"h7", "#327eb8", "#4d9bd4"},   {"h8", "#24649e", "#79b5e2"},
    {"h9", "#164a84", "#a4cef1"},   {"ha", "#08306b", "#cfe8ff"},   {"t0", "#000000", "#ffffff"},
    {"t1", "#000000", "#ffffff"},   {"t2", "#000000", "#ffffff"},   {"t3", "#000000", "#ffffff"},
    {"t4", "#000000", "#ffffff"},   {"t5", "#000000", "#ffffff"},   {"t6", "#000000", "#000000"},
    {"t7", "#000000", "#000000"},   {"t8", "#ffffff", "#000000"},   {"t9", "#ffffff", "#000000"},
    {"ta", "#ffffff", "#000000"}};

/* What pictures are drawn with. */
static const char picture_rules[] =
    "text{font:12.5px system-ui,-apple-system,\"Segoe UI\",Roboto,\"DejaVu "
    "Sans\",sans-serif;fill:$fg}"
    ".m{fill:$muted}.e{text-anchor:end}.c{text-anchor:middle}.o{font-weight:600}.k{font-size:11px}"
    ".g{stroke:$line;fill:none}.a{stroke:$axis;fill:none}.q{fill:$panel;stroke:$axis}"
    ".w{stroke:$axis;fill:none;stroke-width:1.5}.v{stroke:$axis;fill:none;opacity:.45}"
    ".z{fill:$axis}.y{stroke:$bg;stroke-width:1}"
    ".l{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}"
    /* Text over lines. */
    ".u{paint-order:stroke;stroke:$bg;stroke-width:3px;stroke-linejoin:round}"
    ".i1{stroke-dasharray:6 4}.i2{stroke-dasharray:2 4}.i3{stroke-dasharray:10 4 2 4}";

/* Each series has a stroke, and a fill of the same colour for marks and bars; each step of a heat
 * map has a fill, and a text that can be read on it. */
static void put_steps(neuron_buffer *buffer,
                      void (*put)(neuron_buffer *, const char *, const void *), const void *theme)
{
    char rule[64];
    for (int i = 0; i < NEURON_SERIES; i++) {
        char one[] = {'s', (char)('0' + i), '\0'};
        strcat(strcat(strcat(strcat(strcpy(rule, "."), one), "{stroke:$"), one), "}");
        put(buffer, rule, theme);
        strcat(strcat(strcat(strcat(strcpy(rule, ".f"), one), "{fill:$"), one), "}");
        put(buffer, rule, theme);
    }
    for (int i = 0; i < NEURON_HEAT_STEPS; i++) {
        char one[] = {'h', "0123456789a"[i], '\0'};
        strcat(strcat(strcat(strcat(strcpy(rule, "."), one), "{fill:$"), one), "}");
        put(buffer, rule, theme);
        one[0] = 't';
        strcat(strcat(strcat(strcat(strcpy(rule, "."), one), "{fill:$"), one), "}");
        put(buffer, rule, theme);
    }
}

/* What pages have besides. */
static const char page_rules[] =
    "*{box-sizing:border-box}"
    "html{-webkit-text-size-adjust:100%;text-size-adjust:100%}"
    "body{margin:0;background:$bg;color:$fg;font:16px/1.5 system-ui,-apple-system,\"Segoe "
    "UI\",Roboto,"
    "\"DejaVu Sans\",sans-serif;overflow-wrap:anywhere}"
    "header,nav,main,footer{max-width:72rem;margin:0 auto;padding:0 1rem}"
    "h1{font-size:1.9rem;line-height:1.2;margin:1.5rem 0 .75rem}"
    "h2{font-size:1.35rem;line-height:1.25;margin:0 0 .75rem;padding-top:1.25rem;border-top:1px "
    "solid $line}"
    "h3{font-size:1.05rem;margin:1.5rem 0 .5rem}"
    "section{margin:1.75rem 0}p{max-width:44rem;margin:.5rem 0}a{color:$link}"
    ".skip{position:absolute;left:-99rem}.skip:focus{position:static}"
    "nav{margin-top:1rem;margin-bottom:1.5rem}"
    "nav ol{columns:15rem;column-gap:2rem;margin:0;padding-left:1.6rem}nav li{padding:.15rem "
    "0;break-inside:avoid}"
    "footer{color:$muted;font-size:.85rem;margin-top:2rem;margin-bottom:2rem}"
    ":focus-visible{outline:2px solid $link;outline-offset:2px}"
    ".grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,25rem),1fr));gap:"
    "1rem 1.5rem;"
    "align-items:start}"
    "figure{margin:.75rem 0;min-width:0}.grid figure{margin:0}.grid>.wide{grid-column:1/-1}"
    "figcaption{font-weight:600;font-size:.95rem;margin-bottom:.25rem}"
    "svg{display:block;width:100%;height:auto}"
    ".box{overflow-x:auto;margin:.5rem 0;max-width:100%}"
    "table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums;"
    "overflow-wrap:normal}"
    "caption{text-align:start;color:$muted;padding:.25rem 0}"
    "th,td{padding:.25rem 1rem .25rem 0;text-align:start;vertical-align:top;border-bottom:1px "
    "solid $line;"
    "max-width:18rem;overflow-wrap:break-word}"
    "th[scope=row]{font-weight:500;min-width:3.6rem}td.n,th.n{text-align:right;white-space:nowrap}"
    "td:last-child,th:last-child{padding-right:0;max-width:34rem}"
    "@media(max-width:40rem){table{font-size:.8rem}th,td{padding-right:.5rem}th.n{white-space:"
    "normal}}"
    "details{margin:.25rem 0 0}summary{cursor:pointer;color:$muted;font-size:.85rem}"
    "details .box{max-height:26rem;overflow-y:auto}"
    /* The summary says it already; it is there for who has it read. */
    "details caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);"
    "white-space:nowrap}"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(5.5rem,1fr));gap:.75rem;"
    "padding:0;margin:.75rem 0;list-style:none}"
    ".tiles "
    "img{display:block;width:100%;max-width:8rem;height:auto;image-rendering:pixelated;border:1px "
    "solid $line}"
    ".tiles figure{margin:0}.tiles "
    "figcaption{font-weight:400;font-size:.78rem;line-height:1.35;margin:.25rem 0 0}"
    ".tiles b{font-weight:600}"
    ".facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.75rem;"
    "margin:.75rem 0}"
    ".facts div{background:$panel;border:1px solid $line;border-radius:6px;padding:.5rem .75rem}"
    ".facts dt{color:$muted;font-size:.8rem}"
    ".facts "
    "dd{margin:0;font-size:1.3rem;font-weight:600;line-height:1.3;font-variant-numeric:tabular-"
    "nums}"
    "@media "
    "print{body{font-size:10pt}.skip,nav{display:none}main,header,footer{max-width:none;padding:0}"
    "section{break-inside:auto}h2,h3,summary{break-after:avoid}figure,tr,.facts{break-inside:avoid}"
    "details:not([open]){display:none}.box{overflow:visible;break-inside:avoid}caption{break-after:"
    "avoid}"
    "table{font-size:.8rem}th,td{padding-right:.6rem}th.n{white-space:normal}a{color:inherit;text-"
    "decoration:none}"
    ".grid{grid-template-columns:minmax(0,1fr) "
    "minmax(0,1fr)}.tiles{grid-template-columns:repeat(8,1fr)}"
    "*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}";

static const colour *find(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof colours / sizeof colours[0]; i++)
        if (strlen(colours[i].name) == length && memcmp(colours[i].name, name, length) == 0)
            return &colours[i];
    return &colours[0];
}

static size_t name_length(const char *text)
{
    return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789");
}

/* Rules with the colours that `theme` leads to; or, with NULL, the properties that have them. */
static void put_rules(neuron_buffer *buffer, const char *rules, const void *theme)
{
    while (*rules) {
        size_t length = strcspn(rules, "$");
        neuron_buffer_add(buffer, rules, length);
        rules += length;
        if (!*rules)
            return;
        length = name_length(++rules);
        const colour *found = find(rules, length);
        if (!theme)
            neuron_buffer_print(buffer, "var(--%s)", found->name);
        else
            neuron_buffer_put(buffer, *(const neuron_page_theme *)theme == NEURON_PAGE_DARK
                                          ? found->dark
                                          : found->light);
        rules += length;
    }
}

/* The properties: ":root{--bg:#ffffff;...}". */
static void put_properties(neuron_buffer *buffer, neuron_page_theme theme)
{
    neuron_buffer_put(buffer, theme == NEURON_PAGE_DARK ? ":root{color-scheme:dark;"
                                                        : ":root{color-scheme:light;");
    for (size_t i = 0; i < sizeof colours / sizeof colours[0]; i++)
        neuron_buffer_print(buffer, "--%s:%s;", colours[i].name,
                            theme == NEURON_PAGE_DARK ? colours[i].dark : colours[i].light);
    neuron_buffer_put(buffer, "}");
}

void neuron_theme_page(neuron_buffer *buffer, neuron_page_theme theme)
{
    put_properties(buffer, theme);
    if (theme == NEURON_PAGE_AUTO) {
        neuron_buffer_put(buffer, "@media screen and (prefers-color-scheme:dark){");
        put_properties(buffer, NEURON_PAGE_DARK);
        neuron_buffer_put(buffer, "}");
    } else if (theme == NEURON_PAGE_DARK) { /* paper is white */
        neuron_buffer_put(buffer, "@media print{");
        put_properties(buffer, NEURON_PAGE_LIGHT);
        neuron_buffer_put(buffer, "}");
    }
    put_rules(buffer, page_rules, NULL);
    put_rules(buffer, picture_rules, NULL);
    put_steps(buffer, put_rules, NULL);
}

void neuron_theme_picture(neuron_buffer *buffer, neuron_page_theme theme)
{
    put_rules(buffer, picture_rules, &theme);
    put_steps(buffer, put_rules, &theme);
}

const char *neuron_theme_background(neuron_page_theme theme)
{
    return theme == NEURON_PAGE_DARK ? colours[0].dark : colours[0].light;
}
