'use strict';

// What every page is made of: elements, texts, thumbnails, a table of what was left out.
const data = JSON.parse(document.getElementById('data').textContent);
const MORE = 240;

const byId = (id) => document.getElementById(id);

// Makes an element. Text is set as text only, so a file name is never read as HTML.
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function counted(number, noun) {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

// Where the name begins. A backslash parts names only where no slash does: elsewhere it is a
// letter of a name.
function nameAt(path) {
  const mark = path.includes('/') ? '/' : '\\';
  return path.lastIndexOf(mark) + 1;
}

function baseName(path) {
  return path.slice(nameAt(path)) || path;
}

function fact(list, name, value) {
  list.append(make('div', {}, make('dt', { textContent: name }), make('dd', { textContent: value })));
}

// What is to be filled when it comes near the window.
const nearWindow = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    nearWindow.unobserve(target);
    target.fill();
  }
}, { rootMargin: '600px' });

// Thumbnails lie in blocks of inert text, a line each; a block is only split when it is needed.
const blocks = new Map();
const KINDS = { j: 'image/jpeg', p: 'image/png', w: 'image/webp' };

// Gives a picture's address, '' where there is none, or null while its block is still loading.
function thumbnailAt(position) {
  const block = Math.floor(position / data.block);
  if (!blocks.has(block)) {
    const element = byId(`t${block}`);
    const whole = element && (element.nextElementSibling || document.readyState !== 'loading');
    if (!whole) return null;
    blocks.set(block, element.textContent.split('\n'));
    element.remove();
  }
  const line = blocks.get(block)[position % data.block];
  return line ? `data:${KINDS[line[0]]};base64,${line.slice(1)}` : '';
}

// Pictures that were wanted before their block had been read.
const waiting = new Map();

function showThumbnailAt(position, frame) {
  const address = thumbnailAt(position);
  if (address === null) {
    waiting.set(frame, position);
  } else if (address) {
    frame.replaceChildren(make('img', { src: address, alt: '', decoding: 'async' }));
  } else {
    frame.replaceChildren(make('span', { className: 'none', textContent: 'no picture' }));
  }
}

document.addEventListener('DOMContentLoaded', () => {
  for (const [frame, position] of waiting) showThumbnailAt(position, frame);
  waiting.clear();
});

function buildSkipped() {
  const files = data.skipped;
  if (files.length === 0) {
    byId('skipped').append(make('p', { className: 'note', textContent: 'No file was left out.' }));
    return;
  }
  const body = make('tbody');
  const more = make('button', { type: 'button', className: 'more', textContent: 'Show more' });
  const grow = () => {
    const from = body.childElementCount;
    body.append(...files.slice(from, from + MORE).map(([path, reason]) => make('tr', {},
      make('td', { textContent: path }), make('td', { textContent: reason }))));
    more.hidden = body.childElementCount === files.length;
  };
  more.addEventListener('click', grow);
  grow();
  const head = make('thead', {}, make('tr', {}, make('th', { textContent: 'File' }), make('th', { textContent: 'Why' })));
  byId('skipped').append(make('table', {}, head, body), more);
}

// Calls back a moment after the last of many inputs.
function listenToSearch(filter) {
  let timer = 0;
  byId('search').addEventListener('input', (event) => {
    clearTimeout(timer);
    timer = setTimeout(() => filter(event.target.value), 120);
  });
}

// Gives a test for paths that have all the words of a text, or null where it has none.
function pathFilter(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return null;
  return (path) => {
    const lower = path.toLowerCase();
    return words.every((word) => lower.includes(word));
  };
}

function listenToTheme(changed) {
  byId('theme').addEventListener('click', () => {
    const dark = matchMedia('(prefers-color-scheme: dark)').matches;
    const now = document.documentElement.dataset.theme || (dark ? 'dark' : 'light');
    document.documentElement.dataset.theme = now === 'dark' ? 'light' : 'dark';
    changed();
  });
}
