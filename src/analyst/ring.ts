// A fixed-capacity ring of numeric rows in one typed array: O(1) append, no allocation after construction.

export class NumericRing {
  readonly capacity: number;
  readonly #width: number;
  readonly #data: Float64Array;
  #next = 0;
  #total = 0;

  constructor(capacity: number, width: number) {
    this.capacity = capacity;
    this.#width = width;
    this.#data = new Float64Array(capacity * width);
  }

  /** Rows held now. */
  get size(): number {
    return Math.min(this.#total, this.capacity);
  }

  /** Rows ever appended. */
  get total(): number {
    return this.#total;
  }

  /** Begins a row and returns its offset for `set`; the oldest row is overwritten when full. */
  append(): number {
    const offset = this.#next * this.#width;
    this.#next = this.#next + 1 === this.capacity ? 0 : this.#next + 1;
    this.#total++;
    return offset;
  }

  set(offset: number, column: number, value: number): void {
    this.#data[offset + column] = value;
  }

  /** Value of a column `ago` rows before the newest (0 is the newest); NaN beyond what is held. */
  at(column: number, ago: number): number {
    if (!(ago >= 0 && ago < this.size)) return Number.NaN;
    let row = this.#next - 1 - Math.trunc(ago);
    if (row < 0) row += this.capacity;
    return this.#data[row * this.#width + column] ?? Number.NaN;
  }
}
