// The drawing: a dot for each client's port, a line from it to its card, a small square for each
// listening port. Row = the port's high byte, column = its low byte.

import { cardKey } from './cards.js';
import { refusedMs, timeWaitMs } from './model.js';
import { colourOf, trace } from './shapes.js';
import { isThisPage, isYours, labelOf } from './words.js';

/// Sessions with a dot and a line of their own; older ones are points.
export const drawnMax = 500;
const pulseMs = 600; // a new dot's ring
const flowMs = 3000; // how long the line of a UDP flow stays after a datagram
const closeMs = 1500; // and that of a TCP session that closed
const closingMax = 100;

export class Square {
  #colours = {};
  #anchors = new Map(); // card's key → where lines end
  #places = []; // what can be pointed at: { x, y, id }

  constructor(stage, square, canvas, cards) {
    Object.assign(this, { stage, square, canvas, cards });
    this.context = canvas.getContext('2d');
    Object.assign(this, { rem: 16, unit: 1, big: false }); // measure() sets them
    this.calm = matchMedia('(prefers-reduced-motion: reduce)');
  }

  /// Reads sizes and colours from the page: after a change of its size, its cards or its theme.
  measure() {
    const stage = this.stage.getBoundingClientRect();
    const square = this.square.getBoundingClientRect();
    const scale = devicePixelRatio || 1;
    this.big = document.documentElement.classList.contains('projector');
    this.rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.unit = (this.rem / 16) * (this.big ? 1.4 : 1);
    this.scale = scale;
    this.width = stage.width;
    this.height = stage.height;
    const [width, height] = [Math.round(stage.width * scale), Math.round(stage.height * scale)];
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    this.origin = { x: square.left - stage.left + this.square.clientLeft, y: square.top - stage.top + this.square.clientTop };
    this.cell = this.square.clientWidth / 256;
    this.#anchors.clear();
    this.narrow = getComputedStyle(this.stage).getPropertyValue('--lines').trim() === 'few';
    for (const item of this.cards.list.children) {
      const box = item.getBoundingClientRect();
      this.#anchors.set(item, this.narrow
        ? { x: box.left - stage.left + 24, y: box.top - stage.top }
        : { x: box.left - stage.left, y: box.top - stage.top + box.height / 2 });
    }
    this.#colours = {};
  }

  #colour(name) {
    return this.#colours[name] ||= getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  #place(port) {
    return {
      x: this.origin.x + ((port & 255) + 0.5) * this.cell,
      y: this.origin.y + ((port >> 8) + 0.5) * this.cell,
    };
  }

  #anchorOf(key, merged) {
    const item = this.cards.elementOf(merged.get(key) || key);
    return item && this.#anchors.get(item);
  }

  /// Draws a state. `view`: the sessions to show, the card keys that are merged, facts, the selected
  /// and the newest session's id, the time. Returns the milliseconds until it would look different
  /// by itself; Infinity: never.
  draw(state, view) {
    const { context } = this;
    context.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    const all = view.sessions;
    const drawn = all.slice(-drawnMax);
    const selected = all.find((one) => one.id === view.selected) || state.ended.get(view.selected);
    const own = all.find((one) => isThisPage(one, view.facts));
    for (const one of [own, selected]) if (one && !one.closed && !drawn.includes(one)) drawn.push(one);
    this.#places = [];
    this.next = Infinity;
    this.dense = drawn.length > 250;

    this.#drawRange(view.facts);
    for (const refusal of state.refused.values()) this.#drawRefusal(refusal, view);
    this.#drawPoints(all.slice(0, -drawnMax));
    const alpha = drawn.length < 60 ? 0.6 : drawn.length < 250 ? 0.3 : 0.15;
    const ended = [...state.ended.values()].filter((s) => !view.hides(s));
    for (const session of [...drawn, ...ended.slice(-closingMax)]) this.#drawLine(session, view, alpha);
    this.#drawListeners(state);
    for (const session of this.dense ? ended.slice(-closingMax) : ended) this.#drawEnded(session, view);
    for (const session of drawn) this.#drawDot(session, view);
    for (const session of drawn) this.#drawOwner(session, view);
    if (selected) this.#drawMark(selected);
    context.globalAlpha = 1;
    return this.next;
  }

  #wake(ms) { this.next = Math.min(this.next, ms); }

  /// The outline of the ephemeral range: its first and last rows may be parts of rows.
  #drawRange(facts) {
    const range = facts && facts.ephemeral;
    if (!range) return;
    const { context, cell, origin } = this;
    const [left, right] = [origin.x, origin.x + 256 * cell];
    const corner = (port) => [left + (port & 255) * cell, origin.y + (port >> 8) * cell];
    const [x1, y1] = corner(range.first);
    const [x2, y2] = corner(range.last + 1);
    context.beginPath();
    for (const [x, y] of [[x1, y1], [right, y1], [right, y2], [x2, y2], [x2, y2 + cell], [left, y2 + cell], [left, y1 + cell],
      [x1, y1 + cell]]) context.lineTo(x, y);
    context.closePath();
    context.setLineDash([6, 4]);
    context.lineWidth = 1.25 * this.unit;
    context.strokeStyle = this.#colour('--outline');
    context.stroke();
    context.setLineDash([]);
  }

  /// Many sessions: each port is a cell of the square.
  #drawPoints(sessions) {
    const { context, cell } = this;
    context.globalAlpha = 0.6;
    for (const session of sessions) {
      const { x, y } = this.#place(session.client.port);
      context.fillStyle = this.#colour(colourOf(session.service));
      context.fillRect(x - cell / 2, y - cell / 2, cell, cell);
    }
    context.globalAlpha = 1;
  }

  #drawLine(session, view, alpha) {
    const strong = session.id === view.selected || (session.id === view.newest && !view.selected);
    if (this.narrow && !strong) return;
    const to = this.#anchorOf(cardKey(session), view.merged);
    if (!to) return;
    const { context } = this;
    let visible = strong ? 1 : alpha;
    const fade = session.closed ? closeMs : session.transport === 'udp' ? flowMs : 0;
    if (fade && session.id !== view.selected) {
      const left = 1 - (view.now - session.touched) / fade;
      if (left <= 0) return;
      visible *= this.calm.matches ? 1 : Math.max(0.25, left);
      this.#wake(this.calm.matches ? left * fade : 120);
    }
    if (session.transport === 'udp') context.setLineDash([2, 5]);
    this.#curve(this.#place(session.client.port), to);
    context.globalAlpha = visible;
    context.lineWidth = (strong ? 3 : 1.25) * this.unit;
    context.strokeStyle = this.#colour(colourOf(session.service));
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
  }

  /// The path of a line from a dot to its card.
  #curve(from, to) {
    const { context } = this;
    context.beginPath();
    context.moveTo(from.x, from.y);
    if (this.narrow) {
      const bend = from.y + (to.y - from.y) * 0.6;
      context.bezierCurveTo(from.x, bend, to.x, bend, to.x, to.y);
    } else {
      const edge = this.origin.x + 256 * this.cell;
      const bend = edge + (to.x - edge) * 0.35;
      context.bezierCurveTo(Math.max(bend, from.x + 40), from.y, Math.max(edge, to.x - (to.x - edge) * 0.8), to.y, to.x, to.y);
    }
  }

  #drawListeners(state) {
    const { context } = this;
    const half = 4.5 * this.unit;
    const box = (port, service, closed) => {
      const { x, y } = this.#place(port);
      context.fillStyle = this.#colour(closed ? '--surface' : colourOf(service));
      context.strokeStyle = this.#colour(closed ? '--closed' : '--surface');
      context.lineWidth = closed ? 2 : 1;
      context.beginPath();
      context.rect(x - half, y - half, 2 * half, 2 * half);
      context.fill();
      context.stroke();
    };
    for (const listener of state.gone.values()) box(listener.port, listener.service, true);
    for (const listener of state.listeners.values()) box(listener.port, listener.service, false);
  }

  /// A cross at the client's port, a dashed line to the closed one, or to its card; of a sweep all ports asked.
  #drawRefusal({ client, server, ports, at, card }, { now, merged }) {
    if (now - at > refusedMs) return;
    this.#wake(1000);
    const { context, cell } = this;
    context.strokeStyle = context.fillStyle = this.#colour('--closed');
    context.globalAlpha = ports ? 0.5 : 1;
    for (const [first, last] of ports || []) {
      for (let port = first; port <= last; port = (port | 255) + 1) {
        const { x, y } = this.#place(port);
        context.fillRect(x - cell / 2, y - cell / 2, (Math.min(last, port | 255) - port + 1) * cell, cell);
      }
    }
    context.globalAlpha = 1;
    if (ports) return;
    const from = this.#place(client.port);
    const { x, y } = this.#place(server.port);
    const half = 5 * this.unit;
    context.lineWidth = 2 * this.unit;
    context.setLineDash([6, 4]);
    const to = this.#anchorOf(card, merged);
    if (to) {
      this.#curve(from, to);
    } else {
      context.beginPath();
      context.moveTo(from.x, from.y);
      context.lineTo(x, y);
      context.rect(x - half, y - half, 2 * half, 2 * half);
    }
    context.stroke();
    context.setLineDash([]);
    context.beginPath();
    for (const way of [half, -half]) {
      context.moveTo(from.x - half, from.y - way);
      context.lineTo(from.x + half, from.y + way);
    }
    context.stroke();
  }

  #drawEnded(session, view) {
    const left = 1 - (view.now - session.closed) / timeWaitMs;
    if (left <= 0) return;
    this.#wake(1000);
    const { context } = this;
    const { x, y } = this.#place(session.client.port);
    context.globalAlpha = 0.15 + 0.55 * (this.calm.matches ? Math.ceil(left * 3) / 3 : left);
    this.#drawRing(x, y, 4 * this.unit, '--quiet', 1.5);
    context.globalAlpha = 1;
    this.#places.push({ x, y, id: session.id });
  }

  #drawDot(session, view) {
    const { context } = this;
    const { x, y } = this.#place(session.client.port);
    const strong = session.id === view.newest;
    const radius = (strong ? 7 : this.dense ? 2.5 : 5) * this.unit;
    const colour = this.#colour(colourOf(session.service));
    const age = view.now - session.opened;
    if (age >= 0 && age < pulseMs && !this.dense && !this.calm.matches) {
      context.globalAlpha = 1 - age / pulseMs;
      this.#drawRing(x, y, radius + 14 * (age / pulseMs), colourOf(session.service), 2);
      context.globalAlpha = 1;
      this.#wake(16);
    }
    trace(context, session.service, x, y, radius);
    context.lineWidth = this.dense && !strong ? 1 : session.transport === 'udp' ? 2.5 : 1.5;
    context.fillStyle = session.transport === 'udp' ? this.#colour('--surface') : colour;
    context.strokeStyle = session.transport === 'udp' ? colour : this.#colour('--surface');
    context.fill();
    context.stroke();
    this.#places.push({ x, y, id: session.id });
  }

  /// Above all dots: whose session it is, if the page knows.
  #drawOwner(session, { facts }) {
    const word = isThisPage(session, facts) ? 'you' : labelOf(session);
    const { x, y } = this.#place(session.client.port);
    if (word) this.#drawWord(word, x, y);
    else if (!this.dense && isYours(session, facts)) this.#drawRing(x, y, 8 * this.unit, '--ink', 1);
  }

  #drawRing(x, y, radius, colour, width) {
    const { context } = this;
    context.strokeStyle = this.#colour(colour);
    context.lineWidth = width;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.stroke();
  }

  /// A word beside a dot.
  #drawWord(word, x, y) {
    const { context } = this;
    const radius = 8.5 * this.unit;
    this.#drawRing(x, y, radius, '--ink', 1.5);
    context.font = `600 ${13 * this.unit}px system-ui, sans-serif`;
    const right = x + radius + 5 + context.measureText(word).width < this.origin.x + 256 * this.cell;
    context.textAlign = right ? 'left' : 'right';
    context.textBaseline = 'middle';
    const at = right ? x + radius + 5 : x - radius - 5;
    context.lineWidth = 4;
    context.lineJoin = 'round';
    context.strokeStyle = this.#colour('--surface');
    context.strokeText(word, at, y);
    context.fillStyle = this.#colour('--ink');
    context.fillText(word, at, y);
  }

  #drawMark(session) {
    const { x, y } = this.#place(session.client.port);
    const radius = 12 * this.unit;
    this.#drawRing(x, y, radius, '--surface', 5);
    this.#drawRing(x, y, radius, '--ink', 2.5);
  }

  /// The session whose dot or line is near a place of the stage; 0: none.
  sessionAt(x, y, view) {
    let best = 0;
    let distance = 12;
    for (const place of this.#places) {
      const far = Math.hypot(place.x - x, place.y - y);
      if (far <= distance) [best, distance] = [place.id, far];
    }
    if (best || this.narrow) return best;
    // A line: is the place on its curve, 8 pixels wide? Nothing is drawn.
    const { context } = this;
    for (const session of view.sessions.slice(-drawnMax).reverse()) {
      const to = this.#anchorOf(cardKey(session), view.merged);
      if (!to || (session.transport === 'udp' && view.now - session.touched > flowMs)) continue;
      this.#curve(this.#place(session.client.port), to);
      context.lineWidth = 8;
      if (context.isPointInStroke(x * this.scale, y * this.scale)) return session.id;
    }
    return 0;
  }
}
