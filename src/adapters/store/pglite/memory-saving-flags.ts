// Flags of V8 for the embedded database. They concern WebAssembly only; JavaScript keeps its optimising compiler.

/**
 * Compiling the database's largest functions with the optimising compiler takes 500 MB for seconds and makes
 * large commits about a third faster. This program prefers the memory: 350 MB at most instead of 830 MB, measured.
 */
export const memorySavingFlags: readonly string[] = ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering'];
