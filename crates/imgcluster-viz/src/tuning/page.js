// The head of the page, DBSCAN's radius, precision, and the keyboard.

function buildFacts() {
  const facts = byId('facts');
  const all = run.found === run.images ? '' : ` of ${shownNumber(run.found)}`;
  fact(facts, run.found === run.images ? 'Images' : 'Images, a sample', `${shownNumber(run.images)}${all}`);
  fact(facts, 'Pairs', shownNumber((run.images * Math.max(0, run.images - 1)) / 2));
  fact(facts, 'Model', run.model);
  fact(facts, 'Skipped files', shownNumber(data.skipped.length));
  fact(facts, 'Started', run.started.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC'));
  const details = byId('details');
  fact(details, 'Command', run.command.join(' '));
  fact(details, 'Version', run.version);
  for (const [name, value] of run.details) fact(details, name, value);
}

function buildPrecision() {
  if (!data.precision) return;
  byId('precision').hidden = false;
  byId('shares').append(...data.precision.map((row) => make('tr', {}, ...[
    shownSimilarity(row.threshold), shownNumber(row.pairs), shownNumber(row.labelled), shownNumber(row.alike),
    row.precision === null ? '–' : shownShare(row.precision), `${shownShare(row.low)} – ${shownShare(row.high)}`,
  ].map((textContent) => make('td', { textContent })))));
}

let radius = data.radii[0] || null;

function pickRadius(chosen) {
  radius = chosen;
  byId('radius-reason').textContent = `${counted(chosen.core, 'image')} of ${shownNumber(run.images)} would be core: ${chosen.reason}.`;
  byId('radius-command').textContent = commandOf(next.radius, chosen.radius);
  for (const button of byId('radii').children) button.setAttribute('aria-pressed', String(button.of === chosen));
  buildDistances();
}

function buildDistances() {
  const box = byId('distances');
  const width = Math.max(280, box.clientWidth);
  const distances = data.kDistances;
  const high = Math.max(...distances, 0.01);
  const height = PANEL + 72;
  const svg = draw('svg', { viewBox: `0 0 ${width} ${height}`, height });
  const panel = new Panel(svg, { width, top: 26, bottom: 26 + PANEL, x: [0, Math.max(1, distances.length)], y: [0, high] });
  panel.axis(ticks(0, high, 4), String);
  legend(svg, 26, [['count', 'Distance from which on an image is core']]);
  panel.below(ticks(0, distances.length, width < 560 ? 4 : 8).filter(Number.isInteger), 'Images, nearest first');
  panel.line(distances.map((distance, place) => [place + 1, distance]), 'count', false);
  if (radius) {
    const y = panel.y(Math.min(radius.radius, high));
    svg.append(draw('line', { class: 'chosen', x1: EDGE.left, x2: panel.right, y1: y, y2: y }));
  }
  box.replaceChildren(svg);
}

function buildDensity() {
  if (data.kDistances.length === 0) {
    byId('density').hidden = true;
    return;
  }
  byId('density-note').textContent = `An image is core if ${data.minSamples} images, itself included, are within the radius (a distance: 1 - similarity). Where the curve turns up, more radius gains little.`;
  for (const each of data.radii) {
    const button = make('button', { type: 'button', of: each }, nameOf(each.kind), make('b', { textContent: shownSimilarity(each.radius) }));
    button.addEventListener('click', () => pickRadius(each));
    byId('radii').append(button);
  }
  byId('radius-copy').addEventListener('click', () => copyText(byId('radius-command').textContent, 'The command is copied.'));
  new ResizeObserver(buildDistances).observe(byId('density'));
  if (radius) pickRadius(radius);
  else byId('radius-command').parentElement.parentElement.hidden = true;
}

// What a key does; false leaves it to the browser.
const KEYS = {
  ArrowLeft: () => pick(Math.min(picked + 1, curve.length - 1)),
  ArrowRight: () => pick(picked - 1),
  Home: () => (document.activeElement === byId('curve') ? pick(shownRows.length - 1) : false),
  End: () => (document.activeElement === byId('curve') ? pick(0) : false),
  a: () => judgeFocused(true),
  n: () => judgeFocused(false),
};

document.addEventListener('keydown', (event) => {
  const isOurs = !event.ctrlKey && !event.metaKey && !event.altKey && Object.hasOwn(KEYS, event.key);
  if (isOurs && KEYS[event.key]() !== false) event.preventDefault();
});

buildFacts();
buildSuggestions();
buildCurve();
buildPrecision();
buildDensity();
buildSkipped();
listenToCurve();
listenToPairs();
listenToTheme(() => {});
showSuggestion(suggestions[0]?.kind);
showPairs();
showTally();
