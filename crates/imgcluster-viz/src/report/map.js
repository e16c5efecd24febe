// The map: a canvas that can be moved and zoomed, with a thumbnail under the pointer.

const canvas = byId('canvas');
const tip = byId('tip');
const pen = canvas.getContext('2d');
const view = { x: 0, y: 0, scale: 1 };
let pointed = -1;
let drawing = false;

function bounds() {
  const box = { left: Infinity, right: -Infinity, low: Infinity, high: -Infinity };
  for (let row = 0; row < count; row += 1) {
    box.left = Math.min(box.left, images.x[row]);
    box.right = Math.max(box.right, images.x[row]);
    box.low = Math.min(box.low, images.y[row]);
    box.high = Math.max(box.high, images.y[row]);
  }
  return box;
}

// Shows everything.
function fit() {
  const box = bounds();
  if (count === 0) return;
  const { clientWidth: width, clientHeight: height } = canvas;
  const wide = Math.max(box.right - box.left, 1e-6);
  const tall = Math.max(box.high - box.low, 1e-6);
  view.scale = Math.min((width - 40) / wide, (height - 40) / tall, 1e6);
  view.x = width / 2 - view.scale * (box.left + box.right) / 2;
  view.y = height / 2 + view.scale * (box.low + box.high) / 2;
  redraw();
}

const acrossOf = (row) => view.x + view.scale * images.x[row];
const downOf = (row) => view.y - view.scale * images.y[row];

function redraw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => { drawing = false; draw(); });
}

function trace(mark, x, y, size) {
  if (mark === 'circle') {
    pen.moveTo(x + size, y);
    pen.arc(x, y, size, 0, 2 * Math.PI);
  } else if (mark === 'square') {
    pen.rect(x - 0.85 * size, y - 0.85 * size, 1.7 * size, 1.7 * size);
  } else {
    const corners = mark === 'triangle' ? [[0, -1.15], [1, 0.8], [-1, 0.8]] : [[0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]];
    corners.forEach(([dx, dy], at) => pen[at ? 'lineTo' : 'moveTo'](x + dx * size, y + dy * size));
    pen.closePath();
  }
}

// One path a cluster and strength of colour: much faster than one a point.
function drawGroup(rows, cluster, size) {
  for (const bright of [false, true]) {
    pen.globalAlpha = bright ? 0.85 : 0.12;
    pen.beginPath();
    for (const row of rows) {
      if ((!matching || matching[row]) !== bright) continue;
      const [x, y] = [acrossOf(row), downOf(row)];
      if (x < -9 || y < -9 || x > canvas.clientWidth + 9 || y > canvas.clientHeight + 9) continue;
      if (cluster) {
        trace(cluster.mark, x, y, size);
      } else {
        pen.moveTo(x - size, y - size);
        pen.lineTo(x + size, y + size);
        pen.moveTo(x - size, y + size);
        pen.lineTo(x + size, y - size);
      }
    }
    if (cluster) pen.fill();
    else pen.stroke();
  }
}

function draw() {
  const { clientWidth: width, clientHeight: height } = canvas;
  const dense = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * dense) || canvas.height !== Math.round(height * dense)) {
    canvas.width = Math.round(width * dense);
    canvas.height = Math.round(height * dense);
  }
  pen.setTransform(dense, 0, 0, dense, 0, 0);
  pen.clearRect(0, 0, width, height);
  const size = Math.min(6, Math.max(2, 70 / Math.sqrt(count + 1)));
  if (noiseGroup) {
    pen.strokeStyle = data.noiseColor;
    drawGroup(noiseGroup.rows, null, size * 0.8);
  }
  clusters.forEach((cluster, id) => {
    pen.fillStyle = cluster.color;
    drawGroup(groups[id].rows, cluster, size);
  });
  if (pointed >= 0) {
    pen.globalAlpha = 1;
    pen.strokeStyle = getComputedStyle(document.body).color;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(acrossOf(pointed), downOf(pointed), size + 4, 0, 2 * Math.PI);
    pen.stroke();
    pen.lineWidth = 1;
  }
}

function nearest(x, y) {
  let [best, found] = [14 * 14, -1];
  for (let row = 0; row < count; row += 1) {
    if (matching && !matching[row]) continue;
    const away = (acrossOf(row) - x) ** 2 + (downOf(row) - y) ** 2;
    if (away < best) [best, found] = [away, row];
  }
  return found;
}

function point(row) {
  if (row === pointed) return;
  pointed = row;
  tip.hidden = row < 0;
  redraw();
  if (row < 0) return;
  const frame = make('div');
  tip.replaceChildren(frame, make('div', { textContent: images.path[row] }), make('div', { className: 'note', textContent: clusterName(row) }));
  showThumbnail(row, frame);
  const [x, y] = [acrossOf(row), downOf(row)];
  const left = x > canvas.clientWidth / 2;
  const above = y > canvas.clientHeight / 2;
  Object.assign(tip.style, {
    left: left ? '' : `${x + 16}px`, right: left ? `${canvas.clientWidth - x + 16}px` : '',
    top: above ? '' : `${y + 8}px`, bottom: above ? `${canvas.clientHeight - y + 8}px` : '',
  });
}

function zoom(factor, x, y) {
  view.x = x - (x - view.x) * factor;
  view.y = y - (y - view.y) * factor;
  view.scale *= factor;
  point(-1);
  redraw();
}

function listenToMap() {
  let grip = null;
  canvas.addEventListener('pointerdown', (event) => {
    grip = { x: event.offsetX, y: event.offsetY, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', (event) => {
    const [x, y] = [event.offsetX, event.offsetY];
    if (grip && (grip.moved || Math.hypot(x - grip.x, y - grip.y) > 4)) {
      view.x += x - grip.x;
      view.y += y - grip.y;
      grip = { x, y, moved: true };
      point(-1);
      redraw();
    } else {
      point(nearest(x, y));
    }
  });
  canvas.addEventListener('pointerup', (event) => {
    if (grip && !grip.moved) {
      const row = nearest(event.offsetX, event.offsetY);
      if (row >= 0) goTo(row);
    }
    grip = null;
  });
  canvas.addEventListener('pointerleave', () => point(-1));
  canvas.addEventListener('wheel', (event) => {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY * 0.0015), event.offsetX, event.offsetY);
  }, { passive: false });
  canvas.addEventListener('dblclick', fit);
  canvas.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[event.key];
    const [x, y] = [canvas.clientWidth / 2, canvas.clientHeight / 2];
    if (step) {
      view.x += step[0];
      view.y += step[1];
    } else if (event.key === '+' || event.key === '=') zoom(1.25, x, y);
    else if (event.key === '-') zoom(0.8, x, y);
    else if (event.key === '0') fit();
    else if (event.key === 'Enter') {
      const row = nearest(x, y);
      if (row >= 0) goTo(row);
    } else return;
    event.preventDefault();
    if (event.key !== 'Enter') point(nearest(x, y));
    redraw();
  });
  new ResizeObserver(fit).observe(canvas);
}
