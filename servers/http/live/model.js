// What the page knows: listeners, sessions, and the events that changed them.
//
// A state has five maps. An event stores, for each key that it changed, the value before and after,
// so that it can be undone and done again: that is how the page steps through time. Values are
// never changed in place.

export const eventsMax = 10000;
const endedMax = 500;
export const timeWaitMs = 60000; // Linux keeps TIME_WAIT for 60 s
export const refusedMs = 6000;
export const lingerMs = 4000; // a port of FTP that was open for less than a batch can be seen

// sessions: by id, the oldest first; ended: TCP sessions that closed in the last minute; listeners: by listenerKey;
// gone: listeners that closed, by portKey; refused: attempts of the last seconds.
const maps = ['sessions', 'ended', 'listeners', 'gone', 'refused'];
const copyOf = (state) => Object.fromEntries([['at', state.at], ...maps.map((map) => [map, new Map(state[map])])]);
const emptyState = () => copyOf({ at: 0 });

function set(map, key, value) {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

const redo = (state, event) => event.changes.forEach(([map, key, , after]) => set(state[map], key, after));

function undo(state, event) {
  for (let i = event.changes.length; i-- > 0;) {
    const [map, key, before] = event.changes[i];
    set(state[map], key, before);
  }
}

/// A session of the API: `client` is the end that made the connection.
function sessionOf(row, at) {
  const outgoing = row.outgoing === true;
  return {
    id: row.id,
    service: row.service,
    transport: row.local.transport,
    client: outgoing ? row.local : row.remote,
    server: outgoing ? row.remote : row.local,
    outgoing,
    parent: row.belongs_to || 0,
    opened: at - row.age_seconds * 1000,
    touched: at,
    bytesIn: row.bytes_in,
    bytesOut: row.bytes_out,
    note: row.note,
    closed: 0,
  };
}

const listenerOf = (row) => ({
  service: row.service,
  transport: row.endpoint.transport,
  address: row.endpoint.address,
  port: row.endpoint.port,
  defaultPort: row.home_port,
  accepted: row.accepted,
  argument: row.argument || '',
  movedFrom: 0,
});

const listenerKey = (l) => `${l.service} ${l.transport} ${l.address} ${l.port}`;
export const portKey = (service, port) => `${service} ${port}`;

const sameSession = (a, b) =>
  a.service === b.service && a.client.address === b.client.address && a.client.port === b.client.port &&
  a.server.address === b.server.address && a.server.port === b.server.port;

export class Model {
  head = emptyState(); // as it is now
  past = null; // while paused: as it was after events[cursor - 1]
  events = []; // the newest last
  cursor = 0;
  refused = 0; // attempts
  facts = null; // of the last snapshot: host, addresses, range, you, services
  #dropped = false; // events that `past` was based on are gone

  get state() { return this.past || this.head; }
  get paused() { return this.past !== null; }
  /// The events up to the one that is shown.
  get shownEvents() { return this.paused ? this.events.slice(0, this.cursor) : this.events; }

  snapshot(data) {
    const first = this.facts === null;
    this.facts = data;
    this.head.at = data.at;
    const sessions = new Map(data.sessions.map((row) => [row.id, sessionOf(row, data.at)]));
    const listeners = new Map(data.listeners.map(listenerOf).map((l) => [listenerKey(l), l]));
    const changes = [];
    for (const [id, before] of this.head.sessions) {
      const now = sessions.get(id);
      if (!now) changes.push(['sessions', id, before, undefined]);
      else if (sameSession(before, now) && before.note === now.note) sessions.delete(id);
    }
    for (const [id, now] of sessions) changes.push(['sessions', id, this.head.sessions.get(id), now]);
    // A server that has started again counts from 1: these numbers may be those of other sessions now.
    for (const [id, before] of this.head.ended) changes.push(['ended', id, before, undefined]);
    for (const [key, before] of this.head.listeners) {
      if (!listeners.has(key)) changes.push(['listeners', key, before, undefined]);
    }
    for (const [key, now] of listeners) {
      const before = this.head.listeners.get(key);
      if (before) now.movedFrom = before.movedFrom;
      changes.push(['listeners', key, before, now]);
      const gone = portKey(now.service, now.port);
      if (this.head.gone.has(gone)) changes.push(['gone', gone, this.head.gone.get(gone), undefined]);
    }
    const event = { at: data.at, kind: first ? 'first' : 'snapshot', changes };
    redo(this.head, event);
    if (first) return;
    // A large difference is not worth its memory.
    if (changes.length > 2000) {
      this.events = [];
      this.#dropped = true;
      event.changes = [];
    }
    this.#record(event);
  }

  /// A batch of changes. Returns the events that it became.
  apply(batch) {
    this.head.at = batch.at;
    const news = [];
    for (const change of batch.changes) {
      const event = this.#eventOf(change, batch.at);
      if (!event) continue;
      redo(this.head, event);
      if (change.sweep) this.#join(event);
      this.#record(event);
      news.push(event);
    }
    const { missed: changes = 0, refusals_missed: refusals = 0 } = batch;
    this.refused += refusals;
    if (changes + refusals) this.#record({ at: batch.at, kind: 'missed', missed: changes + refusals, changes: [] });
    this.#forgetEnded();
    return news;
  }

  #eventOf(change, at) {
    const { sessions, listeners, gone } = this.head;
    const event = { at, kind: change.kind, changes: [] };
    const put = (map, key, after) => event.changes.push([map, key, this.head[map].get(key), after]);
    if (change.kind === 'session_opened') {
      if (sessions.has(change.session.id)) return null;
      event.session = sessionOf(change.session, at);
      put('sessions', event.session.id, event.session);
    } else if (change.kind === 'session_noted' || change.kind === 'session_closed') {
      const before = sessions.get(change.id);
      if (!before) return null;
      const closed = change.kind === 'session_closed' ? at : 0;
      event.times = change.times || 1;
      event.session = { ...before, touched: at, note: change.note, bytesIn: change.bytes_in, bytesOut: change.bytes_out, closed };
      put('sessions', change.id, closed ? undefined : event.session);
      // A flow has no end to wait for.
      if (closed && before.transport === 'tcp') put('ended', change.id, event.session);
    } else if (change.kind === 'short_sessions') {
      event.listener = { service: change.service, ...change.server };
      event.count = change.sessions;
    } else if (change.kind === 'refused') {
      const { sweep, times } = change;
      this.refused += times;
      const key = sweep ? `sweep ${sweep.id}` : this.refused;
      const before = this.head.refused.get(key);
      const [card, shut] = (!sweep && [...gone].findLast(([name, one]) => one.port === change.server.port &&
        ![...listeners.values()].some((l) => portKey(l.service, l.port) === name))) || [];
      event.refusal = { ...change, at, card, ports: sweep && [...(before?.ports || []), ...sweep.new_ports] };
      put('refused', key, event.refusal);
      if (shut) put('gone', card, { ...shut, refused: (shut.refused || 0) + times });
    } else {
      const listener = listenerOf(change.listener);
      const key = listenerKey(listener);
      const card = portKey(listener.service, listener.port);
      const known = listeners.get(key);
      event.listener = listener;
      if (change.kind === 'listener_closed') {
        if (!known) return null;
        put('listeners', key, undefined);
        put('gone', card, { ...listener, at, movedTo: 0 });
      } else {
        if (known) listener.movedFrom = known.movedFrom;
        if (change.kind === 'listener_moved') {
          const from = change.moved_from.port;
          event.movedFrom = from;
          listener.movedFrom = from;
          const oldKey = listenerKey({ ...listener, address: change.moved_from.address, port: from });
          put('listeners', oldKey, undefined);
          put('gone', portKey(listener.service, from), { ...listener, port: from, at, movedTo: listener.port });
        }
        put('listeners', key, listener);
        if (gone.has(card)) put('gone', card, undefined);
      }
    }
    return event;
  }

  /// A sweep is one event, as long as it goes on.
  #join(event) {
    const i = this.paused ? -1 : this.events.findLastIndex((one) => one.refusal?.sweep?.id === event.refusal.sweep.id);
    if (i < 0) return;
    const [{ changes: [[, , before]] }] = this.events.splice(i, 1);
    event.changes[0][2] = before;
  }

  #record(event) {
    this.events.push(event);
    if (this.events.length <= eventsMax + 1000) return;
    this.events.splice(0, 1000);
    this.cursor -= 1000;
    if (this.cursor < 0) this.#dropped = true;
  }

  #forgetEnded() {
    for (const [id, session] of this.head.ended) {
      if (this.head.ended.size <= endedMax && this.head.at - session.closed < timeWaitMs) break;
      this.head.ended.delete(id);
    }
    for (const [key, one] of this.head.refused) if (this.head.at - one.at > refusedMs) this.head.refused.delete(key);
  }

  pause() {
    if (this.paused) return;
    this.past = copyOf(this.head);
    this.cursor = this.events.length;
    this.#dropped = false;
  }

  resume() { this.past = null; }

  /// One event back (-1) or forward (1). False: there is none.
  step(direction) {
    if (!this.paused) this.pause();
    if (this.#dropped) this.#rebuild();
    const event = this.events[direction < 0 ? this.cursor - 1 : this.cursor];
    if (!event) return false;
    (direction < 0 ? undo : redo)(this.past, event);
    this.cursor += direction;
    const shown = this.events[this.cursor - 1];
    this.past.at = shown ? shown.at : event.at;
    return true;
  }

  /// The state before the oldest event that is still known.
  #rebuild() {
    this.past = copyOf(this.head);
    for (let i = this.events.length; i-- > 0;) undo(this.past, this.events[i]);
    this.cursor = 0;
    this.#dropped = false;
  }
}
