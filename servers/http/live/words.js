// What the page says about ports and sessions, in words.

export const rangeOf = (port) => (port < 1024 ? 'well-known' : port < 49152 ? 'registered' : 'dynamic');

export const number = (value) => value.toLocaleString('en');

export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

export const hostOf = (address) => (address.includes(':') ? `[${address}]` : address);

export const endpoint = (end) => `${hostOf(end.address)}:${end.port}`;

export const same = (a, b) => a.address === b.address && a.port === b.port;

export function bytes(count) {
  if (count < 1000) return `${count} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let unit = -1;
  do {
    count /= 1000;
    unit += 1;
  } while (count >= 999.5 && unit < 3);
  return `${count < 10 ? count.toFixed(1) : Math.round(count)} ${units[unit]}`;
}

export function age(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds / 60) % 60} min`;
}

export function timeOf(ms) {
  const date = new Date(ms);
  const two = (value) => String(value).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${Math.floor(date.getMilliseconds() / 100)}`;
}

export const stateOf = (session) => (session.closed ? 'closed' : session.transport === 'udp' ? 'flow' : 'open');

const streamPath = /^GET \/api\/events(\?\S*)? /;

/// Whether the session is the stream of somebody's live page.
export const isStream = (session) => streamPath.test(session.note);

/// The label that the owner of a live page typed: a part of its stream's request. Empty: none.
export function labelOf(session) {
  const found = streamPath.exec(session.note);
  if (!found || !found[1]) return '';
  return (new URLSearchParams(found[1]).get('label') || '').slice(0, 20);
}

export const isThisPage = (session, facts) =>
  facts !== null && session.transport === 'tcp' && same(session.client, facts.you) && same(session.server, facts.me);

const isLoopback = (address) => address.startsWith('127.') || address === '::1';

/// Whether the address is of the machine on which portlabd runs.
const isOwn = (address, facts) => isLoopback(address) || facts.addresses.includes(address);

/// From the viewer's machine; on loopback that would be every session.
export const isYours = (session, facts) =>
  facts !== null && !isLoopback(facts.you.address) && session.client.address === facts.you.address;

/// Who chose the client's port, as far as it can be known.
function clientPortWords(session, facts) {
  const { port, address } = session.client;
  const range = facts.ephemeral;
  if (!isOwn(address, facts)) return `The client's system picked port ${port}.`;
  if (!range) return `Port ${port} is the client's.`;
  if (port >= range.first && port <= range.last) return `The client's system picked port ${port} from ${range.first}–${range.last}.`;
  return `The client asked for port ${port}: this system picks from ${range.first}–${range.last} only.`;
}

function defaultPortOf(service, facts) {
  const known = facts.services.find((one) => one.name === service);
  return known ? known.default_port : 0;
}

function serverPortWords(session, facts) {
  if (session.service === 'ftp-data') return 'This is the second connection of an FTP session: it carries the files.';
  if (session.outgoing) return `This machine made the connection, for session ${session.parent}.`;
  const usual = defaultPortOf(session.service, facts);
  if (!usual) return `Port ${session.server.port} is ${rangeOf(session.server.port)}.`;
  if (usual === session.server.port) return `${usual} is ${session.service}'s default port.`;
  return `${session.service}'s default port is ${usual}. Here it is on ${session.server.port}.`;
}

/// The newest session, in a few words.
export function shortWords(session, facts) {
  const who = isThisPage(session, facts) ? 'this page' : labelOf(session);
  const what = isStream(session) ? 'the stream of a live page' : session.note || 'no request yet';
  return [[who, session.service, what, session.closed ? 'closed' : ''].filter(Boolean).join(' · '),
    `${clientPortWords(session, facts)} ${serverPortWords(session, facts)}`];
}

/// All about one session.
export function longWords(session, facts, now) {
  const { client, server } = session;
  const kind = session.transport === 'udp' ? 'UDP flow: datagrams without a connection' : 'TCP connection';
  const end = session.closed ? ', closed' : '';
  const whose = isThisPage(session, facts) ? ' It is the stream of this page.'
    : isStream(session) ? ' It is the stream of a live page.' : '';
  return [
    `${session.service} · ${kind}${end} · ${session.note || 'no request yet'}`,
    `${clientPortWords(session, facts)} ${serverPortWords(session, facts)}${whose}`,
    `The client's port is ${rangeOf(client.port)}, the server's is ${rangeOf(server.port)}. Both addresses, both ports and ` +
      `${session.transport} tell this session apart from all others.`,
    `Number ${session.id} · ${age((session.closed || now) - session.opened)} · ${session.closed ? '' : 'at least '}${bytes(session.bytesIn)} in, ${bytes(session.bytesOut)} out`,
  ];
}

export function refusalWords({ client, server, sweep, times }) {
  if (!sweep) return `nothing listens on ${server.transport} ${server.port}${times > 1 ? ` (${number(times)} times)` : ''}`;
  return `${hostOf(client.address)} asked ${plural(sweep.ports, 'closed port')}, ${sweep.first}–${sweep.last}`;
}

const kinds = {
  session_opened: ['+', 'opened'],
  session_noted: ['·', 'request'],
  session_closed: ['−', 'closed'],
  short_sessions: ['±', 'short'],
  listener_opened: ['▲', 'listens'],
  listener_closed: ['▼', 'stops listening'],
  listener_moved: ['→', 'moved'],
  refused: ['×', 'refused'],
  missed: ['…', 'not shown'],
  snapshot: ['↻', 'read again'],
};

export const eventKind = (event) => kinds[event.kind] || ['?', event.kind];
