// Puts the page together: the stream changes the model, and the model is shown at most once for each
// frame. Text from the network is set as textContent, never as HTML.

import { CardList, cardsOf, fit, span, text } from './cards.js';
import { Ladder, SessionTable } from './lists.js';
import { Model } from './model.js';
import { colourOf } from './shapes.js';
import { drawnMax, Square } from './square.js';
import { Stream } from './stream.js';
import { endpoint, hostOf, isStream, longWords, number, plural, shortWords } from './words.js';

const at = (id) => document.getElementById(id);

const newestMs = 400; // the newest session stays at least this long
const listsMs = 500; // between two updates of the table
const announceMs = 5000;
const denseMs = 250; // between two drawings of many sessions

document.documentElement.classList.toggle('projector', new URLSearchParams(location.search).has('projector'));

const model = new Model();
let connection = 'connecting';
let selected = 0;
let newest = { id: 0, since: 0 };
let clockOffset = 0; // the server's clock minus this one
let listsAt = 0;
let announcedAt = 0;
let unannounced = { opened: 0, closed: 0 };
let view = null;

const serverNow = () => (model.paused ? model.state.at : Date.now() + clockOffset);

// ---- selection

function lists() {
  listsAt = 0;
  update();
}

function select(id) {
  selected = id === selected ? 0 : id;
  lists();
}

const cards = new CardList(at('cards'), (filter) => {
  at('filter').value = filter;
  lists();
  at('sessions').scrollIntoView({ block: 'start' });
});
const square = new Square(at('stage'), at('square'), at('drawing'), cards);
const ladder = new Ladder(at('events'), select);
const table = new SessionTable({ head: at('columns'), body: at('rows'), more: at('more'), found: at('found') }, select, lists);

at('stage').addEventListener('click', (event) => {
  if (event.target.closest('button') || !view) return;
  const stage = at('stage').getBoundingClientRect();
  const id = square.sessionAt(event.clientX - stage.left, event.clientY - stage.top, view);
  if (id || selected) select(id || selected);
});
at('unselect').addEventListener('click', () => {
  select(selected);
  at('pause').focus();
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && selected) select(selected);
});

// ---- what is shown

const hides = (session) => at('hide').checked && isStream(session);

function showHeader(state, sessions) {
  const { facts } = model;
  text(at('host'), `${facts.host} ${facts.me.address}`);
  at('host').title = facts.addresses.join(', ');
  const before = Number(sessionStorage.getItem('port-before'));
  const reload = before && before !== facts.you.port ? ` (before: ${before})` : '';
  text(at('you'), `you are ${facts.you.address}, port ${facts.you.port}${reload}`);
  const flows = sessions.filter((s) => s.transport === 'udp').length;
  const ports = new Set([...state.listeners.values()].map((l) => `${l.service} ${l.port}`)).size;
  text(at('counts'), [plural(ports, 'listener'), plural(sessions.length - flows, 'session'),
    flows ? plural(flows, 'flow') : '', model.refused ? `${number(model.refused)} refused` : ''].filter(Boolean).join(' · '));
  const { reason } = facts.refusals;
  text(at('refusals'), reason ? `Refusals can’t be seen from here: ${reason}.`
    : 'A dashed red line is a refused attempt: nothing listens on that port, or a firewall answers so.');
  const range = facts.ephemeral;
  text(at('ephemeral'), range ? `↑ this machine picks from ${range.first}–${range.last}` : '');
  if (range) at('ephemeral').style.setProperty('--end', `${(range.last >> 8) / 2.56}%`);
  text(at('drawn'), sessions.length > drawnMax
    ? `the newest ${drawnMax} of ${number(sessions.length)} have a line; the others are points` : '');
}

function showState() {
  const word = connection === 'live' && model.paused ? 'paused' : connection;
  const state = at('state');
  if (state.className !== word) state.className = word;
  text(at('state-word'), word);
}

/// Keeps the newest session for a moment, so that it can be read.
function chooseNewest(sessions, now) {
  // It may have closed already.
  const ended = [...model.state.ended.values()].filter((s) => !hides(s));
  const latest = (list) => list.reduce((last, s) => (last && last.id > s.id ? last : s), undefined);
  const last = latest([...sessions, ...ended].filter((s) => !isStream(s))) || latest(sessions);
  const current = last?.id || 0;
  if (model.paused) return current;
  if (current !== newest.id && now - newest.since >= newestMs) newest = { id: current, since: now };
  else if (current !== newest.id) setTimeout(update, newestMs);
  return newest.id;
}

function tupleParts(session) {
  const port = (name, end) => span(name, end.port, 'b');
  const { client, server } = session;
  return [`${hostOf(client.address)}:`, port('', client), ` → ${hostOf(server.address)}:`, port('server', server)];
}

let shownWords = '';
function showFocus(state, newestId, now) {
  const find = (id) => state.sessions.get(id) || state.ended.get(id);
  const chosen = selected ? find(selected) : null;
  const session = chosen || find(newestId);
  text(at('focus-title'), selected ? (chosen ? 'Selected session' : 'The selected session is gone; the newest one:') : 'Newest session');
  at('unselect').hidden = !selected;
  at('focus').classList.toggle('chosen', Boolean(chosen));
  if (!session) {
    if (!newestId) {
      text(at('tuple'), 'no session yet');
      text(at('words'), '');
      shownWords = '';
    }
    return;
  }
  const tuple = `${endpoint(session.client)} → ${endpoint(session.server)}`;
  if (at('tuple').textContent !== tuple) {
    at('tuple').replaceChildren(...tupleParts(session));
    at('tuple').style.setProperty('--chars', tuple.length);
  }
  at('tuple').style.setProperty('--colour', `var(${colourOf(session.service)})`);
  const lines = chosen ? longWords(session, model.facts, now) : shortWords(session, model.facts);
  const words = at('words');
  if (shownWords !== lines.join('\n')) {
    shownWords = lines.join('\n');
    words.replaceChildren(...lines.map((line) => span('', line)));
  }
}

function showLists(state, sessions, now) {
  const events = model.shownEvents;
  ladder.show(events, selected);
  at('back').disabled = events.length === 0;
  at('forward').disabled = !model.paused || model.cursor >= model.events.length;
  text(at('place'), model.paused ? `event ${number(model.cursor)} of ${number(model.events.length)}; new ones arrive`
    : `${number(model.events.length)} events since this page opened`);
  const rows = [...sessions, ...[...state.ended.values()].filter((s) => !hides(s) && now - s.closed < 60000)];
  table.show(rows, { filter: at('filter').value, names: at('names').checked, facts: model.facts, selected, now });
}

function render() {
  frame = 0;
  renderedAt = performance.now();
  showState();
  if (!model.facts) return;
  const { state } = model;
  const now = serverNow();
  let sessions = [...state.sessions.values()];
  if (at('hide').checked) sessions = sessions.filter((s) => !hides(s));
  const newestId = chooseNewest(sessions, now);
  const all = cardsOf(state, sessions, now);
  const max = Math.max(3, Math.floor(at('square').clientHeight / (square.rem * (square.big ? 4.4 : 3.25))));
  const { shown, merged } = fit(all, square.narrow ? Infinity : max);
  if (cards.show(shown) || square.stale) {
    square.measure();
    square.stale = false;
  }
  showHeader(state, sessions);
  showFocus(state, newestId, now);
  view = { sessions, merged, facts: model.facts, selected, newest: newestId, now, hides };
  const next = square.draw(state, view);
  clearTimeout(later);
  const wait = performance.now() - listsAt;
  if (wait >= listsMs) {
    listsAt = performance.now();
    showLists(state, sessions, now);
  }
  const soon = Math.min(next, model.paused ? Infinity : 1000);
  if (soon <= 16) update();
  else if (soon < Infinity || wait < listsMs) later = setTimeout(update, Math.min(soon, wait < listsMs ? listsMs - wait : soon));
}

let frame = 0;
let later = 0;
let renderedAt = 0;
function update() {
  if (frame) return;
  const wait = square.dense ? denseMs - (performance.now() - renderedAt) : 0;
  if (wait <= 0) {
    frame = requestAnimationFrame(render);
  } else {
    clearTimeout(later);
    later = setTimeout(update, wait);
  }
}

function remeasure() {
  square.stale = true;
  update();
}
square.stale = true;
new ResizeObserver(remeasure).observe(at('stage'));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', remeasure);

// ---- announcements

const announce = (words) => text(at('announcement'), words);

function announceEvents(events) {
  for (const event of events) {
    if (event.kind === 'session_opened') unannounced.opened += 1;
    if (event.kind === 'session_closed') unannounced.closed += 1;
    if (event.kind === 'listener_moved') {
      announce(`${event.listener.service} moved from port ${event.movedFrom} to port ${event.listener.port}`);
      announcedAt = Date.now();
    }
  }
  const { opened, closed } = unannounced;
  if (opened + closed === 0 || Date.now() - announcedAt < announceMs) return;
  announce(`${opened} opened, ${closed} closed; ${plural(model.head.sessions.size, 'session')} open`);
  announcedAt = Date.now();
  unannounced = { opened: 0, closed: 0 };
}

// ---- the stream

const stream = new Stream({
  snapshot(data) {
    clockOffset = data.at - Date.now();
    model.snapshot(data);
    rememberPort(data.you.port);
    update();
  },
  changes(data) {
    clockOffset = data.at - Date.now();
    announceEvents(model.apply(data));
    update();
  },
  state(word) {
    if (word !== connection && (word !== 'live' || connection === 'reconnecting')) {
      announce(word === 'live' ? 'connected again' : 'the connection is lost; reconnecting');
    }
    connection = word;
    update();
  },
});

/// A reload takes another port: the page shows the one before.
function rememberPort(port) {
  const now = sessionStorage.getItem('port-now');
  if (now && Number(now) !== port) sessionStorage.setItem('port-before', now);
  sessionStorage.setItem('port-now', port);
}

// ---- controls

function showPause() {
  at('pause').setAttribute('aria-pressed', model.paused);
  lists();
}

at('pause').addEventListener('click', () => {
  if (model.paused) model.resume();
  else model.pause();
  showPause();
});

function step(direction) {
  model.step(direction);
  showPause();
}
at('back').addEventListener('click', () => step(-1));
at('forward').addEventListener('click', () => step(1));
document.querySelector('#ladder .tools').addEventListener('keydown', (event) => {
  if (event.key === 'ArrowLeft') step(-1);
  else if (event.key === 'ArrowRight' && model.paused) step(1);
  else return;
  event.preventDefault();
});

for (const id of ['names', 'hide']) at(id).addEventListener('change', lists);
at('filter').addEventListener('input', lists);
at('filter').addEventListener('change', () => announce(at('found').textContent));

at('label-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const label = at('label').value.trim();
  sessionStorage.setItem('label', label);
  stream.open(label);
});
at('label').value = sessionStorage.getItem('label') || '';

stream.open(at('label').value);
