/* The search in the bar: what is typed, in the names of symbols.js. Without it the site is as good, but for that. */
'use strict';
{
  const field = document.getElementById('find'), list = document.getElementById('found');
  const rank = (name, words) => {
    const text = name.toLowerCase();
    if (!words.every((word) => text.includes(word)))
      return 0;
    return text === words.join('_') ? 4 : text.startsWith(words[0]) ? 3 : text.includes('_' + words[0]) ? 2 : 1;
  };
  const show = () => {
    const words = field.value.toLowerCase().split(/[\s()]+/).filter(Boolean);
    const found = words.length === 0 ? [] : SYMBOLS
      .map((symbol) => [rank(symbol[0].replace(/^neuron_/, ''), words) || rank(symbol[0], words), symbol])
      .filter(([order]) => order > 0)
      .sort((a, b) => b[0] - a[0] || a[1][0].length - b[1][0].length)
      .slice(0, 30);
    list.replaceChildren(...found.map(([, [name, where, address]]) => {
      const item = document.createElement('li'), link = document.createElement('a');
      const what = document.createElement('span'), place = document.createElement('small');
      what.textContent = name;
      place.textContent = where;
      link.href = address;
      link.append(what, place);
      item.append(link);
      return item;
    }));
    list.hidden = found.length === 0;
  };
  field.hidden = false;
  field.addEventListener('input', show);
  field.addEventListener('focus', show);
  document.addEventListener('click', (event) => {
    if (!event.target.closest('.find') || event.target.closest('a'))
      list.hidden = true;
  });
  document.addEventListener('keydown', (event) => {
    const links = [...list.querySelectorAll('a')], here = links.indexOf(document.activeElement);
    if (event.key === '/' && !/INPUT|TEXTAREA/.test(document.activeElement.tagName)) {
      event.preventDefault();
      field.focus();
    } else if (event.key === 'Escape') {
      list.hidden = true;
    } else if (event.key === 'Enter' && document.activeElement === field && links.length > 0) {
      links[0].click();
    } else if (!list.hidden && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      (links[here + (event.key === 'ArrowDown' ? 1 : -1)] || field).focus();
    }
  });
}
