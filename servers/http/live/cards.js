// The cards: a listener, or a port on which nothing listens any more, or the far end of a further
// connection. Listeners of the same service and port (tcp and udp, several addresses) are one card.

import { lingerMs, portKey } from './model.js';
import { shapeElement, colourOf } from './shapes.js';
import { number, plural } from './words.js';

const closedMax = 3;

/// The cards of a state, by their key, in the order of their ports.
export function cardsOf(state, sessions, now) {
  const cards = new Map();
  const card = (key, kind, service, port) => {
    if (!cards.has(key)) {
      cards.set(key, { key, kind, service, port, transports: new Set(), tcp: 0, udp: 0 });
    }
    return cards.get(key);
  };
  for (const listener of state.listeners.values()) {
    const one = card(portKey(listener.service, listener.port), 'open', listener.service, listener.port);
    one.transports.add(listener.transport);
    one.movedFrom ||= listener.movedFrom;
    one.defaultPort = listener.defaultPort;
    one.argument = listener.argument;
  }
  const gone = [...state.gone].filter(([key]) => !cards.has(key)).sort((a, b) => b[1].at - a[1].at);
  for (const [key, listener] of gone.slice(0, closedMax)) {
    const one = card(key, 'closed', listener.service, listener.port);
    one.transports.add(listener.transport);
    one.movedTo = listener.movedTo;
    one.refused = listener.refused;
  }
  const ended = [...state.ended.values()].filter((s) => s.service === 'ftp-data' && now - s.closed < lingerMs);
  for (const session of [...sessions, ...ended]) {
    const one = card(cardKey(session), session.service === 'ftp-data' ? 'data' : 'further', session.service, session.server.port);
    one[session.transport] += 1;
    one.transports.add(session.transport);
    if (session.outgoing) one.address = session.server.address;
  }
  return [...cards.values()].sort((a, b) => a.port - b.port || (a.service < b.service ? -1 : 1));
}

/// The card to which a session belongs.
export function cardKey(session) {
  const key = portKey(session.service, session.server.port);
  return session.outgoing ? `${key} at ${session.server.address}` : key;
}

/// At most `max` cards. What is left out has one card together: further connections first.
export function fit(cards, max) {
  if (cards.length <= max) return { shown: cards, merged: new Map() };
  const rank = { open: 0, closed: 1, data: 2, further: 3 };
  const byRank = [...cards].sort((a, b) => rank[a.kind] - rank[b.kind] || a.port - b.port);
  const rest = byRank.slice(max - 1);
  const kept = new Set(byRank.slice(0, max - 1));
  const more = { key: 'more', kind: 'more', service: '', port: 0, transports: new Set(), tcp: 0, udp: 0, count: rest.length };
  rest.forEach((one) => {
    more.tcp += one.tcp;
    more.udp += one.udp;
  });
  return { shown: [...cards.filter((one) => kept.has(one)), more], merged: new Map(rest.map((one) => [one.key, 'more'])) };
}

function countWords(card) {
  const words = [];
  if (card.tcp || !card.udp) words.push(plural(card.tcp, 'session'));
  if (card.udp) words.push(plural(card.udp, 'flow'));
  return words.join(', ');
}

function wordsOf(card) {
  const counts = countWords(card);
  switch (card.kind) {
    case 'closed':
      return [card.refused && `${number(card.refused)} refused`, `${card.service} ${card.movedTo ? `moved to ${card.movedTo}` : 'stopped'}`,
        card.tcp && `${number(card.tcp)} open`].filter(Boolean).join(' · ');
    case 'data': return card.address ? `second port of ftp, at ${card.address}` : 'second port of ftp';
    case 'further': return card.address ? `at ${card.address} · ${counts}` : counts;
    case 'more': return counts;
    default: {
      const from = card.movedFrom && card.movedFrom !== card.port ? `moved from ${card.movedFrom}`
        : card.defaultPort && card.defaultPort !== card.port ? `default port ${card.defaultPort}`
          : [...card.transports].sort().join(' ');
      return `${from} · ${counts}`;
    }
  }
}

const titleOf = (card) =>
  card.kind === 'closed' ? 'closed' : card.kind === 'more' ? `${card.count} more ports` : card.service === 'ftp-data' ? 'ftp data' : card.service;

export function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

export function span(name, words, kind = 'span') {
  const element = document.createElement(kind);
  element.className = name;
  element.textContent = words;
  return element;
}

/// The list of cards in the document.
export class CardList {
  #elements = new Map(); // key → element
  #places = ''; // all cards, to see whether their places may have changed

  constructor(list, select) {
    this.list = list;
    list.addEventListener('click', (event) => {
      const button = event.target.closest('button');
      if (button) select(button.dataset.filter);
    });
  }

  /// True: cards came, went or moved.
  show(cards) {
    for (const [key, element] of this.#elements) {
      if (cards.some((card) => card.key === key)) continue;
      element.remove();
      this.#elements.delete(key);
    }
    cards.forEach((card, i) => {
      const element = this.#elements.get(card.key) || this.#make(card);
      if (this.list.children[i] !== element) this.list.insertBefore(element, this.list.children[i] || null);
      const button = element.firstChild;
      const kind = `card ${card.kind}`;
      if (button.className !== kind) button.className = kind;
      const [, , title, words] = button.children;
      text(title, titleOf(card));
      text(words, wordsOf(card));
    });
    const before = this.#places;
    this.#places = cards.map((card) => card.key + card.kind).join();
    return this.#places !== before;
  }

  #make(card) {
    const item = document.createElement('li');
    const button = span('', '', 'button');
    button.type = 'button';
    button.dataset.filter = !card.port ? '' : `${card.service} ${card.port}`;
    button.style.setProperty('--colour', `var(${colourOf(card.service)})`);
    const more = card.kind === 'more';
    button.append(span('port', more ? '…' : card.port), more ? span('shape', '') : shapeElement(card.service), span('title', ''), span('words', ''));
    item.append(button);
    this.#elements.set(card.key, item);
    return item;
  }

  elementOf(key) { return this.#elements.get(key); }
}
