// Clusters, noise and skipped files. Bodies are filled when they come near the window.

const FIRST = 24;
let matching = null;

function figure(row) {
  const path = images.path[row];
  const frame = make('div', { className: 'frame', fill: () => showThumbnail(row, frame) });
  const element = make('figure', { tabIndex: 0, title: path, row },
    frame, make('figcaption', { textContent: baseName(path) }));
  element.setAttribute('role', 'button');
  element.setAttribute('aria-label', `${path}, ${clusterName(row)}`);
  nearWindow.observe(frame);
  return element;
}

// One cluster, or the noise: a head, and a body that grows.
class Group {
  constructor(name, facts, rows, color) {
    this.rows = rows;
    this.shown = rows;
    this.grid = make('div', { className: 'grid' });
    this.more = make('button', { type: 'button', className: 'more' });
    this.more.addEventListener('click', () => this.grow(MORE));
    const swatch = make('span', { className: 'swatch' });
    swatch.style.background = color;
    this.count = make('span');
    this.element = make('section', { className: 'group' },
      make('div', { className: 'head' }, make('h3', {}, swatch, name), this.count,
        ...facts.map((fact) => make('span', { textContent: fact }))),
      this.grid, this.more);
    this.element.setAttribute('aria-label', name);
    this.element.fill = () => this.grow(FIRST);
    this.reset();
  }

  reset() {
    this.shown = matching ? this.rows.filter((row) => matching[row]) : this.rows;
    this.element.hidden = this.shown.length === 0;
    const all = counted(this.rows.length, 'image');
    this.count.textContent = matching ? `${this.shown.length.toLocaleString('en')} of ${all}` : all;
    this.grid.replaceChildren();
    this.more.hidden = true;
    nearWindow.unobserve(this.element);
    nearWindow.observe(this.element);
  }

  grow(by) {
    const from = this.grid.childElementCount;
    this.grid.append(...this.shown.slice(from, from + by).map(figure));
    const left = this.shown.length - this.grid.childElementCount;
    this.more.hidden = left === 0;
    this.more.textContent = `Show ${Math.min(left, MORE).toLocaleString('en')} more of ${left.toLocaleString('en')}`;
  }

  // Gives the figure of a row, made if need be.
  reveal(row) {
    const at = this.shown.indexOf(row);
    if (at < 0) return null;
    nearWindow.unobserve(this.element);
    // No longer watched, it is filled here as it would be when it came near the window.
    const wanted = Math.max(FIRST, at + 1) - this.grid.childElementCount;
    if (wanted > 0) this.grow(wanted);
    return this.grid.children[at];
  }
}

const groups = [];
let noiseGroup = null;

function buildGroups() {
  let start = 0;
  clusters.forEach((cluster, id) => {
    const rows = data.order.slice(start, start + cluster.size);
    start += cluster.size;
    const worst = `${cluster.exact ? 'worst pair' : 'worst sampled pair'} ${cluster.min.toFixed(3)}`;
    const facts = cluster.size > 1 ? [worst, `mean ${cluster.mean.toFixed(3)}`] : [];
    groups.push(new Group(`Cluster ${id}`, facts, rows, cluster.color));
  });
  byId('clusters').append(...groups.map((group) => group.element));
  if (groups.length === 0) byId('clusters').append(make('p', { className: 'note', textContent: 'No clusters were found.' }));
  const noise = data.order.slice(start);
  if (noise.length > 0) {
    noiseGroup = new Group('In no cluster', [], noise, data.noiseColor);
    byId('noise').append(noiseGroup.element);
  } else {
    byId('noise').append(make('p', { className: 'note', textContent: 'Every image is in a cluster.' }));
  }
}

function groupOf(row) {
  return images.cluster[row] < 0 ? noiseGroup : groups[images.cluster[row]];
}

// Scrolls to an image and marks it for a while.
function goTo(row) {
  const element = groupOf(row).reveal(row);
  if (!element) return;
  element.scrollIntoView({ block: 'center' });
  element.focus({ preventScroll: true });
  element.classList.add('found');
  setTimeout(() => element.classList.remove('found'), 2500);
}

// Keeps the images whose path has all the words.
function filter(text) {
  const has = pathFilter(text);
  matching = has && images.path.map(has);
  const found = matching ? matching.filter(Boolean).length : 0;
  byId('matches').textContent = matching ? `${found.toLocaleString('en')} ${found === 1 ? 'match' : 'matches'}` : '';
  groups.forEach((group) => group.reset());
  if (noiseGroup) noiseGroup.reset();
}
