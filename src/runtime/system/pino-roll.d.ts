declare module 'pino-roll' {
  import type { SonicBoom } from 'sonic-boom';

  interface PinoRollOptions {
    readonly file: string;
    readonly extension?: string;
    readonly frequency?: 'daily' | 'hourly' | number;
    readonly size?: string;
    readonly limit?: { readonly count: number; readonly removeOtherLogFiles?: boolean };
    readonly maxLength?: number;
  }
  const pinoRoll: (options: PinoRollOptions) => Promise<SonicBoom>;
  export default pinoRoll;
}
