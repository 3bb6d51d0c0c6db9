// A shape and a colour for each service, so that colour is never the only sign.

// Corners and the direction of the first one, in eighths of a turn from the top; 0 corners: a circle.
const shapes = {
  http: [0, 0],
  https: [5, 0],
  ftp: [3, 0],
  'ftp-data': [3, 0],
  dns: [4, 0],
  echo: [3, 4],
  telnet: [6, 0],
};

const shapeOf = (service) => shapes[service] || [4, 1];

/// The name of the service's colour in live.css.
export const colourOf = (service) =>
  service === 'ftp-data' ? '--ftp' : shapes[service] ? `--${service}` : '--other';

function corners(service, radius) {
  const [count, turn] = shapeOf(service);
  const size = count === 3 ? radius * 1.25 : count === 4 ? radius * 1.15 : radius;
  return Array.from({ length: count }, (_, i) => {
    const angle = (i / count) * 2 * Math.PI + (turn / 8) * 2 * Math.PI - Math.PI / 2;
    return [size * Math.cos(angle), size * Math.sin(angle)];
  });
}

/// Adds the service's shape to the path of a canvas.
export function trace(context, service, x, y, radius) {
  const points = corners(service, radius);
  context.beginPath();
  if (points.length === 0) context.arc(x, y, radius, 0, 2 * Math.PI);
  points.forEach(([dx, dy], i) => (i === 0 ? context.moveTo(x + dx, y + dy) : context.lineTo(x + dx, y + dy)));
  context.closePath();
}

const svg = 'http://www.w3.org/2000/svg';

/// The service's shape as an element.
export function shapeElement(service, hollow = false) {
  const root = document.createElementNS(svg, 'svg');
  root.setAttribute('viewBox', '-8 -8 16 16');
  root.setAttribute('aria-hidden', 'true');
  root.setAttribute('class', hollow ? 'shape hollow' : 'shape');
  const points = corners(service, 6);
  const shape = document.createElementNS(svg, points.length ? 'polygon' : 'circle');
  if (points.length) shape.setAttribute('points', points.map((p) => p.map((v) => v.toFixed(1)).join()).join(' '));
  else shape.setAttribute('r', '6');
  root.append(shape);
  return root;
}
