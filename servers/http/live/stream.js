// The stream of events from the server. It reconnects by itself, and notices a connection that is
// silent although the server sends something every few seconds.

const silenceMs = 15000;
const retryMs = 1500;

export class Stream {
  #source = null;
  #timer = 0;
  #label = '';

  /// `on`: { snapshot(data), changes(data), state(word) }
  constructor(on) { this.on = on; }

  open(label = this.#label) {
    this.#label = label;
    this.close();
    const query = label ? `?label=${encodeURIComponent(label)}` : '';
    const source = new EventSource(`/api/events${query}`);
    this.#source = source;
    source.addEventListener('snapshot', (event) => {
      this.on.snapshot(JSON.parse(event.data));
      this.on.state('live');
      this.#watch();
    });
    source.addEventListener('changes', (event) => {
      this.on.changes(JSON.parse(event.data));
      this.#watch();
    });
    source.addEventListener('error', () => this.#again());
    this.#watch();
  }

  close() {
    clearTimeout(this.#timer);
    if (this.#source) this.#source.close();
    this.#source = null;
  }

  #watch() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#again(), silenceMs);
  }

  #again() {
    this.close();
    this.on.state('reconnecting');
    this.#timer = setTimeout(() => this.open(), retryMs);
  }
}
