// Asks each configured provider which models it has: a wrong key, a retired or misspelt model is known before it is needed.
// It costs no tokens. Keys go into headers only and are taken out of everything that is said.
import { z } from 'zod';
import { boundedFetch } from '../../adapters/model/shared/bounded-fetch.ts';
import { shortDetail } from '../../adapters/model/shared/hide-keys.ts';
import { retirementHint } from '../../shared/config/model-catalogue.ts';
import type { Settings } from '../../shared/config/settings.ts';
import type { ModelProvider, ModelRung } from '../../shared/domain/model.ts';
import { configuredRungs } from './model-ladder.ts';

const checkTimeoutMs = 3_000;

const modelList = z.object({ data: z.array(z.object({ id: z.string() })) });

export interface ModelFinding {
  readonly provider: ModelProvider;
  readonly model: string;
  readonly ok: boolean;
  readonly detail: string;
}

interface Endpoint {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly secret: string | undefined;
}

/** One finding for each configured model. Never throws. */
export function checkModels(settings: Settings): Promise<ModelFinding[]> {
  return Promise.all(configuredRungs(settings).map((rung) => findingOf(rung, settings)));
}

/** The same for one provider; undefined when it is not configured. Never throws. */
export async function checkModel(provider: string, settings: Settings): Promise<ModelFinding | undefined> {
  const rung = configuredRungs(settings).find((one) => one.provider === provider);
  return rung && findingOf(rung, settings);
}

async function findingOf({ provider, model }: ModelRung, settings: Settings): Promise<ModelFinding> {
  const endpoint = endpointOf(provider, settings);
  const problem = await problemOf(provider, model, endpoint).catch((error: unknown) =>
    shortDetail(
      `not reached: ${error instanceof Error ? error.message : String(error)}`,
      endpoint.secret === undefined ? [] : [endpoint.secret],
    ),
  );
  return { provider, model, ok: problem === undefined, detail: problem ?? 'the provider has it' };
}

async function problemOf(
  provider: ModelProvider,
  model: string,
  { url, headers }: Endpoint,
): Promise<string | undefined> {
  const hint = retirementHint(provider, model);
  const known = hint === undefined ? '' : ` (${hint})`;
  const response = await boundedFetch(url, { headers, signal: AbortSignal.timeout(checkTimeoutMs) });
  if (response.status === 401 || response.status === 403)
    return `the key is refused (status ${response.status})`;
  if (!response.ok) return `its list of models cannot be read (status ${response.status})${known}`;
  const parsed = modelList.safeParse(await response.json().catch(() => undefined));
  if (!parsed.success) return `what it answers is not a list of models${known}`;
  const ids = parsed.data.data.map(({ id }) => id);
  if (ids.some((id) => id === model || id.startsWith(`${model}-2`) || id === `${model}:latest`))
    return undefined;
  const some = ids.slice(0, 6).join(', ').slice(0, 200);
  return hint === undefined
    ? `it does not have this model; it has ${some || 'none'}`
    : `it does not have it: ${hint}`;
}

function endpointOf(provider: ModelProvider, settings: Settings): Endpoint {
  const bearer = (url: string, secret: string | undefined): Endpoint => ({
    url,
    headers: secret === undefined ? {} : { authorization: `Bearer ${secret}` },
    secret,
  });
  switch (provider) {
    case 'groq':
      return bearer('https://api.groq.com/openai/v1/models', settings.GROQ_API_KEY);
    case 'openai':
      return bearer('https://api.openai.com/v1/models', settings.OPENAI_API_KEY);
    case 'anthropic':
      return {
        url: 'https://api.anthropic.com/v1/models?limit=1000',
        headers: { 'x-api-key': settings.ANTHROPIC_API_KEY ?? '', 'anthropic-version': '2023-06-01' },
        secret: settings.ANTHROPIC_API_KEY,
      };
    case 'compatible':
      return bearer(
        `${(settings.ATO_COMPATIBLE_URL ?? '').replace(/\/+$/, '')}/models`,
        settings.ATO_COMPATIBLE_API_KEY,
      );
  }
}
