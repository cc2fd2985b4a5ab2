// Repeatable randomness. The same seed and name always give the same numbers.

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Standard normal. */
  normal(): number;
  /** Whole number in [0, bound). */
  integer(bound: number): number;
}
