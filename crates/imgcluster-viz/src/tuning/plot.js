// Curves in a box: scales, axes, lines. One unit is a pixel of the page.

const EDGE = { left: 58, right: 14 };

function draw(tag, attributes, text) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

// Maps values to places, straight.
function scaleOf([low, high], [from, to]) {
  const width = high - low || 1;
  return (value) => from + ((value - low) / width) * (to - from);
}

// Round values between two, about as many as wanted.
function ticks(low, high, wanted) {
  const rough = (high - low) / wanted || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((times) => times * power >= rough * 0.999) * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => Number(((first + at) * step).toPrecision(12)));
}

// Powers of ten up to a value.
function powers(high) {
  return Array.from({ length: Math.floor(Math.log10(Math.max(high, 1)) + 1e-9) + 1 }, (_, power) => 10 ** power);
}

function shortNumber(number) {
  const units = [[1e9, 'G'], [1e6, 'M'], [1e3, 'k']];
  const unit = units.find(([size]) => number >= size);
  return unit ? `${Number((number / unit[0]).toPrecision(3))}${unit[1]}` : String(number);
}

// One panel of a plot: its lines lie between the left and right edge, `top` and `bottom`.
class Panel {
  constructor(svg, { width, top, bottom, x, y }) {
    this.svg = svg;
    this.right = width - EDGE.right;
    Object.assign(this, { top, bottom });
    this.x = scaleOf(x, [EDGE.left, this.right]);
    this.y = scaleOf(y, [bottom, top]);
  }

  axis(values, show, place = (value) => value) {
    for (const value of values) {
      const y = this.y(place(value));
      this.svg.append(draw('line', { class: 'grid', x1: EDGE.left, x2: this.right, y1: y, y2: y }),
        draw('text', { x: EDGE.left - 8, y: y + 4, 'text-anchor': 'end' }, show(value)));
    }
  }

  below(values, name) {
    for (const value of values) {
      this.svg.append(draw('text', { x: this.x(value), y: this.bottom + 17, 'text-anchor': 'middle' }, String(value)));
    }
    this.svg.append(draw('text', { x: (EDGE.left + this.right) / 2, y: this.bottom + 36, 'text-anchor': 'middle' }, name));
  }

  // A line of points; with `steps` a value holds until the next.
  line(points, name, steps = true) {
    const path = points.map(([x, y], at) => {
      const [across, up] = [this.x(x).toFixed(1), this.y(y).toFixed(1)];
      if (at === 0) return `M${across} ${up}`;
      return steps ? `H${across}V${up}` : `L${across} ${up}`;
    });
    this.svg.append(draw('path', { class: `curve ${name}`, d: path.join('') }));
  }

  upright(x, name) {
    const at = this.x(x);
    const line = draw('line', { class: name, x1: at, x2: at, y1: this.top, y2: this.bottom });
    this.svg.append(line);
    return line;
  }
}

// Names of curves in one line above a panel.
function legend(svg, top, names) {
  let x = EDGE.left;
  for (const [name, text] of names) {
    svg.append(draw('text', { class: name, x, y: top - 8 }, text));
    x += text.length * 6.6 + 22;
  }
}
