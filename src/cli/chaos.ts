// ato chaos: break the world around the house, and prove what holds. One file per campaign.
import { Command } from 'commander';
import { chaosHealthCommand } from './chaos-health.ts';

export function chaosCommand(): Command {
  return new Command('chaos')
    .description('break the world around the house, and prove what holds')
    .addCommand(chaosHealthCommand());
}
