// The map of an office, with ?office. `portlab page` has its data, at /api/office.

import { colourOf } from './shapes.js';

const sessionsMax = 12;
const at = (id) => document.getElementById(id);
const host = (name) => at(`host-${name}`);
let sessions = [];

function add(parent, name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  return parent.appendChild(element);
}

const place = (end) => `${end.host || end.address}:${end.port}`;
const isOpen = (s) => [s.client, s.server].some(({ state }) => state && state !== 'TIME_WAIT');

function paint(element, s) {
  element.style.setProperty('--colour', `var(${colourOf(s.service)})`);
  element.classList.toggle('ended', !isOpen(s));
}

/// The router's box has a row for each session that it translates.
function showHosts({ hosts, listeners, forwarded }) {
  at('hosts').replaceChildren();
  for (const { name, addresses } of hosts.filter((one) => one.addresses.length)) {
    const box = add(at('hosts'), 'div', '');
    box.id = `host-${name}`;
    add(box, 'b', name);
    add(box, 'span', addresses.join(' · '));
    const ports = listeners.filter((l) => l.host === name).map((l) => `${l.port} ${l.service}`);
    if (name === 'router') ports.push(...forwarded.map((f) => `${f.port} → ${f.host}:${f.to_port}`));
    add(box, 'small', [...new Set(ports)].sort((a, b) => parseInt(a) - parseInt(b)).join(' · '));
  }
  for (const s of sessions.filter((one) => one.router)) {
    s.row = add(host('router'), 'p', `${place(s.client)} ⇄ :${s.router.port} ⇄ ${place(s.server)}`);
    paint(s.row, s);
  }
}

function drawLine(from, to, s, bulge) {
  const [a, b] = [from, to].map(({ offsetLeft: x, offsetTop: y, offsetWidth: w, offsetHeight: h }) =>
    ({ left: x, right: x + w, x: x + w / 2, y: y + h / 2 })).sort((one, other) => one.x - other.x);
  const path = at('cables').appendChild(document.createElementNS('http://www.w3.org/2000/svg', 'path'));
  path.setAttribute('d', a.right < b.left ? `M${a.right} ${a.y}L${b.left} ${b.y}`
    : bulge ? `M${a.right} ${a.y}c${bulge} 0 ${bulge} ${b.y - a.y} 0 ${b.y - a.y}` : `M${a.x} ${a.y}L${b.x} ${b.y}`);
  if (s) paint(path, s);
}

function draw() {
  at('cables').replaceChildren();
  for (const box of at('hosts').children) drawLine(box, host('router'));
  sessions.forEach((s, i) => {
    const ends = [host(s.client.host), host(s.server.host)].filter(Boolean);
    if (s.row) ends.forEach((end) => drawLine(end, s.row, s));
    else if (ends[1]) drawLine(...ends, s, 24 + 9 * i);
  });
}

function show(data) {
  if (!data.hosts) return;
  // Not those of a host with itself, such as the page's own.
  const all = data.sessions.filter((s) => s.client.host !== s.server.host).sort((a, b) => isOpen(b) - isOpen(a));
  sessions = all.slice(0, sessionsMax);
  at('office').hidden = false;
  showHosts(data);
  at('across').replaceChildren();
  for (const s of sessions) {
    add(at('across'), 'li', `${place(s.client)} → ${s.router ? `router:${s.router.port} → ` : ''}${place(s.server)} ${s.service} ${s.server.state || s.client.state || s.transport}`);
  }
  if (all[sessionsMax]) add(at('across'), 'li', `… and ${all.length - sessionsMax} more`);
  draw();
}

if (new URLSearchParams(location.search).has('office')) {
  document.querySelector('[href="?projector"]').href = '?office&projector';
  new EventSource('/api/office').onmessage = (event) => show(JSON.parse(event.data));
  new ResizeObserver(draw).observe(at('office'));
}
