// Pairs side by side: those near the picked threshold, or those to judge by.

const BESIDE = 6;
let showsAsked = false;

const asked = pairs.filter((pair) => pair.asked);

// The pairs next to the picked threshold: the last that are alike at it, and the first that are not.
function pairsNear() {
  const isAlike = (pair) => pair.near !== null && pair.near >= curve[picked].threshold;
  const off = (pair) => Math.abs(pair.similarity - curve[picked].threshold);
  const nearest = (some) => some.sort((one, other) => off(one) - off(other)).slice(0, BESIDE);
  const [above, below] = [nearest(pairs.filter(isAlike)), nearest(pairs.filter((pair) => !isAlike(pair)))];
  return [...above, ...below].sort((one, other) => other.similarity - one.similarity);
}

function side(image) {
  const { path } = images[image];
  const frame = make('div', { className: 'frame', fill: () => showThumbnailAt(image, frame) });
  nearWindow.observe(frame);
  const name = make('div', { className: 'name', textContent: baseName(path) });
  const folder = make('div', { className: 'folder', textContent: path.slice(0, nameAt(path)) });
  return make('div', { title: path }, frame, name, folder);
}

function card(pair) {
  const isAlike = pair.near !== null && pair.near >= curve[picked].threshold;
  const words = showsAsked ? '' : `${pair.similarity.toFixed(4)} · ${isAlike ? 'joined' : 'not joined'}`;
  const button = (className, textContent, alike) => {
    const made = make('button', { type: 'button', className, textContent });
    made.addEventListener('click', () => element.judge(alike));
    return made;
  };
  const [yes, no] = [button('yes', 'Alike', true), button('no', 'Not alike', false)];
  const element = make('div', { className: 'pair', tabIndex: 0, pair },
    make('div', { className: 'two' }, side(pair.a), side(pair.b)),
    make('div', { className: 'judge' }, make('span', { textContent: words }), yes, no));
  const update = () => {
    const said = labelOf(pair);
    element.classList.toggle('alike', said === true);
    element.classList.toggle('unlike', said === false);
    yes.setAttribute('aria-pressed', String(said === true));
    no.setAttribute('aria-pressed', String(said === false));
  };
  element.judge = (alike) => {
    label(pair, alike);
    // The same two contents may be several pairs.
    for (const other of byId('pairs').children) other.update();
  };
  element.update = update;
  element.setAttribute('role', 'group');
  element.setAttribute('aria-label', `${images[pair.a].path} and ${images[pair.b].path}`);
  update();
  return element;
}

function showPairs() {
  const shown = showsAsked ? asked : pairsNear();
  byId('near').setAttribute('aria-pressed', String(!showsAsked));
  byId('asked').setAttribute('aria-pressed', String(showsAsked));
  byId('pairs-title').textContent = showsAsked ? 'Pairs to judge by' : `Pairs near ${shownSimilarity(curve[picked].threshold)}`;
  byId('pairs-note').textContent = showsAsked
    ? 'Say of each whether the two belong together (keys: a alike, n not alike). They were drawn by chance, so the labels tell how many of all pairs are right.'
    : 'The last pairs that this threshold joins and the first that it does not, out of some drawn by chance.';
  const empty = make('p', { className: 'note', textContent: 'There are no pairs.' });
  byId('pairs').replaceChildren(...(shown.length > 0 ? shown.map(card) : [empty]));
}

function listenToPairs() {
  byId('asked').hidden = asked.length === 0;
  byId('asked').textContent = `To judge by (${asked.length})`;
  for (const [id, value] of [['near', false], ['asked', true]]) {
    byId(id).addEventListener('click', () => {
      showsAsked = value;
      showPairs();
    });
  }
  byId('labels-folder').textContent = `Now run in ${next.folder}, with the path to where you saved labels.json:`;
  byId('labels-command').textContent = `cd ${next.folder}\n${next.labels}`;
  byId('labels-copy').addEventListener('click', () => copyText(byId('labels-command').textContent, 'The commands are copied.'));
  byId('clear').addEventListener('click', clearLabels);
  byId('download').addEventListener('click', download);
  // Only where nothing remembers the labels are they lost with the page.
  window.addEventListener('beforeunload', (event) => {
    if (!isTaken && shelf === null) event.preventDefault();
  });
}

// Judges the pair in focus and goes on to the next.
function judgeFocused(alike) {
  const element = document.activeElement?.closest?.('.pair');
  if (!element) return false;
  element.judge(alike);
  element.nextElementSibling?.focus();
  return true;
}
