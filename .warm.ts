const { simulate } = await import(`./src/runtime/simulation.ts`);
const { loadSettings } = await import(`./src/shared/config/load-settings.ts`);
for (let i = 0; i < 6; i++) {
  const r = await simulate(loadSettings(), {
    tape: ['/work/shared/market-data/crypto/BTCUSDT_1m_20260323-20260422.csv.gz'],
    seed: 1,
    note: () => {},
    progress: () => {},
  });
  console.log(r.wall_ms);
}
