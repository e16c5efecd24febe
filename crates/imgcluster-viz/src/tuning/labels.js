// What the reader says of pairs, remembered by the content of the two files.

const keyOf = (pair) => [images[pair.a].hash, images[pair.b].hash].sort().join(' ');
const shelfName = `imgcluster-labels-${run.model}`;

// Labels outlive the page where the browser lets a page from disk remember anything.
let shelf = null;
let labels = {};
try {
  shelf = window.localStorage;
  const remembered = JSON.parse(shelf.getItem(shelfName) || '{}');
  for (const [key, label] of Object.entries(remembered || {})) {
    if (typeof label === 'boolean') labels[key] = label;
  }
} catch {
  // A browser that refuses, or what is no list of labels: there are none then.
  labels = {};
}
let isTaken = true;

const labelOf = (pair) => (Object.hasOwn(labels, keyOf(pair)) ? labels[keyOf(pair)] : null);
const labelled = () => pairs.filter((pair) => labelOf(pair) !== null);

function remember() {
  try {
    shelf.setItem(shelfName, JSON.stringify(labels));
  } catch {
    shelf = null;
  }
}

// Sets a label; the same one again takes it back.
function label(pair, alike) {
  if (labelOf(pair) === alike) delete labels[keyOf(pair)];
  else labels[keyOf(pair)] = alike;
  isTaken = false;
  remember();
  showTally();
}

// Forgets the labels of the pairs on this page.
function clearLabels() {
  for (const pair of pairs) delete labels[keyOf(pair)];
  remember();
  showTally();
  showPairs();
}

function labelsText() {
  const list = labelled().map((pair) => JSON.stringify({
    a: images[pair.a], b: images[pair.b], similarity: pair.similarity, alike: labelOf(pair),
  }));
  return `{"version":1,"model":${JSON.stringify(run.model)},"pairs":[${list.length > 0 ? `\n${list.join(',\n')}\n` : ''}]}\n`;
}

function download() {
  const address = URL.createObjectURL(new Blob([labelsText()], { type: 'application/json' }));
  make('a', { href: address, download: 'labels.json' }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
  isTaken = true;
  byId('labels-next').hidden = false;
  say('Saved. The commands that read the labels stand above the pairs.');
}

function showTally() {
  const all = labelled();
  const alike = all.filter(labelOf).length;
  byId('tally').textContent = all.length > 0 ? `${counted(all.length, 'label')}: ${alike} alike, ${all.length - alike} not` : '';
  byId('download').disabled = all.length === 0;
  byId('clear').disabled = all.length === 0;
}
