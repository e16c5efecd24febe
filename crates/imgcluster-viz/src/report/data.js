'use strict';

// The run, its clusters and images, as written by the program. Images are in row order.
const data = JSON.parse(document.getElementById('data').textContent);
const { images, clusters } = data;
const count = images.path.length;

// Where each row stands in the order of the page: cluster after cluster, then noise.
const positions = new Uint32Array(count);
data.order.forEach((row, position) => { positions[row] = position; });

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

// A backslash parts names only where no slash does: elsewhere it is a letter of a name.
function baseName(path) {
  const mark = path.includes('/') ? '/' : '\\';
  return path.slice(path.lastIndexOf(mark) + 1) || path;
}

function clusterName(row) {
  return images.cluster[row] < 0 ? 'noise' : `cluster ${images.cluster[row]}`;
}

// Thumbnails lie in blocks of inert text, a line each; a block is only split when it is needed.
const blocks = new Map();
const KINDS = { j: 'image/jpeg', p: 'image/png', w: 'image/webp' };

// Gives a picture's address, '' where there is none, or null while its block is still loading.
function thumbnail(row) {
  const block = Math.floor(positions[row] / data.block);
  if (!blocks.has(block)) {
    const element = byId(`t${block}`);
    const whole = element && (element.nextElementSibling || document.readyState !== 'loading');
    if (!whole) return null;
    blocks.set(block, element.textContent.split('\n'));
    element.remove();
  }
  const line = blocks.get(block)[positions[row] % data.block];
  return line ? `data:${KINDS[line[0]]};base64,${line.slice(1)}` : '';
}

// Pictures that were wanted before their block had been read.
const waiting = new Map();

function showThumbnail(row, frame) {
  const address = thumbnail(row);
  if (address === null) {
    waiting.set(frame, row);
  } else if (address) {
    frame.replaceChildren(make('img', { src: address, alt: '', decoding: 'async' }));
  } else {
    frame.replaceChildren(make('span', { className: 'none', textContent: 'no picture' }));
  }
}

document.addEventListener('DOMContentLoaded', () => {
  for (const [frame, row] of waiting) showThumbnail(row, frame);
  waiting.clear();
});
