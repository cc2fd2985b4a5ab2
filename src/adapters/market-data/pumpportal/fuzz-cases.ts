// Ways in which bytes enter the PumpPortal adapter, for `ato fuzz markets`.
import { type FuzzCase, fuzzJson } from '../shared/fuzz-case.ts';
import { nothingDecoded } from '../shared/lenient-json.ts';
import { decodeFrame } from './pumpportal-schemas.ts';

const create = {
  signature: 'SIG',
  mint: 'MINT1',
  traderPublicKey: 'DEV1',
  txType: 'create',
  initialBuy: 57_003_124.9,
  solAmount: 1.68,
  bondingCurveKey: 'CURVE1',
  vTokensInBondingCurve: 1_015_996_875.02,
  vSolInBondingCurve: 31.68,
  marketCapSol: 31.18,
  name: 'Demo',
  symbol: 'DMO',
  uri: 'https://example.com/x.json',
  pool: 'pump',
};
const migrate = { signature: 'SIG', mint: 'MINT1', txType: 'migrate', pool: 'pump-amm' };

/** The text is decoded again from its JSON, so that a frame enters as the socket would hand it over. */
function frame(body: unknown) {
  const read = decodeFrame(JSON.stringify(body));
  return read.kind === 'event' ? read.decoded : nothingDecoded;
}

export const fuzzCases: readonly FuzzCase[] = [
  fuzzJson('pumpportal create', create, frame),
  fuzzJson('pumpportal migrate', migrate, frame),
  {
    name: 'pumpportal raw frame',
    sample: JSON.stringify(create),
    feed: (text) => void decodeFrame(text),
  },
];
