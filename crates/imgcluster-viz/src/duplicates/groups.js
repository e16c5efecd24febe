// The groups as they are seen. A body is filled when it comes near the window.

const FIRST = 60;

// With one root, that folder goes without saying.
const root = (head.roots || []).length === 1 ? head.roots[0].replace(/[/\\]?$/, '/') : null;

function folderOf(path) {
  const folder = path.slice(0, nameAt(path));
  return root && folder.startsWith(root) ? folder.slice(root.length) : folder;
}

function sizeText(picture) {
  const { size } = files[picture];
  const parts = [`${pictures.width[picture]} × ${pictures.height[picture]}`, pictures.format[picture],
    size === undefined ? '' : shownBytes(size)];
  // Lines are broken between the parts only.
  return parts.filter(Boolean).map((part) => part.replaceAll(' ', '\u00a0')).join(' · ');
}

function whyText(picture) {
  const group = groups[groupOf[picture]];
  if (picture === group.first) return `The plan keeps this one: ${group.reason}`;
  const similarity = pictures.similarity[picture];
  return similarity === null ? '' : `Similarity ${Number(similarity).toFixed(3)}`;
}

// One picture and its mark.
class Tile {
  constructor(picture) {
    this.picture = picture;
    const { path } = files[picture];
    const group = groups[groupOf[picture]];
    const frame = make('div', { className: 'frame', fill: () => showThumbnailAt(picture, frame) });
    this.mark = make('span', { className: 'mark' });
    const line = (className, textContent) => (textContent ? [make('div', { className, textContent })] : []);
    const isWorst = isDoubtful(group) && group.pair && group.pair.includes(picture - group.first);
    const sidecars = belongings(picture).length;
    this.element = make('div', { className: 'picture', title: path, tabIndex: -1, tile: this },
      this.mark, frame, ...line('name', baseName(path)), ...line('folder', folderOf(path)), ...line('facts', sizeText(picture)),
      ...line('facts', sidecars > 0 ? `with ${counted(sidecars, 'sidecar')}` : ''),
      ...line('why', whyText(picture)), ...line('why warn', isWorst ? 'One of the least alike pair' : ''));
    this.element.setAttribute('role', 'checkbox');
    const label = ['Keep', path, sizeText(picture), whyText(picture), pictures.reference[picture] ? 'in a reference folder, always kept' : ''];
    this.element.setAttribute('aria-label', label.filter(Boolean).join(', '));
    if (pictures.reference[picture]) this.element.setAttribute('aria-disabled', 'true');
    nearWindow.observe(frame);
    this.update();
  }

  update() {
    const stays = kept[this.picture] === 1;
    this.element.classList.toggle('removed', !stays);
    this.element.classList.toggle('reference', pictures.reference[this.picture] === 1);
    this.element.setAttribute('aria-checked', String(stays));
    this.mark.textContent = pictures.reference[this.picture] ? 'Reference: stays' : stays ? '✓ Keep' : '✕ Remove';
  }
}

// One group: a head, and pictures side by side.
class View {
  constructor(group) {
    this.group = group;
    this.tiles = [];
    this.element = make('section', { className: 'group', fill: () => this.fill() });
    this.element.setAttribute('role', 'group');
    this.element.setAttribute('aria-label', `Group ${group.number + 1}: ${counted(group.size, 'picture')}`);
    nearWindow.observe(this.element);
  }

  fill() {
    if (this.grid) return;
    nearWindow.unobserve(this.element);
    const { group } = this;
    const button = (textContent, title, act) => {
      const made = make('button', { type: 'button', textContent, title });
      made.addEventListener('click', act);
      return made;
    };
    this.freed = make('span');
    this.all = button('Not duplicates', 'Keep the whole group (n)', () => keepAll(group));
    this.back = button('As in the plan', 'Take back all changes of this group (r)', () => asPlanned([group]));
    const worst = group.worst === null ? [] : [make('span', {
      className: isDoubtful(group) ? 'warn' : '',
      textContent: `least alike pair ${Number(group.worst).toFixed(3)}`
        + (isDoubtful(group) ? `, well below the threshold of ${run.threshold.toFixed(3)}: look twice` : ''),
    })];
    this.grid = make('div', { className: 'grid' });
    this.more = button('', '', () => this.grow(MORE));
    this.more.className = 'more';
    this.element.append(
      make('div', { className: 'head' }, make('h3', { textContent: `Group ${group.number + 1}` }),
        make('span', { textContent: counted(group.size, 'picture') }), this.freed, ...worst,
        make('span', { className: 'acts' }, this.back, this.all)),
      this.grid, this.more);
    this.grow(FIRST);
    this.update();
  }

  grow(by) {
    const from = this.tiles.length;
    for (const picture of members(this.group).slice(from, from + by)) this.tiles.push(new Tile(picture));
    this.grid.append(...this.tiles.slice(from).map((tile) => tile.element));
    const left = this.group.size - this.tiles.length;
    this.more.hidden = left === 0;
    this.more.textContent = `Show ${Math.min(left, MORE).toLocaleString('en')} more of ${left.toLocaleString('en')}`;
    // One stop of the Tab key a group; within it, arrows.
    if (from === 0) this.tiles[0].element.tabIndex = 0;
  }

  update() {
    if (!this.grid) return;
    const { group } = this;
    const gone = removedOf(group).length;
    const isWhole = gone === 0 && isChanged(group);
    this.element.classList.toggle('changed', isChanged(group));
    this.freed.textContent = gone > 0 ? `${gone.toLocaleString('en')} to remove, frees ${shownBytes(freedBy(group))}`
      : isWhole ? 'kept whole: not duplicates' : 'nothing to remove';
    this.back.hidden = !isChanged(group);
    this.all.disabled = gone === 0;
    for (const tile of this.tiles) tile.update();
  }

  // Gives the tile of a picture, made if need be.
  reveal(picture) {
    this.fill();
    const wanted = picture - this.group.first + 1 - this.tiles.length;
    if (wanted > 0) this.grow(wanted);
    return this.tiles[picture - this.group.first].element;
  }
}

const views = groups.map((group) => new View(group));

const ORDERS = {
  plan: () => 0,
  bytes: (group) => -freedBy(group),
  worst: (group) => (group.worst === null ? 2 : Number(group.worst)),
  size: (group) => -group.size,
};

// The groups that are shown, in their order.
let shown = views;

function arrange() {
  const has = pathFilter(byId('search').value);
  const onlyChanged = byId('changed').checked;
  const isShown = ({ group }) => (!onlyChanged || isChanged(group))
    && (!has || members(group).some((picture) => has(files[picture].path)));
  const order = ORDERS[byId('sort').value];
  const ranked = views.filter(isShown).map((view) => [order(view.group), view]);
  shown = ranked.sort((one, other) => one[0] - other[0]).map(([, view]) => view);
  const none = groups.length === 0 ? 'No duplicates were found.' : 'No group is like that.';
  const elements = shown.map((view) => view.element);
  byId('groups').replaceChildren(...(elements.length > 0 ? elements : [make('p', { className: 'note', textContent: none })]));
  const isPart = has || onlyChanged;
  byId('matches').textContent = isPart ? `${shown.length.toLocaleString('en')} of ${counted(groups.length, 'group')}` : '';
}
