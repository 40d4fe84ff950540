/** The cloud's clock in the hands of a test. A new universe brings its own time: hold it after that. */
export class Clock {
  #headwater;

  constructor(headwater) {
    this.#headwater = headwater;
  }

  async now() {
    return new Date((await this.#headwater.time()).now);
  }

  /** From now on time moves only when told. */
  freeze() {
    return this.#headwater.setMode("frozen");
  }

  /** From now on time jumps to the next timer whenever nothing is running. */
  auto() {
    return this.#headwater.setMode("auto");
  }

  /** From now on time goes on by itself, from where it stands. */
  real() {
    return this.#headwater.setMode("real");
  }

  /** Move on by "7d" or so; all that comes due runs, in order, to the end of what it causes. */
  advance(duration) {
    return this.#headwater.advance(duration);
  }
}
