// The table of sessions, and the ladder of the last events.

import { span, text } from './cards.js';
import { colourOf, shapeElement } from './shapes.js';
import { age, bytes, endpoint, eventKind, hostOf, isThisPage, labelOf, plural, number, refusalWords, stateOf, timeOf } from './words.js';

const ladderMax = 12;
const pageRows = 100;

const cell = (words, name = '') => span(name, words, 'td');

function serviceCell(service, hollow) {
  const element = cell('', 'service');
  element.style.setProperty('--colour', `var(${colourOf(service)})`);
  element.append(shapeElement(service, hollow), ` ${service}`);
  return element;
}

/// Both ends, as the ladder shows them, of an event.
function endsOf(event) {
  const both = event.session || event.refusal;
  if (both) return [endpoint(both.client), endpoint(both.server)];
  const { listener } = event;
  if (!listener) return ['', ''];
  return [event.movedFrom ? `from ${event.movedFrom}` : '', `${hostOf(listener.address)}:${listener.port}`];
}

function noteOf(event) {
  if (event.kind === 'missed') return `${number(event.missed)} events were too many to show`;
  if (event.refusal) return refusalWords(event.refusal);
  if (event.count) return `${plural(event.count, 'more session')} opened and closed`;
  if (event.kind === 'snapshot') return 'the whole list was read again';
  if (!event.session) return '';
  return event.times > 1 ? `${event.session.note} (the last of ${number(event.times)})` : event.session.note;
}

export class Ladder {
  constructor(body, select) {
    this.body = body;
    body.addEventListener('click', (event) => {
      const row = event.target.closest('tr[data-id]');
      if (row) select(Number(row.dataset.id));
    });
  }

  /// The newest event last, and a row marked if it belongs to the selected session.
  show(events, selected) {
    const rows = events.slice(-ladderMax).map((event) => {
      const row = document.createElement('tr');
      const [sign, word] = eventKind(event);
      const source = event.session || event.listener;
      const [client, server] = endsOf(event);
      row.append(cell(timeOf(event.at), 'number'), cell(`${sign} ${word}`, event.kind),
        source ? serviceCell(source.service, source.transport === 'udp') : cell(''),
        cell(client, 'number end'), cell(server ? `→ ${server}` : '', 'number'), cell(noteOf(event), 'note'));
      if (event.session) {
        row.dataset.id = event.session.id;
        row.classList.toggle('selected', event.session.id === selected);
      }
      return row;
    });
    this.body.replaceChildren(...rows);
  }
}

const columns = [
  ['service', 'Service', (s) => s.service],
  ['transport', 'Transport', (s) => s.transport],
  ['client', 'Client', (s) => s.client.address, (s) => s.client.port],
  ['server', 'Server', (s) => s.server.address, (s) => s.server.port],
  ['state', 'State', stateOf],
  ['opened', 'Age', (s) => -s.opened],
  ['bytes', 'Bytes', (s) => s.bytesIn + s.bytesOut],
  ['note', 'Last request', (s) => s.note],
];

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

export class SessionTable {
  #rows = new Map(); // id → row
  #column = 'opened';
  #down = false;
  #max = pageRows;

  constructor({ head, body, more, found }, select, changed) {
    Object.assign(this, { head, body, more, found });
    for (const [key, title] of columns) {
      const column = span('', '', 'th');
      column.scope = 'col';
      column.dataset.key = key;
      const button = span('', title, 'button');
      button.type = 'button';
      button.addEventListener('click', () => {
        this.#down = this.#column === key && !this.#down;
        this.#column = key;
        changed();
      });
      column.append(button);
      head.append(column);
    }
    body.addEventListener('click', (event) => {
      const row = event.target.closest('tr');
      if (row) select(Number(row.dataset.id));
    });
    more.addEventListener('click', () => {
      this.#max += pageRows * 5;
      changed();
    });
  }

  /// The sessions that contain all words of the filter.
  static matching(sessions, filter) {
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return sessions;
    return sessions.filter((s) => {
      const parts = [s.service, s.transport, s.client.address, String(s.client.port), s.server.address, String(s.server.port),
        endpoint(s.client), endpoint(s.server), stateOf(s)].map((part) => part.toLowerCase());
      const said = `${s.note} ${labelOf(s)}`.toLowerCase();
      // A number is a whole port; anything else may be a part.
      return words.every((word) => (/^\d+$/.test(word) ? parts.includes(word) : parts.some((part) => part.includes(word))) ||
        said.includes(word));
    });
  }

  show(sessions, { filter, names, facts, selected, now }) {
    const found = SessionTable.matching(sessions, filter);
    const [, , ...keys] = columns.find(([key]) => key === this.#column);
    const sign = this.#down ? -1 : 1;
    const sorted = [...found].sort((a, b) => {
      for (const key of keys) {
        const order = compare(key(a), key(b));
        if (order) return sign * order;
      }
      return b.id - a.id;
    });
    const shown = sorted.slice(0, this.#max);
    this.found.textContent = (shown.length < sessions.length ? `${number(shown.length)} of ` : '') + plural(sessions.length, 'session') +
      (found.length < sessions.length && shown.length < found.length ? `; ${number(found.length)} match` : '');
    this.more.hidden = shown.length === found.length;
    for (const column of this.head.children) {
      const sorting = column.dataset.key === this.#column ? (this.#down ? 'descending' : 'ascending') : 'none';
      column.setAttribute('aria-sort', sorting);
    }
    const ids = new Set(shown.map((s) => s.id));
    for (const [id, row] of this.#rows) {
      if (ids.has(id)) continue;
      row.remove();
      this.#rows.delete(id);
    }
    let place = this.body.firstChild;
    for (const session of shown) {
      const row = this.#rows.get(session.id) || this.#make(session);
      this.#fill(row, session, { names, facts, selected, now });
      if (row === place) place = place.nextSibling;
      else this.body.insertBefore(row, place);
    }
  }

  #make(session) {
    const row = document.createElement('tr');
    row.dataset.id = session.id;
    const client = cell('', 'number');
    const button = span('link', '', 'button');
    button.type = 'button';
    client.append(button);
    row.append(serviceCell(session.service, session.transport === 'udp'), cell(''), client, cell('', 'number'), cell(''),
      cell('', 'number end'), cell('', 'number end'), cell('', 'note'));
    this.#rows.set(session.id, row);
    return row;
  }

  #fill(row, session, { names, facts, selected, now }) {
    const portName = (end) => {
      const known = names && facts.services.find((one) => one.default_port === end.port);
      return `${hostOf(end.address)}:${known ? known.name : end.port}`;
    };
    const who = isThisPage(session, facts) ? 'this page' : labelOf(session);
    const texts = [null, session.transport, null, portName(session.server), stateOf(session),
      age((session.closed || now) - session.opened), (session.closed ? '' : '≥ ') + bytes(session.bytesIn + session.bytesOut),
      who ? `${who}: ${session.note}` : session.note];
    texts.forEach((words, i) => {
      if (words !== null) text(row.children[i], words);
    });
    const button = row.children[2].firstChild;
    text(button, portName(session.client));
    const chosen = session.id === selected;
    button.setAttribute('aria-pressed', chosen);
    row.classList.toggle('selected', chosen);
    row.classList.toggle('closed', session.closed > 0);
  }
}
