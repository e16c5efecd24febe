// The head of the page, its bar, and the keyboard.

const freed = () => groups.reduce((sum, group) => sum + freedBy(group), 0);

function buildFacts() {
  const gone = groups.flatMap(removedOf);
  const facts = byId('facts');
  fact(facts, 'Pictures', run.images.toLocaleString('en'));
  fact(facts, 'Groups', groups.length.toLocaleString('en'));
  fact(facts, 'Files the plan removes', gone.length.toLocaleString('en'));
  fact(facts, 'That frees', shownBytes(freed()));
  fact(facts, 'Skipped files', data.skipped.length.toLocaleString('en'));
  fact(facts, 'Model', run.model);
  if (run.threshold !== null) fact(facts, 'Alike from', run.threshold.toFixed(3));
  fact(facts, 'Started', run.started.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC'));
  const details = byId('details');
  fact(details, 'Command', run.command.join(' '));
  fact(details, 'Version', run.version);
  for (const name of ['roots', 'references']) {
    if ((head[name] || []).length > 0) fact(details, name === 'roots' ? 'Folders' : 'Reference folders', head[name].join(', '));
  }
  for (const [name, value] of run.details) fact(details, name, value);
}

let silence = 0;

// Says something for a while, aloud where a screen reader listens.
function say(text) {
  byId('say').textContent = text;
  clearTimeout(silence);
  silence = setTimeout(() => { byId('say').textContent = ''; }, 6000);
}

function showTally() {
  const gone = groups.flatMap(removedOf);
  const changed = groups.filter(isChanged).length;
  byId('tally').textContent = `${counted(gone.length, 'file')} to remove, ${shownBytes(freed())}`
    + (changed > 0 ? `; ${counted(changed, 'group')} changed` : '');
  byId('undo').disabled = steps.length === 0;
  byId('reset').disabled = changed === 0;
  byId('remember').hidden = setsKept().length === 0;
}

let isTaken = true;

function afterMarks(changed) {
  for (const { number } of changed) views[number].update();
  isTaken = false;
  remember();
  showTally();
}

const focused = () => document.activeElement?.closest?.('.picture')?.tile.picture ?? null;

function goTo(picture) {
  const element = views[groupOf[picture]].reveal(picture);
  for (const tile of views[groupOf[picture]].tiles) tile.element.tabIndex = -1;
  element.tabIndex = 0;
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: 'nearest' });
}

function goToGroup(group) {
  if (shown.includes(views[group.number])) goTo(group.first);
}

// The group to act on: that of the picture in focus, or else the first that can be seen.
function groupInView() {
  const at = focused();
  if (at !== null) return shown.indexOf(views[groupOf[at]]);
  const top = document.querySelector('nav').getBoundingClientRect().bottom;
  return shown.findIndex(({ element }) => element.getBoundingClientRect().bottom > top + 40);
}

function step(by) {
  const at = focused();
  const place = groupInView();
  if (place < 0) return;
  const { group } = shown[place];
  if (at === null) return goTo(group.first);
  if (at + by >= group.first && at + by < group.first + group.size) return goTo(at + by);
  const next = shown[place + by]?.group;
  if (next) goTo(by > 0 ? next.first : next.first + next.size - 1);
}

function stepGroup(by) {
  const next = shown[groupInView() + by]?.group;
  if (next) goTo(next.first);
}

const inFocus = (act) => () => (focused() === null ? false : act());
const onGroup = (act) => () => {
  const place = groupInView();
  if (place >= 0) act(shown[place].group);
};

// What a key does; false leaves it to the browser.
const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  ArrowRight: () => step(1),
  ArrowLeft: () => step(-1),
  ArrowDown: inFocus(() => stepGroup(1)),
  ArrowUp: inFocus(() => stepGroup(-1)),
  ' ': inFocus(() => toggle(focused())),
  n: onGroup(keepAll),
  r: onGroup((group) => asPlanned([group])),
  u: undo,
  '/': () => byId('search').focus(),
};

function listenToPage() {
  byId('groups').addEventListener('click', (event) => {
    const element = event.target.closest('.picture');
    // Who selects a name to copy it does not want the mark changed.
    if (!element || !getSelection().isCollapsed) return;
    goTo(element.tile.picture);
    toggle(element.tile.picture);
  });
  document.addEventListener('keydown', (event) => {
    const isTyped = event.target.matches('input[type="search"], select');
    if (isTyped || event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(KEYS, event.key)) return;
    if (KEYS[event.key]() !== false) event.preventDefault();
  });
  listenToSearch(arrange);
  for (const name of ['sort', 'changed']) byId(name).addEventListener('change', arrange);
  byId('undo').addEventListener('click', undo);
  byId('reset').addEventListener('click', () => asPlanned(groups));
  byId('download').addEventListener('click', () => {
    download();
    isTaken = true;
    say('Now run `imgcluster apply decisions.json` in the folder it was saved to.');
  });
  listenToTheme(() => {});
  // Only where nothing remembers the marks are they lost with the page.
  window.addEventListener('beforeunload', (event) => {
    if (!isTaken && shelf === null) event.preventDefault();
  });
}

buildFacts();
buildSkipped();
if (recall()) say('Your marks of the last time are back. “Reset all” goes back to the plan.');
arrange();
showTally();
listenToPage();
