// Which pictures are kept. A group always keeps one, and a reference always stays.

const planned = new Uint8Array(count).fill(1);
for (const { first, removed } of groups) planned.fill(0, first + 1, first + 1 + removed);
const kept = planned.slice();

// What can be undone: for each step, the marks that groups had before.
const steps = [];

const marksOf = (group, from = kept) => from.slice(group.first, group.first + group.size);
const isChanged = (group) => members(group).some((picture) => kept[picture] !== planned[picture]);
const keptOf = (group) => members(group).filter((picture) => kept[picture]);
const removedOf = (group) => members(group).filter((picture) => !kept[picture]);

// What goes with a removed picture: in a changed group no file that is shown as a picture of its
// own, that belongs to a picture which stays or is in another group, or that goes with one before.
function sidecarsOf(picture, group) {
  if (!isChanged(group)) return pictures.sidecars[picture];
  const goes = (owner) => groupOf[owner] === group.number && !kept[owner];
  const isFree = ([name]) => !paths.has(name) && owners.get(name).every(goes) && owners.get(name)[0] === picture;
  return belongings(picture).filter(isFree).map(([, text]) => text);
}

// Bytes that go with a group's removals, as far as the plan says how long files are.
function freedBy(group) {
  const sizes = removedOf(group).flatMap((picture) => [
    files[picture].size || 0, ...sidecarsOf(picture, group).map((text) => JSON.parse(text).size || 0)]);
  return sizes.reduce((sum, size) => sum + size, 0);
}

function isAllowed(group, marks) {
  const stays = (mark, at) => mark || pictures.reference[group.first + at] === 0;
  return marks.length === group.size && marks.some(Boolean) && marks.every(stays);
}

// Sets the marks of groups as one step.
function setMarks(changes) {
  const differs = ([group, marks]) => marks.some((mark, at) => mark !== kept[group.first + at]);
  const made = changes.filter(differs);
  if (made.length === 0) return;
  steps.push(made.map(([group]) => [group, marksOf(group)]));
  for (const [group, marks] of made) kept.set(marks, group.first);
  afterMarks(made.map(([group]) => group));
}

function toggle(picture) {
  const group = groups[groupOf[picture]];
  if (pictures.reference[picture]) return say('This picture is in a reference folder: it always stays.');
  const marks = marksOf(group);
  marks[picture - group.first] ^= 1;
  if (!isAllowed(group, marks)) return say('A group keeps at least one picture, and this is the last one. Keep another first.');
  return setMarks([[group, marks]]);
}

const keepAll = (group) => setMarks([[group, new Uint8Array(group.size).fill(1)]]);
const asPlanned = (some) => setMarks(some.map((group) => [group, marksOf(group, planned)]));

function undo() {
  const step = steps.pop();
  if (!step) return say('There is nothing to undo.');
  for (const [group, marks] of step) kept.set(marks, group.first);
  const undone = step.map(([group]) => group);
  afterMarks(undone);
  return goToGroup(undone[0]);
}

// Marks outlive the page where the browser lets a page from disk remember anything.
const shelfName = `imgcluster-marks-${plan.key}`;
let shelf = null;
try {
  shelf = window.localStorage;
} catch {
  // A browser that refuses says so by throwing; `null` says it from here on.
}

function remember() {
  const changed = groups.filter(isChanged).map((group) => [group.number, marksOf(group).join('')]);
  try {
    if (changed.length > 0) shelf.setItem(shelfName, JSON.stringify(Object.fromEntries(changed)));
    else shelf.removeItem(shelfName);
  } catch {
    shelf = null;
  }
}

// Takes over the marks of the last time, those that are still possible; tells whether there were any.
function recall() {
  let remembered = null;
  try {
    remembered = JSON.parse(shelf.getItem(shelfName));
  } catch {
    return false;
  }
  for (const [number, text] of Object.entries(remembered || {})) {
    const group = groups[number];
    const marks = Uint8Array.from(String(text), (mark) => (mark === '1' ? 1 : 0));
    if (group && isAllowed(group, marks)) kept.set(marks, group.first);
  }
  return groups.some(isChanged);
}
