// Errors that end a command: 1 when the work failed, 2 when it was asked wrongly. The message is for a person.

/** The command was used wrongly; exit code 2. */
export class Misuse extends Error {
  override readonly name = 'Misuse';
}

/** The command did its work and the answer is a failure that has already been printed; exit code 1. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}
