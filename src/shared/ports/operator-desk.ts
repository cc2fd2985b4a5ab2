// What a person may ask and command from a chat. Answers are plain text; the channel escapes it for its own markup.

export interface OperatorDesk {
  /** Mode, trading state, equity, open incidents. */
  status(): Promise<string>;
  positions(): Promise<string>;
  halt(by: string): Promise<string>;
  /** Only a person may loosen: the channel asks twice before it calls this. */
  resume(by: string): Promise<string>;
  /** The story of a decision, signal or order; without an id, of the newest decision. */
  why(id: string | undefined): Promise<string>;
}
