// What the program wrote, and how numbers are shown.
const { run, curve, suggestions, images, pairs, next } = data;

const NAMES = {
  recommended: 'Recommended',
  knee: 'Knee',
  'widest-gap': 'Widest gap',
  'largest-cluster': 'Largest cluster ≤ 20 %',
  'most-clusters': 'Most clusters',
};

const nameOf = (kind) => NAMES[kind] || kind;
const shownNumber = (number) => number.toLocaleString('en');
// At most six digits: as many as a sixty-fourth has.
const shownSimilarity = (number) => String(Math.round(number * 1e6) / 1e6);
const shownShare = (share) => `${(100 * share).toFixed(1)} %`;

// The row of a threshold; thresholds are written and read without a loss.
const placeOf = (threshold) => curve.findIndex((row) => row.threshold === threshold);

let silence = 0;

// Says something for a while, aloud where a screen reader listens.
function say(text) {
  byId('say').textContent = text;
  clearTimeout(silence);
  silence = setTimeout(() => { byId('say').textContent = ''; }, 6000);
}

function copyText(text, done) {
  const copied = () => say(done);
  const failed = () => say('The browser does not let this page copy: select the command instead.');
  if (!navigator.clipboard) return failed();
  return navigator.clipboard.writeText(text).then(copied, failed);
}
