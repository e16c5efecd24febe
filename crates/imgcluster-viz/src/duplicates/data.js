// The plan and its pictures, as written by the program: group after group, and in each the
// survivor first, then what the plan removes, then what stays beside the survivor.
const { run, plan, pictures } = data;
const count = pictures.file.length;

// What is shown of files is read from the very text that goes into the decisions. That text itself
// is never made of what was read: a time in nanoseconds has more digits than a number here.
const files = pictures.file.map((fields) => JSON.parse(`{${fields}}`));
const head = JSON.parse(`{${plan.head}}`);

const groups = [];
const groupOf = new Uint32Array(count);
data.groups.size.forEach((size, number) => {
  const first = number === 0 ? 0 : groups[number - 1].first + groups[number - 1].size;
  groupOf.fill(number, first, first + size);
  const [removed, reason, worst, pair, riders] = ['removed', 'reason', 'worst', 'pair', 'riders'].map((name) => data.groups[name][number]);
  groups.push({ number, first, size, removed, reason, worst, pair, riders });
});

const members = (group) => Array.from({ length: group.size }, (_, at) => group.first + at);

// A path is told by its exact bytes where its text does not say them all.
const nameOf = ({ path, path_base64: bytes }) => bytes || path;
const paths = new Set(files.map(nameOf));

// All that belongs to a picture, each file once: by the plan, and as the program has found it.
function belongings(picture) {
  const texts = [...pictures.sidecars[picture], ...pictures.own[picture]];
  return [...new Map(texts.map((text) => [nameOf(JSON.parse(text)), text]))];
}

// Which pictures each such file belongs to.
const owners = new Map();
for (let picture = 0; picture < count; picture += 1) {
  for (const [name] of belongings(picture)) owners.set(name, [...(owners.get(name) || []), picture]);
}

function shownBytes(bytes) {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let [value, unit] = [bytes, 0];
  while (value >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${bytes === 1 ? 'byte' : units[unit]}`;
}

// Pairs are compared with the survivor alone, so that two others may be less alike than the
// threshold: by more than a quarter of what is between it and equality, that is worth a look.
function isDoubtful(group) {
  const { threshold } = run;
  return threshold !== null && group.worst !== null && Number(group.worst) < threshold - (1 - threshold) / 4;
}
