// Where Birdeye is, for both sources that ask it.
export const defaultBaseUrl = 'https://public-api.birdeye.so';
export const birdeyeChain = 'solana';
/** The price of wrapped SOL: a cheap question. */
export const pingPath = '/defi/price?address=So11111111111111111111111111111111111111112';
