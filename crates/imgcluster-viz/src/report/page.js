// The head of the page, the large view of one image, and the keyboard.

function buildFacts() {
  const { run } = data;
  const facts = byId('facts');
  fact(facts, 'Images', count.toLocaleString('en'));
  fact(facts, 'Clusters', clusters.length.toLocaleString('en'));
  fact(facts, 'In no cluster', (noiseGroup ? noiseGroup.rows.length : 0).toLocaleString('en'));
  fact(facts, 'Skipped files', data.skipped.length.toLocaleString('en'));
  fact(facts, 'Model', run.model);
  fact(facts, 'Algorithm', run.algorithm);
  fact(facts, 'Started', run.started.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC'));
  const details = byId('details');
  fact(details, 'Command', run.command.join(' '));
  fact(details, 'Version', run.version);
  fact(details, 'Device', run.device);
  for (const [name, value] of Object.entries(run.parameters)) {
    fact(details, name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  for (const [name, seconds] of Object.entries(run.times)) fact(details, `Time: ${name}`, `${seconds.toFixed(2)} s`);
}

// The table of an automatic choice, where there was one.
function buildSelection() {
  const { trials } = data;
  if (trials.length === 0) return;
  const section = byId('selection');
  section.hidden = false;
  document.querySelector('a[href="#selection"]').hidden = false;
  const cells = (kind, texts) => texts.map((textContent) => make(kind, { textContent }));
  const whole = (number) => (number === null ? '' : number.toLocaleString('en'));
  const score = (number) => (number === null ? '' : number.toFixed(3));
  const row = (trial) => make('tr', { className: trial.chosen ? 'chosen' : '' },
    ...cells('td', [trial.flags, whole(trial.clusters), whole(trial.noise), ...trial.scores.map(score),
      trial.chosen ? 'chosen' : trial.reason || '']));
  const names = ['Setting', 'Clusters', 'Noise', 'Silhouette', 'Caliński–Harabasz', 'Davies–Bouldin', 'Score', ''];
  section.append(
    make('p', { className: 'note', textContent: 'Each score is scaled over the settings compared; their mean, less the share of noise, decides.' }),
    make('table', {}, make('thead', {}, make('tr', {}, ...cells('th', names))), make('tbody', {}, ...trials.map(row))));
}

const dialog = byId('view');
let viewed = -1;

function openView(row) {
  viewed = row;
  const address = thumbnail(row);
  const copy = make('button', { type: 'button', textContent: 'Copy path' });
  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(images.path[row]);
      copy.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(dialog.querySelector('.path'));
      copy.textContent = 'Selected: copy it with the keyboard';
    }
  });
  const onMap = make('button', { type: 'button', textContent: 'Show on map' });
  onMap.addEventListener('click', () => {
    dialog.close();
    byId('map').scrollIntoView();
    point(row);
  });
  const close = make('button', { type: 'button', textContent: 'Close' });
  close.addEventListener('click', () => dialog.close());
  const facts = make('dl');
  fact(facts, 'Size', `${images.width[row]} × ${images.height[row]}`);
  fact(facts, 'In', clusterName(row));
  if (images.strength && images.cluster[row] >= 0) fact(facts, 'Strength', images.strength[row].toFixed(3));
  const picture = address ? [make('img', { className: 'large', src: address, alt: '' })] : [];
  dialog.replaceChildren(...picture, make('p', { className: 'path', textContent: images.path[row] }), facts,
    make('div', { className: 'buttons' }, copy, onMap, close));
  if (!dialog.open) dialog.showModal();
}

function listenToPage() {
  const opened = (target) => target.closest('figure');
  document.querySelector('main').addEventListener('click', (event) => {
    const chosen = opened(event.target);
    if (chosen) openView(chosen.row);
  });
  document.querySelector('main').addEventListener('keydown', (event) => {
    const chosen = opened(event.target);
    if (!chosen) return;
    if (event.key === 'Enter' || event.key === ' ') openView(chosen.row);
    else if (event.key === 'ArrowRight' && chosen.nextElementSibling) chosen.nextElementSibling.focus();
    else if (event.key === 'ArrowLeft' && chosen.previousElementSibling) chosen.previousElementSibling.focus();
    else return;
    event.preventDefault();
  });
  dialog.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const rows = groupOf(viewed).shown;
    const next = rows[rows.indexOf(viewed) + step];
    if (next !== undefined) openView(next);
  });
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
  listenToSearch((text) => { filter(text); point(-1); redraw(); });
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.target.matches('input') || dialog.open) return;
    event.preventDefault();
    byId('search').focus();
  });
  listenToTheme(redraw);
}

buildGroups();
buildFacts();
buildSelection();
buildSkipped();
listenToMap();
listenToPage();
