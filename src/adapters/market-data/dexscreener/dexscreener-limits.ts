// Where DexScreener is and how often it may be asked, for both sources that ask it.
export const defaultBaseUrl = 'https://api.dexscreener.com';
/** The published limits differ between copies (60 or 300 a minute): both groups stay under half of the smaller. */
export const spacingMs = { slow: 2_500, fast: 2_500 };
