// What a reader finds in a page of a report, asked of the browser that shows it: one object for each section.
(() => {
    const text = element => element.textContent.trim();
    const all = (element, selector) => [...element.querySelectorAll(selector)];
    const table = element => ({
        caption: text(element.caption),
        head: all(element, 'thead th').map(text),
        rows: all(element, 'tbody tr').map(row => [...row.cells].map(text)),
        shown: element.getBoundingClientRect().height > 0,
    });
    // A cell of a heat map: a group with a title, a field and texts.
    const cells = svg => all(svg, 'g').filter(group => group.firstElementChild.tagName === 'title');
    const cell = group => ({title: text(group.querySelector('title')), texts: all(group, 'text').map(text)});
    const sticks_out = (each, frame) => {
        const inner = each.getBoundingClientRect(), outer = frame.getBoundingClientRect();
        return inner.left < outer.left - 1 || inner.right > outer.right + 1 ||
            inner.top < outer.top - 4 || inner.bottom > outer.bottom + 4;
    };
    // Names of axes, which stand beside each other: a few pixels between them at least.
    const touch = (one, other) => {
        const a = one.getBoundingClientRect(), b = other.getBoundingClientRect();
        return a.left < b.right + 3 && b.left < a.right + 3 && a.top < b.bottom && b.top < a.bottom;
    };
    const picture = svg => ({
        title: text(svg.querySelector('title')),
        description: text(svg.querySelector('desc')),
        cells: cells(svg).map(cell),
        outside: [
            ...all(svg, 'text').filter(each => sticks_out(each, svg)),
            ...cells(svg).flatMap(group => all(group, 'text').filter(each => sticks_out(each, group.querySelector('rect')))),
        ].map(text),
        touching: all(svg, 'text.o').filter((each, i, names) => names.some((other, j) => i !== j && touch(each, other))).map(text),
        table: svg.closest('figure') ? text(svg.closest('figure').querySelector('details caption') || svg) : '',
    });
    // Open, so that what is folded away has a size.
    all(document, 'details').forEach(each => { each.open = true; });
    return all(document, 'main > section').map(section => ({
        heading: text(section.querySelector('h2')),
        facts: Object.fromEntries(all(section, '.facts > div').map(
            each => [text(each.querySelector('dt')), text(each.querySelector('dd'))])),
        tables: all(section, 'table').map(table),
        pictures: all(section, 'svg').map(picture),
        images: all(section, 'img').map(each => ({
            alt: each.alt, caption: text(each.closest('figure')), loaded: each.complete && each.naturalWidth > 0})),
    }));
})()
