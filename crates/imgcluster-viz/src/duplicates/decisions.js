// The plan with the marks of this page, put together from the plan's own text.

const fileText = (picture, more = '') => `{${pictures.file[picture]}${more}}`;

// Who stays as the one that the removed ones are copies of: the plan's choice if it is kept.
function survivorOf(group) {
  const stay = keptOf(group);
  if (kept[group.first]) return group.first;
  return stay.find((picture) => pictures.reference[picture]) ?? stay[0];
}

// How alike a picture is to the survivor, as text; null where nobody has compared the two.
function similarityTo(survivor, picture, group) {
  if (survivor === group.first) return pictures.similarity[picture];
  return picture === group.first ? pictures.similarity[survivor] : null;
}

function removalText(survivor, picture, group) {
  const similarity = similarityTo(survivor, picture, group);
  const sidecars = sidecarsOf(picture, group);
  return fileText(picture, (similarity === null ? '' : `,"similarity":${similarity}`)
    + (sidecars.length > 0 ? `,"sidecars":[${sidecars}]` : ''));
}

// The least alike pair is known if both of it are still in the group that is thinned.
function worstText(group, survivor) {
  const isIn = (at) => group.first + at === survivor || !kept[group.first + at];
  const known = !isChanged(group) || (group.pair && group.pair.every(isIn));
  return group.worst !== null && known ? `,"worst_similarity":${group.worst}` : '';
}

function groupText(group) {
  const survivor = survivorOf(group);
  const reason = survivor === group.first ? group.reason : 'chosen in the report';
  const keep = fileText(survivor, `,"reason":${JSON.stringify(reason)}`);
  const remove = removedOf(group).map((picture) => removalText(survivor, picture, group));
  return `{"keep":${keep},"remove":[${remove}]${worstText(group, survivor)}}`;
}

// A set for each group that a person changed so that several stay.
const setsKept = () => groups.filter((group) => isChanged(group) && keptOf(group).length > 1);

// The kept ones of a group, with the pictures that are sidecars of theirs.
function setText(group) {
  const riders = group.riders.filter(([owner]) => kept[group.first + owner]).map(([, text]) => text);
  return `[${[...keptOf(group).map((picture) => fileText(picture)), ...riders]}]`;
}

function decisions() {
  const thinned = groups.filter((group) => !isChanged(group) || removedOf(group).length > 0);
  const sets = setsKept().map(setText);
  const lines = (texts) => (texts.length === 0 ? '[]' : `[\n${texts.join(',\n')}\n]`);
  const all = [...plan.notDuplicates, ...sets];
  const notDuplicates = all.length === 0 ? '' : `,\n"not_duplicates":${lines(all)}`;
  return `{${plan.head},\n"groups":${lines(thinned.map(groupText))}${notDuplicates}}\n`;
}

function download() {
  const address = URL.createObjectURL(new Blob([decisions()], { type: 'application/json' }));
  make('a', { href: address, download: 'decisions.json' }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}
