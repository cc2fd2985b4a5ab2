// Every error of the API as application/problem+json (RFC 9457). Must never carry a stack trace or an inner error.
import { z } from 'zod';

export const problemBody = z
  .object({
    type: z.string().describe('Stable name of the kind of problem, such as urn:ato:problem:not-found'),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    refusals: z
      .array(
        z.object({
          code: z.string(),
          limit: z.union([z.number(), z.string()]).nullable(),
          actual: z.union([z.number(), z.string()]).nullable(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem', description: 'Why a request was not answered' });
export type ProblemBody = z.output<typeof problemBody>;

/** Kinds of problem with their titles; the key is the last part of `type`. */
const titles = {
  'invalid-request': 'The request is not valid',
  'malformed-body': 'The body could not be read',
  unauthorized: 'A valid token is needed',
  'foreign-host': 'The Host header does not name this server',
  'foreign-origin': 'The request comes from another site',
  'not-found': 'There is nothing here',
  'method-not-allowed': 'This path does not take that method',
  'body-too-large': 'The body is too large',
  'unsupported-media-type': 'Only application/json is read',
  'too-many-requests': 'Too many requests',
  'too-many-streams': 'Too many open event streams',
  refused: 'The system refused the command',
  'shutting-down': 'The system is shutting down',
  'outcome-unknown': 'No answer in time, the outcome is unknown',
  internal: 'Something went wrong inside',
} as const;
export type ProblemKind = keyof typeof titles;

/** Thrown by routes and guards; the error handler turns it into an answer. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly kind: ProblemKind;
  readonly statusCode: number;
  readonly extra: Pick<ProblemBody, 'errors' | 'refusals'>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    kind: ProblemKind,
    statusCode: number,
    detail: string,
    more: {
      extra?: Pick<ProblemBody, 'errors' | 'refusals'>;
      headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(detail);
    this.kind = kind;
    this.statusCode = statusCode;
    this.extra = more.extra ?? {};
    this.headers = more.headers ?? {};
  }

  body(): ProblemBody {
    return {
      type: `urn:ato:problem:${this.kind}`,
      title: titles[this.kind],
      status: this.statusCode,
      detail: this.message,
      ...this.extra,
    };
  }
}

interface FastifyLikeError {
  readonly code?: unknown;
  readonly statusCode?: unknown;
  readonly message?: unknown;
  readonly validation?: readonly { readonly instancePath?: unknown; readonly message?: unknown }[];
  readonly validationContext?: unknown;
}

const maxReportedErrors = 20;
const maxReportedChars = 200;

/** Any thrown value as a Problem. What we do not know becomes a 500 that says nothing of the inside. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const known = (typeof error === 'object' && error !== null ? error : {}) as FastifyLikeError;
  if (Array.isArray(known.validation)) return validationProblem(known);
  switch (known.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new Problem('body-too-large', 413, 'The body is larger than the server reads.');
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new Problem('unsupported-media-type', 415, 'Send the body with content-type: application/json.');
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new Problem('malformed-body', 400, 'The body is not valid JSON.');
    default:
  }
  const status = known.statusCode;
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new Problem(kindOfStatus(status), status, clientDetail(status));
  return new Problem('internal', 500, 'The request failed inside the server. The log holds the cause.');
}

function kindOfStatus(status: number): ProblemKind {
  if (status === 404) return 'not-found';
  if (status === 413) return 'body-too-large';
  if (status === 415) return 'unsupported-media-type';
  return 'invalid-request';
}

function clientDetail(status: number): string {
  return status === 404 ? 'There is nothing at this path.' : 'The request could not be understood.';
}

function validationProblem(error: FastifyLikeError): Problem {
  const context = typeof error.validationContext === 'string' ? error.validationContext : 'request';
  const errors = (error.validation ?? []).slice(0, maxReportedErrors).map((issue) => ({
    path: `${context}${String(issue.instancePath ?? '')}`.replace(/\/$/, '').slice(0, maxReportedChars),
    message: String(issue.message ?? 'invalid').slice(0, maxReportedChars),
  }));
  const detail = errors.map((issue) => `${issue.path}: ${issue.message}`).join('; ');
  return new Problem('invalid-request', 400, detail, { extra: { errors } });
}
