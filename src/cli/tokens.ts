// ato tokens: finds a token on a chain by name, ticker or address, and says how ATO_UNIVERSE writes it.
import { Command } from 'commander';
import { printJson, printLine } from './output.ts';
import { printTable } from './running.ts';

const columns = ['symbol', 'ticker', 'name', 'price_usd', 'liquidity_usd', 'volume_h24_usd', 'dex'];

export function tokensCommand(): Command {
  return new Command('tokens')
    .description('find tokens on chains at DexScreener by name, ticker or address, deepest pool first')
    .argument('<text>', 'a name, a ticker, chain:token address or chain:pool address')
    .option('--json', 'print one JSON document on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  ato tokens WIF\n  ato tokens solana:EKpQGSJtjMFqKZ9KQanSqYXRcF8fBopzLHYxdM65zcjm',
    )
    .action(async (text: string, { json }: { json?: boolean }) => {
      const { searchTokens } = await import('../runtime/market/token-search.ts');
      const found = await searchTokens(text);
      if (json === true) {
        printJson(found);
        return;
      }
      if (found.tokens.length === 0) printLine('no token found on a chain that ATO_UNIVERSE knows');
      else {
        printTable(
          found.tokens.map((token) => ({ ...token })),
          columns,
        );
        printLine(
          'Names are free for anybody to take: compare the address, then add the symbol to ATO_UNIVERSE.',
        );
      }
    });
}
