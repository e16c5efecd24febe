// The curve of thresholds: what is under the pointer, and what is picked.

const PANEL = 170;
const HEAD = 64;
const BETWEEN = 40;
const FOOT = 46;

let picked = Math.max(0, suggestions.length > 0 ? placeOf(suggestions[0].threshold) : 0);
let hovered = null;
let shownRows = [];
let panels = [];
let lines = [];

// Looser thresholds than the middle of all pairs are of no use to anybody, unless asked for.
function rowsToShow() {
  if (byId('whole').checked) return curve.length;
  const total = curve[curve.length - 1].pairs;
  const middle = curve.findIndex((row) => 2 * row.pairs >= total);
  const suggested = suggestions.map(({ threshold }) => placeOf(threshold) + 1);
  return Math.min(curve.length, Math.max(2, middle + 1, ...suggested));
}

function marks(panel, svg) {
  const width = panel.right - EDGE.left;
  // Names on two lines, so that neighbours stay apart.
  const ends = [-Infinity, -Infinity, -Infinity];
  const sorted = [...suggestions].sort((one, other) => one.threshold - other.threshold);
  for (const { kind, threshold } of sorted) {
    const x = panel.x(threshold);
    const text = nameOf(kind);
    const half = text.length * 3;
    const middle = Math.min(Math.max(x, EDGE.left + half), EDGE.left + width - half);
    const row = Math.max(0, ends.findIndex((end) => middle - half > end));
    ends[row] = middle + half + 8;
    svg.append(draw('text', { class: 'name', x: middle, y: 14 + 13 * row, 'text-anchor': 'middle' }, text));
    for (const each of panels) each.upright(threshold, 'mark');
  }
}

function buildCurve() {
  const box = byId('curve');
  const width = Math.max(280, box.clientWidth);
  const height = HEAD + 2 * PANEL + BETWEEN + FOOT;
  const svg = draw('svg', { viewBox: `0 0 ${width} ${height}`, height });
  shownRows = curve.slice(0, rowsToShow());
  const loosest = shownRows[shownRows.length - 1];
  const x = [Math.min(loosest.threshold, 0.99), 1];
  const most = Math.log10(Math.max(loosest.pairs, 10));
  const upper = new Panel(svg, { width, top: HEAD, bottom: HEAD + PANEL, x, y: [0, most] });
  const top = HEAD + PANEL + BETWEEN;
  const tallest = Math.max(1, run.images);
  const lower = new Panel(svg, { width, top, bottom: top + PANEL, x, y: [0, tallest] });
  panels = [upper, lower];
  bars(upper, svg, x[0]);
  upper.axis(powers(loosest.pairs), shortNumber, Math.log10);
  lower.axis(ticks(0, tallest, 4).filter(Number.isInteger), shortNumber);
  legend(svg, HEAD, [['count', 'Pairs at or above'], ['', 'bars: pairs of just this similarity']]);
  legend(svg, top, [['clustered', 'Clustered images'], ['largest', 'Largest cluster'], ['clusters', 'Clusters']]);
  upper.line(shownRows.filter((row) => row.pairs > 0).map((row) => [row.threshold, Math.log10(row.pairs)]), 'count');
  for (const name of ['clustered', 'largest', 'clusters']) lower.line(shownRows.map((row) => [row.threshold, row[name]]), name);
  lower.below(ticks(x[0], x[1], width < 560 ? 4 : 9), 'Threshold of similarity');
  marks(upper, svg);
  lines = panels.map((panel) => [panel.upright(1, 'at'), panel.upright(1, 'chosen'), panel]);
  box.replaceChildren(svg);
  showRows();
}

// The histogram behind the curve: as many bars as have room. Pairs of exactly 1 have their own, as has
// each value of hashes.
function bars(panel, svg, from) {
  const isExact = data.histogram.every(({ low }) => Number.isInteger(low * 256));
  const least = isExact ? 0 : (panel.x(1) - panel.x(from)) / 120;
  let bar = null;
  const put = () => {
    if (!bar || bar.pairs < 1) return;
    const [left, right] = [panel.x(Math.max(from, bar.low)), panel.x(bar.high)];
    const up = panel.y(Math.log10(Math.max(bar.pairs, 1.15)));
    svg.append(draw('rect', { class: 'bar', x: left, y: up, width: Math.max(1.5, right - left - 0.5), height: panel.bottom - up }));
  };
  for (const { low, high, pairs: count } of data.histogram) {
    if (high < from) break;
    if (bar && (bar.low === bar.high || panel.x(bar.high) - panel.x(bar.low) >= least)) {
      put();
      bar = null;
    }
    bar = bar ? { low, high: bar.high, pairs: bar.pairs + count } : { low, high, pairs: count };
  }
  put();
}

const COLUMNS = [
  (row) => shownSimilarity(row.threshold), (row) => shownNumber(row.pairs), (row) => shownNumber(row.clusters),
  (row) => shownNumber(row.clustered), (row) => shownNumber(row.largest), (row) => shownNumber(row.noise),
];

function showRow(id, name, place) {
  const cells = COLUMNS.map((column) => make('td', { textContent: place === null ? '–' : column(curve[place]) }));
  byId(id).replaceChildren(make('td', { textContent: name }), ...cells);
}

const commandOf = ([before, after], number) => `${before}${number}${after}`;

function describe(row) {
  return `similarity ${shownSimilarity(row.threshold)}: ${counted(row.pairs, 'pair')}, ${counted(row.clusters, 'cluster')}, `
    + `${counted(row.clustered, 'clustered image')}, largest cluster ${shownNumber(row.largest)}`;
}

function showRows() {
  showRow('hovered', 'Pointer', hovered);
  showRow('picked', 'Picked', picked);
  for (const [at, chosen, panel] of lines) {
    const place = (line, row) => {
      const x = row === null ? -10 : panel.x(curve[row].threshold);
      for (const end of ['x1', 'x2']) line.setAttribute(end, x);
      line.style.display = row === null || row >= shownRows.length ? 'none' : '';
    };
    place(at, hovered);
    place(chosen, picked);
  }
  const row = curve[picked];
  byId('command').textContent = commandOf(next.threshold, row.threshold);
  const box = byId('curve');
  box.setAttribute('aria-valuemin', shownRows[shownRows.length - 1].threshold);
  box.setAttribute('aria-valuemax', 1);
  box.setAttribute('aria-valuenow', row.threshold);
  box.setAttribute('aria-valuetext', describe(row));
}

// The row whose threshold is nearest to a place on the page.
function rowAt(clientX) {
  const { left } = byId('curve').firstElementChild.getBoundingClientRect();
  const x = clientX - left;
  const off = (row) => Math.abs(panels[0].x(row.threshold) - x);
  return shownRows.reduce((best, row, place) => (off(row) < off(shownRows[best]) ? place : best), 0);
}

function buildSuggestions() {
  const box = byId('suggestions');
  for (const { kind, threshold } of suggestions) {
    const button = make('button', { type: 'button', kind }, nameOf(kind), make('b', { textContent: shownSimilarity(threshold) }));
    button.addEventListener('click', () => pick(placeOf(threshold), kind));
    box.append(button);
  }
  if (suggestions.length === 0) {
    byId('reason').textContent = 'There are too few images, or too few that differ, to suggest a threshold.';
  }
}

function showSuggestion(kind) {
  const same = suggestions.filter(({ threshold }) => placeOf(threshold) === picked);
  const shown = same.find((suggestion) => suggestion.kind === kind) || same[0];
  for (const button of byId('suggestions').children) {
    button.setAttribute('aria-pressed', String(same.some((suggestion) => suggestion.kind === button.kind)));
  }
  if (suggestions.length === 0) return;
  const none = suggestions.some((suggestion) => suggestion.kind === 'recommended') ? '' : 'None is recommended here: no threshold stands clear of chance. ';
  byId('reason').textContent = none + (shown ? `${nameOf(shown.kind)}: ${shown.reason}.` : 'A threshold of your own.');
}

function pick(place, kind) {
  picked = Math.min(Math.max(place, 0), curve.length - 1);
  // What is picked is never out of sight.
  if (picked >= shownRows.length) {
    byId('whole').checked = true;
    buildCurve();
  }
  showRows();
  showSuggestion(kind);
  showPairs();
}

function listenToCurve() {
  const box = byId('curve');
  box.addEventListener('pointermove', (event) => {
    hovered = rowAt(event.clientX);
    showRows();
  });
  box.addEventListener('pointerleave', () => {
    hovered = null;
    showRows();
  });
  box.addEventListener('click', (event) => pick(rowAt(event.clientX)));
  byId('whole').addEventListener('change', buildCurve);
  byId('copy').addEventListener('click', () => copyText(byId('command').textContent, 'The command is copied.'));
  new ResizeObserver(() => {
    if (Number(box.firstElementChild?.getAttribute('viewBox').split(' ')[2]) !== Math.max(280, box.clientWidth)) buildCurve();
  }).observe(box);
}
